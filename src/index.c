/* SPDX-License-Identifier: MIT */
#include "index.h"

struct anchor {
	size_t length;   /* bytes; 0: none */
	uint64_t hash;
};

struct anchors {
	struct anchor prefix, suffix;
};

static struct anchors anchors_of(const struct rule *rule)
{
	struct anchors anchors = { { 0, ANCHOR_HASH_START }, { 0, ANCHOR_HASH_START } };
	if (!rule->glob || !(rule->kinds & KIND_BIT(KIND_FILE)))
		return anchors;
	struct glob_anchors text = glob_anchors(rule->glob);
	anchors.prefix.length = text.prefix_length;
	for (size_t i = 0; i < text.prefix_length; i++)
		anchors.prefix.hash = anchor_hash(anchors.prefix.hash, text.prefix[i]);
	anchors.suffix.length = text.suffix_length < SUFFIX_MAX ? text.suffix_length : SUFFIX_MAX;
	for (size_t i = 0; i < anchors.suffix.length; i++)
		anchors.suffix.hash = anchor_hash(anchors.suffix.hash, text.suffix[text.suffix_length - 1 - i]);
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

/* How many rules share each anchor: tables in which a slot holds a number instead of a chain. */
struct census {
	struct arena arena;
	struct chain_table prefixes, suffixes;
};

static void count(const struct chain_table *table, const struct anchor *anchor)
{
	if (anchor->length == 0)
		return;
	struct chain_slot *slot = chain_slot(table, anchor->hash);
	slot->tag = (uint32_t)anchor->hash;
	slot->first = slot->first == CHAIN_END ? 1 : slot->first + 1;
}

static bool take_census(struct census *census, const struct policy *policy)
{
	if (!create_table(&census->prefixes, &census->arena, policy->rule_count) ||
	    !create_table(&census->suffixes, &census->arena, policy->rule_count))
		return false;
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		struct anchors anchors = anchors_of(policy->rules[i]);
		count(&census->prefixes, &anchors.prefix);
		count(&census->suffixes, &anchors.suffix);
	}
	return true;
}

/* The choice of the rarer anchor: 'p', 's', or 0 where there is none. */
static char choose(const struct census *census, const struct anchors *anchors)
{
	if (anchors->prefix.length == 0 || anchors->suffix.length == 0)
		return anchors->prefix.length ? 'p' : anchors->suffix.length ? 's' : 0;
	return chain_slot(&census->prefixes, anchors->prefix.hash)->first <=
	       chain_slot(&census->suffixes, anchors->suffix.hash)->first ? 'p' : 's';
}

/* Rules are added from the last to the first, so that each chain is in their order. */
static void add_to_chain(struct policy_index *index, uint32_t *first, uint32_t number)
{
	index->next[number] = *first;
	*first = number;
}

static void add_anchored(struct policy_index *index, const struct chain_table *table, const struct anchor *anchor,
			 uint32_t number)
{
	struct chain_slot *slot = chain_slot(table, anchor->hash);
	slot->tag = (uint32_t)anchor->hash;
	add_to_chain(index, &slot->first, number);
}

static void add_rule(struct policy_index *index, const struct census *census, const struct rule *rule)
{
	struct anchors anchors = anchors_of(rule);
	switch (choose(census, &anchors)) {
	case 'p':
		add_anchored(index, &index->prefixes, &anchors.prefix, rule->number);
		break;
	case 's':
		add_anchored(index, &index->suffixes, &anchors.suffix, rule->number);
		index->suffix_lengths[anchors.suffix.length / 64] |= 1ull << anchors.suffix.length % 64;
		if (index->suffix_longest < anchors.suffix.length)
			index->suffix_longest = (unsigned)anchors.suffix.length;
		break;
	default:
		/* A rule is of one kind. */
		add_to_chain(index, &index->unanchored[__builtin_ctz(rule->kinds)], rule->number);
	}
}

static bool build_chains(struct policy_index *index, const struct policy *policy, struct arena *arena,
			 const struct census *census)
{
	uint32_t prefixes = 0, suffixes = 0;
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		struct anchors anchors = anchors_of(policy->rules[i]);
		char chosen = choose(census, &anchors);
		prefixes += chosen == 'p';
		suffixes += chosen == 's';
	}
	if ((prefixes && !create_table(&index->prefixes, arena, prefixes)) ||
	    (suffixes && !create_table(&index->suffixes, arena, suffixes)))
		return false;
	for (uint32_t i = policy->rule_count; i > 0; i--)
		add_rule(index, census, policy->rules[i - 1]);
	return true;
}

bool index_build(struct policy *policy, struct arena *arena)
{
	struct policy_index *index = arena_alloc(arena, sizeof(*index));
	struct census census = { .arena = { .used = 0 } };
	policy->index = index;
	if (!index)
		return false;
	for (size_t kind = 0; kind < KIND_COUNT; kind++)
		index->unanchored[kind] = CHAIN_END;
	index->next = arena_alloc(arena, policy->rule_count * sizeof(index->next[0]));
	index_shapes(index, policy);
	bool built = index->next && take_census(&census, policy) && build_chains(index, policy, arena, &census);
	arena_free(&census.arena);
	return built;
}
