/* SPDX-License-Identifier: MIT */
/* The parts of attach_target: kinds of calls, what feeds them, and how they complain. */
#ifndef ATTACH_TARGET_H
#define ATTACH_TARGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each call sleeps this long, or is sent something after a quarter of it. */
#define PERIOD_MS 50

/* What a thread and its feeder share. */
struct peer {
	int ends[2];             /* ours, the feeder's */
	int object;              /* the semaphores, or the epoll instance */
	_Atomic uint32_t word;
	uint64_t expected;
	bool used;
	_Atomic bool asked;      /* for a signal */
	_Atomic int64_t last;    /* when it came: now_us */
};

/* One round is a call that blocks, and a check of what it returned. */
struct kind {
	const char *name;
	void (*round)(struct peer *peer);
	enum { ALONE, SILENT_PIPE, FED_PIPE, FED_SOCKET, FED_EPOLL, FED_SEMAPHORE, FED_WORD, FED_SIGNAL } feed;
};
extern const struct kind kinds[];
extern const size_t kind_count;

extern _Atomic bool ending;
extern _Atomic unsigned long wrong;
extern __thread volatile unsigned long handled_here;   /* signals, by this thread */
extern _Atomic uint64_t increments;
extern const volatile unsigned char *mapping;          /* of the file: bytes of 7 */
extern size_t mapping_bytes;

int64_t now_us(void);

/* Counts something as wrong, and prints it. error: of errno, or 0. */
void complain(const char *kind, const char *what, long result, int error);

/* The same where it is not right, with errno. */
void expect(const char *kind, bool right, const char *what, long result);

void round_sum(struct peer *peer);
void round_sequence(struct peer *peer);

/* Complains of lost increments. */
void check_sequence(void);

#endif
