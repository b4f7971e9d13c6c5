/* SPDX-License-Identifier: MIT */
/*
 * What makes a look-up cheap.
 *
 * Shapes: what the rules ask for by words and size, so that a mapping no rule can match is known before its file is looked at.
 *
 * Chains: most globs begin with whole literal components, or end with literal bytes of the last component. Such a rule is in
 * the chain of whichever of the two fewer rules share. A name is looked up by each of its own beginnings and endings, so that
 * only rules are tried whose anchor it has. Anchors are told apart by a hash alone: a collision costs a comparison, as
 * rule_match judges the whole name.
 *
 * Rules without an anchor are in the list of their kind; most of them are ruled out by a byte that the name lacks.
 */
#ifndef MADVISOR_INDEX_H
#define MADVISOR_INDEX_H

#include "hash.h"
#include "policy.h"

struct shape {
	uint8_t kinds;
	uint16_t must, must_not;
	struct bounds size;
};
#define SHAPES_MAX 16

#define CHAIN_END UINT32_MAX
#define SUFFIX_MAX 255   /* bytes: longer ones are cut at their beginning */

/* Open addressing, by the upper bits of the hash; at most half full. */
struct chain_table {
	struct chain_slot {
		uint32_t hash;
		uint32_t first;   /* the number of a rule; CHAIN_END: a free slot */
	} *slots;
	unsigned bits;            /* 1 << bits slots */
};

/* Rules without an anchor, in their order. */
struct loose_rules {
	struct loose_rule {
		uint64_t bytes;   /* that the name must hold: glob_bytes */
		uint32_t number;
	} *rules;
	uint32_t count;
};

struct policy_index {
	uint32_t shape_count;
	struct shape shapes[SHAPES_MAX];
	uint32_t *next;                         /* by rule: the next one of its chain */
	struct loose_rules loose[KIND_COUNT];
	struct chain_table prefixes, suffixes;  /* no slots: no such chain */
	uint64_t suffix_lengths[(SUFFIX_MAX + 1) / 64];   /* those that occur, as bits */
	unsigned prefix_longest, suffix_longest;          /* bytes */
};

/* Builds the index of a policy whose rules are resolved. Returns whether there was memory. */
bool index_build(struct policy *policy, struct arena *arena);

/* The shapes of the rules. */
void index_shapes(struct policy_index *index, const struct policy *policy);

/* The slot of the hash, or the free one where it would be. */
static inline struct chain_slot *chain_slot(const struct chain_table *table, uint32_t hash)
{
	uint32_t mask = (1u << table->bits) - 1, at = hash >> (32 - table->bits);
	while (table->slots[at].first != CHAIN_END && table->slots[at].hash != hash)
		at = (at + 1) & mask;
	return &table->slots[at];
}

#endif
