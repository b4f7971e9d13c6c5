/* SPDX-License-Identifier: MIT */
/*
 * The table of regions under fire: threads that map, cut and move; signal handlers that interrupt them, nested, and do the
 * same; forked and vforked children of both. After each round all stand still, and the table is compared page by page with
 * what must be in it and with what the kernel has mapped.
 *
 *   regions_stress ROUNDS OPERATIONS SEED      operations: of each thread in a round, without those of handlers and children
 *
 * Prints what was done; exits with 1 after any difference. What is followed are mappings of a memfd of that name.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regions.h"
#include "scratch.h"
#include "stress_fields.h"

#define THREADS 4
#define LEVELS 3         /* of a thread: its own code, a handler, a handler within the handler */
#define PAGES_MAX (THREADS * LEVELS * FIELDS * FIELD_PAGES)
#define STUCK_SECONDS 60

#if defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static struct owner owners[THREADS][LEVELS];
static unsigned operations;
static pthread_barrier_t stand_still, go_on;
static _Atomic unsigned busy;
static _Atomic int thread_ids[THREADS];
static __thread struct owner *own_levels;

/* The table from the highest address down: in order, nothing empty, nothing twice. Returns how many were found. */
static size_t read_table(struct region *regions, size_t room)
{
	size_t count = 0, found;
	uintptr_t high = UINTPTR_MAX;
	for (bool all = false; !all && count < room;) {
		all = regions_find(0, high, &regions[count], room - count < 8 ? room - count : 8, &found);
		for (size_t i = 0; i < found; i++, count++) {
			if (regions[count].high > high || regions[count].low >= regions[count].high)
				fail("the table is not in order at %" PRIxPTR "\n", regions[count].low);
			high = regions[count].low;
		}
		if (!found)
			break;
	}
	return count;
}

/* What a child inherited of its own thread's levels that were not in the middle of something: all of it, or nothing at all. */
static void check_inherited(struct owner *levels, unsigned level)
{
	struct region region;
	size_t found;
	regions_find(0, UINTPTR_MAX, &region, 1, &found);
	if (!regions_on())
		fail("a child found the table stuck\n");
	if (!found)
		counters->torn++;
	for (unsigned i = level; i < LEVELS; i++)
		for (struct field *field = levels[i].fields; field < levels[i].fields + FIELDS; field++) {
			if (!found)
				memset(field->rule, 0, sizeof(field->rule));
			if (field->base)
				cut(&levels[i], field, field->first, field->end);
		}
}

static void run_child(struct owner *levels, unsigned level)
{
	static struct region regions[PAGES_MAX];
	own_levels = NULL;   /* the thread sanitizer hands a child the signals that it kept back for the parent */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	uint64_t failures = counters->failures;
	read_table(regions, PAGES_MAX);
	check_inherited(levels, level);
	for (unsigned i = 0; i < 20; i++)
		operate(&levels[level]);
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
		for (unsigned i = 0; i < operations; i++) {
			operate(&own_levels[0]);
			if (dice(&own_levels[0], 400) == 0)
				have_child(own_levels, 0);
		}
		hold_signals(SIG_BLOCK);
		busy--;
		pthread_barrier_wait(&stand_still);
	}
	return NULL;
}

static int compare_pages(const void *a, const void *b)
{
	const uintptr_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* The pages of the memfd that the kernel has mapped. */
static size_t read_maps(uintptr_t *pages, size_t room)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	size_t count = 0;
	uintptr_t low, high;
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "/memfd:followed") && sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &low, &high) == 2)
			for (; low < high && count < room; low += PAGE)
				pages[count++] = low;
	if (maps)
		fclose(maps);
	return count;
}

/* All stand still: the table, what must be in it, and what the kernel has are the same. */
static void compare(void)
{
	static uintptr_t kernel[PAGES_MAX], expected[PAGES_MAX], entered[PAGES_MAX];
	static struct region regions[PAGES_MAX];
	size_t kernel_count = read_maps(kernel, PAGES_MAX), expected_count = 0, entered_count = 0;
	size_t count = read_table(regions, PAGES_MAX);
	for (size_t i = 0; i < count; i++)
		for (uintptr_t page = regions[i].low; page < regions[i].high && entered_count < PAGES_MAX; page += PAGE)
			entered[entered_count++] = page;
	for (struct owner *owner = owners[0]; owner < owners[THREADS]; owner++)
		for (struct field *field = owner->fields; field < owner->fields + FIELDS; field++)
			for (unsigned page = field->first; field->base && page < field->end; page++)
				if (field->rule[page])
					expected[expected_count++] = (uintptr_t)page_address(field, page);
	qsort(entered, entered_count, sizeof(*entered), compare_pages);
	qsort(expected, expected_count, sizeof(*expected), compare_pages);
	if (entered_count != expected_count || memcmp(entered, expected, expected_count * sizeof(*expected)) != 0)
		fail("%zu pages are in the table, %zu must be, or others\n", entered_count, expected_count);
	if (entered_count != kernel_count || memcmp(entered, kernel, kernel_count * sizeof(*kernel)) != 0)
		fail("%zu pages are in the table, %zu are mapped, or others\n", entered_count, kernel_count);
	if (!regions_on())
		fail("the table is off\n");
}

static void shoot(uint32_t *seed)
{
	for (unsigned waited = 0; busy; waited++) {
		*seed = *seed * 1664525 + 1013904223;
		int thread = thread_ids[(*seed >> 8) % THREADS];
		if (thread)
			syscall(SYS_tgkill, getpid(), thread, *seed >> 16 & 1 ? SIGUSR1 : SIGUSR2);
		usleep(100);
		if (waited > STUCK_SECONDS * 10000) {
			fail("stuck\n");
			_exit(1);
		}
	}
}

static void set_up(uint32_t seed)
{
	/* A handler of SIGUSR1 is interrupted by one of SIGUSR2, not by another of its own. */
	struct sigaction first = { .sa_handler = handle, .sa_flags = SA_RESTART }, second = first;
	sigfillset(&second.sa_mask);
	sigaction(SIGUSR1, &first, NULL);
	sigaction(SIGUSR2, &second, NULL);
	hold_signals(SIG_BLOCK);
	followed = memfd_create("followed", MFD_CLOEXEC);
	counters = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counters == MAP_FAILED || ftruncate(followed, FIELD_PAGES * PAGE) || !scratch_create() || !regions_create())
		exit(2);
	uint32_t number = 0;
	for (struct owner *owner = owners[0]; owner < owners[THREADS]; owner++) {
		owner->number = ++number;
		owner->seed = seed * 977 + number;
	}
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 10;
	operations = argc > 2 ? (unsigned)atoi(argv[2]) : 5000;
	uint32_t seed = argc > 3 ? (uint32_t)atoi(argv[3]) : 1;
	set_up(seed);
	pthread_barrier_init(&go_on, NULL, THREADS + 1);
	pthread_barrier_init(&stand_still, NULL, THREADS + 1);
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
