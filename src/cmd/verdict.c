/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "effect.h"
#include "wording.h"

#define ITEM_COLUMN 28

static char *failure_text(enum advice_id id, int error)
{
	char buffer[32];
	struct text name;

	text_init(&name, buffer, sizeof(buffer));
	text_errno(&name, error);
	return print_string("%s%s%s", buffer, error == EINVAL ? ": " : "",
			    error == EINVAL ? advice_explain_einval(id) : "");
}

/* What comes of the advice on mappings of one kind: words in *text. Returns whether it does something. */
static bool judge_kind(enum advice_id id, const struct rule *rule, enum kind kind, const struct system *system,
		       char **text)
{
	const char *obstacle = system_no_effect(system, id, kind, rule->terms->must);
	enum effect effect;
	int error;

	if (obstacle) {
		*text = print_string("no effect: %s", obstacle);
		return false;
	}
	effect = try_advice(id, kind, &error);
	switch (effect) {
	case EFFECT_SEEN:
		*text = advices[id].sets ? print_string("works here (tried: VmFlags %s)", advices[id].sets) :
					   copy_string("works here (tried)");
		return true;
	case EFFECT_IGNORED:
		*text = copy_string("accepted, but ignored by this kernel");
		return false;
	case EFFECT_FAILED:
		*text = failure_text(id, error);
		return false;
	default:
		*text = copy_string("supported by this kernel");
		return true;
	}
}

static bool judge(const struct rule *rule, enum advice_id id, const struct system *system, char **text)
{
	bool works = true;
	unsigned kind;

	*text = NULL;
	for (kind = 0; kind < KIND_COUNT && works; kind++) {
		if (!(rule->kinds & KIND_BIT(kind)))
			continue;
		free(*text);
		works = judge_kind(id, rule, kind, system, text);
	}
	return works;
}

static bool print_item_verdict(const struct rule *rule, const struct item *item, const struct system *system, FILE *out)
{
	enum advice_id chosen = supported_alternative(item), first = item->alternatives[0];
	char *name = item_text(item), *text = NULL;
	bool works = false;

	if (chosen == ADVICE_COUNT)
		text = copy_string(unsupported_text(first, advice_probe(first)));
	else
		works = judge(rule, chosen, system, &text);
	fprintf(out, "    %-*s ", ITEM_COLUMN, name);
	if (chosen != ADVICE_COUNT && chosen != first)
		fprintf(out, "%s: %s; using %s: ", advices[first].name, unsupported_text(first, advice_probe(first)),
			advices[chosen].name);
	fprintf(out, "%s\n", text);
	free(text);
	free(name);
	return works;
}

bool print_items(const struct rule *rule, const struct system *system, FILE *out)
{
	bool works = true;
	unsigned index;

	if (!rule->terms->item_count)
		fprintf(out, "    %-*s no advice; later rules leave such mappings alone too\n", ITEM_COLUMN, "none");
	for (index = 0; index < rule->terms->item_count; index++)
		works &= print_item_verdict(rule, rule->terms->items[index], system, out);
	return works;
}
