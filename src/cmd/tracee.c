/* SPDX-License-Identifier: MIT */
/* One thread of another process, made to run madvise(2): ptrace(2) on x86-64. */
#define _GNU_SOURCE
#include "tracee.h"

#ifdef __x86_64__
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "calls.h"

enum { CODE_64 = 0x33, X32_BIT = 0x40000000 };

/* What an interrupted call holds at its stop: include/linux/errno.h. A program never sees these numbers. */
enum { RESTART_SYS = -512, RESTART_NOINTR = -513, RESTART_NOHAND = -514, RESTART_BLOCK = -516 };

enum stop { STOP_SYSCALL, STOP_EVENT, STOP_GROUP, STOP_SIGNAL, STOP_GONE, STOP_TIMEOUT };

enum { STOP_MILLISECONDS = 1000, HARMLESS_MILLISECONDS = 50 };

static int64_t now_milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum stop kind_of_stop(int status, int *signal)
{
	*signal = WSTOPSIG(status);
	if (!WIFSTOPPED(status))
		return STOP_GONE;
	if (*signal == (SIGTRAP | 0x80))
		return STOP_SYSCALL;
	if (status >> 16 == PTRACE_EVENT_STOP)
		return *signal == SIGTRAP ? STOP_EVENT : STOP_GROUP;
	return STOP_SIGNAL;
}

/* deadline: of now_milliseconds; 0: none. SIGCHLD is blocked, and stays pending for the next wait. */
static enum stop wait_stop(pid_t thread, int64_t deadline, int *signal)
{
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		int status;
		pid_t got = waitpid(thread, &status, __WALL | WNOHANG);
		if (got == thread)
			return kind_of_stop(status, signal);
		if (got < 0 && errno != EINTR)
			return STOP_GONE;
		int64_t left = deadline ? deadline - now_milliseconds() : 100;
		if (left <= 0)
			return STOP_TIMEOUT;
		sigtimedwait(&child, NULL, &(struct timespec){ left / 1000, left % 1000 * 1000000 });
	}
}

static bool get_registers(const struct tracee *tracee, struct user_regs_struct *registers)
{
	return ptrace(PTRACE_GETREGS, tracee->thread, NULL, registers) == 0;
}

static bool set_registers(const struct tracee *tracee, const struct user_regs_struct *registers)
{
	return ptrace(PTRACE_SETREGS, tracee->thread, NULL, registers) == 0;
}

/* The registers just before the system call whose registers these are. Without a call in orig_rax the kernel restarts nothing. */
static struct user_regs_struct before_call(const struct user_regs_struct *in_call)
{
	struct user_regs_struct before = *in_call;
	before.rip -= 2;
	before.rax = in_call->orig_rax;
	before.orig_rax = (unsigned long long)-1;
	return before;
}

static bool made_by_syscall(const struct tracee *tracee, const struct user_regs_struct *registers)
{
	errno = 0;
	long word = ptrace(PTRACE_PEEKTEXT, tracee->thread, (void *)(registers->rip - 2), NULL);
	return errno == 0 && (word & 0xffff) == 0x050f && registers->cs == CODE_64 && !(registers->orig_rax & X32_BIT);
}

/*
 * From a stop inside the kernel's handling of signals (not one of a system call): the thread goes on, with that signal. A call
 * that it was in is put back as interrupted, so that the kernel itself restarts it, or ends it with EINTR for a handler.
 */
static void let_go(const struct tracee *tracee, int signal)
{
	if (tracee->busy)
		set_registers(tracee, &tracee->stopped);
	ptrace(PTRACE_DETACH, tracee->thread, NULL, (void *)(long)signal);
}

/*
 * Whether the thread was stopped in a call that is to go on. EINTR after a mere stop becomes the kernel's own "restart
 * where no handler ran"; so does restart_syscall(2), which the program never made itself and a filter may kill for.
 */
static bool judge_stop(struct tracee *tracee)
{
	struct user_regs_struct *stopped = &tracee->stopped;
	if (!get_registers(tracee, stopped) || stopped->cs != CODE_64)
		return false;
	long number = (long)stopped->orig_rax, result = (long)stopped->rax;
	if (number < 0)
		return true;
	bool ours = (result == -EINTR && call_again(number)) || (result == RESTART_BLOCK && tracee->filtered);
	bool kernels = result == RESTART_SYS || result == RESTART_NOINTR || result == RESTART_NOHAND || result == RESTART_BLOCK;
	if (!ours && !kernels)
		return true;
	if (!made_by_syscall(tracee, stopped))
		return false;
	if (ours)
		stopped->rax = (unsigned long long)RESTART_NOHAND;
	tracee->busy = true;
	return !ours || set_registers(tracee, stopped);
}

static enum tracee_state give_up(struct tracee *tracee, enum stop stop, int signal)
{
	if (stop == STOP_TIMEOUT)
		return TRACEE_STUCK;
	if (stop == STOP_GONE)
		return TRACEE_GONE;
	/* A signal that the program ignores stops a traced thread all the same, and ends its call. */
	if (!tracee->busy)
		judge_stop(tracee);
	let_go(tracee, stop == STOP_SIGNAL ? signal : 0);
	return stop == STOP_GROUP ? TRACEE_STOPPED : TRACEE_GONE;
}

/*
 * From a stop of a system call, or running: detaching there would leave the thread with a signal pending that does not exist,
 * and its next call would see EINTR. So it goes on to a stop inside the handling of signals.
 */
static enum tracee_state interrupt_and_give_up(struct tracee *tracee, bool stopped)
{
	int signal;
	enum stop stop;
	if (ptrace(PTRACE_INTERRUPT, tracee->thread, NULL, NULL) != 0)
		return TRACEE_GONE;
	do {
		if (stopped && ptrace(PTRACE_CONT, tracee->thread, NULL, NULL) != 0)
			return TRACEE_GONE;
		stopped = true;
		stop = wait_stop(tracee->thread, now_milliseconds() + STOP_MILLISECONDS, &signal);
	} while (stop == STOP_SYSCALL);
	return give_up(tracee, stop, signal);
}

/* Filters are suspended only while no call but ours can be made: the program's own have to pass them. */
static bool suspend_filters(const struct tracee *tracee, bool suspended)
{
	unsigned long options = PTRACE_O_TRACESYSGOOD | (suspended ? PTRACE_O_SUSPEND_SECCOMP : 0);
	return !tracee->filtered || ptrace(PTRACE_SETOPTIONS, tracee->thread, NULL, (void *)options) == 0;
}

/* A thread that runs is let through its calls until one comes for which 0 is no lie; for want of it, any. */
static bool may_exchange(const struct tracee *tracee, int64_t since)
{
	const struct user_regs_struct *entry = &tracee->entry;
	const unsigned long arguments[6] = { entry->rdi, entry->rsi, entry->rdx, entry->r10, entry->r8, entry->r9 };
	long number = (long)entry->orig_rax;
	if (tracee->busy || tracee->exchanged)
		return true;
	if (call_untouchable(number))
		return false;
	return call_rank(tracee->process, number, arguments, tracee->filtered) <= CALL_ANEW ||
		now_milliseconds() - since > HARMLESS_MILLISECONDS;
}

/* From any stop: goes on to the entry of a call. */
static enum tracee_state go_to_entry(struct tracee *tracee)
{
	int64_t since = now_milliseconds(), deadline = since + STOP_MILLISECONDS;
	for (bool entry = true; ; entry = !entry) {
		int signal;
		if (ptrace(PTRACE_SYSCALL, tracee->thread, NULL, NULL) != 0)
			return TRACEE_GONE;
		enum stop stop = wait_stop(tracee->thread, deadline, &signal);
		if (stop == STOP_TIMEOUT)
			return interrupt_and_give_up(tracee, false);
		if (stop != STOP_SYSCALL)
			return give_up(tracee, stop, signal);
		if (!entry)
			continue;
		if (!get_registers(tracee, &tracee->entry))
			return TRACEE_GONE;
		if (!made_by_syscall(tracee, &tracee->entry)) {
			interrupt_and_give_up(tracee, true);
			return TRACEE_UNFIT;
		}
		if (may_exchange(tracee, since))
			return TRACEE_READY;
	}
}

enum tracee_state tracee_seize(struct tracee *tracee, pid_t process, pid_t thread, bool filtered)
{
	int signal;
	*tracee = (struct tracee) { .process = process, .thread = thread, .filtered = filtered };
	/* Never PTRACE_O_EXITKILL: the program outlives us. */
	if (ptrace(PTRACE_SEIZE, thread, NULL, (void *)PTRACE_O_TRACESYSGOOD) != 0)
		return errno == ESRCH ? TRACEE_GONE : TRACEE_DENIED;
	if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0)
		return TRACEE_GONE;
	enum stop stop = wait_stop(thread, now_milliseconds() + STOP_MILLISECONDS, &signal);
	if (stop != STOP_EVENT)
		return give_up(tracee, stop, signal);
	if (!judge_stop(tracee)) {
		let_go(tracee, 0);
		return TRACEE_UNFIT;
	}
	if (!suspend_filters(tracee, true)) {
		let_go(tracee, 0);
		return TRACEE_FILTERED;
	}
	if (!tracee->busy)
		suspend_filters(tracee, false);
	return go_to_entry(tracee);
}

enum tracee_state tracee_madvise(struct tracee *tracee, uintptr_t address, size_t length, int advice, int *error)
{
	int signal;
	if (tracee->exchanged) {
		enum tracee_state state = go_to_entry(tracee);
		if (state != TRACEE_READY)
			return state;
	}
	struct user_regs_struct call = tracee->entry, again = before_call(&tracee->entry);
	call.orig_rax = SYS_madvise;
	call.rdi = address;
	call.rsi = length;
	call.rdx = (unsigned long long)advice;
	suspend_filters(tracee, true);
	/* From here to the second set_registers a dead tracer is seen by the program: as little as can be stands between them. */
	if (!set_registers(tracee, &call) || ptrace(PTRACE_SYSCALL, tracee->thread, NULL, NULL) != 0 ||
	    wait_stop(tracee->thread, 0, &signal) != STOP_SYSCALL || !get_registers(tracee, &call))
		return TRACEE_GONE;
	set_registers(tracee, &again);
	tracee->exchanged = true;
	*error = (int)-(long)call.rax;
	return TRACEE_READY;
}

void tracee_release(struct tracee *tracee)
{
	interrupt_and_give_up(tracee, true);
}
#endif
