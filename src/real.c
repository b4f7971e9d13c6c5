/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "real.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

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

static void *raw_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

static void *raw_mremap(void *old, size_t old_length, size_t new_length, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	void *new = va_arg(arguments, void *);
	va_end(arguments);
	return (void *)syscall(SYS_mremap, old, old_length, new_length, flags, new);
}

static int raw_munmap(void *address, size_t length)
{
	return (int)syscall(SYS_munmap, address, length);
}

static void *raw_shmat(int shmid, const void *address, int flags)
{
	return (void *)syscall(SYS_shmat, shmid, address, flags);
}

static int raw_shmdt(const void *address)
{
	return (int)syscall(SYS_shmdt, address);
}

static int raw_madvise(void *address, size_t length, int advice)
{
	return (int)syscall(SYS_madvise, address, length, advice);
}

/* Returns the error number and leaves errno alone; its DONTNEED does nothing in glibc: posix_madvise(3). */
static int raw_posix_madvise(void *address, size_t length, int advice)
{
	if (advice == 4 /* POSIX_MADV_DONTNEED */)
		return 0;
	int saved = errno;
	int result = syscall(SYS_madvise, address, length, advice) == 0 ? 0 : errno;
	errno = saved;
	return result;
}

struct real real = {
	raw_mmap, raw_mmap, raw_mremap, raw_munmap, raw_shmat, raw_shmdt, raw_madvise, raw_posix_madvise,
};

#define FIND(name, type) do {					\
		void *found = oldest_dlsym(RTLD_NEXT, #name);	\
		if (found)					\
			real.name = (type *)found;		\
	} while (0)

void real_start(void)
{
	if (!oldest_dlsym)
		return;
	FIND(mmap, mmap_function);
	FIND(mmap64, mmap_function);
	FIND(mremap, mremap_function);
	FIND(munmap, munmap_function);
	FIND(shmat, shmat_function);
	FIND(shmdt, shmdt_function);
	FIND(madvise, madvise_function);
	FIND(posix_madvise, madvise_function);
}
