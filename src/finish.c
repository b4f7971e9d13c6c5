/* SPDX-License-Identifier: MIT */
/* From the rules that were read to the policy. */
#include "index.h"
#include "parse.h"

static bool has_percentage(const struct rule *rule)
{
	const struct size_condition *condition = rule->terms->conditions;
	while (condition && !condition->percent)
		condition = condition->next;
	return condition;
}

/* Numbers the items, and adds to the policy what they want of the library. */
static void finish_items(struct policy *policy, struct rule *rule)
{
	rule->slot = policy->item_count;
	policy->item_count += rule->terms->item_count;
	for (size_t i = 0; i < rule->terms->item_count; i++) {
		const struct item *item = rule->terms->items[i];
		policy->wants_regions |= item->at_unmap;
		for (size_t k = 0; k < item->count; k++) {
			unsigned class = advices[item->alternatives[k]].class;
			policy->classes |= 1u << class;
			policy->wants_memory |= class == CLASS_PREFETCH && !item->has_range;
		}
	}
}

static void finish_rule(struct policy *policy, struct rule *rule)
{
	rule->number = policy->rule_count;
	policy->rules[policy->rule_count++] = rule;
	policy->kinds |= rule->kinds;
	policy->wants_names |= rule->glob != NULL;
	policy->wants_memory |= has_percentage(rule);
	policy->wants_regions |= rule->terms->override;
	finish_items(policy, rule);
}

/* A rule that a mapping of a file can come under by growing; rules without words are judged without being remembered. */
static bool is_growable(const struct rule *rule)
{
	const struct terms *terms = rule->terms;
	return (rule->kinds & KINDS_WITH_FILE) && (terms->must || terms->must_not) && (terms->size.min || terms->file.min);
}

/* Of rules that follow each other and share their terms, one is enough. */
static bool list_growable(struct policy *policy, struct arena *arena)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < policy->rule_count; i++)
		count += is_growable(policy->rules[i]);
	policy->wants_regions |= count > 0;
	policy->growable = count ? arena_alloc(arena, count * sizeof(policy->growable[0])) : NULL;
	const struct rule **last = policy->growable;
	for (uint32_t i = 0; policy->growable && i < policy->rule_count; i++) {
		const struct rule *rule = policy->rules[i];
		if (!is_growable(rule) || (policy->growable_count && rule->terms == (*last)->terms))
			continue;
		last = &policy->growable[policy->growable_count++];
		*last = rule;
	}
	return policy->growable || count == 0;
}

const struct policy *parser_finish(struct parser *parser, uint64_t (*memory)(void))
{
	if (parser->errors)
		return NULL;
	struct policy *policy = arena_alloc(parser->arena, sizeof(*policy));
	if (!policy)
		return NULL;
	policy->rules = arena_alloc(parser->arena, parser->rule_count * sizeof(policy->rules[0]));
	if (!policy->rules)
		return NULL;
	for (struct rule *rule = parser->first; rule; rule = rule->next)
		finish_rule(policy, rule);
	if (policy->wants_memory)
		policy->memory = memory();
	for (struct rule *rule = parser->first; rule; rule = rule->next)
		terms_resolve(rule->terms, policy->memory);
	if (policy->rule_count && !(list_growable(policy, parser->arena) && index_build(policy, parser->arena)))
		return NULL;
	return policy;
}
