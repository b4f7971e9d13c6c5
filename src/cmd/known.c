/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "presets.h"
#include "wording.h"

/*
 * Whether the rule's pattern is for it, whatever its conditions say: those are for the operator to judge. A pattern of
 * any file or any memory says something only of the program that it is for.
 */
static bool is_about(const struct rule *rule, const struct process *process, const struct facts *facts)
{
	bool named = rule->scope && rule->scope->programs;

	if (!(rule->kinds & KIND_BIT(facts->kind)) || (named && !scope_applies(rule->scope, &process->identity)))
		return false;
	if (!rule->glob)
		return named;
	return facts->name && glob_match(rule->glob, facts->name, facts->name_length);
}

static const struct rule *first_about(const struct policy *policy, const struct process *process,
				      const struct facts *facts)
{
	uint32_t index;

	for (index = 0; index < policy->rule_count; index++)
		if (is_about(policy->rules[index], process, facts))
			return policy->rules[index];
	return NULL;
}

char *known_about(const struct process *process, const struct facts *facts)
{
	const struct preset *presets;
	size_t count = read_presets(&presets), index;
	char *text = NULL, *longer, *rule;

	for (index = 0; index < count; index++) {
		const struct rule *found =
			presets[index].policy ? first_about(presets[index].policy, process, facts) : NULL;

		if (!found)
			continue;
		rule = rule_text(found);
		longer = print_string("%s# the preset \"%s\" (line %u) says: %s\n", text ? text : "",
				      presets[index].name, found->line, rule);
		free(rule);
		free(text);
		text = longer;
	}
	return text;
}
