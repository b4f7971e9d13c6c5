/* SPDX-License-Identifier: MIT */
#include "advise.h"

#include <errno.h>
#include <string.h>

#include "page.h"
#include "prefetch.h"
#include "report.h"
#include "status.h"
#include "sys.h"
#include "system.h"

#define NODE_BITS 1024
#define NODE_WORDS (NODE_BITS / (8 * sizeof(unsigned long)))
#define MPOL_INTERLEAVE 3

/* Decided once, at start; read-only after that. */
static struct {
	const uint8_t *chosen;             /* by slot of the item: the place of the alternative; NO_ALTERNATIVE: none is supported */
	int16_t probed[ADVICE_COUNT];      /* 0: supported; else why not, as advice_probe says */
	struct system system;
	unsigned long nodes[NODE_WORDS];   /* that interleave spreads over */
	uint64_t ceiling;                  /* bytes of prefetch for one mapping */
	bool dry_run;
} here;

static uint8_t choose(const struct item *item, bool *probed)
{
	uint8_t chosen = NO_ALTERNATIVE;
	for (uint8_t i = item->count; i-- > 0;) {
		enum advice_id id = (enum advice_id)item->alternatives[i];
		if (!probed[id])
			here.probed[id] = (int16_t)advice_probe(id);
		probed[id] = true;
		if (here.probed[id] == 0)
			chosen = i;
	}
	return chosen;
}

bool advise_start(const struct policy *policy, struct arena *arena, bool dry_run)
{
	bool probed[ADVICE_COUNT] = { false };
	uint8_t *chosen = arena_alloc(arena, policy->item_count);
	if (!chosen && policy->item_count)
		return false;
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = policy->rules[i];
		for (uint8_t k = 0; k < rule->terms->item_count; k++)
			chosen[rule->slot + k] = choose(rule->terms->items[k], probed);
	}
	here.chosen = chosen;
	here.system = system_read(policy->classes);
	if (policy->classes & 1u << CLASS_NUMA)
		sys_get_mems_allowed(here.nodes, NODE_BITS);
	here.ceiling = round_down(policy->memory / 4, page_size);
	here.dry_run = dry_run;
	return true;
}

static uint8_t chosen_place(const struct rule *rule, const struct item *item)
{
	return here.chosen ? here.chosen[item_slot(rule, item)] : NO_ALTERNATIVE;
}

/* The alternative that is given, or ADVICE_COUNT after having said that there is none. */
static enum advice_id chosen_of(const struct rule *rule, const struct item *item)
{
	uint8_t place = chosen_place(rule, item);
	if (place == 0)
		return (enum advice_id)item->alternatives[0];
	report_unsupported(rule, item, place, here.probed);
	return place == NO_ALTERNATIVE ? ADVICE_COUNT : (enum advice_id)item->alternatives[place];
}

static int give_memory_policy(enum advice_id advice, const struct range *range)
{
	int mode = advices[advice].value;
	bool spread = mode == MPOL_INTERLEAVE;
	long result = sys_mbind((void *)range->low, range->high - range->low, mode, spread ? here.nodes : NULL,
				spread ? NODE_BITS : 0);
	return result < 0 ? (int)-result : 0;
}

/* One advice for one range. Returns 0 or errno. */
static int give(const struct rule *rule, const struct item *item, enum advice_id advice, const struct range *range)
{
	if (advices[advice].class == CLASS_PREFETCH) {
		struct prefetch_result result = prefetch(advice, item, range, here.ceiling, here.dry_run);
		if (result.left_out)
			report_left_out(rule, item, advice, range, result.left_out);
		return result.error;
	}
	if (here.dry_run)
		return 0;
	if (advices[advice].call == CALL_MBIND)
		return give_memory_policy(advice, range);
	long result = sys_madvise((void *)range->low, range->high - range->low, advices[advice].value);
	return result < 0 ? (int)-result : 0;
}

static void count_failure(const struct rule *rule, int error)
{
	atomic_fetch_add_explicit(&status_of(rule)->failures[failure_of(error)], 1, memory_order_relaxed);
}

/* Carries one item out and reports what came of it. */
static void carry_out(const struct rule *rule, const struct item *item, const struct range *range, struct report *report)
{
	enum advice_id advice = chosen_of(rule, item);
	if (advice == ADVICE_COUNT || (range->facts->existing && advices[advice].danger != DANGER_NONE))
		return;
	int error = give(rule, item, advice, range);
	if (error) {
		count_failure(rule, error);
		report_failed(rule, item, advice, range, error);
		return;
	}
	const char *why = system_no_effect(&here.system, advice, range->facts->kind, range->facts->words);
	if (why)
		report_no_effect(rule, item, advice, why);
	report_add(report, advice);
}

static void count_mapping(const struct rule *rule, const struct range *range)
{
	struct rule_status *status = status_of(rule);
	atomic_fetch_add_explicit(&status->mappings, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&status->bytes, range->high - range->low, memory_order_relaxed);
}

/* The kernel takes pageout of such a file and does nothing, madvise(2). When the mapping goes its mode is not known any more. */
static void foresee_unmap(const struct rule *rule, const struct item *item, const struct range *range)
{
	uint8_t place = chosen_place(rule, item);
	if (range->foreign && place != NO_ALTERNATIVE && item->alternatives[place] == ADVICE_PAGEOUT)
		report_no_effect(rule, item, ADVICE_PAGEOUT, "the file is another user's, who alone may write it");
}

void advise_mapped(const struct rule *rule, const struct range *range)
{
	const struct terms *terms = rule->terms;
	struct report report = { .dry_run = here.dry_run };
	for (uint8_t i = 0; i < terms->item_count; i++) {
		if (terms->items[i]->at_unmap)
			foresee_unmap(rule, terms->items[i], range);
		else
			carry_out(rule, terms->items[i], range, &report);
	}
	report_applied(&report, rule, range);
	if (report.count)
		count_mapping(rule, range);
}

static bool is_prefetch(const struct item *item)
{
	return advices[item->alternatives[0]].class == CLASS_PREFETCH;
}

static bool gives_at_map(const struct rule *rule)
{
	const struct terms *terms = rule->terms;
	uint8_t i = 0;
	while (i < terms->item_count && terms->items[i]->at_unmap)
		i++;
	return i < terms->item_count;
}

void advise_grown(const struct rule *rule, const struct range *range)
{
	const struct terms *terms = rule->terms;
	struct report report = { .dry_run = here.dry_run };
	for (uint8_t i = 0; i < terms->item_count; i++)
		if (!terms->items[i]->at_unmap && is_prefetch(terms->items[i]))
			carry_out(rule, terms->items[i], range, &report);
	report_applied(&report, rule, range);
	if (gives_at_map(rule))
		atomic_fetch_add_explicit(&status_of(rule)->bytes, range->high - range->low, memory_order_relaxed);
}

void advise_unmapped(const struct rule *rule, const struct range *range)
{
	const struct terms *terms = rule->terms;
	struct report report = { .dry_run = here.dry_run };
	for (uint8_t i = 0; i < terms->item_count; i++)
		if (terms->items[i]->at_unmap)
			carry_out(rule, terms->items[i], range, &report);
	report_applied(&report, rule, range);
	if (report.count && !gives_at_map(rule))
		count_mapping(rule, range);
}

void advise_again(const struct rule *rule, enum advice_class class, const struct range *range, enum advice_id programs)
{
	const struct terms *terms = rule->terms;
	for (uint8_t i = 0; i < terms->item_count; i++) {
		const struct item *item = terms->items[i];
		uint8_t place = chosen_place(rule, item);
		if (item->at_unmap || place == NO_ALTERNATIVE)
			continue;
		enum advice_id advice = (enum advice_id)item->alternatives[place];
		if (advices[advice].class != class || advices[advice].value == advices[programs].value)
			continue;
		int error = give(rule, item, advice, range);
		if (error) {
			count_failure(rule, error);
			report_failed(rule, item, advice, range, error);
		} else {
			atomic_fetch_add_explicit(&status_of(rule)->overridden, 1, memory_order_relaxed);
			report_overridden(rule, item, advice, programs, range);
		}
	}
}
