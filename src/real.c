/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "real.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "sys.h"

/*
 * The oldest version of dlsym, and weakly: on glibc 2.34 and later the linker would choose dlsym@GLIBC_2.34, and an unmet
 * version need in a preload stops every program. Where libdl is not loaded (before 2.34) the reference is null.
 */
#if defined(__x86_64__)
#define DLSYM_VERSION "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define DLSYM_VERSION "GLIBC_2.17"
#else
#error "which symbol version of dlsym is the oldest on this machine?"
#endif
extern void *oldest_dlsym(void *handle, const char *name) __attribute__((weak));
__asm__(".symver oldest_dlsym, dlsym@" DLSYM_VERSION);

/* Null while ld.so has not relocated the library. Then errno is out of reach: the caller learns that its call failed, not why. */
#pragma weak __errno_location

/* libc's convention, from the kernel's. */
static long finish(long result)
{
	int *(*errno_location)(void) = __errno_location;
	if (result >= 0)
		return result;
	if (errno_location)
		*errno_location() = (int)-result;
	return -1;
}

void *raw_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return (void *)finish(sys_call(SYS_mmap, (long)address, (long)length, protection, flags, fd, offset));
}

void *raw_mremap(void *old, size_t old_length, size_t new_length, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	void *new = va_arg(arguments, void *);
	va_end(arguments);
	return (void *)finish(sys_call(SYS_mremap, (long)old, (long)old_length, (long)new_length, flags, (long)new, 0));
}

int raw_munmap(void *address, size_t length)
{
	return (int)finish(sys_call(SYS_munmap, (long)address, (long)length, 0, 0, 0, 0));
}

void *raw_shmat(int shmid, const void *address, int flags)
{
	return (void *)finish(sys_call(SYS_shmat, shmid, (long)address, flags, 0, 0, 0));
}

int raw_shmdt(const void *address)
{
	return (int)finish(sys_call(SYS_shmdt, (long)address, 0, 0, 0, 0, 0));
}

int raw_madvise(void *address, size_t length, int advice)
{
	return (int)finish(sys_call(SYS_madvise, (long)address, (long)length, advice, 0, 0, 0));
}

/* Returns the error number and leaves errno alone; its DONTNEED does nothing in glibc: posix_madvise(3). */
int raw_posix_madvise(void *address, size_t length, int advice)
{
	bool nothing = advice == 4 /* POSIX_MADV_DONTNEED */;
	return nothing ? 0 : (int)-sys_call(SYS_madvise, (long)address, (long)length, advice, 0, 0, 0);
}

struct real real;

/* The library's first byte and the one behind its last: ld(1). */
extern HIDDEN const char __ehdr_start[], _end[];

/* Where another preload has a dlsym of its own that calls the real one, "next" is what follows that preload: it may be us. */
static void *find(const char *name)
{
	const char *found = oldest_dlsym ? oldest_dlsym(RTLD_NEXT, name) : NULL;
	return found >= __ehdr_start && found < _end ? NULL : (void *)found;
}

#define FIND(name, type) do {									\
		void *found = find(#name);							\
		real.name = found ? (type *)found : raw_##name;					\
	} while (0)

void real_start(void)
{
	FIND(mmap, mmap_function);
	FIND(mmap64, mmap_function);
	FIND(mremap, mremap_function);
	FIND(munmap, munmap_function);
	FIND(shmat, shmat_function);
	FIND(shmdt, shmdt_function);
	FIND(madvise, madvise_function);
	FIND(posix_madvise, madvise_function);
}
