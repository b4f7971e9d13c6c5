/* SPDX-License-Identifier: MIT */
/* Runs madvise(2) inside another process: which thread, how often, and who does it. */
#define _GNU_SOURCE
#include "inject.h"

#ifdef __x86_64__
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "threads.h"
#include "tracee.h"

enum { CALLS_A_STOP = 16, CANDIDATES = 16, STUCK_THREADS = 8, PATIENCE_SECONDS = 3 };

/* What the child leaves behind: shared with us. */
struct shared {
	char trouble[256];            /* "": none */
	pid_t stuck[STUCK_THREADS];   /* did not stop in time */
	size_t stuck_count;
	struct injection injections[];
};

static void explain(struct shared *shared, const char *words)
{
	snprintf(shared->trouble, sizeof(shared->trouble), "%s", words);
}

static void explain_denial(struct shared *shared, const struct process *process)
{
	struct process now = *process;
	FILE *stream = fmemopen(shared->trouble, sizeof(shared->trouble), "w");
	if (stream && process_refresh(&now) == 0 && now.tracer)
		fprintf(stream, "is traced by process %d already", (int)now.tracer);
	else if (stream)
		process_explain_error(stream, EPERM);
	if (stream)
		fclose(stream);
}

/* As little as may be stands between the two changes of a thread's registers: no signal, no page fault, no killer of ours. */
static void prepare_child(void)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGCHLD, SIG_DFL);
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "-1000", 5) < 0)
			errno = 0;
		close(fd);
	}
	mlockall(MCL_CURRENT);
	/* On a busy machine the stopped thread would wait for our turn as well as for its own. */
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
}

static bool is_stuck(const struct shared *shared, pid_t thread)
{
	for (size_t i = 0; i < shared->stuck_count; i++)
		if (shared->stuck[i] == thread)
			return true;
	return false;
}

/* As many calls as one stop is good for. Returns how many were made; *state: what became of the thread. */
static size_t use_thread(const struct process *process, pid_t thread, struct injection *injections, size_t count,
			 enum tracee_state *state)
{
	struct tracee tracee;
	size_t made = 0;
	*state = tracee_seize(&tracee, process->pid, thread, process->seccomp != 0);
	while (*state == TRACEE_READY && made < count && made < CALLS_A_STOP) {
		struct injection *next = &injections[made];
		*state = tracee_madvise(&tracee, next->address, next->length, next->advice, &next->error);
		made += *state == TRACEE_READY;
	}
	if (*state == TRACEE_READY)
		tracee_release(&tracee);
	return made;
}

/* Returns whether another thread, or the same one later, may do. */
static bool go_on(struct shared *shared, const struct process *process, pid_t thread, enum tracee_state state)
{
	switch (state) {
	case TRACEE_STOPPED:
		explain(shared, "is stopped by a signal (SIGSTOP or the like): continue it first");
		return false;
	case TRACEE_FILTERED:
		explain(shared, "has seccomp filters, which may not allow madvise: to suspend them needs CAP_SYS_ADMIN");
		return false;
	case TRACEE_DENIED:
		explain_denial(shared, process);
		return false;
	case TRACEE_STUCK:
		if (shared->stuck_count < STUCK_THREADS)
			shared->stuck[shared->stuck_count++] = thread;
		_exit(0);
	default:
		return true;
	}
}

static time_t now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* One look at the threads, and the first that can be used. Returns whether to look again. */
static bool one_round(struct shared *shared, const struct process *process, size_t *done, size_t count)
{
	struct thread threads[CANDIDATES];
	size_t seen, made = 0, found = threads_that_may_stop(process, threads, CANDIDATES, &seen);
	if (seen == 0) {
		explain(shared, "has ended");
		return false;
	}
	for (size_t i = 0; i < found && made == 0; i++) {
		enum tracee_state state;
		if (is_stuck(shared, threads[i].id))
			continue;
		made = use_thread(process, threads[i].id, shared->injections + *done, count - *done, &state);
		*done += made;
		if (!go_on(shared, process, threads[i].id, state))
			return false;
	}
	return true;
}

static void work(struct shared *shared, const struct process *process, size_t count)
{
	size_t done = 0;
	while (done < count && shared->injections[done].error != INJECTION_NOT_MADE)
		done++;
	for (time_t last = now_seconds(); done < count; ) {
		size_t before = done;
		if (!one_round(shared, process, &done, count))
			return;
		if (done > before)
			last = now_seconds();
		else if (now_seconds() - last > PATIENCE_SECONDS)
			break;
		/* Give the thread time to run: signals that wait for it, and its own work. */
		nanosleep(&(struct timespec){ 0, done > before ? 200000 : 10000000 }, NULL);
	}
	if (done < count)
		explain(shared, "has no thread that may be stopped: they sleep in calls that a stop would disturb, make none, or are frozen");
}

/* One child after another, while one had to end so that a thread which did not stop is let go. */
static const char *run_children(struct shared *shared, const struct process *process, size_t count)
{
	static char words[sizeof(shared->trouble)];
	size_t stuck;
	do {
		stuck = shared->stuck_count;
		pid_t child = fork();
		if (child == 0) {
			prepare_child();
			work(shared, process, count);
			_exit(0);
		}
		while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	} while (shared->stuck_count > stuck && shared->stuck_count < STUCK_THREADS);
	snprintf(words, sizeof(words), "%s", shared->trouble);
	if (!words[0] && count && shared->injections[count - 1].error == INJECTION_NOT_MADE)
		return shared->stuck_count ? "has threads that do not stop: is it frozen, or waiting for a disk?" : "the child that gives the advice was killed";
	return words[0] ? words : NULL;
}

const char *inject(const struct process *process, struct injection *injections, size_t count)
{
	size_t bytes = sizeof(struct shared) + count * sizeof(*injections);
	struct shared *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return strerror(errno);
	for (size_t i = 0; i < count; i++)
		injections[i].error = INJECTION_NOT_MADE;
	memcpy(shared->injections, injections, count * sizeof(*injections));
	const char *trouble = run_children(shared, process, count);
	memcpy(injections, shared->injections, count * sizeof(*injections));
	munmap(shared, bytes);
	return trouble;
}
#else
const char *inject(const struct process *process, struct injection *injections, size_t count)
{
	(void)process;
	for (size_t i = 0; i < count; i++)
		injections[i].error = INJECTION_NOT_MADE;
	return "cannot be given advice that sticks on this machine: only on x86-64";
}
#endif
