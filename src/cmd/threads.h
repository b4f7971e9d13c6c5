/* SPDX-License-Identifier: MIT */
/* The threads of another process, and what they are doing: proc_pid_task(5), proc_pid_syscall(5). */
#ifndef MADVISOR_CMD_THREADS_H
#define MADVISOR_CMD_THREADS_H

#include "calls.h"
#include "process.h"

struct thread {
	pid_t id;
	enum call_rank rank;
};

/*
 * Writes the threads that may be stopped, the best first, to threads[0..room). Returns how many; needs PTRACE_MODE_ATTACH.
 * *seen: how many threads there are at all.
 */
size_t threads_that_may_stop(const struct process *process, struct thread *threads, size_t room, size_t *seen);

#endif
