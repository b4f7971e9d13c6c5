/* SPDX-License-Identifier: MIT */
/*
 * What makes a look-up cheap: the shapes of the rules, so that a mapping no rule can match is known by words and size alone,
 * and the rules by what their names begin or end with.
 */
#ifndef MADVISOR_INDEX_H
#define MADVISOR_INDEX_H

#include "policy.h"

/* What several rules ask for in common, by what costs nothing. */
struct shape {
	uint8_t kinds;
	uint16_t must, must_not;
	struct bounds size;
};

#define SHAPES_MAX 16

struct policy_index {
	uint32_t shape_count;
	struct shape shapes[SHAPES_MAX];
};

/* Builds the index of a policy whose rules are resolved. Returns whether there was memory. */
bool index_build(struct policy *policy, struct arena *arena);

#endif
