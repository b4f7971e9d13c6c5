/* SPDX-License-Identifier: MIT */
/*
 * What the library in another process did: a copy of its status page, found and read without stopping it. Any process
 * may have written any byte of it; everything is checked here, and afterwards nothing points outside.
 */
#ifndef MADVISOR_SNAPSHOT_H
#define MADVISOR_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "status.h"

struct snapshot {
	pid_t pid;
	enum library_state state;
	char version[sizeof(((struct madvisor_status *)0)->version)];
	char *policy_setting;              /* what MADVISOR_POLICY held; NULL: unset, or not active */
	char *rules_setting;               /* MADVISOR_RULES */
	uint64_t address;                  /* of the page, there; 0: none, and what follows means nothing */
	struct status_page *page;          /* a copy; texts in it are terminated, counts within bounds */
	pid_t counted_as;                  /* the process before it in a list that shares the page: a fork; 0: none */
	const struct rule_status *rules;   /* page->rule_count of them */
	const struct rule_place *places;   /* source is within page->sources */
};

enum snapshot_result {
	SNAPSHOT_READ,
	SNAPSHOT_NOT_LOADED,       /* the library is not in the process */
	SNAPSHOT_OTHER_VERSION,    /* of another ABI: version says which */
	SNAPSHOT_GARBAGE,          /* what stands there is not what the library writes */
	SNAPSHOT_FAILED,           /* *error says why: EPERM, EACCES, ESRCH ... */
};

enum snapshot_result take_snapshot(pid_t pid, struct snapshot *snapshot, int *error);
void release_snapshot(struct snapshot *snapshot);

/* Line number index of those kept, the oldest first; NULL beyond the last. */
const char *snapshot_line(const struct snapshot *snapshot, size_t index);

/* "starting", "asleep", "active" ... */
const char *state_name(enum library_state state);

/* "EINVAL" ... "other". */
const char *failure_name(enum failure failure);

/* Words for a result that is not SNAPSHOT_READ, for a message. The caller frees them. */
char *snapshot_problem(enum snapshot_result result, int error);

/*
 * The same of a page that was copied already. It stays the caller's, and is changed where it is not sound:
 * release_snapshot() is not for it.
 */
enum snapshot_result check_snapshot(struct status_page *page, size_t bytes, struct snapshot *snapshot);

#endif
