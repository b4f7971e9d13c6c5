/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "command.h"
#include "process.h"

/* Whether these are the rules that the library has: their number, and the place of each. */
static bool is_same_policy(const struct policy *policy, const struct snapshot *snapshot)
{
	uint32_t index;

	if (!policy || policy->rule_count != snapshot->page->rule_count)
		return false;
	for (index = 0; index < policy->rule_count; index++) {
		const struct rule *rule = policy->rules[index];
		const struct rule_place *place = &snapshot->places[index];

		if (rule->line != place->line ||
		    strncmp(rule->source, snapshot->page->sources[place->source], STATUS_SOURCE_BYTES - 1))
			return false;
	}
	return true;
}

static struct live *count(const struct policy *policy, const struct process *process)
{
	struct live *live = allocate(policy->rule_count * sizeof(*live));
	size_t index;

	for (index = 0; index < process->mapping_count; index++) {
		const struct process_mapping *mapping = &process->mappings[index];
		const struct rule *rule = mapping->never ? NULL : policy_find(policy, &mapping->facts);

		if (!rule)
			continue;
		live[rule->number].mappings++;
		live[rule->number].bytes += mapping->line.high - mapping->line.low;
	}
	return live;
}

struct live *count_live(const struct snapshot *snapshot)
{
	struct policy_choice choice = { 0 };
	const struct policy *policy;
	struct live *live = NULL;
	struct process process;

	if (!process_open(&process, snapshot->pid)) {
		choose_of_snapshot(&choice, snapshot);
		choose_memory_of(&process);
		policy = read_choice_quietly(&choice, &process.identity);
		choose_memory_of(NULL);
		if (is_same_policy(policy, snapshot) && !process_read_mappings(&process))
			live = count(policy, &process);
		free(choice.policies);
		free(choice.rules);
	}
	process_close(&process);
	return live;
}
