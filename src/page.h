/* SPDX-License-Identifier: MIT */
/* The machine's page size and rounding to it. */
#ifndef MADVISOR_PAGE_H
#define MADVISOR_PAGE_H

#include <stdint.h>

#include "hidden.h"

/* Bytes; set once at start from AT_PAGESZ, getauxval(3). */
extern HIDDEN uint64_t page_size;

static inline uint64_t round_down(uint64_t bytes, uint64_t unit)
{
	return bytes & ~(unit - 1);
}

/* unit: a power of two. UINT64_MAX, rounded down, where the result would not fit. */
static inline uint64_t round_up(uint64_t bytes, uint64_t unit)
{
	return bytes > UINT64_MAX - (unit - 1) ? round_down(UINT64_MAX, unit) : round_down(bytes + unit - 1, unit);
}

#endif
