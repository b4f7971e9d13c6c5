/* SPDX-License-Identifier: MIT */
/* The pattern of a rule: a glob of paths, or a keyword in brackets. */
#include <string.h>

#include "reading.h"

#define MEMFD "[memfd:"

static const struct {
	const char *name;
	enum kind kind;
} keywords[] = {
	{ "[file]", KIND_FILE }, { "[anon]", KIND_ANON }, { "[shared-anon]", KIND_SHARED_ANON }, { "[shm]", KIND_SHM },
};
#define KEYWORD_COUNT (sizeof(keywords) / sizeof(keywords[0]))

/* What people look for and a preload cannot do. */
static const struct {
	const char *name, *reason;
} impossible[] = {
	{ "[heap]", "the kernel extends the heap without the advice, and malloc maps where no hook sees it; "
		    "for huge pages set GLIBC_TUNABLES=glibc.malloc.hugetlb=1" },
	{ "[stack]", "the kernel extends the stack without the advice" },
};

static const char *keyword_name(size_t index)
{
	return index < KEYWORD_COUNT ? keywords[index].name : index == KEYWORD_COUNT ? "[memfd:*]" : NULL;
}

/* An unquoted word that begins with '[' and ends with the first ']'. */
static bool is_keyword(const struct word *word)
{
	struct span text = word->text;
	return !word->quoted && span_begins(text, "[") &&
	       memchr(text.bytes, ']', text.length) == text.bytes + text.length - 1;
}

static void read_keyword(struct reading *reading, struct rule *rule, const struct word *word)
{
	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		if (span_is(word->text, keywords[i].name)) {
			rule->kinds = KIND_BIT(keywords[i].kind);
			return;
		}
	}
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
		if (span_is(word->text, impossible[i].name)) {
			complain(reading, word->column, "no rule for %q: %s", word->text, impossible[i].reason);
			return;
		}
	}
	complain_of_word(reading, word->column, "keyword", word->text, keyword_name,
			 "there are [file], [anon], [shared-anon], [shm] and [memfd:GLOB]");
}

static void read_memfd(struct reading *reading, struct rule *rule, const struct word *word)
{
	size_t before = strlen(MEMFD), length = word->text.length - before - 1;
	if (length == 0) {
		complain(reading, word->column + before, "a glob is expected behind \"" MEMFD "\", such as " MEMFD "*]");
		return;
	}
	rule->kinds = KIND_BIT(KIND_MEMFD);
	rule->glob = reading_glob(reading, GLOB_FLAT, word, before, length);
}

void read_pattern(struct reading *reading, struct draft *draft)
{
	const struct word *word = draft->pattern;
	struct rule *rule = draft->rule;
	bool keyword = is_keyword(word), memfd = !word->quoted && span_begins(word->text, MEMFD);
	if (memfd && keyword) {
		read_memfd(reading, rule, word);
	} else if (memfd) {
		complain(reading, word->column, "\"" MEMFD "\" takes a glob without \"]\" up to its first \"]\"");
	} else if (keyword) {
		read_keyword(reading, rule, word);
	} else {
		rule->kinds = KIND_BIT(KIND_FILE);
		rule->glob = reading_glob(reading, GLOB_PATH, word, 0, word->text.length);
		rule->literal = rule->glob && glob_literal(rule->glob);
	}
	if (!reading->parser->drop_patterns)
		rule->pattern = reading_copy(reading, word->text);
}
