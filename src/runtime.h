/* SPDX-License-Identifier: MIT */
/*
 * Start in the host: identity, settings, policy, existing mappings. Until it is done, and wherever it fails or no rule is left,
 * the library is asleep: every hook is the real call and one load.
 */
#ifndef MADVISOR_RUNTIME_H
#define MADVISOR_RUNTIME_H

#include <stdatomic.h>
#include <stdbool.h>

#include "policy.h"

/* The policy in force; NULL: asleep. One relaxed load; safe anywhere. */
extern const struct policy *_Atomic active_policy;

static inline const struct policy *runtime_policy(void)
{
	return atomic_load_explicit(&active_policy, memory_order_acquire);
}

#endif
