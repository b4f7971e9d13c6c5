/* SPDX-License-Identifier: MIT */
/* What attach did, for people and as JSON. */
#define _GNU_SOURCE
#include "attach.h"

#include <stdlib.h>

#include "command.h"
#include "json.h"
#include "table.h"
#include "wording.h"

static const char *program_name(const struct process *process)
{
	return process->path ? process->path : process->name;
}

static size_t count_done(const struct plan *plan)
{
	size_t done = 0;
	for (size_t i = 0; i < plan->count; i++)
		done += plan->steps[i].outcome == OUTCOME_DONE;
	return done;
}

static void print_table(const struct plan *plan, const struct process *process, bool dry_run)
{
	static const char *const titles[] = {
		">SIZE", ">RESIDENT", "KIND", "IN FORCE", "RULE", "ADVICE", "RESULT", "MAPPING", NULL
	};
	if (!plan->count) {
		printf("process %d, %s: no mapping that the policy has advice for\n", (int)process->pid, program_name(process));
		return;
	}
	printf("process %d, %s: %zu of %zu %s\n", (int)process->pid, program_name(process), count_done(plan), plan->count,
	       dry_run ? "would be done (dry run)" : "done");
	struct table *table = table_create(titles);
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		table_size(table, step->high - step->low);
		table_size(table, step->resident);
		table_cell(table, step->kind);
		table_cell(table, step->in_force);
		table_cell(table, place_text(step->rule));
		table_cell(table, advices[step->advice].name);
		table_cell(table, step->result ? step->result : "");
		table_cell(table, step->name);
	}
	table_print(table, 0, stdout);
}

static void print_json(const struct plan *plan, const struct process *process, bool dry_run)
{
	struct json json = json_start(stdout);
	json_open_object(&json, NULL);
	json_number(&json, "pid", (uint64_t)process->pid);
	json_string(&json, "program", process->path);
	json_bool(&json, "dry_run", dry_run);
	json_open_array(&json, "advice");
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		json_open_object(&json, NULL);
		json_number(&json, "low", step->low);
		json_number(&json, "high", step->high);
		json_string(&json, "name", step->name);
		json_string(&json, "kind", step->kind);
		json_number(&json, "size", step->high - step->low);
		json_number(&json, "resident", step->resident);
		json_string(&json, "in_force", step->in_force);
		json_open_object(&json, "rule");
		json_string(&json, "policy", step->rule->source);
		json_number(&json, "line", step->rule->line);
		json_close_object(&json);
		json_string(&json, "advice", advices[step->advice].name);
		json_bool(&json, "done", step->outcome == OUTCOME_DONE);
		json_string(&json, "result", step->result);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_close_object(&json);
	json_finish(&json);
}

void print_plan(const struct plan *plan, const struct process *process, bool as_json, bool dry_run)
{
	if (as_json)
		print_json(plan, process, dry_run);
	else
		print_table(plan, process, dry_run);
	fflush(stdout);
}
