/* SPDX-License-Identifier: MIT */
/* Lower and upper bounds out of comparisons. */
#ifndef MADVISOR_BOUNDS_H
#define MADVISOR_BOUNDS_H

#include "policy.h"

#define BOUNDS_ALL ((struct bounds){ 0, UINT64_MAX })

/* Narrows bounds by a comparison. What no number can satisfy leaves min > max. */
static inline void bounds_narrow(struct bounds *bounds, const char *operator, uint64_t number)
{
	bool strict = operator[1] == '\0';
	if (strict && number == (operator[0] == '<' ? 0 : UINT64_MAX))
		*bounds = (struct bounds){ 1, 0 };
	else if (operator[0] == '>' && number + strict > bounds->min)
		bounds->min = number + strict;
	else if (operator[0] == '<' && number - strict < bounds->max)
		bounds->max = number - strict;
}

static inline bool bounds_hold(struct bounds bounds, uint64_t number)
{
	return number >= bounds.min && number <= bounds.max;
}

#endif
