/* SPDX-License-Identifier: MIT */
/*
 * Whether an advice can be seen to do anything here: given to a scratch mapping of the command's own and read back. A
 * kernel that answers 0 and forgets (gVisor does) is found out only so.
 */
#ifndef MADVISOR_EFFECT_H
#define MADVISOR_EFFECT_H

#include "policy.h"

enum effect {
	EFFECT_SEEN,      /* VmFlags of /proc/self/smaps, or get_mempolicy(2), show it */
	EFFECT_IGNORED,   /* accepted, and not to be seen */
	EFFECT_FAILED,    /* *error says why */
	EFFECT_UNTRIED,   /* nothing would show it, it is dangerous, or no such mapping could be made */
};

/* The first alternative that this kernel supports, as the library chooses at start; ADVICE_COUNT: none. */
enum advice_id supported_alternative(const struct item *item);

enum effect try_advice(enum advice_id id, enum kind kind, int *error);

#endif
