/* SPDX-License-Identifier: MIT */
/* The host's own madvise(2). errno is kept. Safe in a signal handler, after fork and vfork. */
#ifndef MADVISOR_OWN_ADVICE_H
#define MADVISOR_OWN_ADVICE_H

#include <stddef.h>

/* The host is about to give advice to [address, address + length): what the advice takes from a child is forgotten. */
void own_advice_coming(void *address, size_t length, int value);

/*
 * The host gave advice to [address, address + length); the call may have failed for a part of it. It is counted where a rule
 * gives advice of that class, and what rules with "override" hold is given again.
 */
void own_advice_given(void *address, size_t length, int value);

#endif
