/* SPDX-License-Identifier: MIT */
/*
 * Runs madvise(2) inside another process. One of its threads is stopped for some ten microseconds a call, the others run on:
 * they share its memory. Which thread, and what it may be doing, is calls.h's matter; how it is done, tracee.h's.
 *
 * Only for advice that harms nothing on a foreign mapping: between the look at /proc/PID/maps and the call the program can have
 * put another one there.
 */
#ifndef MADVISOR_CMD_INJECT_H
#define MADVISOR_CMD_INJECT_H

#include <stddef.h>
#include <stdint.h>

#include "process.h"

struct injection {
	uintptr_t address;
	size_t length;
	int advice;        /* madvise(2)'s third argument */
	int error;         /* out: 0: done; INJECTION_NOT_MADE; else madvise's errno */
};
enum { INJECTION_NOT_MADE = -1 };

/*
 * Makes all calls, in order, in a child of ours that blocks every signal, keeps its memory and is the last that the kernel would
 * kill for want of memory. Returns NULL, or why some were not made: in words that follow "process 123: ".
 */
const char *inject(const struct process *process, struct injection *injections, size_t count);

#endif
