/* SPDX-License-Identifier: MIT */
/*
 * What the system has switched off, as it was at start: then advice is accepted and nothing comes of it.
 */
#ifndef MADVISOR_SYSTEM_H
#define MADVISOR_SYSTEM_H

#include <stdint.h>

#include "policy.h"

struct system {
	const char *thp, *shared_thp, *ksm, *swap, *numa;   /* why such advice has no effect; NULL: it may have one */
};

/* Reads /sys and /proc, only for the classes given (1 << enum advice_class). At start only. */
struct system system_read(unsigned classes);

/* Why this advice for a mapping of this kind, with these words, has no effect though the kernel took it; NULL: none known. */
const char *system_no_effect(const struct system *system, enum advice_id advice, enum kind kind, unsigned words);

/* Bytes of the default huge page, from /proc/meminfo; 0: not known. */
uint64_t system_huge_page(void);

#endif
