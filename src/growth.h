/* SPDX-License-Identifier: MIT */
/*
 * mremap(2) made a mapping longer: name and size are judged again. What sticks stays with the mapping and covers what grew;
 * prefetch is given to the new part.
 * Lengths are bytes, in whole pages. errno is kept. Safe in a signal handler and after fork.
 */
#ifndef MADVISOR_GROWTH_H
#define MADVISOR_GROWTH_H

#include <stddef.h>

#include "regions.h"

/* Of a mapping of which no region tells anything: words that only mmap(2) knows make a rule leave it alone. */
void growth_judge(void *address, size_t old_length, size_t new_length);

/* Of one that was a region, and is not in the table now: it is added again, with the rule that it has from now on. */
void growth_follow(void *address, size_t old_length, size_t new_length, struct region *region);

#endif
