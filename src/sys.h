/* SPDX-License-Identifier: MIT */
/*
 * Raw system calls: what the library asks of the kernel goes through here and nowhere else.
 *
 * Each returns what the kernel returns: the result, or -errno (an address is never negative: user space is the lower half).
 * None is a cancellation point, none is seen by a hook, errno is kept. All are safe in a signal handler, before start, after fork
 * and vfork.
 */
#ifndef MADVISOR_SYS_H
#define MADVISOR_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

/* A kernel signal set: 64 bits. */
typedef uint64_t sys_sigset;

long sys_mmap(size_t length, int protection, int flags);   /* private memory of our own: no descriptor */
bool sys_owns(uintptr_t low, uintptr_t high);              /* any of what sys_mmap has made lies there; at start only */
long sys_munmap(void *address, size_t length);
long sys_mprotect(void *address, size_t length, int protection);
long sys_madvise(void *address, size_t length, int advice);
long sys_mbind(void *address, size_t length, int mode, const unsigned long *nodes, unsigned long bits);
long sys_get_mems_allowed(unsigned long *nodes, unsigned long bits);

/* open(2) with O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK and flags. Only at start. */
long sys_open_read(const char *path, int flags);
/* A new file of this process's user alone, open for reading and writing; -EEXIST. Only at start. */
long sys_create(const char *path);
/* Blocks for the first bytes of a file: writing to a mapping of them raises no SIGBUS for want of room. */
long sys_allocate(int fd, size_t length);
long sys_mmap_file(int fd, size_t length);              /* shared, for reading and writing */
long sys_read(int fd, void *buffer, size_t size);
long sys_close(int fd);
long sys_getdents(int fd, void *buffer, size_t size);   /* struct linux_dirent64 */

long sys_fstat(int fd, struct stat *status);
long sys_stat(const char *path, struct stat *status);
/* When the file was made, statx(2): seconds, nanoseconds; where no one knows, its generation, FS_IOC_GETVERSION, and -1. */
long sys_birth(int fd, int64_t birth[2]);
long sys_filesystem_type(int fd);                       /* f_type of fstatfs(2) */
long sys_readlink(const char *path, char *buffer, size_t size);
long sys_socket_domain(int fd);                         /* getsockopt(2), SO_DOMAIN: AF_UNIX ... */
long sys_open_flags(int fd);                            /* fcntl(2), F_GETFL */
long sys_ioctl(int fd, unsigned long request, void *argument);
/* Whether it is a terminal; *by_bytes: one that asks for room for each byte, since it changes their case (OLCUC, termios(3)). */
bool sys_is_terminal(int fd, bool *by_bytes);
long sys_shm_size(int shmid, uint64_t *bytes);          /* shm_segsz of IPC_STAT */

long sys_block_signals(sys_sigset *old);                /* all but SIGSYS, in this thread */
long sys_restore_signals(const sys_sigset *old);
long sys_pending_signals(sys_sigset *pending);
/*
 * Takes away a signal that a call of ours has raised in this thread, unless it was pending before: rt_sigtimedwait(2) with no wait.
 * While all signals are blocked.
 */
void sys_take_signal(int signal, sys_sigset pending_before);
long sys_write_nowait(int fd, const void *buffer, size_t size);   /* pwritev2(2), RWF_NOWAIT, at the file's position */
long sys_write(int fd, const void *buffer, size_t size);
bool sys_writable_now(int fd);                          /* poll(2) with no wait */
void sys_sleep_microseconds(unsigned microseconds);

/* Any other call, of six arguments whether it has them or not: one that the host has asked for (real.h). */
long sys_call(long number, long a, long b, long c, long d, long e, long f);

long sys_getpid(void);
long sys_geteuid(void);
long sys_total_memory(uint64_t *bytes);                 /* sysinfo(2) */
long sys_release(char *buffer, size_t size);            /* uname(2): "6.1.0-50-cloud-amd64" */
long sys_thp_disabled(void);                            /* prctl(PR_GET_THP_DISABLE) */

#endif
