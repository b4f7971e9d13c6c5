/* SPDX-License-Identifier: MIT */
/* One rule and one mapping. */
#include "bounds.h"
#include "policy.h"

/* Rounded down; more than 64 bits hold is as much as they hold. */
static uint64_t part_of(uint64_t memory, uint64_t percent)
{
	uint64_t hundreds, rest, sum;
	if (__builtin_mul_overflow(memory / 100, percent, &hundreds) ||
	    __builtin_mul_overflow(memory % 100, percent, &rest) ||
	    __builtin_add_overflow(hundreds, rest / 100, &sum))
		return UINT64_MAX;
	return sum;
}

void terms_resolve(struct terms *terms, uint64_t memory)
{
	terms->size = terms->file = BOUNDS_ALL;
	for (const struct size_condition *condition = terms->conditions; condition; condition = condition->next) {
		uint64_t number = condition->percent ? part_of(memory, condition->number) : condition->number;
		bounds_narrow(condition->file ? &terms->file : &terms->size, condition->operator, number);
	}
}

/*
 * The condition that a number fails. Percentages are known here only as part of the rule's bounds: one is named where the number
 * lies on its side of the bounds and no condition in bytes fails.
 */
static const struct size_condition *failed_condition(const struct rule *rule, bool file, uint64_t number)
{
	bool below = number < (file ? rule->terms->file : rule->terms->size).min;
	const struct size_condition *percent = NULL;
	for (const struct size_condition *condition = rule->terms->conditions; condition; condition = condition->next) {
		struct bounds bounds = BOUNDS_ALL;
		if (condition->file != file)
			continue;
		bounds_narrow(&bounds, condition->operator, condition->number);
		if (!condition->percent && !bounds_hold(bounds, number))
			return condition;
		if (condition->percent && (condition->operator[0] == '>') == below)
			percent = condition;
	}
	return percent;
}

static enum match decide(struct mismatch_detail *detail, enum match match, struct mismatch_detail why)
{
	if (detail)
		*detail = why;
	return match;
}

static enum match no(struct mismatch_detail *detail, enum mismatch what)
{
	return decide(detail, MATCH_NO, (struct mismatch_detail){ .what = what });
}

static enum match wrong_word(struct mismatch_detail *detail, enum match match, unsigned words)
{
	return decide(detail, match, (struct mismatch_detail){ .what = MISMATCH_WORD, .word = words & -words });
}

static enum match wrong_size(struct mismatch_detail *detail, enum match match, const struct rule *rule, bool file,
			     uint64_t number)
{
	/* The condition is looked for only where somebody asks. */
	return decide(detail, match, (struct mismatch_detail){
		.what = file ? MISMATCH_FILE : MISMATCH_SIZE,
		.size = detail ? failed_condition(rule, file, number) : NULL,
	});
}

static bool asks_nothing(struct bounds bounds)
{
	return bounds.min == 0 && bounds.max == UINT64_MAX;
}

static enum match match_bounds(const struct rule *rule, const struct facts *facts, struct mismatch_detail *detail)
{
	const struct terms *terms = rule->terms;
	if (!bounds_hold(terms->size, facts->size))
		return wrong_size(detail, MATCH_NO, rule, false, facts->size);
	if (facts->file != FILE_UNKNOWN && !bounds_hold(terms->file, facts->file))
		return wrong_size(detail, MATCH_NO, rule, true, facts->file);
	/* Any condition about the file: one end of the numbers lies outside its bounds. */
	if (facts->file == FILE_UNKNOWN && !asks_nothing(terms->file))
		return wrong_size(detail, MATCH_UNKNOWN, rule, true, terms->file.min ? 0 : UINT64_MAX);
	return decide(detail, MATCH_YES, (struct mismatch_detail){ .what = MISMATCH_NONE });
}

enum match rule_match(const struct rule *rule, const struct facts *facts, struct mismatch_detail *detail)
{
	if (!(rule->kinds & KIND_BIT(facts->kind)))
		return no(detail, MISMATCH_KIND);
	if (rule->glob && !(facts->name && glob_match(rule->glob, facts->name, facts->name_length)))
		return no(detail, MISMATCH_NAME);
	if (facts->library && !rule->literal)
		return no(detail, MISMATCH_LIBRARY);

	unsigned wrong = (rule->terms->must & ~facts->words) | (rule->terms->must_not & facts->words);
	if (wrong & facts->known)
		return wrong_word(detail, MATCH_NO, wrong & facts->known);
	enum match match = match_bounds(rule, facts, detail);
	unsigned unknown = (rule->terms->must | rule->terms->must_not) & ~facts->known;
	if (match != MATCH_NO && unknown)
		return wrong_word(detail, MATCH_UNKNOWN, unknown);
	return match;
}
