/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "sys.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>   /* the kernel's struct termios */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mempolicy.h>
#include <linux/stat.h>
#include <poll.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

#define SIGNAL_SET_BYTES sizeof(sys_sigset)

/* The kernel's own convention, syscall(2): the result or -errno. libc's syscall would report through the host's errno. */
static inline __attribute__((always_inline)) long call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long result;
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = e;
	register long sixth __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long which __asm__("x8") = number;
	register long first __asm__("x0") = a;
	register long second __asm__("x1") = b;
	register long third __asm__("x2") = c;
	register long fourth __asm__("x3") = d;
	register long fifth __asm__("x4") = e;
	register long sixth __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(first) : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
			 : "memory");
	return first;
#else
#error "how does a program call the kernel on this machine?"
#endif
}

/* With the arguments that there are. */
#define CALL(...) CALL_WITH(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_WITH(number, a, b, c, d, e, f, ...) \
	call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/*
 * Few and made at start: chunks of arenas, which double up to 1 MiB, scratch pages, status page, table of regions. What is beyond
 * OWN_MAX, after some 60 MiB of rules, counts as the host's.
 */
#define OWN_MAX 64
static struct {
	uintptr_t low, high;
} own[OWN_MAX];

static void remember(uintptr_t low, uintptr_t high)
{
	for (size_t i = 0; i < OWN_MAX; i++) {
		if (!own[i].high) {
			own[i].low = low;
			own[i].high = high;
			return;
		}
	}
}

static void forget(uintptr_t low)
{
	for (size_t i = 0; i < OWN_MAX; i++)
		if (own[i].low == low)
			own[i].high = 0;
}

bool sys_owns(uintptr_t low, uintptr_t high)
{
	for (size_t i = 0; i < OWN_MAX; i++)
		if (own[i].high && own[i].low < high && low < own[i].high)
			return true;
	return false;
}

/* MAP_NORESERVE keeps the kernel from merging ours with the host's. */
long sys_mmap(size_t length, int protection, int flags)
{
	long result = CALL(SYS_mmap, NULL, length, protection, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
	if (result >= 0)
		remember((uintptr_t)result, (uintptr_t)result + length);
	return result;
}

long sys_mmap_file(int fd, size_t length)
{
	long result = CALL(SYS_mmap, NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	if (result >= 0)
		remember((uintptr_t)result, (uintptr_t)result + length);
	return result;
}

long sys_munmap(void *address, size_t length)
{
	forget((uintptr_t)address);
	return CALL(SYS_munmap, address, length);
}

long sys_mprotect(void *address, size_t length, int protection)
{
	return CALL(SYS_mprotect, address, length, protection);
}

long sys_madvise(void *address, size_t length, int advice)
{
	return CALL(SYS_madvise, address, length, advice);
}

long sys_mbind(void *address, size_t length, int mode, const unsigned long *nodes, unsigned long bits)
{
	return CALL(SYS_mbind, address, length, mode, nodes, bits, 0L);
}

long sys_get_mems_allowed(unsigned long *nodes, unsigned long bits)
{
	return CALL(SYS_get_mempolicy, NULL, nodes, bits, NULL, (unsigned long)MPOL_F_MEMS_ALLOWED);
}

long sys_open_read(const char *path, int flags)
{
	return CALL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0);
}

long sys_create(const char *path)
{
	return CALL(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
}

long sys_allocate(int fd, size_t length)
{
	return CALL(SYS_fallocate, fd, 0, 0L, length);
}

long sys_read(int fd, void *buffer, size_t size)
{
	return CALL(SYS_read, fd, buffer, size);
}

long sys_close(int fd)
{
	return CALL(SYS_close, fd);
}

long sys_getdents(int fd, void *buffer, size_t size)
{
	return CALL(SYS_getdents64, fd, buffer, size);
}

/* On 64-bit machines struct stat is the kernel's own; libc's fstat needs GLIBC_2.33. */
long sys_fstat(int fd, struct stat *status)
{
	return CALL(SYS_fstat, fd, status);
}

long sys_stat(const char *path, struct stat *status)
{
	return CALL(SYS_newfstatat, AT_FDCWD, path, status, 0);
}

long sys_birth(int fd, int64_t birth[2])
{
	struct statx status;
	int generation[2] = { 0, 0 };   /* said to be long, and an int in most file systems: ioctl_iflags(2) */
	if (CALL(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) >= 0 && status.stx_mask & STATX_BTIME) {
		birth[0] = status.stx_btime.tv_sec;
		birth[1] = status.stx_btime.tv_nsec;
		return 0;
	}
	birth[1] = -1;
	long result = CALL(SYS_ioctl, fd, FS_IOC_GETVERSION, generation);
	birth[0] = generation[0];
	return result;
}

long sys_filesystem_type(int fd)
{
	struct statfs status;
	long result = CALL(SYS_fstatfs, fd, &status);
	return result < 0 ? result : (long)status.f_type;
}

long sys_readlink(const char *path, char *buffer, size_t size)
{
	return CALL(SYS_readlinkat, AT_FDCWD, path, buffer, size);
}

long sys_socket_domain(int fd)
{
	int domain = 0;
	unsigned length = sizeof(domain);
	long result = CALL(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
	return result < 0 ? result : domain;
}

long sys_open_flags(int fd)
{
	return CALL(SYS_fcntl, fd, F_GETFL);
}

long sys_ioctl(int fd, unsigned long request, void *argument)
{
	return CALL(SYS_ioctl, fd, request, argument);
}

bool sys_is_terminal(int fd, bool *by_bytes)
{
	struct termios terminal = { .c_oflag = 0 };
	bool is_one = CALL(SYS_ioctl, fd, TCGETS, &terminal) >= 0;
	*by_bytes = terminal.c_oflag & OLCUC;
	return is_one;
}

long sys_shm_size(int shmid, uint64_t *bytes)
{
	struct shmid_ds segment;
	long result = CALL(SYS_shmctl, shmid, IPC_STAT, &segment);
	if (result >= 0)
		*bytes = segment.shm_segsz;
	return result;
}

long sys_block_signals(sys_sigset *old)
{
	/* A filter that traps raises SIGSYS for the call itself, and kills where that is blocked. */
	sys_sigset all = ~(1ull << (SIGSYS - 1));
	return CALL(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, &all, old, SIGNAL_SET_BYTES);
}

long sys_restore_signals(const sys_sigset *old)
{
	return CALL(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, old, NULL, SIGNAL_SET_BYTES);
}

long sys_pending_signals(sys_sigset *pending)
{
	return CALL(SYS_rt_sigpending, pending, SIGNAL_SET_BYTES);
}

void sys_take_signal(int signal, sys_sigset pending_before)
{
	sys_sigset set = 1ull << (signal - 1);
	struct timespec none = { 0, 0 };
	if (!(pending_before & set))
		CALL(SYS_rt_sigtimedwait, &set, NULL, &none, SIGNAL_SET_BYTES);
}

long sys_write_nowait(int fd, const void *buffer, size_t size)
{
	struct iovec vector = { (void *)buffer, size };
	return CALL(SYS_pwritev2, fd, &vector, 1L, -1L, -1L, RWF_NOWAIT);
}

long sys_write(int fd, const void *buffer, size_t size)
{
	return CALL(SYS_write, fd, buffer, size);
}

bool sys_writable_now(int fd)
{
	struct pollfd poll = { fd, POLLOUT, 0 };
	struct timespec none = { 0, 0 };
	return CALL(SYS_ppoll, &poll, 1L, &none, NULL, SIGNAL_SET_BYTES) == 1 && (poll.revents & POLLOUT);
}

void sys_sleep_microseconds(unsigned microseconds)
{
	struct timespec time = { 0, microseconds * 1000L };
	CALL(SYS_nanosleep, &time, NULL);
}

long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
	return call(number, a, b, c, d, e, f);
}

long sys_getpid(void)
{
	return CALL(SYS_getpid);
}

long sys_geteuid(void)
{
	return CALL(SYS_geteuid);
}

long sys_total_memory(uint64_t *bytes)
{
	struct sysinfo info;
	long result = CALL(SYS_sysinfo, &info);
	if (result >= 0)
		*bytes = (uint64_t)info.totalram * info.mem_unit;
	return result;
}

long sys_release(char *buffer, size_t size)
{
	struct utsname name;
	long result = CALL(SYS_uname, &name);
	if (result < 0 || size == 0)
		return result;
	size_t i = 0;
	for (; i + 1 < size && name.release[i]; i++)
		buffer[i] = name.release[i];
	buffer[i] = '\0';
	return result;
}

long sys_thp_disabled(void)
{
	return CALL(SYS_prctl, PR_GET_THP_DISABLE, 0L, 0L, 0L, 0L);
}
