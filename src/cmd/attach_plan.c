/* SPDX-License-Identifier: MIT */
/* What attach is to give to which mapping. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "command.h"
#include "process_advice.h"
#include "wording.h"

void conclude(struct step *step, enum outcome outcome, const char *format, ...)
{
	va_list list;
	free(step->result);
	va_start(list, format);
	if (vasprintf(&step->result, format, list) < 0)
		step->result = NULL;
	va_end(list);
	step->outcome = outcome;
	step->means = outcome == OUTCOME_PENDING ? step->means : BY_NOTHING;
}

/* Why attach does not give an advice that a policy may hold; NULL: it does. */
static const char *not_by_attach(enum advice_id advice)
{
	if (advices[advice].class == CLASS_PREFETCH && advice != ADVICE_WILLNEED)
		return "one of its threads would have to wait for it; use willneed";
	if (advices[advice].class == CLASS_NUMA)
		return "where memory lies is decided when it is touched first";
	if (advices[advice].danger != DANGER_NONE)
		return "it is unsafe";
	if (!can_advise_process(advice) && !advices[advice].sticks)
		return "it does nothing to a process that runs";
	return NULL;
}

/* The first that this kernel supports and attach gives; for want of it the first that it supports; ADVICE_COUNT: none. */
static enum advice_id choose_alternative(const struct item *item)
{
	enum advice_id supported = ADVICE_COUNT;
	for (size_t i = item->count; i-- > 0; ) {
		enum advice_id advice = item->alternatives[i];
		bool better = supported == ADVICE_COUNT || !not_by_attach(advice) || not_by_attach(supported);
		if (advice_probe(advice) == 0 && better)
			supported = advice;
	}
	return supported;
}

static void plan_item(struct step *step, const struct process_mapping *mapping)
{
	const struct item *item = step->item;
	step->advice = choose_alternative(item);
	if (step->advice == ADVICE_COUNT) {
		step->advice = item->alternatives[item->count - 1];
		conclude(step, OUTCOME_FAILED, "%s", unsupported_text(step->advice, advice_probe(step->advice)));
	} else if (item->at_unmap) {
		conclude(step, OUTCOME_FAILED, "not by attach: only the preloaded library sees munmap");
	} else if (not_by_attach(step->advice)) {
		conclude(step, OUTCOME_FAILED, "not by attach: %s", not_by_attach(step->advice));
	} else if (can_advise_process(step->advice)) {
		step->means = FROM_OUTSIDE;
	} else if (mapping_in_force(mapping, step->advice)) {
		conclude(step, OUTCOME_DONE, "in force already");
	} else {
		step->means = BY_INJECTION;
	}
}

/*
 * Whether a mapping that was never advised would get huge pages now: [always] in the switch for its kind of memory. The kernel
 * has no advice for "neither hugepage nor nohugepage"; undo gives the one that comes to the same.
 */
static bool huge_by_default(enum kind kind)
{
	bool anonymous = kind == KIND_ANON || kind == KIND_FILE;
	FILE *file = fopen(anonymous ? "/sys/kernel/mm/transparent_hugepage/enabled" : "/sys/kernel/mm/transparent_hugepage/shmem_enabled",
			   "re");
	char line[128] = "";
	bool always = file && fgets(line, sizeof(line), file) && (strstr(line, "[always]") || strstr(line, "[force]"));
	if (file)
		fclose(file);
	return always;
}

/* The advice that takes another one back on this mapping; ADVICE_COUNT: there is none, or nothing to do. */
static enum advice_id opposite(enum advice_id advice, const struct process_mapping *mapping)
{
	bool huge = huge_by_default(mapping->facts.kind);
	switch (advice) {
	case ADVICE_RANDOM:
	case ADVICE_SEQUENTIAL: return ADVICE_NORMAL;
	case ADVICE_DONTDUMP:
	case ADVICE_NOCORE: return ADVICE_DODUMP;
	case ADVICE_HUGEPAGE: return huge ? ADVICE_COUNT : ADVICE_NOHUGEPAGE;
	case ADVICE_NOHUGEPAGE: return huge ? ADVICE_HUGEPAGE : ADVICE_COUNT;
	default: return ADVICE_COUNT;
	}
}

static void plan_undo(struct step *step, const struct process_mapping *mapping)
{
	const struct item *item = step->item;
	unsigned class = advices[item->alternatives[0]].class;
	step->advice = item->alternatives[0];
	for (size_t i = 0; i < item->count; i++)
		if (mapping_in_force(mapping, item->alternatives[i]))
			step->advice = item->alternatives[i];
	enum advice_id back = opposite(step->advice, mapping);
	if (item->at_unmap || (class != CLASS_ACCESS && class != CLASS_THP && class != CLASS_DUMP))
		conclude(step, OUTCOME_DONE, "not undone: only access, thp and dump advice is");
	else if (!mapping_in_force(mapping, step->advice))
		conclude(step, OUTCOME_DONE, "not in force");
	else if (back == ADVICE_COUNT && class == CLASS_THP)
		conclude(step, OUTCOME_DONE, "left: the system's setting comes to the same");
	else if (back == ADVICE_COUNT)
		conclude(step, OUTCOME_DONE, "nothing to undo");
	else
		step->means = BY_INJECTION;
	step->advice = step->means == BY_INJECTION ? back : step->advice;
}

static struct step *add_step(struct plan *plan, const struct process_mapping *mapping, const struct rule *rule,
			     const struct item *item)
{
	if (plan->count == plan->room) {
		plan->room = plan->room ? plan->room * 2 : 64;
		plan->steps = reallocate(plan->steps, plan->room * sizeof(*plan->steps));
	}
	struct step *step = &plan->steps[plan->count++];
	*step = (struct step) {
		.low = mapping->line.low, .high = mapping->line.high, .name = copy_string(mapping->name),
		.kind = mapping_kind(mapping), .resident = mapping->resident, .rule = rule, .item = item,
	};
	mapping_describe(mapping, step->in_force, sizeof(step->in_force));
	return step;
}

static int compare_seen(const void *key, const void *element)
{
	const struct seen *a = key, *b = element;
	return a->low < b->low ? -1 : a->low > b->low;
}

static bool was_seen(const struct seen_list *seen, const struct process_mapping *mapping)
{
	const struct seen key = { mapping->line.low, mapping->line.high, mapping->line.inode };
	const struct seen *found = seen->count ? bsearch(&key, seen->mappings, seen->count, sizeof(key), compare_seen) : NULL;
	return found && found->high == key.high && found->inode == key.inode;
}

void remember_mappings(struct seen_list *seen, const struct process *process)
{
	seen->mappings = reallocate(seen->mappings, process->mapping_count * sizeof(*seen->mappings));
	seen->count = process->mapping_count;
	for (size_t i = 0; i < seen->count; i++) {
		const struct maps_line *line = &process->mappings[i].line;
		seen->mappings[i] = (struct seen){ line->low, line->high, line->inode };
	}
}

static void forget_step(struct step *step)
{
	free(step->name);
	free(step->result);
}

void plan_advice(struct plan *plan, const struct policy *policy, const struct process *process, const struct seen_list *seen,
		 bool undo)
{
	for (size_t i = 0; i < process->mapping_count; i++) {
		const struct process_mapping *mapping = &process->mappings[i];
		const struct rule *rule = mapping->never ? NULL : policy_find(policy, &mapping->facts);
		bool again = was_seen(seen, mapping);
		for (size_t k = 0; rule && k < rule->terms->item_count; k++) {
			/* Of a mapping that was dealt with already, only what override holds. */
			if (again && !(rule->terms->held >> advices[rule->terms->items[k]->alternatives[0]].class & 1))
				continue;
			struct step *step = add_step(plan, mapping, rule, rule->terms->items[k]);
			if (undo)
				plan_undo(step, mapping);
			else
				plan_item(step, mapping);
			if (again && step->outcome == OUTCOME_DONE)
				forget_step(&plan->steps[--plan->count]);
		}
	}
}

void forget_plan(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		forget_step(&plan->steps[i]);
	free(plan->steps);
	*plan = (struct plan) { 0 };
}
