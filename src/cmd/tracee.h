/* SPDX-License-Identifier: MIT */
/*
 * One thread of another process, stopped by ptrace(2) at the entry of a system call of its own, and made to run madvise(2) in
 * between. x86-64 only: elsewhere these functions do not exist.
 *
 * The thread is never made to leave the place where it is. It is brought to the entry stop of the call that it was in, or makes
 * next; there the call is exchanged for madvise; at its exit stop the registers are put back so that the same instruction
 * makes the thread's own call again. Between those two the tracer must not die, or the thread takes the result of madvise for
 * that of its own call; at any other moment the kernel lets it go on as if nothing had been. The caller blocks all signals, and SIGCHLD is
 * not ignored.
 */
#ifndef MADVISOR_CMD_TRACEE_H
#define MADVISOR_CMD_TRACEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

enum tracee_state {
	TRACEE_READY,      /* stopped: tracee_madvise comes next, after that tracee_madvise or tracee_release */
	TRACEE_GONE,       /* let go, or ended; it may be tried again */
	TRACEE_STOPPED,    /* the process is stopped by a signal (SIGSTOP and the like); let go */
	TRACEE_DENIED,     /* ptrace refused: errno */
	TRACEE_FILTERED,   /* filters of seccomp cannot be suspended: errno; let go */
	TRACEE_UNFIT,      /* no 64-bit code, or its system call was not made by the syscall instruction; let go */
	TRACEE_STUCK,      /* it did not stop in time, and only our exit can let it go: the kernel then does, unharmed */
};

struct tracee {
	pid_t process, thread;
	bool filtered;                        /* seccomp: filters are suspended while madvise runs */
	bool busy;                            /* it was in a call when it was stopped, and has to find itself there again */
	bool exchanged;                       /* at the exit of an exchanged call, its own call still to be made */
	struct user_regs_struct stopped;      /* as it was stopped, the call to be restarted by the kernel */
	struct user_regs_struct entry;        /* at the entry of its own call */
};

/*
 * Stops a thread and brings it to the entry of a call: of the one that it sleeps in, or, if it is not in one, of the next
 * that may be exchanged; within a second, or not at all.
 */
enum tracee_state tracee_seize(struct tracee *tracee, pid_t process, pid_t thread, bool filtered);

/*
 * Runs madvise(2) there. *error: 0 or an errno; left alone if the call was not made. Returns TRACEE_READY where it was made;
 * else the thread was let go before: for a signal that it had to see, for example.
 */
enum tracee_state tracee_madvise(struct tracee *tracee, uintptr_t address, size_t length, int advice, int *error);

/* From TRACEE_READY: lets it make its own call. */
void tracee_release(struct tracee *tracee);

#endif
