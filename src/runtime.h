/* SPDX-License-Identifier: MIT */
/*
 * Start in the host: identity, settings, policy, existing mappings. Wherever it fails or no rule is left, the library is asleep:
 * every hook is the real call and one load.
 */
#ifndef MADVISOR_RUNTIME_H
#define MADVISOR_RUNTIME_H

#include <stdatomic.h>
#include <stdbool.h>

#include "policy.h"

/*
 * Until the library has started, in force is a policy of all kinds without a rule: who asks before a call whether there may be
 * anything to do asks again after it, and then another one may be in force.
 */
extern const struct policy starting_policy;

/* The policy in force; NULL: asleep. One load; safe anywhere. */
extern const struct policy *_Atomic active_policy;

static inline const struct policy *runtime_policy(void)
{
	return atomic_load_explicit(&active_policy, memory_order_acquire);
}

#endif
