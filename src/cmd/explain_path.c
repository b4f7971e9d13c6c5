/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "paths.h"
#include "program.h"
#include "table.h"
#include "why.h"
#include "wording.h"

struct subject {
	char *path;           /* as the kernel would give it */
	const char *problem;  /* why nothing is known of the file; NULL */
	uint64_t length;
	struct facts facts;
};

/* A path that does not exist is judged by its name. */
static char *kernel_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : absolute_path(path);
}

static void find_subject(const char *path, struct subject *subject)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	struct stat status;

	*subject = (struct subject){ .path = kernel_path(path) };
	subject->facts = (struct facts){ .kind = KIND_FILE,
					 .known = WORD_DELETED,
					 .file = FILE_UNKNOWN,
					 .name = subject->path,
					 .name_length = strlen(subject->path) };
	if (stat(subject->path, &status)) {
		subject->problem = strerror(errno);
		return;
	}
	if (!S_ISREG(status.st_mode)) {
		subject->problem = "not a regular file";
		return;
	}
	subject->length = status.st_size;
	subject->facts.size = (subject->length + page - 1) / page * page;
	subject->facts.file = (uint64_t)status.st_blocks * 512;
	if (subject->facts.file > subject->length)
		subject->facts.file = subject->length;
}

/* What one rule says about it, in words. Returns whether no later rule is asked. */
static bool judge(const struct policy *policy, const struct rule *rule, const struct subject *subject,
		  const char **verdict, char **why)
{
	enum match match = judge_rule(policy, rule, &subject->facts, !subject->problem, why);
	char *scope = match == MATCH_NO ? NULL : scope_text(rule->scope), *whole;

	if (scope) {
		whole = print_string("%s%s%s", scope, **why ? " and " : "", *why);
		free(*why);
		free(scope);
		*why = whole;
	}
	*verdict = match == MATCH_NO ? "no" : **why ? "if" : "yes";
	return match != MATCH_NO && !**why;
}

static void print_for_people(const struct policy *policy, const struct subject *subject, const char *named)
{
	static const char *const titles[] = { "PLACE", "RULE", "DECIDES", "WHY", NULL };
	struct table *table = table_create(titles);
	char *shown = printable(subject->path, strlen(subject->path)), *why, *text;
	const char *verdict;
	bool decided = false;
	uint32_t index;

	printf("%s%s", shown, strcmp(named, subject->path) ? " (what the kernel calls it)" : "");
	if (subject->problem)
		printf(": %s: judged by its name alone\n", subject->problem);
	else
		printf(": a file of %s, which occupies %s\n", size_text(subject->length),
		       size_text(subject->facts.file));
	for (index = 0; index < policy->rule_count && !decided; index++) {
		const struct rule *rule = policy->rules[index];

		decided = judge(policy, rule, subject, &verdict, &why);
		text = rule_text(rule);
		table_cell(table, place_text(rule));
		table_cell(table, text);
		table_cell(table, verdict);
		table_cell(table, why);
		free(text);
		free(why);
	}
	if (policy->rule_count)
		table_print(table, 2, stdout);
	if (!decided)
		printf("  no %srule decides: no advice\n", policy->rule_count ? "other " : "");
	free(shown);
}

static void print_json(const struct policy *policy, const struct subject *subject, struct json *json)
{
	const char *verdict;
	bool decided = false;
	uint32_t index;
	char *why, *text;

	json_open_object(json, NULL);
	json_string(json, "path", subject->path);
	json_string(json, "problem", subject->problem);
	if (!subject->problem) {
		json_number(json, "length", subject->length);
		json_number(json, "occupied", subject->facts.file);
	}
	json_open_array(json, "rules");
	for (index = 0; index < policy->rule_count && !decided; index++) {
		const struct rule *rule = policy->rules[index];

		decided = judge(policy, rule, subject, &verdict, &why);
		text = rule_text(rule);
		json_open_object(json, NULL);
		json_string(json, "policy", rule->source);
		json_number(json, "line", rule->line);
		json_string(json, "rule", text);
		json_string(json, "decides", verdict);
		json_string(json, "why", *why ? why : NULL);
		json_close_object(json);
		free(text);
		free(why);
	}
	json_close_array(json);
	json_bool(json, "decided", decided);
	json_close_object(json);
}

void explain_path(const struct policy *policy, const char *path, struct json *json)
{
	struct subject subject;

	find_subject(path, &subject);
	if (json)
		print_json(policy, &subject, json);
	else
		print_for_people(policy, &subject, path);
	free(subject.path);
}
