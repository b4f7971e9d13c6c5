/* SPDX-License-Identifier: MIT */
/* What can only be judged of a list once its whole line is read: danger, "override", and the order in which it is carried out. */
#include "reading.h"

/* What a program's own advice can undo and giving it again restores. */
#define CLASSES_HELD (1u << CLASS_ACCESS | 1u << CLASS_THP | 1u << CLASS_KSM | 1u << CLASS_DUMP)

static bool is_unsafe(const struct rule *rule, const struct advice *advice)
{
	if (advice->danger == DANGER_UNSAFE_FILE)
		return rule->kinds & KIND_BIT(KIND_FILE);
	return advice->danger != DANGER_NONE;
}

static void check_danger(struct reading *reading, const struct draft *draft, size_t place)
{
	const struct rule *rule = draft->rule;
	const struct item *item = rule->terms->items[place];
	unsigned column = draft->columns[place];
	for (size_t i = 0; i < item->count; i++) {
		const struct advice *advice = &advices[item->alternatives[i]];
		if (!is_unsafe(rule, advice))
			continue;
		if (reading->parser->attach)
			complain(reading, column, "attach never gives \"%s\": it is unsafe", advice->name);
		else if (advice->danger == DANGER_LITERAL && !(rule->literal && rule->terms->unsafe))
			complain(reading, column, "\"%s\" needs the option \"unsafe\" and a path without wildcard: %s",
				 advice->name, advice->summary);
		else if (!rule->terms->unsafe)
			complain(reading, column, "\"%s\" needs the option \"unsafe\": %s", advice->name,
				 advice->summary);
	}
}

static unsigned classes_of(const struct item *item)
{
	unsigned classes = 0;
	for (size_t i = 0; i < item->count; i++)
		classes |= 1u << advices[item->alternatives[i]].class;
	return classes;
}

static void check_override(struct reading *reading, struct draft *draft)
{
	struct terms *terms = draft->rule->terms;
	if (!terms->override)
		return;
	for (size_t i = 0; i < terms->item_count; i++) {
		if (!terms->items[i]->at_unmap)
			terms->held |= classes_of(terms->items[i]) & CLASSES_HELD;
	}
	if (draft->none)
		complain(reading, draft->override_column, "\"none\" leaves \"override\" nothing to hold");
	else if (!terms->held)
		complain(reading, draft->override_column,
			 "nothing in the list that \"override\" can hold: it is for access, thp, ksm and dump");
}

/* Prefetch first: populate-read after random reads page by page. The rest stays as written. */
static void sort_items(struct terms *terms)
{
	size_t sorted = 0;
	for (size_t i = 0; i < terms->item_count; i++) {
		const struct item *item = terms->items[i];
		if (item->at_unmap || !(classes_of(item) & 1u << CLASS_PREFETCH))
			continue;
		for (size_t k = i; k > sorted; k--)
			terms->items[k] = terms->items[k - 1];
		terms->items[sorted++] = item;
	}
}

void check_items(struct reading *reading, struct draft *draft)
{
	for (size_t i = 0; i < draft->rule->terms->item_count; i++)
		check_danger(reading, draft, i);
	check_override(reading, draft);
	sort_items(draft->rule->terms);
}
