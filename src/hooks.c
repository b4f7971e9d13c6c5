/* SPDX-License-Identifier: MIT */
/*
 * The hooked functions: ask whether the call concerns us, real call, hand over, give back. What is to be done is decided elsewhere.
 * errno is left as the real call left it: nothing of ours touches it (sys.h).
 */
#define _GNU_SOURCE

/* The program's 32-bit off_t and time_t would be redirected to other symbols; here each symbol has its own function. */
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "following.h"
#include "mapping.h"
#include "own_advice.h"
#include "real.h"
#include "runtime.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define HOOK __attribute__((visibility("default")))

/* NOREPLACE wins over FIXED: mmap(2). Linux before 4.17 does not know it; there a region that is replaced is followed on. */
static bool replaces(int flags)
{
	return (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == MAP_FIXED;
}

/*
 * Whether a rule may be for the mapping to be made, or one that is followed may be replaced. Where not, that is all it costs.
 */
static inline bool may_concern_us(int flags)
{
	unsigned kinds = runtime_kinds();
	return kinds && (kinds & mapping_kinds(flags) || replaces(flags));
}

static void *watched_mmap(mmap_function *real_mmap, void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (replaces(flags) && following())
		following_forget(address, length);
	if (!mapping_matters(length, protection, flags))
		return real_mmap(address, length, protection, flags, fd, offset);
	void *result = real_mmap(address, length, protection, flags, fd, offset);
	if (result != MAP_FAILED)
		mapping_made(result, length, protection, flags, fd, offset);
	return result;
}

HOOK void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return may_concern_us(flags) ? watched_mmap(REAL(mmap), address, length, protection, flags, fd, offset) :
				       real.mmap(address, length, protection, flags, fd, offset);
}

HOOK void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
	return may_concern_us(flags) ? watched_mmap(REAL(mmap64), address, length, protection, flags, fd, offset) :
				       real.mmap64(address, length, protection, flags, fd, offset);
}

static int watched_munmap(void *address, size_t length)
{
	struct departure departure;
	departure_begin(&departure, address, length);
	departure_advise(&departure);
	int result = REAL(munmap)(address, length);
	departure_end(&departure, result != 0);
	return result;
}

HOOK int munmap(void *address, size_t length)
{
	return following() ? watched_munmap(address, length) : REAL(munmap)(address, length);
}

static void *watched_mremap(void *old, size_t old_length, size_t new_length, int flags, void *new)
{
	struct move move;
	move.old = old;
	move.old_length = old_length;
	move.new_length = new_length;
	move.flags = flags;
	move_begin(&move, new);
	void *result = REAL(mremap)(old, old_length, new_length, flags, new);
	move_end(&move, result);
	return result;
}

/* The fifth argument is passed on whatever the flags: newer ones than FIXED and DONTUNMAP may want it. */
HOOK void *mremap(void *old, size_t old_length, size_t new_length, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	void *new = va_arg(arguments, void *);
	va_end(arguments);

	return runtime_kinds() ? watched_mremap(old, old_length, new_length, flags, new) :
				 real.mremap(old, old_length, new_length, flags, new);
}

HOOK void *shmat(int shmid, const void *address, int flags)
{
	if (flags & SHM_REMAP && following())
		following_forget_segment_at(shmid, address, flags);
	void *result = REAL(shmat)(shmid, address, flags);
	if (result != MAP_FAILED && runtime_policy())
		mapping_attached(shmid, result, flags);
	return result;
}

HOOK int shmdt(const void *address)
{
	if (!following())
		return REAL(shmdt)(address);
	struct departure departure;
	departure_begin_segment(&departure, address);
	departure_advise(&departure);
	int result = REAL(shmdt)(address);
	departure_end(&departure, result != 0);
	return result;
}

static int watched_advice(madvise_function *real_advise, void *address, size_t length, int advice)
{
	own_advice_coming(address, length, advice);
	int result = real_advise(address, length, advice);
	own_advice_given(address, length, advice);
	return result;
}

HOOK int madvise(void *address, size_t length, int advice)
{
	return runtime_kinds() ? watched_advice(REAL(madvise), address, length, advice) : real.madvise(address, length, advice);
}

HOOK int posix_madvise(void *address, size_t length, int advice)
{
	return runtime_kinds() ? watched_advice(REAL(posix_madvise), address, length, advice) :
				 real.posix_madvise(address, length, advice);
}
