/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *list_text(const char *word, const struct glob_list *list)
{
	char *text = copy_string(word), *longer;

	for (; list; list = list->next) {
		longer = print_string("%s %s", text, list->text);
		free(text);
		text = longer;
	}
	return text;
}

char *scope_text(const struct scope *scope)
{
	char *programs, *arguments, *text;

	if (!scope || !scope->programs)
		return NULL;
	programs = list_text("program", scope->programs);
	if (!scope->arguments)
		return programs;
	arguments = list_text("argument", scope->arguments);
	text = print_string("%s, %s", programs, arguments);
	free(programs);
	free(arguments);
	return text;
}

/*
 * Scopes are compared with the executable as the kernel names it, behind all links: "program python3" is not for
 * /usr/bin/python3.11. Whoever typed the link's name learns that here.
 */
static bool meant_by_other_name(const struct scope *scope, const struct target *target)
{
	struct identity typed = { .path = target->typed, .arguments = target->identity.arguments };
	struct identity behind = target->identity;

	return strcmp(base_name(typed.path), base_name(behind.path)) && scope_applies(scope, &typed) &&
	       !scope_applies(scope, &behind);
}

static bool warn_of_names(const struct policy *policy, const struct target *target)
{
	const struct scope *last = NULL;
	bool warned = false;
	uint32_t index;

	for (index = 0; index < policy->rule_count; index++) {
		const struct rule *rule = policy->rules[index];
		char *text;

		if (rule->scope == last || !rule->scope)
			continue;
		last = rule->scope;
		if (!meant_by_other_name(last, target))
			continue;
		text = scope_text(last);
		report_warning("%s:%u: \"%s\" does not match \"%s\": \"program %s\" would", rule->source, rule->line,
			       text, target->identity.path, base_name(target->identity.path));
		free(text);
		warned = true;
	}
	return warned;
}

/* Whether a rule is for the program, though only with other arguments. */
static bool any_for_other_arguments(const struct policy *policy, const struct target *target)
{
	uint32_t index;

	for (index = 0; index < policy->rule_count; index++) {
		const struct scope *scope = policy->rules[index]->scope;
		struct scope any_arguments = { .programs = scope ? scope->programs : NULL };

		if (scope_applies(&any_arguments, &target->identity))
			return true;
	}
	return false;
}

static void warn_of_no_rule(const struct policy *policy, const struct target *target)
{
	const char *path = target->identity.path;

	if (any_for_other_arguments(policy, target))
		report_warning("no rule is for \"%s\" with these arguments: no \"argument\" line matches one", path);
	else
		report_warning(
			"no rule is for \"%s\": \"program %s\" would match it (what it starts is judged by itself)",
			path, base_name(path));
}

bool check_scope(const struct policy_choice *choice, const struct target *target)
{
	const struct policy *all, *own;
	struct parser parser;
	bool warned;

	all = read_choice(choice, NULL, false, &parser);
	if (!all)
		return false;
	if (!all->rule_count) {
		report_warning("no advice will be given: %s", empty_reason(choice));
		return true;
	}
	if (!*target->identity.path)
		return true;
	warned = warn_of_names(all, target);
	own = read_choice(choice, &target->identity, false, &parser);
	if (own && !own->rule_count && !warned)
		warn_of_no_rule(all, target);
	return own;
}
