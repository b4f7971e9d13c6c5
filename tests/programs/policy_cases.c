/* SPDX-License-Identifier: MIT */
/*
 * The policy language by itself, for the tests: reads a policy from standard input, and prints its errors, its rules, or
 * what it makes of a mapping.
 *
 *   policy_cases [SETTING]... [FACT]... <POLICY
 *
 * Settings: source=NAME semicolons attach program=PATH argument=TEXT memory=BYTES list (prints the rules)
 *           sysconf=DIR data=DIR load=LIST default whole-names (policies from files instead)
 * Facts:    kind=KIND name=NAME size=BYTES file=BYTES|unknown words=WORD,WORD known=WORD,WORD library
 *
 * With a kind, prints for each rule up to the one that decides why it does not, then "decides: LINE" or "decides: none".
 * Exit status 2: errors in the policy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "parse.h"

static const char *const kind_names[KIND_COUNT] = { "file", "anon", "shared-anon", "shm", "memfd" };

static struct {
	const char *source, *load;
	bool semicolons, list, find, load_default, whole_names;
	struct policy_path where;
	struct identity identity;
	const char *arguments[8];
	struct facts facts;
} given = { .source = "test.policy", .facts = { .known = WORDS_ALL, .file = FILE_UNKNOWN } };

static uint64_t memory_bytes = 1 << 30;

static uint64_t memory(void)
{
	return memory_bytes;
}

static void print_error(void *context, const struct parse_error *error)
{
	(void)context;
	printf("%s:", error->source);
	if (error->line)
		printf("%u:", error->line);
	if (error->column)
		printf("%u:", error->column);
	printf(" %s\n", error->message);
}

static uint16_t words_of(char *list)
{
	uint16_t words = 0;
	for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		for (size_t i = 0; word_name(i); i++) {
			if (strcmp(word_name(i), name) == 0)
				words |= 1u << i;
		}
	}
	return words;
}

/* The value of "NAME=VALUE", or NULL. */
static char *value_of(char *argument, const char *name)
{
	size_t length = strlen(name);
	return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1 : NULL;
}

static void take_fact(char *argument)
{
	char *value;
	if ((value = value_of(argument, "kind"))) {
		given.find = true;
		for (int kind = 0; kind < KIND_COUNT; kind++) {
			if (strcmp(kind_names[kind], value) == 0)
				given.facts.kind = kind;
		}
	} else if ((value = value_of(argument, "name"))) {
		given.facts.name = value;
		given.facts.name_length = strlen(value);
	} else if ((value = value_of(argument, "size"))) {
		given.facts.size = strtoull(value, NULL, 0);
	} else if ((value = value_of(argument, "file"))) {
		given.facts.file = strcmp(value, "unknown") == 0 ? FILE_UNKNOWN : strtoull(value, NULL, 0);
	} else if ((value = value_of(argument, "words"))) {
		given.facts.words = words_of(value);
	} else if ((value = value_of(argument, "known"))) {
		given.facts.known = words_of(value);
	} else if (strcmp(argument, "library") == 0) {
		given.facts.library = true;
	} else {
		fprintf(stderr, "policy_cases: %s?\n", argument);
		exit(64);
	}
}

static void take(char *argument, struct parser *parser)
{
	static size_t arguments;
	char *value;
	if ((value = value_of(argument, "source")))
		given.source = value;
	else if ((value = value_of(argument, "load")))
		given.load = value;
	else if ((value = value_of(argument, "sysconf")))
		given.where.sysconf = value;
	else if ((value = value_of(argument, "data")))
		given.where.data = value;
	else if ((value = value_of(argument, "memory")))
		memory_bytes = strtoull(value, NULL, 0);
	else if ((value = value_of(argument, "program")))
		given.identity.path = value;
	else if ((value = value_of(argument, "argument")))
		given.arguments[arguments++] = value;
	else if (strcmp(argument, "default") == 0)
		given.load_default = true;
	else if (strcmp(argument, "whole-names") == 0)
		given.whole_names = true;
	else if (strcmp(argument, "semicolons") == 0)
		given.semicolons = true;
	else if (strcmp(argument, "list") == 0)
		given.list = true;
	else if (strcmp(argument, "attach") == 0)
		parser->attach = true;
	else
		take_fact(argument);
}

static void print_words(const char *before, unsigned words)
{
	for (size_t i = 0; word_name(i); i++) {
		if (words & 1u << i)
			printf(" %s%s", before, word_name(i));
	}
}

static void print_item(const struct rule *rule, const struct item *item)
{
	printf("%s", item->at_unmap ? "unmap:" : "");
	for (size_t i = 0; i < item->count; i++)
		printf("%s%s", i ? "|" : "", advices[item->alternatives[i]].name);
	if (item->has_range)
		printf("@%llu..%llu", (unsigned long long)item->range.min, (unsigned long long)item->range.max);
	printf("#%u", item_slot(rule, item));
}

static void print_bounds(const char *name, struct bounds bounds)
{
	if (bounds.min > 0 || bounds.max < UINT64_MAX)
		printf(" %s %llu..%llu", name, (unsigned long long)bounds.min, (unsigned long long)bounds.max);
}

static void print_globs(const char *name, const struct glob_list *list)
{
	for (; list; list = list->next)
		printf(" %s=%s%s", name, list->text, list->whole_path ? "(path)" : "");
}

static void print_rule(const struct rule *rule)
{
	printf("%u %s:%u %s ", rule->number, rule->source, rule->line, rule->pattern);
	for (size_t i = 0; i < rule->terms->item_count; i++) {
		printf("%s", i ? "," : "");
		print_item(rule, rule->terms->items[i]);
	}
	printf("%s", rule->terms->item_count ? "" : "none");
	print_words("", rule->terms->must);
	print_words("!", rule->terms->must_not);
	print_bounds("size", rule->terms->size);
	print_bounds("file", rule->terms->file);
	printf("%s%s%s", rule->literal ? " literal" : "", rule->terms->override ? " override" : "", rule->terms->unsafe ? " unsafe" : "");
	for (unsigned class = 0; class < CLASS_COUNT; class++) {
		if (rule->terms->held & 1u << class)
			printf(" holds-%s", advice_class_name(class));
	}
	if (rule->scope) {
		print_globs("program", rule->scope->programs);
		print_globs("argument", rule->scope->arguments);
	}
	printf("\n");
}

static void print_policy(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->rule_count; i++)
		print_rule(policy->rules[i]);
	printf("rules %u items %u%s%s%s\n", policy->rule_count, policy->item_count,
	       policy->wants_names ? " names" : "", policy->wants_memory ? " memory" : "", policy->wants_regions ? " regions" : "");
}

static void print_why(const struct rule *rule, enum match match, const struct mismatch_detail *detail)
{
	static const char *const reasons[] = { "", "kind", "name", "word", "size", "file", "library" };
	printf("%u: %s", rule->line, match == MATCH_YES ? "matches" : match == MATCH_UNKNOWN ? "unknown " : "");
	printf("%s", reasons[detail->what]);
	if (detail->what == MISMATCH_WORD)
		printf(" %s", word_name(__builtin_ctz(detail->word)));
	if (detail->size)
		printf(" %s%s%llu%s", detail->size->file ? "file" : "size", detail->size->operator,
		       (unsigned long long)detail->size->number, detail->size->percent ? "%" : "");
	printf("\n");
}

static void print_decision(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		struct mismatch_detail detail = { .what = MISMATCH_NONE };
		enum match match = rule_match(policy->rules[i], &given.facts, &detail);
		print_why(policy->rules[i], match, &detail);
		if (match != MATCH_NO)
			break;
	}
	const struct facts *facts = &given.facts;
	const struct rule *rule = policy_find(policy, facts);
	if (rule && !policy_may_match(policy, KIND_BIT(facts->kind), facts->words, facts->known, facts->size))
		printf("ruled out beforehand\n");
	if (rule)
		printf("decides: %u\n", rule->line);
	else
		printf("decides: none\n");
}

int main(int argc, char **argv)
{
	static char text[16 << 20];
	struct arena arena = { .used = 0 };
	struct parser parser;
	parser_init(&parser, &arena, print_error, NULL);
	given.identity.arguments = given.arguments;
	for (int i = 1; i < argc; i++)
		take(argv[i], &parser);
	if (given.identity.path)
		parser.identity = &given.identity;

	bool found = true;
	if (given.load_default)
		found = load_default(&parser, &given.where, given.whole_names);
	else if (given.load)
		load_list(&parser, given.load, &given.where, given.whole_names);
	else
		parse_text(&parser, given.source, text, fread(text, 1, sizeof(text), stdin), given.semicolons);
	const struct policy *policy = parser_finish(&parser, memory);
	if (!policy)
		return 2;
	if (!found)
		printf("no default policy\n");
	if (given.list)
		print_policy(policy);
	else if (given.find)
		print_decision(policy);
	else
		printf("%u of %u rules\n", policy->rule_count, parser.rules_seen);
	arena_free(&arena);
	return 0;
}
