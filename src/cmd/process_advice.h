/* SPDX-License-Identifier: MIT */
/*
 * Advice that the kernel takes from outside, without stopping the process: process_madvise(2). Prefetch, reclaim, collapse.
 * Needs PTRACE_MODE_READ_FSCREDS and CAP_SYS_NICE.
 */
#ifndef MADVISOR_CMD_PROCESS_ADVICE_H
#define MADVISOR_CMD_PROCESS_ADVICE_H

#include "process.h"

/* Whether process_madvise(2) knows the advice at all: else it has to be given from inside. */
bool can_advise_process(enum advice_id advice);

/* A descriptor of the process for advise_process, of none but this one; -1 with errno. */
int open_for_advice(const struct process *process);

struct process_advice_result {
	int error;           /* errno of the call that failed first; 0: none */
	uint64_t given;      /* bytes of the mapping that the advice reached */
	uint64_t left_out;   /* bytes that the ceiling of prefetch cut off */
};

/*
 * Gives the advice to a mapping, in steps, so that the process's own mmap and page faults need not wait for the whole.
 * willneed: within the item's range and the file, not for its holes, at most ceiling bytes where the item has no range.
 */
struct process_advice_result advise_process(int pidfd, const struct process *process, const struct process_mapping *mapping,
					    enum advice_id advice, const struct item *item, uint64_t ceiling);

/* "EPERM: needs CAP_SYS_NICE" and the like. The caller frees it. */
char *explain_process_advice(enum advice_id advice, int error);

#endif
