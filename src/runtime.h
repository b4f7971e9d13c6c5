/* SPDX-License-Identifier: MIT */
/*
 * Start in the host: identity, settings, policy, existing mappings. Wherever it fails or no rule is left, the library is asleep:
 * every hook is the real call and a few instructions.
 */
#ifndef MADVISOR_RUNTIME_H
#define MADVISOR_RUNTIME_H

#include <stdatomic.h>
#include <stdbool.h>

#include "hidden.h"
#include "policy.h"

/* The policy in force; NULL: asleep, or not started. One load; safe anywhere. */
extern HIDDEN const struct policy *_Atomic active_policy;

static inline const struct policy *runtime_policy(void)
{
	return atomic_load_explicit(&active_policy, memory_order_acquire);
}

/*
 * The kinds of mappings that may have a rule: a KIND_BIT set; 0: asleep. All of them until the library has started: who asks before
 * a call whether there may be anything to do asks again after it, and then a policy may be in force. One load; safe anywhere, also
 * where ld.so has not relocated the library: it holds no address.
 */
extern HIDDEN _Atomic uint8_t active_kinds;

static inline unsigned runtime_kinds(void)
{
	return atomic_load_explicit(&active_kinds, memory_order_acquire);
}

#endif
