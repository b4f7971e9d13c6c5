/* SPDX-License-Identifier: MIT */
/*
 * The status page: what the library did, for a process and all that it forked; and how the command finds it.
 *
 * Shared anonymous memory, made at start and inherited by fork(2). Any forked child can write any byte of it: whoever reads
 * checks every value against bounds that he holds himself. All counters are relaxed atomics; every function here is safe
 * in a signal handler and keeps errno, except status_create (at start only).
 */
#ifndef MADVISOR_STATUS_H
#define MADVISOR_STATUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"

#define STATUS_MAGIC "MADVISOR"
#define STATUS_ABI 1
#define STATUS_LINES 64          /* the last lines of the log */
#define STATUS_LINE_BYTES 512    /* of each: cut, terminated by NUL */
#define STATUS_SOURCES 64        /* policies with names of their own; the rest share the last, which names none */
#define STATUS_SOURCE_BYTES 64

/* Failures are counted by errno, in these places. */
enum failure {
	FAILURE_EINVAL, FAILURE_ENOMEM, FAILURE_EAGAIN, FAILURE_EACCES, FAILURE_EPERM, FAILURE_EBADF, FAILURE_EIO,
	FAILURE_EFAULT, FAILURE_EBUSY, FAILURE_ENOSYS, FAILURE_OTHER, FAILURE_COUNT
};
enum failure failure_of(int error);

struct rule_status {
	_Atomic uint64_t mappings, bytes;           /* that matched and were advised */
	_Atomic uint64_t overridden;                /* times the program's own advice was answered with the rule's */
	_Atomic uint32_t failures[FAILURE_COUNT];
};

enum terminal_turn { TERMINAL_FREE, TERMINAL_BUSY, TERMINAL_CUT };   /* CUT: free, and the last line has no end */

struct status_page {
	char magic[8];
	uint32_t abi, header_bytes;                 /* sizeof(struct status_page) */
	uint64_t bytes;                             /* of all of it: header, rules, where, said */
	uint32_t rule_count, item_count, source_count, pid;   /* pid: of the process that started */
	_Atomic uint32_t off;                       /* 1: switched off. Other values count as on */
	uint32_t dry_run;
	_Atomic uint32_t terminal;                  /* enum terminal_turn: of the log, where descriptor 2 is a terminal */
	uint32_t reserved;
	_Atomic uint64_t lines_written;             /* into the ring, ever */
	_Atomic uint64_t lines_dropped;             /* would have blocked, or descriptor 2 is another now */
	_Atomic uint64_t unnamed;                   /* mappings left alone: no /proc, name too long or wrong, no scratch page */
	_Atomic uint64_t untracked;                 /* regions left out: the table was full or is off */
	_Atomic uint64_t own_advice[CLASS_COUNT];   /* the program's, of the classes that rules give */
	char program[64];                           /* base name, terminated */
	char sources[STATUS_SOURCES][STATUS_SOURCE_BYTES];
	char lines[STATUS_LINES][STATUS_LINE_BYTES];
	/*
	 * Behind the header, in this order, each aligned to 8 bytes:
	 *   struct rule_status [rule_count]
	 *   struct rule_place  [rule_count]
	 *   _Atomic uint64_t   said[item_count]
	 */
};

struct rule_place {
	uint32_t line;
	uint32_t source;                            /* of sources[] */
};

/*
 * The exported object: the one thing of the library that the command looks for, by its name in the dynamic symbol table
 * of the process's own memory.
 */
enum library_state {
	LIBRARY_STARTING, LIBRARY_ASLEEP, LIBRARY_ACTIVE,
	LIBRARY_SECURE,          /* AT_SECURE: asleep */
	LIBRARY_FAILED,          /* errors in the policy, or no memory */
};
struct madvisor_status {
	char magic[8];
	uint32_t abi, bytes;                        /* bytes: sizeof(struct madvisor_status) */
	_Atomic uint32_t state;                     /* enum library_state */
	uint32_t reserved;
	_Atomic uint64_t page, page_bytes;          /* address and length of the status page; 0: none */
	/*
	 * While active: the addresses of what MADVISOR_POLICY and MADVISOR_RULES held at start, terminated by NUL; 0: unset. Servers
	 * overwrite their environment.
	 */
	_Atomic uint64_t policy, rules;
	char version[16];
};
extern struct madvisor_status madvisor_status;

/* What was said already of an item, as bits of its word in said[]. From SAID_FAILED on, one bit for each enum failure. */
enum {
	SAID_UNSUPPORTED, SAID_FALLBACK, SAID_NO_EFFECT, SAID_LEFT_OUT, SAID_OVERRIDDEN, SAID_FAILED = 16
};

/*
 * Makes the page for a policy. Returns whether there was memory. directory: where it is to be a new file, PID or PID.N, that outlives
 * the process; NULL, or where that is not possible: it is anonymous.
 */
bool status_create(const struct policy *policy, const char *program, bool dry_run, const char *directory);

bool status_is_off(void);

/* Returns true for the first caller of all that share the page, for this item and bit. */
bool status_say_once(const struct rule *rule, const struct item *item, unsigned bit);

/* The counters of a rule; never NULL. */
struct rule_status *status_of(const struct rule *rule);
struct status_page *status_page(void);           /* NULL before status_create */

/* Keeps a line in the ring. length without newline. */
void status_keep_line(const char *line, size_t length);

#endif
