/* SPDX-License-Identifier: MIT */
/* Conditions that compare: "size" and "file". */
#include <string.h>

#include "bounds.h"
#include "reading.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const subjects[] = { "size", "file" };

static const struct {
	const char *text, *opposite;
} operators[] = {
	{ ">=", "<" }, { "<=", ">" }, { ">", "<=" }, { "<", ">=" },
};

const char *subject_name(size_t index)
{
	return index < COUNT(subjects) ? subjects[index] : NULL;
}

bool is_subject(struct span name)
{
	return span_is(name, "size") || span_is(name, "file");
}

static bool is_operator(char byte)
{
	return byte == '<' || byte == '>' || byte == '=';
}

struct span comparison_subject(struct span text)
{
	size_t length = 0;
	while (length < text.length && !is_operator(text.bytes[length]))
		length++;
	return span_to(text, length);
}

bool comparison_goes_on(struct span word, struct span next)
{
	bool open = is_subject(word) || (word.length > 0 && is_operator(word.bytes[word.length - 1]));
	return open && next.length > 0 && (is_operator(next.bytes[0]) || (next.bytes[0] >= '0' && next.bytes[0] <= '9'));
}

/* Percentages are compared with percentages, in halves: between 50 and 51 there is room. */
static void check_bounds(struct reading *reading, struct draft *draft, const struct word *word,
			 const struct size_condition *condition)
{
	struct bounds *bounds = &draft->asked[condition->file][condition->percent], alone = BOUNDS_ALL;
	uint64_t number = condition->number;
	if (condition->percent && __builtin_mul_overflow(number, 2, &number))
		number = UINT64_MAX;
	bool was_possible = bounds->min <= bounds->max;
	bounds_narrow(&alone, condition->operator, number);
	bounds_narrow(bounds, condition->operator, number);
	if (alone.min > alone.max)
		complain(reading, word->column, "%q never holds", word->text);
	else if (was_possible && bounds->min > bounds->max)
		complain(reading, word->column, "%q and an earlier condition exclude each other", word->text);
}

static void append_condition(struct terms *terms, const struct size_condition *condition)
{
	const struct size_condition **last = &terms->conditions;
	while (*last)
		last = (const struct size_condition **)&(*last)->next;
	*last = condition;
}

/* The operator at the start of the text; its place in the table, or beyond it. */
static size_t find_operator(struct span text, size_t *length)
{
	*length = 0;
	while (*length < text.length && is_operator(text.bytes[*length]))
		++*length;
	size_t index = 0;
	while (index < COUNT(operators) && !span_is(span_to(text, *length), operators[index].text))
		index++;
	return index;
}

void read_comparison(struct reading *reading, struct draft *draft, const struct word *word)
{
	bool negated = word->text.bytes[0] == '!';
	struct span name = comparison_subject(span_from(word->text, negated));
	struct span behind = span_from(word->text, negated + name.length);
	unsigned column = word_column(word, negated + name.length);
	size_t length, operator = find_operator(behind, &length);
	if (operator == COUNT(operators)) {
		complain(reading, column, "unknown comparison %q: write \">=\", \"<=\", \">\" or \"<\"",
			 span_to(behind, length));
		return;
	}
	if (negated) {
		complain(reading, word->column, "a comparison cannot be negated: write \"%s\" for \"%s\"",
			 operators[operator].opposite, operators[operator].text);
		return;
	}
	struct size_condition *condition = reading_alloc(reading, sizeof(*condition));
	if (!condition || !read_amount(reading, column + length, span_from(behind, length), &condition->number,
				       &condition->percent))
		return;
	condition->file = span_is(name, "file");
	memcpy(condition->operator, behind.bytes, length);
	if (condition->file && draft->rule->kinds && !(draft->rule->kinds & KINDS_WITH_FILE))
		complain(reading, word->column, "\"file\" has no meaning for %q: there is no file", draft->pattern->text);
	check_bounds(reading, draft, word, condition);
	append_condition(draft->rule->terms, condition);
}
