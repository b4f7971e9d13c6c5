/* SPDX-License-Identifier: MIT */
/*
 * "storm SECONDS FILE": threads with stacks of 16 KiB map and unmap the file and plain memory, and start children by fork, vfork,
 * posix_spawn and execve that do the same; signals interrupt them all the time, on alternate stacks of 8 KiB, and their handler
 * maps too. Whatever is mapped must hold what it should, and every child must end as it should.
 *
 * Prints what was done, and how much the process grew after the first quarter; exits with 1 after any failure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

#define THREADS 4
#define THREAD_STACK 16384
#define SIGNAL_STACK 8192
#define ROOM_IN_HANDLER 4096   /* where the kernel's own frame, with all the registers, leaves less than that of 8 KiB */
#define PAGE 4096ul
#define FILE_PAGES 16
#define CHILD_STATUS 42
#define PAINT 0x5a

extern char **environ;

static const char *path;
static int file;
static _Atomic bool stop;
static _Atomic uint64_t mappings, signals, forks, vforks, spawns, failures;
static char expected;

static void fail(const char *what)
{
	atomic_fetch_add(&failures, 1);
	if (write(1, what, strlen(what)) < 0)
		return;
}

/* One life of a mapping of the file, and one of plain memory. Safe in a signal handler, and after fork and vfork. */
static bool map_and_unmap(unsigned dice)
{
	size_t length = (1 + dice % (FILE_PAGES - 1)) * PAGE;
	char *mapped = mmap(NULL, length, PROT_READ, dice & 16 ? MAP_SHARED : MAP_PRIVATE, file, 0);
	char *plain = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapped == MAP_FAILED || plain == MAP_FAILED)
		return false;
	bool good = mapped[0] == expected && plain[length - 1] == 0;
	plain[length - 1] = 1;
	if (dice & 32)
		good &= madvise(mapped, length, dice & 64 ? MADV_SEQUENTIAL : MADV_NORMAL) == 0;
	if (dice & 128) {
		mapped = mremap(mapped, length, length + PAGE, MREMAP_MAYMOVE);
		good &= mapped != MAP_FAILED && mapped[0] == expected;
		length += PAGE;
	}
	good &= munmap(mapped, length) == 0 && plain[dice & 128 ? length - PAGE - 1 : length - 1] == 1;
	good &= munmap(plain, dice & 128 ? length - PAGE : length) == 0;
	return good;
}

static void on_signal(int number)
{
	int saved = errno;
	(void)number;
	unsigned turn = (unsigned)atomic_fetch_add(&signals, 1);
	if (!map_and_unmap(turn))
		fail("a handler's mapping failed\n");
	errno = saved;
}

static void check_child(pid_t child, const char *what)
{
	int status;
	pid_t ended;
	while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		;
	if (child < 0 || ended != child || !WIFEXITED(status) || WEXITSTATUS(status) != CHILD_STATUS)
		fail(what);
}

static void fork_child(unsigned dice)
{
	pid_t child = fork();
	if (child == 0)
		_exit(map_and_unmap(dice) && map_and_unmap(dice / 2) ? CHILD_STATUS : 1);
	atomic_fetch_add(&forks, 1);
	check_child(child, "a forked child went wrong\n");
}

static char *const child_arguments[] = { (char []){ "storm" }, (char []){ "child" }, NULL };

static void vfork_child(unsigned dice)
{
	pid_t child = vfork();
	if (child == 0) {
		if (!map_and_unmap(dice))
			_exit(1);
		if (dice & 8)
			execve("/proc/self/exe", child_arguments, environ);
		_exit(CHILD_STATUS);
	}
	atomic_fetch_add(&vforks, 1);
	check_child(child, "a vforked child went wrong\n");
}

static void spawn_child(void)
{
	pid_t child;
	if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, child_arguments, environ))
		child = -1;
	atomic_fetch_add(&spawns, 1);
	check_child(child, "a spawned child went wrong\n");
}

static size_t signal_stack_bytes(void)
{
	size_t frame = getauxval(AT_MINSIGSTKSZ);
	return frame + ROOM_IN_HANDLER > SIGNAL_STACK ? frame + ROOM_IN_HANDLER : SIGNAL_STACK;
}

/* With a page below that nobody may touch. */
static char *signal_stacks[THREADS];

/* Bytes that handlers needed at most, the kernel's frame with them. */
static size_t signal_stack_used(void)
{
	size_t bytes = signal_stack_bytes(), used = 0;
	for (int i = 0; i < THREADS; i++) {
		const char *stack = signal_stacks[i] + PAGE;
		size_t clean = 0;
		while (clean < bytes && stack[clean] == PAINT)
			clean++;
		if (bytes - clean > used)
			used = bytes - clean;
	}
	return used;
}

static void *work(void *number)
{
	unsigned seed = (unsigned)(uintptr_t)number;
	stack_t stack = { .ss_sp = signal_stacks[seed] + PAGE, .ss_size = signal_stack_bytes() };
	if (sigaltstack(&stack, NULL))
		fail("no alternate stack\n");
	while (!stop) {
		unsigned dice = (unsigned)rand_r(&seed);
		if (!map_and_unmap(dice))
			fail("a thread's mapping failed\n");
		atomic_fetch_add(&mappings, 1);
		switch (dice >> 8 & 127) {
		case 0:
		case 1:
			fork_child(dice);
			break;
		case 2:
		case 3:
			vfork_child(dice);
			break;
		case 4:
			spawn_child();
			break;
		}
	}
	/* Signals that are still on their way need the stack: it is never given back. */
	return NULL;
}

static void storm(double seconds)
{
	pthread_t threads[THREADS];
	pthread_attr_t attributes;
	struct timespec pause = { 0, 300000 }, begin, now;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK);
	stop = false;
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], &attributes, work, (void *)i))
			abort();
	do {
		for (int i = 0; i < THREADS; i++)
			pthread_kill(threads[i], SIGUSR1);
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) / 1e9 < seconds);
	stop = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Kilobytes: address space, or memory that is there. */
static long field_of_status(const char *field)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	long number = 0;
	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, field, strlen(field)) == 0)
			number = atol(line + strlen(field));
	if (status)
		fclose(status);
	return number;
}

int main(int argc, char **argv)
{
	path = argc > 2 ? argv[2] : getenv("STORM_FILE");
	file = open(path, O_RDONLY);
	if (file < 0 || pread(file, &expected, 1, 0) != 1)
		return 2;
	if (argc == 2)
		return map_and_unmap(7) ? CHILD_STATUS : 1;
	setenv("STORM_FILE", path, 1);
	for (int i = 0; i < THREADS; i++) {
		signal_stacks[i] = mmap(NULL, signal_stack_bytes() + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(signal_stacks[i], PAINT, signal_stack_bytes() + PAGE);
		mprotect(signal_stacks[i], PAGE, PROT_NONE);
	}
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_RESTART };
	sigaction(SIGUSR1, &action, NULL);
	double seconds = atof(argv[1]);
	storm(seconds / 4);
	long size = field_of_status("VmSize:"), resident = field_of_status("RssAnon:") + field_of_status("RssShmem:");
	storm(seconds * 3 / 4);
	size = field_of_status("VmSize:") - size;
	resident = field_of_status("RssAnon:") + field_of_status("RssShmem:") - resident;
	printf("mappings %lu signals %lu forks %lu vforks %lu spawns %lu\n", mappings, signals, forks, vforks, spawns);
	printf("grown %ld kB, resident %ld kB\n", size, resident);
	printf("signal stack %zu of %zu bytes\n", signal_stack_used(), signal_stack_bytes());
	printf("failures %lu\n", failures);
	return failures != 0;
}
