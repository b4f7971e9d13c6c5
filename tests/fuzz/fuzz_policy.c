/* SPDX-License-Identifier: MIT */
/* Input: a policy. What is read without error must be usable, and the look-up must agree with the plain loop. */
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define RULES_MAX 16   /* each is matched with the names of so many */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t memory(void)
{
	return 3u << 30;
}

/* What the command prints: every byte is read, none is a control character. */
static void check_error(void *context, const struct parse_error *error)
{
	(void)context;
	for (const char *byte = error->message; *byte; byte++) {
		if ((unsigned char)*byte < 0x20)
			abort();
	}
	if (!*error->message || (error->column && !error->line))
		abort();
}

static const struct rule *find_plainly(const struct policy *policy, const struct facts *facts)
{
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		struct mismatch_detail detail;
		enum match match = rule_match(policy->rules[i], facts, &detail);
		if (match != MATCH_NO)
			return match == MATCH_YES ? policy->rules[i] : NULL;
	}
	return NULL;
}

static void look_up(const struct policy *policy, enum kind kind, const char *name, uint64_t size)
{
	struct facts facts = {
		.kind = kind, .words = WORD_SHARED | WORD_WRITABLE, .known = WORDS_ALL & ~WORD_STACK, .size = size,
		.file = size & 1 << 20 ? FILE_UNKNOWN : size, .name = name, .name_length = strlen(name),
	};
	const struct rule *rule = policy_find(policy, &facts);
	if (rule != find_plainly(policy, &facts))
		abort();
	if (rule && !policy_may_match(policy, KIND_BIT(kind), facts.words, facts.known, size))
		abort();
}

static void check_items(const struct rule *rule, uint32_t item_count)
{
	for (size_t i = 0; i < rule->terms->item_count; i++) {
		const struct item *item = rule->terms->items[i];
		if (item->count == 0 || item_slot(rule, item) >= item_count || (item->has_range && item->range.min >= item->range.max))
			abort();
		for (size_t k = 0; k < item->count; k++) {
			const struct advice *advice = &advices[item->alternatives[k]];
			if (advice->danger == DANGER_REFUSED || (advice->danger == DANGER_LITERAL && !(rule->terms->unsafe && rule->literal)))
				abort();
		}
	}
}

static void read_policy(const uint8_t *data, size_t size, bool semicolons, bool attach, const struct identity *identity)
{
	struct arena arena = { .used = 0 };
	struct parser parser;
	parser_init(&parser, &arena, check_error, NULL);
	parser.attach = attach;
	parser.identity = identity;
	parse_text(&parser, "fuzz", (const char *)data, size, semicolons);
	const struct policy *policy = parser_finish(&parser, memory);
	if (!policy != (parser.errors > 0))
		abort();
	for (uint32_t i = 0; policy && i < policy->rule_count && i < RULES_MAX; i++) {
		const struct rule *rule = policy->rules[i];
		check_items(rule, policy->item_count);
		for (int kind = 0; kind < KIND_COUNT; kind++)
			look_up(policy, kind, rule->pattern, (uint64_t)(i + 1) << 18);
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const arguments[] = { "-v", "org.Main", NULL };
	static const struct identity identity = { "/usr/bin/java", arguments };
	read_policy(data, size, false, false, NULL);
	read_policy(data, size, true, true, &identity);
	return 0;
}
