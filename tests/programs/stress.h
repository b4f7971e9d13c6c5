/* SPDX-License-Identifier: MIT */
/*
 * Threads that do random things; signal handlers that interrupt them, nested, and do the same; forked and vforked children
 * of both. After each round all stand still. A program that is made with this says what is done, and what must hold then.
 *
 *   PROGRAM ROUNDS OPERATIONS SEED [calm]   operations: of each thread in a round, without those of handlers and children;
 *                                            calm: one thread alone, without signals and children
 *
 * Prints what was done; exits with 1 after any failure.
 */
#ifndef MADVISOR_STRESS_H
#define MADVISOR_STRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define THREADS 4
#define LEVELS 3         /* of a thread: its own code, a handler, a handler within the handler */
#define FIELDS 3
#define FIELD_PAGES 64
#define PAGE 4096ul
#define PAGES_MAX (THREADS * LEVELS * FIELDS * FIELD_PAGES)

/* A stretch of addresses of its owner's own. What the pages hold, the program decides. */
struct field {
	char *base;               /* NULL: none */
	unsigned first, end;      /* the pages that are left of it */
	uint32_t page[FIELD_PAGES];
};

/* What one level of one thread owns: nobody else touches it, but its vforked child. */
struct owner {
	uint32_t seed, made;
	uint32_t number;
	struct field fields[FIELDS];
};
extern struct owner owners[THREADS][LEVELS];
#define OWNERS_END (owners[0] + THREADS * LEVELS)

/* Of all processes, in shared memory. */
struct counters {
	_Atomic uint64_t operations, signals, forks, vforks, torn, failures;
};
extern struct counters *counters;

/* Counts a failure, and prints the first few. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

unsigned dice(struct owner *owner, unsigned sides);
char *page_address(const struct field *field, unsigned page);

/* Of the program. Before there is any thread; returns whether it can begin. */
bool set_up(void);

/* One operation, whatever the dice say, on one of the fields. Safe in a signal handler, after fork and vfork. */
void operate(struct owner *owner);

/*
 * In a forked child, before and after operations of its own: the levels of its thread from this one on were not in the middle
 * of anything. The table of regions may be torn: then nothing is followed that was inherited.
 */
void check_inherited(struct owner *levels, unsigned level);
void check_child(struct owner *owner);

/* All stand still. */
void compare(void);

#endif
