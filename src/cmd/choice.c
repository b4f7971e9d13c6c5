/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "memory.h"
#include "paths.h"

/* The command ends before it would pay to give this back. */
static struct arena arena;

static void append(char **list, char separator, const char *text)
{
	char *longer = *list && **list ? print_string("%s%c%s", *list, separator, text) : copy_string(text);

	free(*list);
	*list = longer;
}

void choose_policy(struct policy_choice *choice, const char *name)
{
	char *names = copy_string(name), *rest = names, *one, *path;

	while ((one = strsep(&rest, ":"))) {
		path = locate_policy(one);
		append(&choice->policies, ':', path);
		free(path);
	}
	free(names);
}

void choose_rule(struct policy_choice *choice, const char *rule)
{
	/* A newline ends a rule inside quotes, too: two broken rules do not become a good one. */
	append(&choice->rules, '\n', rule);
}

bool is_chosen(const struct policy_choice *choice)
{
	return choice->policies || choice->rules;
}

static void choose_default(struct policy_choice *choice)
{
	char *path = print_string("%s/default.policy", find_paths()->policies.sysconf);

	if (access(path, F_OK) == 0)
		append(&choice->policies, ':', path);
	free(path);
}

void choose_rest(struct policy_choice *choice, const char *policies, const char *rules)
{
	if (!is_chosen(choice)) {
		if (rules)
			choose_rule(choice, rules);
		if (policies && *policies)
			choose_policy(choice, policies);
		else if (!policies)
			choose_default(choice);
	}
	if (!choice->policies)
		choice->policies = copy_string("");
}

/* The value of a variable in the environment that the process was started with; NULL: unset, or not to be read. */
static char *variable_of(const struct process *process, const char *name)
{
	char *path = print_string("/proc/%d/environ", (int)process->pid), *entry = NULL, *value = NULL;
	FILE *file = fopen(path, "re");
	size_t room = 0, length = strlen(name);

	while (file && !value && getdelim(&entry, &room, '\0', file) > 0)
		if (!strncmp(entry, name, length) && entry[length] == '=')
			value = copy_string(entry + length + 1);
	if (file)
		fclose(file);
	free(entry);
	free(path);
	return value;
}

/* policies is overwritten. */
static void choose_through_root(struct policy_choice *choice, pid_t pid, char *policies, const char *rules)
{
	char *rest = policies, *one, *path;

	if (rules)
		choose_rule(choice, rules);
	while (rest && (one = strsep(&rest, ":"))) {
		if (one[0] != '/') {
			choose_policy(choice, one);
			continue;
		}
		/* Its own root and mounts: what is at that path for us may be another file. */
		path = print_string("/proc/%d/root%s", (int)pid, one);
		append(&choice->policies, ':', path);
		free(path);
	}
}

void choose_of_snapshot(struct policy_choice *choice, const struct snapshot *snapshot)
{
	if (snapshot->policy_setting || snapshot->rules_setting)
		choose_through_root(choice, snapshot->pid, snapshot->policy_setting, snapshot->rules_setting);
	if (!snapshot->policy_setting)
		choose_default(choice);
}

bool choose_of_process(struct policy_choice *choice, const struct process *process)
{
	char *policies = variable_of(process, "MADVISOR_POLICY"), *rules = variable_of(process, "MADVISOR_RULES");
	bool said = policies || rules;
	struct snapshot snapshot;
	int error = 0;

	if (take_snapshot(process->pid, &snapshot, &error) == SNAPSHOT_READ && snapshot.state == LIBRARY_ACTIVE) {
		choose_of_snapshot(choice, &snapshot);
		said = true;
	} else if (said) {
		choose_through_root(choice, process->pid, policies, rules);
	}
	release_snapshot(&snapshot);
	free(policies);
	free(rules);
	return said;
}

bool choice_is_empty(const struct policy_choice *choice)
{
	return !*choice->policies && !(choice->rules && *choice->rules);
}

static void print_error(void *context, const struct parse_error *error)
{
	(void)context;
	if (error->line)
		report_error("%s:%u:%u: %s", error->source, error->line, error->column, error->message);
	else
		report_error("%s: %s", error->source, error->message);
}

static void ignore_error(void *context, const struct parse_error *error)
{
	(void)context;
	(void)error;
}

static const struct process *memory_user;

void choose_memory_of(const struct process *process)
{
	memory_user = process;
}

static uint64_t memory_to_use(void)
{
	return memory_user ? process_memory(memory_user) : memory_limit();
}

static const struct policy *read_into(struct parser *parser, const struct policy_choice *choice, bool whole_names)
{
	if (choice->rules)
		parse_text(parser, "MADVISOR_RULES", choice->rules, strlen(choice->rules), true);
	if (choice->policies && *choice->policies)
		load_list(parser, choice->policies, &find_paths()->policies, whole_names);
	return parser_finish(parser, memory_to_use);
}

const struct policy *read_choice(const struct policy_choice *choice, const struct identity *identity, bool attach,
				 struct parser *parser)
{
	const struct policy *policy;

	parser_init(parser, &arena, print_error, NULL);
	parser->identity = identity;
	parser->attach = attach;
	policy = read_into(parser, choice, true);
	if (!policy && !parser->errors)
		report_error("out of memory");
	return policy;
}

const struct policy *read_choice_quietly(const struct policy_choice *choice, const struct identity *identity)
{
	struct parser parser;

	parser_init(&parser, &arena, ignore_error, NULL);
	parser.identity = identity;
	return read_into(&parser, choice, false);
}

const char *empty_reason(const struct policy_choice *choice)
{
	return choice_is_empty(choice) ? "no policy is named, and there is no default.policy" : "the policy is empty";
}
