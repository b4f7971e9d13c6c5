/* SPDX-License-Identifier: MIT */
/*
 * Prefetch: willneed and populate, in steps, within the file, around its holes, under a ceiling.
 * errno is kept. Safe in a signal handler and after fork.
 */
#ifndef MADVISOR_PREFETCH_H
#define MADVISOR_PREFETCH_H

#include "advise.h"

struct prefetch_result {
	int error;            /* errno of the call that failed first; 0: none */
	uint64_t left_out;    /* bytes that the ceiling cut off */
};

/* item's range and the ceiling (bytes) decide which part; advice is willneed or one of populate-*. */
struct prefetch_result prefetch(enum advice_id advice, const struct item *item, const struct range *range, uint64_t ceiling,
				bool dry_run);

#endif
