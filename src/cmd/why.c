/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "why.h"

#include <stdlib.h>

#include "command.h"
#include "wording.h"

static const char *word_of(uint16_t bit)
{
	return word_name(__builtin_ctz(bit));
}

/* "file>=50% (of 23.4 GiB): it has 820.0 MiB" */
static char *amount_text(const struct policy *policy, const struct size_condition *condition, uint64_t amount,
			 bool file)
{
	const char *has = file ? "the file occupies" : "it is";

	if (!condition)
		return print_string("%s %s", has, size_text(amount));
	if (condition->percent)
		return print_string("%s of %s: %s %s", condition_text(condition), size_text(policy->memory), has,
				    size_text(amount));
	return print_string("%s: %s %s", condition_text(condition), has, size_text(amount));
}

static char *failure_text(const struct policy *policy, const struct facts *facts, const struct mismatch_detail *detail)
{
	switch (detail->what) {
	case MISMATCH_KIND:
		return copy_string("for another kind of mapping");
	case MISMATCH_NAME:
		return copy_string("the pattern does not match");
	case MISMATCH_WORD:
		return print_string("it is %s%s", facts->words & detail->word ? "" : "not ", word_of(detail->word));
	case MISMATCH_SIZE:
		return amount_text(policy, detail->size, facts->size, false);
	case MISMATCH_FILE:
		if (facts->file == FILE_UNKNOWN)
			return copy_string("what the file occupies is not known");
		return amount_text(policy, detail->size, facts->file, true);
	case MISMATCH_LIBRARY:
		return copy_string("executables and libraries only by a path without wildcard");
	default:
		return copy_string("");
	}
}

static void add_condition(char **text, const char *word)
{
	char *longer = print_string("%s%s%s", *text, **text ? " and " : "", word);

	free(*text);
	*text = longer;
}

/* All that is not known, where rule_match() names the first of it. "": nothing. */
static char *unknown_text(const struct rule *rule, const struct facts *facts, bool size_known)
{
	const struct size_condition *condition;
	char *text = copy_string(""), *word;
	uint16_t unknown = (rule->terms->must | rule->terms->must_not) & ~facts->known;

	for (; unknown; unknown &= unknown - 1) {
		uint16_t bit = unknown & -unknown;

		word = print_string("%s%s%s", *text ? "" : "it is ", rule->terms->must_not & bit ? "not " : "", word_of(bit));
		add_condition(&text, word);
		free(word);
	}
	for (condition = rule->terms->conditions; condition; condition = condition->next)
		if (condition->file ? facts->file == FILE_UNKNOWN : !size_known)
			add_condition(&text, condition_text(condition));
	return text;
}

enum match judge_rule(const struct policy *policy, const struct rule *rule, const struct facts *facts, bool size_known,
		      char **text)
{
	struct mismatch_detail detail = { 0 };
	enum match match = rule_match(rule, facts, &detail);

	if (match == MATCH_NO && (detail.what != MISMATCH_SIZE || size_known)) {
		*text = failure_text(policy, facts, &detail);
		return match;
	}
	*text = unknown_text(rule, facts, size_known);
	return **text ? MATCH_UNKNOWN : MATCH_YES;
}
