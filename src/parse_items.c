/* SPDX-License-Identifier: MIT */
/* The list of a rule: items joined by ',', in each alternatives joined by '|', "unmap:" before and a range behind. */
#include <string.h>

#include "reading.h"

#define UNMAP "unmap:"

static bool is_separator(char byte)
{
	return byte == ',' || byte == '|';
}

/* The part of the text before the first of these bytes; *rest: what follows that byte, with bytes NULL if there is none. */
static struct span cut_at(struct span text, char byte, struct span *rest)
{
	const char *cut = memchr(text.bytes, byte, text.length);
	if (!cut) {
		*rest = (struct span){ NULL, 0 };
		return text;
	}
	*rest = span_from(text, cut + 1 - text.bytes);
	return span_to(text, cut - text.bytes);
}

static size_t count_parts(struct span text, char separator)
{
	size_t count = 1;
	for (size_t i = 0; i < text.length; i++)
		count += text.bytes[i] == separator;
	return count;
}

static void complain_of_name(struct reading *reading, unsigned column, struct span name)
{
	enum advice_id meant = advice_by_constant(name.bytes, name.length);
	if (span_is(name, "none"))
		complain(reading, column, "\"none\" stands alone in its list");
	else if (span_begins(name, UNMAP))
		complain(reading, column, "\"" UNMAP "\" goes before the first alternative of an item");
	else if (meant != ADVICE_COUNT)
		complain(reading, column, "unknown advice %q: write \"%s\"", name, advices[meant].name);
	else
		complain_of_word(reading, column, "advice", name, advice_name_at, "\"madvisor advice\" lists them");
}

static void complain_of_moment(struct reading *reading, unsigned column, const struct advice *advice, bool at_unmap)
{
	if (at_unmap && (advice->moments & AT_MAP))
		complain(reading, column, "\"%s\" does nothing at unmap: write it without \"" UNMAP "\"", advice->name);
	else if (at_unmap)
		complain(reading, column, "\"%s\" does nothing at unmap: use madvisor attach", advice->name);
	else if (advice->moments & AT_UNMAP)
		complain(reading, column, "\"%s\" does nothing when a mapping is made: write \"" UNMAP "%s\", or use "
			 "madvisor attach", advice->name, advice->name);
	else
		complain(reading, column, "\"%s\" does nothing when a mapping is made: use madvisor attach", advice->name);
}

/* Whether an item can hold the advice at its moment. */
static bool check_moment(struct reading *reading, unsigned column, const struct advice *advice, bool at_unmap)
{
	if (advice->danger == DANGER_REFUSED) {
		/* The summary begins with "refused: ". */
		complain(reading, column, "\"%s\" is %s", advice->name, advice->summary);
		return false;
	}
	/* Of other systems: logged as unsupported when the rule matches. */
	if (advice->call == CALL_NONE)
		return true;
	unsigned moments = at_unmap ? AT_UNMAP : reading->parser->attach ? AT_MAP | AT_ATTACH : AT_MAP;
	if (advice->moments & moments)
		return true;
	complain_of_moment(reading, column, advice, at_unmap);
	return false;
}

/* "START..END", either of which may be missing. */
static bool read_range(struct reading *reading, unsigned column, struct span text, struct bounds *range)
{
	size_t dots = 0;
	while (dots + 1 < text.length && memcmp(text.bytes + dots, "..", 2) != 0)
		dots++;
	if (dots + 1 >= text.length) {
		complain(reading, column, "a range is written \"@START..END\"");
		return false;
	}
	struct span start = span_to(text, dots), end = span_from(text, dots + 2);
	*range = (struct bounds){ 0, UINT64_MAX };
	if (start.length == 0 && end.length == 0) {
		complain(reading, column, "a range needs a START or an END");
		return false;
	}
	bool start_good = start.length == 0 || read_amount(reading, column, start, &range->min, NULL);
	bool end_good = end.length == 0 || read_amount(reading, column + dots + 2, end, &range->max, NULL);
	bool good = start_good && end_good;
	if (good && range->min >= range->max) {
		complain(reading, column, "an empty range: START must be less than END, which is exclusive");
		return false;
	}
	return good;
}

static void add_alternative(struct reading *reading, unsigned column, struct item *item, enum advice_id id)
{
	if (memchr(item->alternatives, id, item->count))
		complain(reading, column, "\"%s\" given twice", advices[id].name);
	else if (item->has_range && advices[id].class != CLASS_PREFETCH)
		complain(reading, column, "only prefetch takes a range: \"%s\" is of class %s", advices[id].name,
			 advice_class_name(advices[id].class));
	else
		item->alternatives[item->count++] = id;
}

/* Advices of other systems have nothing in common but that Linux lacks them. */
static bool are_rivals(enum advice_id one, enum advice_id other)
{
	return one == other || (advices[one].class == advices[other].class && advices[one].class != CLASS_FOREIGN);
}

/* The advice of an earlier item that leaves no place for this one at its moment, or ADVICE_COUNT. */
static enum advice_id find_rival(const struct terms *terms, bool at_unmap, enum advice_id id)
{
	for (size_t i = 0; i < terms->item_count; i++) {
		const struct item *earlier = terms->items[i];
		for (size_t k = 0; k < earlier->count && earlier->at_unmap == at_unmap; k++) {
			if (are_rivals(id, earlier->alternatives[k]))
				return earlier->alternatives[k];
		}
	}
	return ADVICE_COUNT;
}

static void add_item(struct reading *reading, struct draft *draft, unsigned column, const struct item *item)
{
	struct terms *terms = draft->rule->terms;
	for (size_t i = 0; i < item->count; i++) {
		const struct advice *mine = &advices[item->alternatives[i]];
		enum advice_id rival = find_rival(terms, item->at_unmap, item->alternatives[i]);
		if (rival == ADVICE_COUNT)
			continue;
		if (&advices[rival] == mine)
			complain(reading, column, "\"%s\" given twice", mine->name);
		else
			complain(reading, column, "\"%s\" and \"%s\" are both of class %s: a rule gives one of a class%s",
				 advices[rival].name, mine->name, advice_class_name(mine->class),
				 item->at_unmap ? " at unmap" : "");
		return;
	}
	draft->columns[terms->item_count] = column;
	terms->items[terms->item_count++] = item;
}

/* *gap: the column of the first item or alternative that is empty, once there is one. */
static void read_item(struct reading *reading, struct draft *draft, unsigned column, struct span text, unsigned *gap)
{
	struct span range, names = cut_at(text, '@', &range), rest = names;
	struct item *item = reading_alloc(reading, offsetof(struct item, alternatives) + count_parts(names, '|'));
	if (!item)
		return;
	item->at_unmap = span_begins(names, UNMAP);
	if (item->at_unmap)
		rest = span_from(rest, strlen(UNMAP));
	if (range.bytes)
		item->has_range = read_range(reading, column + (range.bytes - text.bytes), range, &item->range);
	while (rest.bytes) {
		struct span name = cut_at(rest, '|', &rest);
		unsigned at = column + (name.bytes - text.bytes);
		enum advice_id id = advice_by_name(name.bytes, name.length);
		if (name.length == 0)
			*gap = *gap ? *gap : at;
		else if (id == ADVICE_COUNT)
			complain_of_name(reading, at, name);
		else if (check_moment(reading, at, &advices[id], item->at_unmap))
			add_alternative(reading, at, item, id);
	}
	add_item(reading, draft, column, item);
}

void read_items(struct reading *reading, struct draft *draft, const struct word *word)
{
	struct terms *terms = draft->rule->terms;
	struct span rest = word->text;
	terms->item_count = 0;
	draft->list_open = rest.length > 0 && is_separator(rest.bytes[rest.length - 1]);
	draft->none = span_is(rest, "none");
	if (draft->none)
		return;
	size_t count = count_parts(rest, ',');
	terms->items = reading_alloc(reading, count * sizeof(terms->items[0]));
	draft->columns = line_alloc(reading, count * sizeof(draft->columns[0]));
	unsigned gap = 0;
	while (rest.bytes && terms->items && draft->columns) {
		struct span text = cut_at(rest, ',', &rest);
		read_item(reading, draft, word_column(word, text.bytes - word->text.bytes), text, &gap);
	}
	if (gap)
		complain(reading, gap, "an advice is missing: a list is joined by \",\" and \"|\" without blanks");
}

bool joins_list(struct span word)
{
	return word.length > 0 && is_separator(word.bytes[0]);
}

bool is_advice(struct span word)
{
	if (span_begins(word, UNMAP))
		word = span_from(word, strlen(UNMAP));
	size_t length = 0;
	while (length < word.length && !is_separator(word.bytes[length]) && word.bytes[length] != '@')
		length++;
	word = span_to(word, length);
	return span_is(word, "none") || advice_by_name(word.bytes, word.length) != ADVICE_COUNT;
}
