/* SPDX-License-Identifier: MIT */
/*
 * What was mapped: from the arguments of the call to facts, to the rule that decides, to the advice.
 *
 * Called by the hooks after the real call succeeded. Order of the tests: flags, protection, size; then fstat(2);
 * readlink(2) of /proc/self/fd/N last. errno is not kept: the hooks do that. Safe in a signal handler and after fork.
 */
#ifndef MADVISOR_MAPPING_H
#define MADVISOR_MAPPING_H

#include <stddef.h>
#include <sys/types.h>

#include "advise.h"

/* mmap(2) returned address; the rest as it was called. */
void mapping_made(void *address, size_t length, int protection, int flags, int fd, off_t offset);

/* shmat(2) returned address. */
void mapping_attached(int shmid, void *address, int flags);

/* Finds the rule and carries it out. facts and range hold all that can be known; the range gets the facts. */
void mapping_decide(const struct policy *policy, const struct facts *facts, struct range *range);

/*
 * At start only: notes the user, and bytes of the default huge page, for MAP_HUGETLB without a size of its own; 0: not known,
 * such mappings are left alone.
 */
void mapping_start(uint64_t huge_page);

#endif
