/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "stress.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STUCK_SECONDS 60

#if defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

struct owner owners[THREADS][LEVELS];
struct counters *counters;

static unsigned operations;
static bool calm;
static pthread_barrier_t stand_still, go_on;
static _Atomic unsigned busy;
static _Atomic int thread_ids[THREADS];
static __thread struct owner *own_levels;

void fail(const char *format, ...)
{
	char line[256];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (counters->failures++ < 10 && write(1, line, (size_t)length) < 0)
		_exit(2);
}

unsigned dice(struct owner *owner, unsigned sides)
{
	owner->seed = owner->seed * 1664525 + 1013904223;
	return (owner->seed >> 8) % sides;
}

char *page_address(const struct field *field, unsigned page)
{
	return field->base + page * PAGE;
}

static void run_child(struct owner *levels, unsigned level)
{
	own_levels = NULL;   /* the thread sanitizer hands a child the signals that it kept back for the parent */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	uint64_t failures = counters->failures;
	check_inherited(levels, level);
	for (unsigned i = 0; i < 20; i++)
		operate(&levels[level]);
	check_child(&levels[level]);
	_exit(counters->failures != failures);
}

static void await(pid_t child)
{
	int status;
	while (waitpid(child, &status, 0) < 0)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("a child ended with status %x\n", (unsigned)status);
}

/* Without what libc does about a fork: a handler may have interrupted malloc. The sanitizer has to know, and follows no vfork. */
static pid_t fork_raw(void)
{
	return SANITIZED ? fork() : (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void have_child(struct owner *levels, unsigned level)
{
	if (SANITIZED && level > 0)
		return;
	if (SANITIZED || dice(&levels[level], 2)) {
		pid_t child = fork_raw();
		if (child == 0)
			run_child(levels, level);
		counters->forks++;
		await(child);
		return;
	}
	pid_t child = vfork();
	if (child == 0) {
		for (unsigned i = 0; i < 20; i++)
			operate(&levels[level]);
		_exit(0);
	}
	counters->vforks++;
	await(child);
}

static void handle(int signal)
{
	unsigned level = signal == SIGUSR1 ? 1 : 2;
	if (!own_levels)
		return;
	counters->signals++;
	for (unsigned i = dice(&own_levels[level], 8); i; i--)
		operate(&own_levels[level]);
	if (dice(&own_levels[level], 40) == 0)
		have_child(own_levels, level);
}

static void hold_signals(int how)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(how, &set, NULL);
}

static void *run_thread(void *argument)
{
	unsigned number = (unsigned)(uintptr_t)argument;
	thread_ids[number] = (int)syscall(SYS_gettid);
	own_levels = owners[number];
	for (;;) {
		pthread_barrier_wait(&go_on);
		hold_signals(SIG_UNBLOCK);
		for (unsigned i = 0; i < operations && !(calm && number); i++) {
			operate(&own_levels[0]);
			if (!calm && dice(&own_levels[0], 150) == 0)
				have_child(own_levels, 0);
		}
		hold_signals(SIG_BLOCK);
		busy--;
		pthread_barrier_wait(&stand_still);
	}
	return NULL;
}

static void shoot(uint32_t *seed)
{
	for (unsigned waited = 0; busy; waited++) {
		usleep(100);
		if (waited > STUCK_SECONDS * 10000) {
			fail("stuck\n");
			_exit(1);
		}
		if (calm)
			continue;
		*seed = *seed * 1664525 + 1013904223;
		int thread = thread_ids[(*seed >> 8) % THREADS];
		if (thread)
			syscall(SYS_tgkill, getpid(), thread, *seed >> 16 & 1 ? SIGUSR1 : SIGUSR2);
	}
}

static void be_ready(uint32_t seed)
{
	/* A handler of SIGUSR1 is interrupted by one of SIGUSR2, not by another of its own. */
	struct sigaction first = { .sa_handler = handle, .sa_flags = SA_RESTART }, second = first;
	sigfillset(&second.sa_mask);
	sigaction(SIGUSR1, &first, NULL);
	sigaction(SIGUSR2, &second, NULL);
	hold_signals(SIG_BLOCK);
	counters = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t number = 0;
	for (struct owner *owner = owners[0]; owner < OWNERS_END; owner++) {
		owner->number = ++number;
		owner->seed = seed * 977 + number;
	}
	pthread_barrier_init(&go_on, NULL, THREADS + 1);
	pthread_barrier_init(&stand_still, NULL, THREADS + 1);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 10;
	operations = argc > 2 ? (unsigned)atoi(argv[2]) : 5000;
	uint32_t seed = argc > 3 ? (uint32_t)atoi(argv[3]) : 1;
	calm = argc > 4;
	be_ready(seed);
	if (counters == MAP_FAILED || !set_up()) {
		fputs("cannot begin\n", stderr);
		return 2;
	}
	for (uintptr_t i = 0; i < THREADS; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, run_thread, (void *)i);
	}
	for (unsigned round = 0; round < rounds && !counters->failures; round++) {
		busy = THREADS;
		pthread_barrier_wait(&go_on);
		shoot(&seed);
		pthread_barrier_wait(&stand_still);
		compare();
	}
	printf("operations %" PRIu64 " signals %" PRIu64 " forks %" PRIu64 " vforks %" PRIu64 " torn %" PRIu64 " failures %"
	       PRIu64 "\n", counters->operations, counters->signals, counters->forks, counters->vforks, counters->torn,
	       counters->failures);
	return counters->failures != 0;
}
