/* SPDX-License-Identifier: MIT */
/*
 * Stretches of addresses that regions_stress maps, cuts and moves at random, keeping the table of regions as a hook would;
 * and what must be in the table of each. Safe in a signal handler, after fork and vfork, on fields of one's own.
 */
#ifndef MADVISOR_STRESS_FIELDS_H
#define MADVISOR_STRESS_FIELDS_H

#include <stdatomic.h>
#include <stdint.h>

#include "regions.h"

#define FIELDS 3
#define FIELD_PAGES 64
#define PAGE 4096ul

/* A stretch of addresses of its owner's own. Page i is followed if rule[i] is not 0; what is not is a reservation. */
struct field {
	char *base;               /* NULL: none */
	unsigned first, end;      /* the pages that are left of it */
	uint32_t rule[FIELD_PAGES];
};

/* What one level of one thread owns: nobody else touches it, but its vforked child. */
struct owner {
	uint32_t seed, made;
	uint32_t number;
	struct field fields[FIELDS];
};

/* Of all processes. */
struct counters {
	_Atomic uint64_t operations, signals, forks, vforks, torn, failures;
};

extern struct counters *counters;   /* in shared memory */
extern int followed;                /* a memfd: what is mapped of it is followed, and nothing else */

/* Counts a failure, and prints the first few. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

unsigned dice(struct owner *owner, unsigned sides);
char *page_address(const struct field *field, unsigned page);

/* One operation, whatever the dice say, on one of the fields. */
void operate(struct owner *owner);

/* Cuts pages out of the table, and looks whether just what must be there came out. Their rules are 0 afterwards. */
void cut(struct owner *owner, struct field *field, unsigned first, unsigned end);

#endif
