/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include "bounds.h"
#include "index.h"

bool policy_may_match(const struct policy *policy, unsigned kinds, uint16_t words, uint16_t known, uint64_t size)
{
	if (!(policy->kinds & kinds))
		return false;
	unsigned held = words & known, missing = known & ~words;
	const struct policy_index *index = policy->index;
	for (uint32_t i = 0; i < index->shape_count; i++) {
		const struct shape *shape = &index->shapes[i];
		if ((shape->kinds & kinds) && !(shape->must & missing) && !(shape->must_not & held) &&
		    bounds_hold(shape->size, size))
			return true;
	}
	return false;
}

const struct rule *policy_find(const struct policy *policy, const struct facts *facts)
{
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		enum match match = rule_match(policy->rules[i], facts, NULL);
		if (match != MATCH_NO)
			return match == MATCH_YES ? policy->rules[i] : NULL;
	}
	return NULL;
}
