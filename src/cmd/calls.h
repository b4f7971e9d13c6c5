/* SPDX-License-Identifier: MIT */
/*
 * What system calls of other programs tolerate: which of them a thread may be stopped in, and which are to be made again.
 * x86-64.
 */
#ifndef MADVISOR_CMD_CALLS_H
#define MADVISOR_CMD_CALLS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * How well a thread can be stopped in a call, the best first. A stop with no signal behind it is seen by no call of
 * the first four: what the kernel does not restart itself is made again. The order is that of what would be seen if the tracer died in the
 * moment in which the call is exchanged: then it returns 0 without having been made.
 */
enum call_rank {
	CALL_SPURIOUS,     /* futex(2): 0 may always mean a spurious wake-up */
	CALL_EARLY,        /* 0 is "the time is up": poll(2), nanosleep(2), epoll_wait(2) without a time limit */
	CALL_ANEW,         /* the same, but its time limit begins anew: epoll_wait(2) with one */
	CALL_RESULT,       /* 0 has a meaning: read(2), accept(2) */
	CALL_RUNNING,      /* none: the thread runs */
	CALL_NEVER,        /* anything else */
};

/* The rank of a call by its number and arguments. process and thread: for what a descriptor is. */
enum call_rank call_rank(pid_t process, long number, const unsigned long arguments[6], bool filtered);

/* Whether a call that returned EINTR has done nothing, so that it can be made again: signal(7), "by stop signals". */
bool call_again(long number);

/* Whether a call must be left alone even where it is only delayed: it ends or replaces the thread, or makes another. */
bool call_untouchable(long number);

#endif
