/* SPDX-License-Identifier: MIT */
/*
 * A host for attach: threads in as many kinds of system call, each of which checks every result, and others that sum a mapping and
 * increment under a restartable sequence. Says "ready", runs until SIGTERM, then prints what went wrong, one line each, and
 * "wrong N"; the exit status is 1 where N is not 0. Statically linked: nothing is preloaded.
 *
 *   attach_target FILE [masked] [signals] [filtered] [KIND]
 *
 * masked: every thread but the first blocks all signals. signals: each of them is sent one every few milliseconds, every second
 * one ignored, and may be interrupted by a handler and nothing else. filtered: a seccomp filter kills it for madvise(2) and
 * restart_syscall(2), neither of which it calls. KIND: one thread, the main one, of that kind; what it waits for comes from
 * another process.
 */
#define _GNU_SOURCE
#include "attach_target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Atomic bool ending;
_Atomic unsigned long wrong;
__thread volatile unsigned long handled_here;
const volatile unsigned char *mapping;
size_t mapping_bytes;
static _Atomic unsigned long rounds, handled;
static bool masked, signals;

int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void complain(const char *kind, const char *what, long result, int error)
{
	printf("%s: %s: result %ld, errno %d (%s)\n", kind, what, result, error, error ? strerror(error) : "-");
	fflush(stdout);
	wrong++;
}

static void pause_us(long microseconds)
{
	struct timespec left = { microseconds / 1000000, microseconds % 1000000 * 1000 };
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

/* A thread's end would call madvise(2). */
static void wait_for_the_end(void)
{
	for (;;)
		pause_us(1000000);
}

static void check_wakeups(const char *kind, const struct peer *peer)
{
	if (peer->used && now_us() - peer->last > 5000000)
		complain(kind, "a signal was lost", 0, 0);
}

/* Shared with the feeder, which is a process of its own where the host has one thread only. */
static struct peer *peers;
static pthread_t threads[32];

static void create_peer(const struct kind *kind, struct peer *peer)
{
	int result = 0;
	switch (kind->feed) {
	case FED_SOCKET: result = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, peer->ends); break;
	case FED_SEMAPHORE: result = peer->object = semget(IPC_PRIVATE, 1, 0600); break;
	case FED_EPOLL:
	case FED_PIPE:
	case SILENT_PIPE: result = pipe2(peer->ends, O_CLOEXEC); break;
	default: break;
	}
	if (kind->feed == FED_EPOLL) {
		peer->object = epoll_create1(EPOLL_CLOEXEC);
		struct epoll_event event = { .events = EPOLLIN };
		result = epoll_ctl(peer->object, EPOLL_CTL_ADD, peer->ends[0], &event);
	}
	peer->used = true;
	if (result < 0)
		complain(kind->name, "setting up", result, errno);
}

static void feed(const struct kind *kind, struct peer *peer, uint64_t number)
{
	struct sembuf give = { 0, 1, 0 };
	ssize_t result = 0;
	switch (kind->feed) {
	case FED_PIPE:
	case FED_EPOLL: result = write(peer->ends[1], &number, sizeof(number)); break;
	case FED_SOCKET: result = send(peer->ends[1], &number, sizeof(number), 0); break;
	case FED_SEMAPHORE: result = semop(peer->object, &give, 1); break;
	case FED_WORD: peer->word++; syscall(SYS_futex, &peer->word, FUTEX_WAKE, 1); break;
	case FED_SIGNAL:
		if (atomic_exchange(&peer->asked, false))
			result = threads[peer - peers] ? pthread_kill(threads[peer - peers], SIGUSR2) : kill(getppid(), SIGUSR2);
		break;
	default: break;
	}
	if (result < 0 && !ending)
		complain(kind->name, "feeding", result, errno);
}

static void *feeder(void *unused)
{
	(void)unused;
	for (uint64_t number = 0; !ending; number++) {
		for (size_t i = 0; i < kind_count; i++)
			if (peers[i].used)
				feed(&kinds[i], &peers[i], number);
		for (size_t i = 0; signals && i < kind_count; i++)
			if (threads[i])
				pthread_kill(threads[i], number % 2 ? SIGUSR1 : SIGWINCH);
		pause_us(PERIOD_MS * 1000 / 4);
	}
	wait_for_the_end();
	return NULL;
}

static void *worker(void *argument)
{
	const struct kind *kind = argument;
	while (!ending) {
		kind->round(&peers[kind - kinds]);
		rounds++;
	}
	return argument;
}

static void *run_thread(void *argument)
{
	worker(argument);
	wait_for_the_end();
	return NULL;
}

static void on_signal(int signal)
{
	handled_here++;
	if (signal == SIGTERM)
		ending = true;
	else
		handled++;
}

static bool map_file(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0)
		return false;
	mapping_bytes = (size_t)status.st_size;
	mapping = mmap(NULL, mapping_bytes, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return mapping != MAP_FAILED;
}

static pthread_t start_thread(void *(*function)(void *), void *argument, bool mask)
{
	pthread_t thread = 0;
	sigset_t all, old;
	if (mask) {
		sigfillset(&all);
	} else {
		/* Else a thread could take what had woken the main one, whose sleep the kernel would then restart. */
		sigemptyset(&all);
		sigaddset(&all, SIGTERM);
	}
	pthread_sigmask(SIG_BLOCK, &all, &old);
	errno = pthread_create(&thread, NULL, function, argument);
	if (errno)
		complain("thread", "not created", 0, errno);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return thread;
}

static void set_filter(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_restart_syscall, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(program) / sizeof(*program), program };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
		complain("filter", "not set", -1, errno);
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "masked") == 0)
			masked = true;
		else if (strcmp(argv[i], "signals") == 0)
			signals = true;
		else if (strcmp(argv[i], "filtered") == 0)
			set_filter();
		else
			only = argv[i];
	}
	if (argc < 2 || !map_file(argv[1])) {
		perror("attach_target FILE [masked] [signals] [filtered] [KIND]");
		return 2;
	}
	struct sigaction action = { .sa_handler = on_signal };
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigset_t blocked;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	const struct kind *main_kind = NULL;
	peers = mmap(NULL, kind_count * sizeof(*peers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < kind_count; i++) {
		if (only && strcmp(only, kinds[i].name) != 0)
			continue;
		create_peer(&kinds[i], &peers[i]);
		if (only)
			main_kind = &kinds[i];	/* of two of the name, the last */
		else
			threads[i] = start_thread(run_thread, (void *)&kinds[i], masked);
	}
	pid_t child = only ? fork() : -1;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		feeder(NULL);
	}
	if (!only)
		start_thread(feeder, NULL, true);
	puts("ready");
	fflush(stdout);
	if (main_kind)
		worker((void *)main_kind);
	while (!ending)
		pause_us(10000);
	pause_us(4 * PERIOD_MS * 1000);
	check_sequence();
	for (size_t i = 0; i < kind_count; i++)
		if (kinds[i].feed == FED_SIGNAL)
			check_wakeups(kinds[i].name, &peers[i]);
	printf("rounds %lu handled %lu increments %lu wrong %lu\n", rounds, handled, (unsigned long)increments, wrong);
	for (size_t i = 0; i < kind_count; i++)
		if (kinds[i].feed == FED_SEMAPHORE && peers[i].used)
			semctl(peers[i].object, 0, IPC_RMID);
	fflush(stdout);
	if (child > 0)
		kill(child, SIGKILL);
	_exit(wrong != 0);
}
