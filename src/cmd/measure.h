/* SPDX-License-Identifier: MIT */
/* madvisor run --report: waits for the program, and says what it took and what each rule did. */
#ifndef MADVISOR_MEASURE_H
#define MADVISOR_MEASURE_H

#include <sys/resource.h>
#include <sys/types.h>

#include "target.h"

/* What a program took, with all its children that it waited for. */
struct account {
	int status;             /* as wait(2) gives it */
	double seconds;
	struct rusage usage;
};

/*
 * Starts the words, passes signals on to the program until it has ended. Returns 0, or the errno with which it could
 * not be started.
 */
int supervise(const struct target *target, char *const *words, struct account *account);

/* Becomes the program. Returns the errno where that is not possible. */
int become(const struct target *target, char *const *words);

/* Starts the program with MADVISOR_REPORT set, reports on standard error. Returns the exit status to end with; ends by
 * the program's signal. */
int measure(const struct target *target, char *const *words);

#endif
