/* SPDX-License-Identifier: MIT */
/*
 * What was mapped: from the arguments of the call to facts, to the rule that decides, to the advice.
 *
 * Order of the tests: flags, protection, size; then fstat(2); readlink(2) of /proc/self/fd/N last.
 * Called by the hooks. errno is kept. Safe in a signal handler and after fork.
 */
#ifndef MADVISOR_MAPPING_H
#define MADVISOR_MAPPING_H

#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "advise.h"

#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif

/* Both 1 and 3 are shared: MAP_SHARED_VALIDATE is a value, not a bit. */
static inline bool mapping_is_shared(int flags)
{
	int type = flags & MAP_TYPE;
	return type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
}

/* The kinds that a mapping can still turn out to be: /dev/zero is anonymous memory by another name, mem(4). */
static inline unsigned mapping_kinds(int flags)
{
	unsigned anonymous = KIND_BIT(mapping_is_shared(flags) ? KIND_SHARED_ANON : KIND_ANON);
	return flags & MAP_ANONYMOUS ? anonymous : anonymous | KINDS_WITH_FILE;
}

/*
 * Whether a call of mmap(2) with these arguments makes a mapping that has to be looked at. Asked before the call, so that what does
 * not matter is the call alone. While the library starts: yes.
 */
bool mapping_matters(size_t length, int protection, int flags);

/* mmap(2) returned address; the rest as it was called. */
void mapping_made(void *address, size_t length, int protection, int flags, int fd, off_t offset);

/* shmat(2) returned address. */
void mapping_attached(int shmid, void *address, int flags);

/* Finds the rule and carries it out. facts and range hold all that can be known; the range gets the facts. */
void mapping_decide(const struct policy *policy, const struct facts *facts, struct range *range);

/*
 * At start only: notes the user, and bytes of the default huge page, for anonymous memory with MAP_HUGETLB and no size of its own;
 * 0: not known, such mappings are left alone.
 */
void mapping_start(uint64_t huge_page);

#endif
