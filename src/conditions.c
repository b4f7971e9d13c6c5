/* SPDX-License-Identifier: MIT */
/* Conditions and options: the words behind the list of a rule. */
#include <string.h>

#include "reading.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* In the order of the WORD_ bits. */
static const char *const condition_words[WORD_COUNT] = {
	"shared", "private", "writable", "readonly", "executable", "deleted", "hugetlb", "noreserve", "locked", "populate",
	"stack",
};

/* One of each pair holds for every mapping. */
static const uint16_t opposites[] = { WORD_SHARED | WORD_PRIVATE, WORD_WRITABLE | WORD_READONLY };

/* What holds for no mapping, and what for every one, of some kinds. */
static const struct {
	uint8_t kinds;
	uint16_t never, always;
} facts_of_kinds[] = {
	{ KIND_BIT(KIND_ANON), WORD_SHARED, WORD_PRIVATE },
	{ KIND_BIT(KIND_SHARED_ANON) | KIND_BIT(KIND_SHM), WORD_PRIVATE, WORD_SHARED },
	{ KINDS_ALL & ~KIND_BIT(KIND_FILE), WORD_DELETED, 0 },
};

static const struct {
	const char *name;
	size_t flag;   /* a bool of struct terms */
} options[] = {
	{ "override", offsetof(struct terms, override) },
	{ "unsafe", offsetof(struct terms, unsafe) },
};

const char *word_name(size_t index)
{
	return index < WORD_COUNT ? condition_words[index] : NULL;
}

/* Every word that can stand behind a list, for "did you mean". */
static const char *condition_name(size_t index)
{
	if (index < WORD_COUNT)
		return condition_words[index];
	index -= WORD_COUNT;
	if (index < COUNT(options))
		return options[index].name;
	index -= COUNT(options);
	return subject_name(index);
}

static size_t index_of_word(struct span name)
{
	size_t index = 0;
	while (index < WORD_COUNT && !span_is(name, condition_words[index]))
		index++;
	return index;
}

static size_t index_of_option(struct span name)
{
	size_t index = 0;
	while (index < COUNT(options) && !span_is(name, options[index].name))
		index++;
	return index;
}

bool is_condition(struct span word)
{
	if (word.length > 0 && word.bytes[0] == '!')
		return true;
	struct span subject = comparison_subject(word);
	return index_of_word(subject) < WORD_COUNT || index_of_option(subject) < COUNT(options) || is_subject(subject);
}

static void read_option(struct reading *reading, struct draft *draft, const struct word *word, size_t index, bool negated)
{
	bool *flag = (bool *)((char *)draft->rule->terms + options[index].flag);
	if (negated)
		complain(reading, word->column, "\"%s\" is an option: it cannot be negated", options[index].name);
	else if (*flag)
		complain(reading, word->column, "\"%s\" given twice", options[index].name);
	*flag = true;
	if (flag == &draft->rule->terms->override && !draft->override_column)
		draft->override_column = word->column;
}

/* The bits that are asked for already and cannot hold together with this one. */
static unsigned find_opposites(unsigned asked, unsigned bit)
{
	for (size_t i = 0; i < COUNT(opposites); i++) {
		if (opposites[i] & bit)
			return asked & opposites[i] & ~bit;
	}
	return 0;
}

/* Whether the word can hold, and says anything, beside those before it. */
static void check_word(struct reading *reading, const struct draft *draft, const struct word *word, unsigned bit, bool negated)
{
	const struct terms *terms = draft->rule->terms;
	uint8_t kinds = draft->rule->kinds;
	unsigned same = negated ? terms->must_not : terms->must, other = negated ? terms->must : terms->must_not;
	unsigned against = find_opposites(same, bit);
	if (same & bit)
		complain(reading, word->column, "%q given twice", word->text);
	else if (other & bit)
		complain(reading, word->column, "%q contradicts \"%s%s\"", word->text, negated ? "" : "!",
			 condition_words[__builtin_ctz(bit)]);
	else if (against)
		complain(reading, word->column, "%q contradicts \"%s%s\"", word->text, negated ? "!" : "",
			 condition_words[__builtin_ctz(against)]);
	for (size_t i = 0; i < COUNT(facts_of_kinds); i++) {
		if (kinds && !(kinds & ~facts_of_kinds[i].kinds) &&
		    (negated ? facts_of_kinds[i].always : facts_of_kinds[i].never) & bit)
			complain(reading, word->column, "%q never holds for %q", word->text, draft->pattern->text);
	}
}

static void complain_of_condition(struct reading *reading, unsigned column, struct span name)
{
	if (is_advice(name))
		complain(reading, column, "%q is an advice: a list is joined by \",\" without blanks", name);
	else if (index_of_word(name) < WORD_COUNT || index_of_option(name) < COUNT(options))
		complain(reading, column, "%q is not compared with a number: \"size\" and \"file\" are", name);
	else if (is_subject(name))
		complain(reading, column, "%q needs a comparison without blanks, such as \"%s>=64M\"", name,
			 span_is(name, "file") ? "file" : "size");
	else if (name.length == 0)
		complain(reading, column, "a condition is expected");
	else
		complain_of_word(reading, column, "condition", name, condition_name,
				 "madvisor.policy(5) lists conditions and options");
}

void read_condition(struct reading *reading, struct draft *draft, const struct word *word)
{
	struct terms *terms = draft->rule->terms;
	bool negated = word->text.length > 0 && word->text.bytes[0] == '!';
	struct span text = span_from(word->text, negated), name = comparison_subject(text);
	bool compared = name.length < text.length;
	if (compared && is_subject(name)) {
		read_comparison(reading, draft, word);
		return;
	}
	size_t index = index_of_word(name), option = index_of_option(name);
	if (!compared && option < COUNT(options)) {
		read_option(reading, draft, word, option, negated);
	} else if (!compared && index < WORD_COUNT) {
		check_word(reading, draft, word, 1u << index, negated);
		*(negated ? &terms->must_not : &terms->must) |= 1u << index;
	} else {
		complain_of_condition(reading, word_column(word, negated), name.length ? name : text);
	}
}
