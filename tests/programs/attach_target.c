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
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Each sleeps this long, or is sent something after it: then it must have what was sent, and not have come back early. */
#define PERIOD_MS 50

static _Atomic bool ending;
static _Atomic unsigned long wrong, rounds, handled;
static bool masked, signals;
static __thread volatile unsigned long handled_here;
static volatile const unsigned char *mapping;
static size_t mapping_bytes;

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void complain(const char *kind, const char *what, long result, int error)
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

/* A call may be interrupted by a handler that ran in this thread, and by nothing else. */
static bool by_handler(unsigned long before)
{
	return errno == EINTR && handled_here != before;
}

static void expect(const char *kind, bool right, const char *what, long result)
{
	if (!right)
		complain(kind, what, result, errno);
}

/* Sleeps of a fixed time: never shorter. Late ones are counted by the caller of this test, not here. */
static void expect_slept(const char *kind, int64_t since)
{
	int64_t slept = now_us() - since;
	if (slept < PERIOD_MS * 1000 - 1000)
		complain(kind, "came back early, after us", slept, 0);
}

static int futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
	return (int)syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

/* --- The kinds. Each is one round: a blocking call and a check of what it returned. --- */

struct peer {
	int ends[2];             /* ours, the feeder's */
	int semaphores;
	_Atomic uint32_t word;
	uint64_t expected;
	bool used;
	_Atomic bool asked;      /* for a signal */
	_Atomic int64_t last;    /* when it came: now_us */
};

static void round_nanosleep(struct peer *peer)
{
	(void)peer;
	int64_t since = now_us();
	unsigned long before = handled_here;
	struct timespec period = { 0, PERIOD_MS * 1000000 }, left = period;
	int result = nanosleep(&period, &left);
	if (result == 0)
		expect_slept("nanosleep", since);
	else
		expect("nanosleep", by_handler(before), "interrupted", result);
}

static void round_clock_nanosleep(struct peer *peer)
{
	(void)peer;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t since = now_us();
	unsigned long before = handled_here;
	until.tv_nsec += PERIOD_MS * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	if (errno == 0)
		expect_slept("clock_nanosleep", since);
	else
		expect("clock_nanosleep", by_handler(before), "interrupted", errno);
}

static void round_poll(struct peer *peer)
{
	struct pollfd nothing = { .fd = peer->ends[0], .events = POLLPRI };
	int64_t since = now_us();
	unsigned long before = handled_here;
	int result = poll(&nothing, 1, PERIOD_MS);
	if (result == 0)
		expect_slept("poll", since);
	else
		expect("poll", result < 0 && by_handler(before), "interrupted", result);
}

static void round_select(struct peer *peer)
{
	(void)peer;
	struct timeval period = { 0, PERIOD_MS * 1000 };
	int64_t since = now_us();
	unsigned long before = handled_here;
	int result = select(0, NULL, NULL, NULL, &period);
	if (result == 0)
		expect_slept("select", since);
	else
		expect("select", result < 0 && by_handler(before), "interrupted", result);
}

/* The feeder counts up in the word and wakes: a spurious 0 is legal, a wait that ends with anything else is not. */
static void round_futex(struct peer *peer)
{
	uint32_t seen = peer->word;
	unsigned long before = handled_here;
	int result = futex(&peer->word, FUTEX_WAIT, seen);
	if (result != 0 && errno != EAGAIN)
		expect("futex", by_handler(before), "woken", result);
}

/* The feeder sends numbers, one at a time. */
static void check_number(const char *kind, struct peer *peer, ssize_t got, uint64_t number, unsigned long before)
{
	if (got == (ssize_t)sizeof(number) && number == peer->expected)
		peer->expected++;
	else if (!ending)
		expect(kind, got < 0 && by_handler(before), "received", got < 0 ? got : (long)number);
}

static void round_read(struct peer *peer)
{
	uint64_t number = 0;
	unsigned long before = handled_here;
	ssize_t got = read(peer->ends[0], &number, sizeof(number));
	check_number("read", peer, got, number, before);
}

static void round_recv(struct peer *peer)
{
	uint64_t number = 0;
	unsigned long before = handled_here;
	ssize_t got = recv(peer->ends[0], &number, sizeof(number), 0);
	check_number("recv", peer, got, number, before);
}

static void round_epoll(struct peer *peer)
{
	struct epoll_event event;
	unsigned long before = handled_here;
	int result = epoll_wait(peer->semaphores, &event, 1, -1);
	if (result != 1) {
		expect("epoll_wait", result < 0 && by_handler(before), "returned", result);
		return;
	}
	uint64_t number = 0;
	ssize_t got = read(peer->ends[0], &number, sizeof(number));
	check_number("epoll_wait", peer, got, number, before);
}

static void round_epoll_time(struct peer *peer)
{
	struct epoll_event event;
	int64_t since = now_us();
	unsigned long before = handled_here;
	(void)peer;
	int empty = epoll_create1(EPOLL_CLOEXEC);
	int result = epoll_wait(empty, &event, 1, PERIOD_MS);
	if (result == 0)
		expect_slept("epoll_wait with a time", since);
	else
		expect("epoll_wait with a time", result < 0 && by_handler(before), "returned", result);
	close(empty);
}

static void round_semop(struct peer *peer)
{
	struct sembuf take = { 0, -1, 0 };
	unsigned long before = handled_here;
	int result = semop(peer->semaphores, &take, 1);
	if (!ending)
		expect("semop", result == 0 || by_handler(before), "returned", result);
}

static void round_sigtimedwait(struct peer *peer)
{
	(void)peer;
	sigset_t never;
	struct timespec period = { 0, PERIOD_MS * 1000000 };
	int64_t since = now_us();
	unsigned long before = handled_here;
	sigemptyset(&never);
	sigaddset(&never, SIGRTMAX);
	int result = sigtimedwait(&never, NULL, &period);
	if (result < 0 && errno == EAGAIN)
		expect_slept("sigtimedwait", since);
	else
		expect("sigtimedwait", by_handler(before), "returned", result);
}

/*
 * A signal that is blocked but in the call ends it with EINTR, however it falls: none is lost. The next is sent only after that.
 */
static void check_signal(const char *kind, struct peer *peer, int result, unsigned long before)
{
	expect(kind, result < 0 && by_handler(before), "returned", result);
	peer->last = now_us();
}

static const sigset_t *mask_in_call(struct peer *peer)
{
	static sigset_t none;
	peer->last = now_us();
	peer->asked = true;
	return &none;
}

static void round_ppoll(struct peer *peer)
{
	unsigned long before = handled_here;
	int result = ppoll(NULL, 0, NULL, mask_in_call(peer));
	check_signal("ppoll", peer, result, before);
}

static void round_epoll_pwait(struct peer *peer)
{
	static _Atomic int empty;
	struct epoll_event event;
	if (!empty)
		empty = epoll_create1(EPOLL_CLOEXEC);
	unsigned long before = handled_here;
	int result = epoll_pwait(empty, &event, 1, -1, mask_in_call(peer));
	check_signal("epoll_pwait", peer, result, before);
}

static void check_wakeups(const char *kind, const struct peer *peer)
{
	if (peer->used && now_us() - peer->last > 5000000)
		complain(kind, "a signal was lost", 0, 0);
}

static void round_sum(struct peer *peer)
{
	(void)peer;
	uint64_t sum = 0;
	for (size_t i = 0; i < mapping_bytes; i += 64)
		sum += mapping[i];
	expect("sum", sum == mapping_bytes / 64 * 7, "is", (long)sum);
}

/* Per-CPU counters without lock, as allocators keep them: lost increments show that a sequence was resumed in the middle. */
static struct { _Alignas(128) volatile uint64_t value; } counters[1024];
static _Atomic uint64_t increments;

static void round_sequence(struct peer *peer)
{
	(void)peer;
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	for (int i = 0; i < 100000; i++) {
		__asm__ __volatile__ goto(
			".pushsection __rseq_cs, \"aw\"\n\t.balign 32\n"
			"3:\n\t.long 0, 0\n\t.quad 1f, 2f - 1f, 4f\n\t.popsection\n\t"
			"leaq 3b(%%rip), %%rax\n\tmovq %%rax, %[area]\n"
			"1:\n\tmovl %[cpu_now], %%eax\n\tshlq $7, %%rax\n\taddq %[counters], %%rax\n\t"
			"movq (%%rax), %%rcx\n\tincq %%rcx\n\t"
			"movq %%rcx, (%%rax)\n"
			"2:\n\t"
			".pushsection __rseq_failure, \"ax\"\n\t.long 0x53053053\n"
			"4:\n\tjmp %l[again]\n\t.popsection\n\t"
			: : [area] "m" (area->rseq_cs), [cpu_now] "m" (area->cpu_id), [counters] "r" (counters)
			: "rax", "rcx", "memory", "cc" : again);
		increments++;
again:;
	}
}

static void check_sequence(void)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		sum += counters[i].value;
	if (sum != increments)
		complain("sequence", "increments lost", (long)(increments - sum), 0);
}

static const struct kind {
	const char *name;
	void (*round)(struct peer *peer);
	enum { ALONE, FED_PIPE, FED_SOCKET, FED_EPOLL, FED_SEMAPHORE, FED_WORD, FED_SIGNAL } feed;
} kinds[] = {
	{ "nanosleep", round_nanosleep, ALONE },
	{ "clock_nanosleep", round_clock_nanosleep, ALONE },
	{ "poll", round_poll, FED_PIPE },
	{ "select", round_select, ALONE },
	{ "futex", round_futex, FED_WORD },
	{ "read", round_read, FED_PIPE },
	{ "recv", round_recv, FED_SOCKET },
	{ "epoll_wait", round_epoll, FED_EPOLL },
	{ "epoll_time", round_epoll_time, ALONE },
	{ "semop", round_semop, FED_SEMAPHORE },
	{ "sigtimedwait", round_sigtimedwait, ALONE },
	{ "ppoll", round_ppoll, FED_SIGNAL },
	{ "epoll_pwait", round_epoll_pwait, FED_SIGNAL },
	{ "sum", round_sum, ALONE },
	{ "sequence", round_sequence, ALONE },
	{ "sequence", round_sequence, ALONE },
};
#define KIND_COUNT (sizeof(kinds) / sizeof(*kinds))

/* Shared with the feeder, which is a process of its own where the host has one thread only. */
static struct peer *peers;
static pthread_t threads[KIND_COUNT];

static void create_peer(const struct kind *kind, struct peer *peer)
{
	int result = 0;
	switch (kind->feed) {
	case FED_SOCKET: result = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, peer->ends); break;
	case FED_SEMAPHORE: result = peer->semaphores = semget(IPC_PRIVATE, 1, 0600); break;
	case FED_EPOLL:
	case FED_PIPE: result = pipe2(peer->ends, O_CLOEXEC); break;
	default: break;
	}
	if (kind->feed == FED_EPOLL) {
		peer->semaphores = epoll_create1(EPOLL_CLOEXEC);
		struct epoll_event event = { .events = EPOLLIN };
		result = epoll_ctl(peer->semaphores, EPOLL_CTL_ADD, peer->ends[0], &event);
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
		if (kind->round == round_poll)
			break;
		/* fall through */
	case FED_EPOLL: result = write(peer->ends[1], &number, sizeof(number)); break;
	case FED_SOCKET: result = send(peer->ends[1], &number, sizeof(number), 0); break;
	case FED_SEMAPHORE: result = semop(peer->semaphores, &give, 1); break;
	case FED_WORD: peer->word++; futex(&peer->word, FUTEX_WAKE, 1); break;
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
		for (size_t i = 0; i < KIND_COUNT; i++)
			if (peers[i].used)
				feed(&kinds[i], &peers[i], number);
		for (size_t i = 0; signals && i < KIND_COUNT; i++)
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
	peers = mmap(NULL, KIND_COUNT * sizeof(*peers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < KIND_COUNT; i++) {
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
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].feed == FED_SIGNAL)
			check_wakeups(kinds[i].name, &peers[i]);
	printf("rounds %lu handled %lu increments %lu wrong %lu\n", rounds, handled, (unsigned long)increments, wrong);
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].feed == FED_SEMAPHORE && peers[i].used)
			semctl(peers[i].semaphores, 0, IPC_RMID);
	fflush(stdout);
	if (child > 0)
		kill(child, SIGKILL);
	_exit(wrong != 0);
}
