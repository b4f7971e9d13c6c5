/* SPDX-License-Identifier: MIT */
/*
 * policy_find against the plain loop over all rules that it stands for: random policies, random mappings.
 *
 *   policy_search SEED POLICIES MAPPINGS
 *
 * Prints how many look-ups a rule decided and how many none did; the first difference ends it with status 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define MEMORY (1u << 30)

static uint64_t state;

static unsigned draw(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

#define PICK(table) ((table)[draw(sizeof(table) / sizeof((table)[0]))])

static const char *const components[] = { "a", "b", "ab", "data", "log", "data.mdb", "lock.mdb", "x.sst", "y.sst", ".mdb" };
static const char *const wild[] = { "*", "?", "**", "*.mdb", "*.sst", "data*", "*a*", "[ab]", "{a,data}", "{x,y}.sst", "?.sst" };
static const char *const lists[] = { "none", "random", "normal,dontdump", "willneed", "sequential,unmap:cold" };
static const char *const conditions[] = {
	"", "", "", "", " shared", " !writable", " executable", " size>=1M", " size<64K", " file>=50%", " file<1M", " populate",
	" !stack private", " deleted", " size>8K size<=32K",
};
static const char *const keywords[] = { "[file]", "[anon]", "[shared-anon]", "[shm]", "[memfd:*]", "[memfd:data*]", "[memfd:a]" };

static uint64_t memory(void)
{
	return MEMORY;
}

static void add_path(char *text, bool globs)
{
	for (unsigned depth = 1 + draw(4); depth > 0; depth--) {
		strcat(text, "/");
		strcat(text, globs && draw(3) == 0 ? PICK(wild) : PICK(components));
	}
}

static void add_pattern(char *text)
{
	switch (draw(8)) {
	case 0:
		strcat(text, PICK(keywords));
		break;
	case 1:
		strcat(text, PICK(components));
		break;
	case 2:
		strcat(text, PICK(wild));
		break;
	case 3:
		strcat(text, "**");
		add_path(text, true);
		break;
	default:
		add_path(text, draw(3) != 0);
	}
}

/* Rules that cannot be (a private [shm], a file condition of [anon]) are reported and left out. */
static void ignore_error(void *context, const struct parse_error *error)
{
	(void)error;
	++*(unsigned *)context;
}

static bool is_valid(const char *line)
{
	struct arena arena = { .used = 0 };
	struct parser parser;
	unsigned errors = 0;
	parser_init(&parser, &arena, ignore_error, &errors);
	parse_text(&parser, "line", line, strlen(line), false);
	arena_free(&arena);
	return errors == 0;
}

static void write_policy(char *text, unsigned rules)
{
	char line[256];
	*text = '\0';
	while (rules > 0) {
		line[0] = '\0';
		add_pattern(line);
		strcat(strcat(strcat(line, " "), PICK(lists)), PICK(conditions));
		if (!is_valid(line))
			continue;
		text = stpcpy(stpcpy(text, line), "\n");
		rules--;
	}
}

static struct facts make_facts(char *name)
{
	struct facts facts = {
		.kind = draw(4) ? KIND_FILE : draw(KIND_COUNT),
		.known = draw(4) ? WORDS_ALL : WORDS_ALL & ~WORDS_OF_FLAGS,
		.size = 4096u << draw(12),
		.file = draw(8) ? (uint64_t)draw(2048) << 19 : FILE_UNKNOWN,
		.library = draw(16) == 0,
	};
	facts.words = (uint16_t)(draw(2) ? WORD_SHARED : WORD_PRIVATE) | (draw(2) ? WORD_WRITABLE : WORD_READONLY);
	facts.words |= (draw(4) ? 0 : WORD_EXECUTABLE) | (draw(8) ? 0 : WORD_DELETED) | (draw(8) ? 0 : WORD_POPULATE);
	facts.words &= facts.known;
	*name = '\0';
	if (facts.kind == KIND_FILE)
		add_path(name, false);
	else if (facts.kind == KIND_MEMFD)
		strcpy(name, PICK(components));
	if (*name && draw(32)) {
		facts.name = name;
		facts.name_length = strlen(name);
	}
	return facts;
}

static const struct rule *find_plainly(const struct policy *policy, const struct facts *facts)
{
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		enum match match = rule_match(policy->rules[i], facts, NULL);
		if (match != MATCH_NO)
			return match == MATCH_YES ? policy->rules[i] : NULL;
	}
	return NULL;
}

/* Returns whether the look-ups agree. */
static bool compare(const struct policy *policy, const struct facts *facts, const struct rule **plain)
{
	const struct rule *found = policy_find(policy, facts);
	*plain = find_plainly(policy, facts);
	return found == *plain &&
	       (!found || policy_may_match(policy, KIND_BIT(facts->kind), facts->words, facts->known, facts->size));
}

static bool test_policy(unsigned mappings, unsigned long *decided, unsigned long *undecided)
{
	static char text[1 << 20];
	char name[256];
	struct arena arena = { .used = 0 };
	struct parser parser;
	unsigned errors = 0;
	write_policy(text, draw(4) ? 1 + draw(40) : draw(1000));
	parser_init(&parser, &arena, ignore_error, &errors);
	parse_text(&parser, "random", text, strlen(text), false);
	const struct policy *policy = parser_finish(&parser, memory);
	bool agreed = policy != NULL;
	for (; agreed && mappings > 0; mappings--) {
		struct facts facts = make_facts(name);
		const struct rule *plain;
		agreed = compare(policy, &facts, &plain);
		++*(plain ? decided : undecided);
		if (!agreed)
			printf("kind %d \"%s\" size %llu: line %u was not found in\n%s", facts.kind, facts.name ? facts.name : "",
			       (unsigned long long)facts.size, plain ? plain->line : 0, text);
	}
	arena_free(&arena);
	return agreed;
}

int main(int argc, char **argv)
{
	unsigned long decided = 0, undecided = 0;
	if (argc != 4)
		return 64;
	state = strtoull(argv[1], NULL, 0);
	for (unsigned long policies = strtoul(argv[2], NULL, 0); policies > 0; policies--) {
		if (!test_policy((unsigned)strtoul(argv[3], NULL, 0), &decided, &undecided))
			return 1;
	}
	printf("%lu decided %lu undecided\n", decided, undecided);
	return 0;
}
