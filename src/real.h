/* SPDX-License-Identifier: MIT */
/*
 * The next definition of each hooked function, found once at start by dlsym(3) with RTLD_NEXT; before that, and wherever there
 * is none, the raw system call with libc's conventions. Never dlsym in a hook: a look-up that fails allocates.
 */
#ifndef MADVISOR_REAL_H
#define MADVISOR_REAL_H

#include <stddef.h>
#include <sys/types.h>

typedef void *mmap_function(void *address, size_t length, int protection, int flags, int fd, off_t offset);
typedef void *mremap_function(void *old, size_t old_length, size_t new_length, int flags, ...);
typedef int munmap_function(void *address, size_t length);
typedef void *shmat_function(int shmid, const void *address, int flags);
typedef int shmdt_function(const void *address);
typedef int madvise_function(void *address, size_t length, int advice);

/*
 * Called as if they were the functions: results and errno as the manual page of each says, safe wherever the function itself is.
 * Atomic: threads that other libraries' constructors have started may be inside a hook while real_start runs.
 */
struct real {
	mmap_function *_Atomic mmap, *_Atomic mmap64;
	mremap_function *_Atomic mremap;
	munmap_function *_Atomic munmap;
	shmat_function *_Atomic shmat;
	shmdt_function *_Atomic shmdt;
	madvise_function *_Atomic madvise, *_Atomic posix_madvise;
};
extern struct real real;

void real_start(void);

#endif
