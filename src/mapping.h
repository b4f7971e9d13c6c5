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

#include "maps.h"

/* mmap(2) returned address; the rest as it was called. */
void mapping_made(void *address, size_t length, int protection, int flags, int fd, off_t offset);

/* shmat(2) returned address. */
void mapping_attached(int shmid, void *address, int flags);

/* mremap(2) made old_length bytes into new_length at address, whose rule is not known from a region. Judges name and size again. */
void mapping_grown(void *address, size_t old_length, size_t new_length);

/* A mapping that was there at start. library: of the executable, a library or their bss. */
void mapping_found(const struct maps_line *line, bool library);

#endif
