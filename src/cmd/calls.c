/* SPDX-License-Identifier: MIT */
/* What system calls tolerate: a table. */
#define _GNU_SOURCE
#include "calls.h"

#ifdef __x86_64__
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

enum limit {
	LIMIT_NONE,        /* no time limit, or one that the kernel keeps over a restart */
	LIMIT_BLOCK,       /* kept by restart_syscall(2), which a filter of seccomp may not know */
	LIMIT_MILLISECONDS,/* an argument: -1 is none */
	LIMIT_POINTER,     /* an argument: NULL is none */
};

static const struct call {
	short number;
	uint8_t rank;
	bool again;        /* EINTR after a mere stop: nothing was done */
	bool descriptor;   /* the rank holds for pipes, sockets, terminals and the like: argument 0 */
	uint8_t limit, limit_argument;
} calls[] = {
	{ SYS_futex, CALL_SPURIOUS, false, false, LIMIT_NONE, 0 },
	{ SYS_restart_syscall, CALL_EARLY, false, false, LIMIT_NONE, 0 },
	{ SYS_ppoll, CALL_EARLY, false, false, LIMIT_NONE, 0 },
	{ SYS_select, CALL_EARLY, false, false, LIMIT_NONE, 0 },
	{ SYS_pselect6, CALL_EARLY, false, false, LIMIT_NONE, 0 },
	{ SYS_poll, CALL_EARLY, false, false, LIMIT_BLOCK, 0 },
	{ SYS_nanosleep, CALL_EARLY, false, false, LIMIT_BLOCK, 0 },
	{ SYS_clock_nanosleep, CALL_EARLY, false, false, LIMIT_BLOCK, 0 },
	{ SYS_epoll_wait, CALL_EARLY, true, false, LIMIT_MILLISECONDS, 3 },
	{ SYS_epoll_pwait, CALL_EARLY, true, false, LIMIT_MILLISECONDS, 3 },
	{ SYS_epoll_pwait2, CALL_EARLY, true, false, LIMIT_POINTER, 3 },
	{ SYS_io_getevents, CALL_EARLY, true, false, LIMIT_POINTER, 4 },
	{ SYS_io_pgetevents, CALL_EARLY, true, false, LIMIT_POINTER, 4 },
	{ SYS_io_uring_enter, CALL_ANEW, true, false, LIMIT_NONE, 0 },
	{ SYS_read, CALL_RESULT, true, true, LIMIT_NONE, 0 },
	{ SYS_readv, CALL_RESULT, true, true, LIMIT_NONE, 0 },
	{ SYS_recvfrom, CALL_RESULT, true, true, LIMIT_NONE, 0 },
	{ SYS_recvmsg, CALL_RESULT, true, true, LIMIT_NONE, 0 },
	{ SYS_accept, CALL_RESULT, true, true, LIMIT_NONE, 0 },
	{ SYS_accept4, CALL_RESULT, true, true, LIMIT_NONE, 0 },
	{ SYS_wait4, CALL_RESULT, false, false, LIMIT_NONE, 0 },
	{ SYS_pause, CALL_RESULT, false, false, LIMIT_NONE, 0 },
	{ SYS_rt_sigsuspend, CALL_RESULT, false, false, LIMIT_NONE, 0 },
	/* Never chosen, as 0 would be a lie that does harm; but a thread can get into them before its stop. */
	{ SYS_semop, CALL_NEVER, true, false, LIMIT_NONE, 0 },
	{ SYS_semtimedop, CALL_NEVER, true, false, LIMIT_NONE, 0 },
	{ SYS_rt_sigtimedwait, CALL_NEVER, true, false, LIMIT_NONE, 0 },
	{ SYS_write, CALL_NEVER, true, true, LIMIT_NONE, 0 },
	{ SYS_sendto, CALL_NEVER, true, true, LIMIT_NONE, 0 },
	{ SYS_sendmsg, CALL_NEVER, true, true, LIMIT_NONE, 0 },
};

static const struct call *find_call(long number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

/* A file on a network or in user space may answer a stop with EINTR, or with half of what was asked for. */
static bool waits_for_peers(pid_t process, int fd)
{
	static const char *const kinds[] = { "anon_inode:", "/dev/tty", "/dev/pts/" };
	char name[64], target[32];
	struct stat status;
	snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)process, fd);
	if (stat(name, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)))
		return true;
	ssize_t length = readlink(name, target, sizeof(target) - 1);
	for (size_t i = 0; length > 0 && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(target, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

static bool begins_anew(const struct call *call, const unsigned long *arguments, bool filtered)
{
	unsigned long limit = arguments[call->limit_argument];
	switch (call->limit) {
	case LIMIT_BLOCK:
		return filtered;
	case LIMIT_MILLISECONDS:
		return (int)limit >= 0;
	case LIMIT_POINTER:
		return limit != 0;
	default:
		return false;
	}
}

static enum call_rank rank_futex(const unsigned long *arguments, bool filtered)
{
	int command = (int)arguments[1] & FUTEX_CMD_MASK;
	if (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET)
		return CALL_NEVER;
	return filtered && arguments[3] ? CALL_ANEW : CALL_SPURIOUS;
}

/* A stop makes it return the part that has come. */
static bool wants_all(long number, const unsigned long *arguments)
{
	return (number == SYS_recvfrom && (arguments[3] & MSG_WAITALL)) || (number == SYS_recvmsg && (arguments[2] & MSG_WAITALL));
}

enum call_rank call_rank(pid_t process, long number, const unsigned long arguments[6], bool filtered)
{
	const struct call *call = find_call(number);
	if (number == SYS_futex)
		return rank_futex(arguments, filtered);
	if (!call || wants_all(number, arguments) || (call->descriptor && !waits_for_peers(process, (int)arguments[0])))
		return CALL_NEVER;
	return call->rank == CALL_EARLY && begins_anew(call, arguments, filtered) ? CALL_ANEW : (enum call_rank)call->rank;
}

bool call_again(long number)
{
	const struct call *call = find_call(number);
	return call && call->again;
}

bool call_untouchable(long number)
{
	static const short numbers[] = {
		SYS_exit, SYS_exit_group, SYS_execve, SYS_execveat, SYS_rt_sigreturn, SYS_fork, SYS_vfork, SYS_clone, SYS_clone3,
	};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i] == number)
			return true;
	return false;
}
#endif
