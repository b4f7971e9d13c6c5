/* SPDX-License-Identifier: MIT */
#include "index.h"

/* What the index knows of a rule while it is built. */
struct anchors {
	uint32_t prefix_hash, suffix_hash;
	uint16_t prefix_length, suffix_length;   /* bytes; 0: none, or the other is the rarer */
};

static bool has_anchor(const struct anchors *anchors)
{
	return anchors->prefix_length || anchors->suffix_length;
}

/* A rule is of one kind. */
static enum kind kind_of(const struct rule *rule)
{
	return (enum kind)__builtin_ctz(rule->kinds);
}

/* For the time of building: the anchors, and how many rules share each, in slots that hold a number instead of a chain. */
struct census {
	struct arena arena;
	struct anchors *anchors;   /* by rule */
	struct chain_table prefixes, suffixes;
};

static struct anchors anchors_of(const struct rule *rule)
{
	struct anchors anchors = { 0 };
	if (!rule->glob || !(rule->kinds & KIND_BIT(KIND_FILE)))
		return anchors;
	struct glob_anchors text = glob_anchors(rule->glob);
	uint64_t prefix = HASH_START, suffix = HASH_START;
	anchors.prefix_length = (uint16_t)text.prefix_length;
	anchors.suffix_length = (uint16_t)(text.suffix_length < SUFFIX_MAX ? text.suffix_length : SUFFIX_MAX);
	for (size_t i = 0; i < anchors.prefix_length; i++)
		prefix = hash_byte(prefix, text.prefix[i]);
	for (size_t i = 0; i < anchors.suffix_length; i++)
		suffix = hash_byte(suffix, text.suffix[text.suffix_length - 1 - i]);
	anchors.prefix_hash = prefix >> 32;
	anchors.suffix_hash = suffix >> 32;
	return anchors;
}

static bool create_table(struct chain_table *table, struct arena *arena, uint32_t chains)
{
	table->bits = 1;
	while (1u << table->bits < 2 * chains)
		table->bits++;
	table->slots = arena_alloc(arena, sizeof(table->slots[0]) << table->bits);
	for (uint32_t i = 0; table->slots && i < 1u << table->bits; i++)
		table->slots[i].first = CHAIN_END;
	return table->slots;
}

static void count(const struct chain_table *table, uint32_t hash)
{
	struct chain_slot *slot = chain_slot(table, hash);
	slot->hash = hash;
	slot->first = slot->first == CHAIN_END ? 1 : slot->first + 1;
}

static bool take_census(struct census *census, const struct policy *policy)
{
	census->anchors = arena_alloc(&census->arena, policy->rule_count * sizeof(census->anchors[0]));
	if (!census->anchors || !create_table(&census->prefixes, &census->arena, policy->rule_count) ||
	    !create_table(&census->suffixes, &census->arena, policy->rule_count))
		return false;
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		struct anchors *anchors = &census->anchors[i];
		*anchors = anchors_of(policy->rules[i]);
		if (anchors->prefix_length)
			count(&census->prefixes, anchors->prefix_hash);
		if (anchors->suffix_length)
			count(&census->suffixes, anchors->suffix_hash);
	}
	return true;
}

/* Leaves each rule the one of its anchors that fewer share. Counts the rules that are left with each sort. */
static void choose_anchors(struct census *census, uint32_t rule_count, uint32_t *prefixes, uint32_t *suffixes)
{
	for (uint32_t i = 0; i < rule_count; i++) {
		struct anchors *anchors = &census->anchors[i];
		if (anchors->prefix_length && anchors->suffix_length) {
			if (chain_slot(&census->prefixes, anchors->prefix_hash)->first <=
			    chain_slot(&census->suffixes, anchors->suffix_hash)->first)
				anchors->suffix_length = 0;
			else
				anchors->prefix_length = 0;
		}
		*prefixes += anchors->prefix_length != 0;
		*suffixes += anchors->suffix_length != 0;
	}
}

/* Rules are added from the last to the first, so that each chain is in their order. */
static void add_to_chain(struct policy_index *index, uint32_t *first, uint32_t number)
{
	index->next[number] = *first;
	*first = number;
}

static void add_anchored(struct policy_index *index, const struct chain_table *table, uint32_t hash, uint32_t number)
{
	struct chain_slot *slot = chain_slot(table, hash);
	slot->hash = hash;
	add_to_chain(index, &slot->first, number);
}

static void add_rule(struct policy_index *index, const struct anchors *anchors, const struct rule *rule)
{
	if (anchors->prefix_length) {
		add_anchored(index, &index->prefixes, anchors->prefix_hash, rule->number);
		if (index->prefix_longest < anchors->prefix_length)
			index->prefix_longest = anchors->prefix_length;
	} else if (anchors->suffix_length) {
		add_anchored(index, &index->suffixes, anchors->suffix_hash, rule->number);
		index->suffix_lengths[anchors->suffix_length / 64] |= 1ull << anchors->suffix_length % 64;
		if (index->suffix_longest < anchors->suffix_length)
			index->suffix_longest = anchors->suffix_length;
	}
}

static bool list_loose_rules(struct policy_index *index, const struct policy *policy, struct arena *arena,
			     const struct census *census)
{
	for (uint32_t i = 0; i < policy->rule_count; i++)
		index->loose[kind_of(policy->rules[i])].count += !has_anchor(&census->anchors[i]);
	for (size_t kind = 0; kind < KIND_COUNT; kind++) {
		struct loose_rules *loose = &index->loose[kind];
		loose->rules = loose->count ? arena_alloc(arena, loose->count * sizeof(loose->rules[0])) : NULL;
		if (loose->count && !loose->rules)
			return false;
		loose->count = 0;
	}
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = policy->rules[i];
		struct loose_rules *loose = &index->loose[kind_of(rule)];
		if (!has_anchor(&census->anchors[i]))
			loose->rules[loose->count++] = (struct loose_rule){ rule->glob ? glob_bytes(rule->glob) : 0, i };
	}
	return true;
}

static bool build_chains(struct policy_index *index, const struct policy *policy, struct arena *arena, struct census *census)
{
	uint32_t prefixes = 0, suffixes = 0;
	if (!take_census(census, policy))
		return false;
	choose_anchors(census, policy->rule_count, &prefixes, &suffixes);
	if ((prefixes && !create_table(&index->prefixes, arena, prefixes)) ||
	    (suffixes && !create_table(&index->suffixes, arena, suffixes)))
		return false;
	for (uint32_t i = policy->rule_count; i > 0; i--)
		add_rule(index, &census->anchors[i - 1], policy->rules[i - 1]);
	return list_loose_rules(index, policy, arena, census);
}

bool index_build(struct policy *policy, struct arena *arena)
{
	struct policy_index *index = arena_alloc(arena, sizeof(*index));
	struct census census = { .arena = { .used = 0 } };
	policy->index = index;
	if (!index)
		return false;
	index_shapes(index, policy);
	index->next = arena_alloc(arena, policy->rule_count * sizeof(index->next[0]));
	bool built = index->next && build_chains(index, policy, arena, &census);
	arena_free(&census.arena);
	return built;
}
