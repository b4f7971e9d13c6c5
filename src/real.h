/* SPDX-License-Identifier: MIT */
/*
 * The next definition of each hooked function, found once at start by dlsym(3) with RTLD_NEXT; before that, and wherever there
 * is none, the raw system call with libc's conventions. Never dlsym in a hook: a look-up that fails allocates.
 *
 * Hooks run before ld.so has relocated the library, too: a library that is bound at once may call mmap when it chooses a function
 * (STT_GNU_IFUNC), and ld.so relocates what is preloaded after all other libraries. So nothing here begins as an address, nothing
 * that such a hook touches is reached by one (hidden.h), and the raw calls need none.
 */
#ifndef MADVISOR_REAL_H
#define MADVISOR_REAL_H

#include <stddef.h>
#include <sys/types.h>

#include "hidden.h"

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
extern HIDDEN struct real real;

/* The raw system calls. */
HIDDEN mmap_function raw_mmap;
HIDDEN mremap_function raw_mremap;
HIDDEN munmap_function raw_munmap;
HIDDEN shmat_function raw_shmat;
HIDDEN shmdt_function raw_shmdt;
HIDDEN madvise_function raw_madvise, raw_posix_madvise;
#define raw_mmap64 raw_mmap

/* The function to call. Where it is known that the library has started, real.name is it. */
#define REAL(name) (real.name ?: raw_##name)

/* At start: finds them all. */
void real_start(void);

#endif
