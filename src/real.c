/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "real.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
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

/*
 * Threads that other libraries' constructors have started may be inside a hook while this is filled in. Null: the raw
 * system call.
 */
static void *_Atomic next[8];
enum { MMAP, MMAP64, MREMAP, MUNMAP, SHMAT, SHMDT, MADVISE, POSIX_MADVISE };
static const char *const names[] = {
	[MMAP] = "mmap", [MMAP64] = "mmap64", [MREMAP] = "mremap", [MUNMAP] = "munmap", [SHMAT] = "shmat",
	[SHMDT] = "shmdt", [MADVISE] = "madvise", [POSIX_MADVISE] = "posix_madvise",
};
_Static_assert(sizeof(names) / sizeof(*names) == sizeof(next) / sizeof(*next), "a name for each");

void real_start(void)
{
	if (!oldest_dlsym)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		atomic_store_explicit(&next[i], oldest_dlsym(RTLD_NEXT, names[i]), memory_order_release);
}

#define NEXT(index) atomic_load_explicit(&next[index], memory_order_acquire)

typedef void *mmap_function(void *, size_t, int, int, int, off_t);
typedef void *mremap_function(void *, size_t, size_t, int, ...);
typedef int munmap_function(void *, size_t);
typedef void *shmat_function(int, const void *, int);
typedef int shmdt_function(const void *);
typedef int advise_function(void *, size_t, int);

static void *map(void *function, void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (function)
		return ((mmap_function *)function)(address, length, protection, flags, fd, offset);
	return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

void *real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return map(NEXT(MMAP), address, length, protection, flags, fd, offset);
}

void *real_mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return map(NEXT(MMAP64), address, length, protection, flags, fd, offset);
}

void *real_mremap(void *old, size_t old_length, size_t new_length, int flags, void *new)
{
	void *function = NEXT(MREMAP);
	if (function)
		return ((mremap_function *)function)(old, old_length, new_length, flags, new);
	return (void *)syscall(SYS_mremap, old, old_length, new_length, flags, new);
}

int real_munmap(void *address, size_t length)
{
	void *function = NEXT(MUNMAP);
	if (function)
		return ((munmap_function *)function)(address, length);
	return (int)syscall(SYS_munmap, address, length);
}

void *real_shmat(int shmid, const void *address, int flags)
{
	void *function = NEXT(SHMAT);
	if (function)
		return ((shmat_function *)function)(shmid, address, flags);
	return (void *)syscall(SYS_shmat, shmid, address, flags);
}

int real_shmdt(const void *address)
{
	void *function = NEXT(SHMDT);
	if (function)
		return ((shmdt_function *)function)(address);
	return (int)syscall(SYS_shmdt, address);
}

int real_madvise(void *address, size_t length, int advice)
{
	void *function = NEXT(MADVISE);
	if (function)
		return ((advise_function *)function)(address, length, advice);
	return (int)syscall(SYS_madvise, address, length, advice);
}

/* Returns the error number and leaves errno alone; its DONTNEED does nothing in glibc: posix_madvise(3). */
int real_posix_madvise(void *address, size_t length, int advice)
{
	void *function = NEXT(POSIX_MADVISE);
	if (function)
		return ((advise_function *)function)(address, length, advice);
	if (advice == 4 /* POSIX_MADV_DONTNEED */)
		return 0;
	int saved = errno;
	int result = syscall(SYS_madvise, address, length, advice) == 0 ? 0 : errno;
	errno = saved;
	return result;
}
