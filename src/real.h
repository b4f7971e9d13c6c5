/* SPDX-License-Identifier: MIT */
/*
 * The next definition of each hooked function, found once at start by dlsym(3) with RTLD_NEXT; before that, and wherever there
 * is none, the raw system call with libc's conventions. Never dlsym in a hook: a look-up that fails allocates.
 */
#ifndef MADVISOR_REAL_H
#define MADVISOR_REAL_H

#include <stddef.h>
#include <sys/types.h>

void real_start(void);

/* Results and errno as the manual page of each says. Safe wherever the function itself is. */
void *real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *real_mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *real_mremap(void *old, size_t old_length, size_t new_length, int flags, void *new);
int real_munmap(void *address, size_t length);
void *real_shmat(int shmid, const void *address, int flags);
int real_shmdt(const void *address);
int real_madvise(void *address, size_t length, int advice);
int real_posix_madvise(void *address, size_t length, int advice);

#endif
