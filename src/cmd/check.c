/* SPDX-License-Identifier: MIT */
/* madvisor check: is the policy right, and would it do here what it says. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "choice.h"
#include "command.h"
#include "program.h"
#include "verdict.h"
#include "wording.h"

/* Returns whether the rule would do all that it says. */
static bool check_rule(const struct rule *rule, const struct system *system)
{
	char *text = rule_text(rule), *scope = scope_text(rule->scope);
	bool matches, works;

	printf("%s: %s%s%s%s\n", place_text(rule), text, scope ? "  [" : "", scope ? scope : "", scope ? "]" : "");
	works = print_items(rule, system, stdout);
	matches = print_obstacles(rule, stdout);
	print_notes(rule, stdout);
	free(scope);
	free(text);
	return works && matches;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct policy_choice choice = { 0 };
	const struct policy *policy;
	struct parser parser;
	struct system system;
	uint32_t index, less = 0;
	int key;

	while ((key = next_option(self, argc, argv)) != -1) {
		if (key == 'p')
			choose_policy(&choice, optarg);
		else if (key == 'r')
			choose_rule(&choice, optarg);
	}
	for (; argv[optind]; optind++)
		choose_policy(&choice, argv[optind]);
	choose_rest(&choice, getenv("MADVISOR_POLICY"), getenv("MADVISOR_RULES"));
	policy = read_choice(&choice, NULL, false, &parser);
	if (!policy)
		return EXIT_USAGE;
	if (!policy->rule_count) {
		printf("no rule: %s; the library would sleep\n", empty_reason(&choice));
		return EXIT_DONE;
	}
	system = system_read(~0u);
	for (index = 0; index < policy->rule_count; index++)
		less += !check_rule(policy->rules[index], &system);
	if (less)
		printf("%u of %u rules would do less than %s here\n", less, policy->rule_count,
		       less == 1 ? "it says" : "they say");
	else if (policy->rule_count == 1)
		printf("the rule would do what it says here\n");
	else
		printf("all %u rules would do what they say here\n", policy->rule_count);
	return less ? EXIT_PARTLY : EXIT_DONE;
}

static const struct option_row options[] = {
	{ 'p', "policy", "POLICY", "the same as POLICY as an operand" },
	{ 'r', "rule", "RULE", "a rule, tried before those of policies; may be repeated" },
	{ 0 },
};

const struct subcommand check_subcommand = {
	.name = "check",
	.usage = "[-r RULE]... [POLICY]...",
	.summary = "say what is wrong with a policy, and what it would do here",
	.description =
		"Prints all errors. Then, for each rule: is its advice supported by this kernel, does it do anything\n"
		"(tried on a mapping of the command's own), can its pattern match at all. Without POLICY: what the\n"
		"library would read here (MADVISOR_POLICY and MADVISOR_RULES, else default.policy).\n",
	.options = options,
	.exit_status =
		"  0  every rule would do what it says\n"
		"  1  some would do less\n"
		"  2  errors\n",
	.example = "  madvisor check lmdb ./mine.policy\n",
	.run = run,
};
