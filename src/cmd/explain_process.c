/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "effect.h"
#include "table.h"
#include "why.h"
#include "wording.h"

enum agreement { AGREES, DIFFERS, NOT_TO_SEE };
static const char *const agreement_words[] = { [AGREES] = "yes", [DIFFERS] = "no", [NOT_TO_SEE] = "-" };

/* What a policy says of one mapping. */
struct finding {
	const struct rule *rule;      /* NULL: none decides */
	bool unknown;                 /* of the rule it cannot be known whether it matches */
	char *why;                    /* then on what that depends */
	char *advice;                 /* what the rule gives when it maps: "random,dontdump"; "" */
	enum agreement agreement;     /* with what is in force */
};

/* Only what sticks and has letters in VmFlags can be seen. */
static enum agreement compare(const struct process *process, const struct process_mapping *mapping,
			      const struct rule *rule)
{
	enum agreement agreement = NOT_TO_SEE;
	unsigned index;

	for (index = 0; index < rule->terms->item_count; index++) {
		enum advice_id id = supported_alternative(rule->terms->items[index]);

		if (rule->terms->items[index]->at_unmap || id == ADVICE_COUNT || !mapping->flags ||
		    !(advices[id].sets || advices[id].clears))
			continue;
		if (!mapping_in_force(mapping, id) || (id == ADVICE_HUGEPAGE && process->thp_disabled))
			return DIFFERS;
		agreement = AGREES;
	}
	return agreement;
}

static char *advice_text(const struct rule *rule)
{
	char *text = copy_string(rule->terms->item_count ? "" : "none"), *item, *longer;
	unsigned index;

	for (index = 0; index < rule->terms->item_count; index++) {
		item = item_text(rule->terms->items[index]);
		longer = print_string("%s%s%s", text, *text ? "," : "", item);
		free(item);
		free(text);
		text = longer;
	}
	return text;
}

static struct finding find(const struct policy *policy, const struct process *process,
			   const struct process_mapping *mapping)
{
	struct finding finding = { .agreement = NOT_TO_SEE };
	enum match match = MATCH_NO;
	uint32_t index;
	char *why = NULL;

	for (index = 0; policy && !mapping->never && index < policy->rule_count && match == MATCH_NO; index++) {
		free(why);
		finding.rule = policy->rules[index];
		match = judge_rule(policy, finding.rule, &mapping->facts, true, &why);
	}
	if (match == MATCH_NO) {
		free(why);
		finding.rule = NULL;
		finding.advice = copy_string("");
		return finding;
	}
	finding.unknown = match == MATCH_UNKNOWN;
	finding.why = why;
	finding.advice = advice_text(finding.rule);
	if (!finding.unknown)
		finding.agreement = compare(process, mapping, finding.rule);
	return finding;
}

static void release(struct finding *finding)
{
	free(finding->why);
	free(finding->advice);
}

static int by_size(const void *a, const void *b)
{
	const struct process_mapping *const *first = a, *const *second = b;
	uint64_t one = (*first)->line.high - (*first)->line.low, two = (*second)->line.high - (*second)->line.low;

	if (one != two)
		return one < two ? 1 : -1;
	return (*first)->line.low < (*second)->line.low ? -1 : 1;
}

/* Pointers to the mappings, largest first. The caller frees it. */
static const struct process_mapping **sort_mappings(const struct process *process)
{
	const struct process_mapping **sorted = allocate(process->mapping_count * sizeof(*sorted));
	size_t index;

	for (index = 0; index < process->mapping_count; index++)
		sorted[index] = &process->mappings[index];
	qsort(sorted, process->mapping_count, sizeof(*sorted), by_size);
	return sorted;
}

static void add_row(struct table *table, const struct policy *policy, const struct process *process,
		    const struct process_mapping *mapping)
{
	struct finding finding = find(policy, process, mapping);
	char words[128], *place;

	mapping_describe(mapping, words, sizeof(words));
	table_size(table, mapping->line.high - mapping->line.low);
	table_size(table, mapping->resident);
	table_cell(table, mapping_kind(mapping));
	table_cell(table, words);
	if (policy) {
		place = finding.rule ? print_string("%s%s", place_text(finding.rule), finding.unknown ? " ?" : "") :
				       copy_string(mapping->never ? "never" : "-");
		table_cell(table, place);
		free(place);
		table_cell(table, finding.advice);
		table_cell(table, agreement_words[finding.agreement]);
	}
	if (finding.unknown)
		place = print_string("%s (the rule decides if %s)", mapping->name, finding.why);
	else
		place = print_string("%s%s%s%s", mapping->name, mapping->never ? " (" : "",
				     mapping->never ? mapping->never : "", mapping->never ? ")" : "");
	table_cell(table, place);
	free(place);
	release(&finding);
}

static void print_for_people(const struct policy *policy, const struct process *process, bool all)
{
	static const char *const with_policy[] = { ">SIZE", ">RESIDENT", "KIND", "IN FORCE", "RULE",
						   "GIVES", "AGREES", "MAPPING", NULL };
	static const char *const without[] = { ">SIZE", ">RESIDENT", "KIND", "IN FORCE", "MAPPING", NULL };
	struct table *table = table_create(policy ? with_policy : without);
	const struct process_mapping **sorted = sort_mappings(process);
	uint64_t left_bytes = 0;
	size_t index, left = 0;

	printf("process %d, %s%s\n", (int)process->pid, process->path ? process->path : process->name,
	       policy ? "" : " (no policy: what it maps)");
	if (process->thp_disabled)
		printf("transparent huge pages are switched off for it by prctl(2): hugepage has no effect\n");
	for (index = 0; index < process->mapping_count; index++) {
		uint64_t bytes = sorted[index]->line.high - sorted[index]->line.low;

		if (all || bytes >= SMALL_MAPPING) {
			add_row(table, policy, process, sorted[index]);
		} else {
			left_bytes += bytes;
			left++;
		}
	}
	table_print(table, 0, stdout);
	if (left)
		printf("and %zu smaller ones, %s in all (--all)\n", left, size_text(left_bytes));
	free(sorted);
}

static void print_mapping_json(struct json *json, const struct policy *policy, const struct process *process,
			       const struct process_mapping *mapping)
{
	struct finding finding = find(policy, process, mapping);
	char words[128];

	mapping_describe(mapping, words, sizeof(words));
	json_open_object(json, NULL);
	json_number(json, "low", mapping->line.low);
	json_number(json, "high", mapping->line.high);
	json_string(json, "name", mapping->name);
	json_string(json, "kind", mapping_kind(mapping));
	json_number(json, "size", mapping->line.high - mapping->line.low);
	json_number(json, "resident", mapping->resident);
	json_number(json, "swapped", mapping->swapped);
	json_number(json, "huge", mapping->huge);
	json_string(json, "vmflags", mapping->flags);
	json_string(json, "in_force", words);
	json_string(json, "never", mapping->never);
	if (finding.rule) {
		json_open_object(json, "rule");
		json_string(json, "policy", finding.rule->source);
		json_number(json, "line", finding.rule->line);
		json_string(json, "gives", finding.advice);
		json_string(json, "if", finding.unknown ? finding.why : NULL);
		json_close_object(json);
	} else {
		json_null(json, "rule");
	}
	if (finding.agreement == NOT_TO_SEE)
		json_null(json, "agrees");
	else
		json_bool(json, "agrees", finding.agreement == AGREES);
	json_close_object(json);
	release(&finding);
}

static void print_json(const struct policy *policy, const struct process *process)
{
	const struct process_mapping **sorted = sort_mappings(process);
	struct json json = json_start(stdout);
	size_t index;

	json_open_object(&json, NULL);
	json_number(&json, "pid", process->pid);
	json_string(&json, "program", process->path);
	json_bool(&json, "thp_disabled", process->thp_disabled);
	json_open_array(&json, "mappings");
	for (index = 0; index < process->mapping_count; index++)
		print_mapping_json(&json, policy, process, sorted[index]);
	json_close_array(&json);
	json_close_object(&json);
	json_finish(&json);
	free(sorted);
}

void explain_process(const struct policy *policy, const struct process *process, bool all, bool as_json)
{
	if (as_json)
		print_json(policy, process);
	else
		print_for_people(policy, process, all);
}
