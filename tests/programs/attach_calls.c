/* SPDX-License-Identifier: MIT */
/* Kinds of calls that attach_target's threads sleep in, with all that each may return. */
#define _GNU_SOURCE
#include "attach_target.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A call may be interrupted by a handler that ran in this thread, and by nothing else. */
static bool by_handler(unsigned long before)
{
	return errno == EINTR && handled_here != before;
}

void expect(const char *kind, bool right, const char *what, long result)
{
	if (!right)
		complain(kind, what, result, errno);
}

/* Sleeps of a fixed time are never shorter. */
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
	int result = epoll_wait(peer->object, &event, 1, -1);
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
	int result = semop(peer->object, &take, 1);
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

const struct kind kinds[] = {
	{ "nanosleep", round_nanosleep, ALONE },
	{ "clock_nanosleep", round_clock_nanosleep, ALONE },
	{ "poll", round_poll, SILENT_PIPE },
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
const size_t kind_count = sizeof(kinds) / sizeof(*kinds);
