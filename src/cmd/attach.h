/* SPDX-License-Identifier: MIT */
/* The parts of madvisor attach: what is to be given to which mapping, giving it, and what came of it. */
#ifndef MADVISOR_CMD_ATTACH_H
#define MADVISOR_CMD_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"

enum means {
	BY_NOTHING,       /* nothing to do, or nothing that attach can do: result says it */
	BY_INJECTION,     /* madvise(2), in one of its threads */
	FROM_OUTSIDE,     /* process_madvise(2) */
};

enum outcome { OUTCOME_PENDING, OUTCOME_DONE, OUTCOME_FAILED };

/* One advice for one mapping. Pointers into the process's list of mappings do not outlive its next reading: none is kept. */
struct step {
	uintptr_t low, high;
	char *name;                  /* of the mapping, for people */
	const char *kind;
	uint64_t resident;           /* bytes, when it was planned; afterwards what it is then */
	char in_force[64];           /* the same, in words */
	const struct rule *rule;
	const struct item *item;
	enum advice_id advice;       /* ADVICE_COUNT: the kernel supports none of the item's */
	enum means means;
	enum outcome outcome;
	char *result;                /* what came of it, in words */
};

struct plan {
	struct step *steps;
	size_t count, room;
};

/* A mapping that an earlier round has dealt with: with --repeat only new ones come again, and what "override" holds. */
struct seen {
	uintptr_t low, high;
	uint64_t inode;
};
struct seen_list {
	struct seen *mappings;       /* by address */
	size_t count;
};
void remember_mappings(struct seen_list *seen, const struct process *process);

/* What the policy wants of each mapping; undo: how to take it back. The steps' results say what needs nothing, or cannot be done. */
void plan_advice(struct plan *plan, const struct policy *policy, const struct process *process, const struct seen_list *seen,
		 bool undo);

/* Carries it out, reads the mappings again and judges by what the kernel says then. Says on standard error what stands in the way. */
void carry_out(struct plan *plan, struct process *process, uint64_t ceiling);

/* Says of each pending step what it would do, and does nothing. */
void only_tell(struct plan *plan);

/* The outcome of a step, and its words: a format as of printf(3). */
void conclude(struct step *step, enum outcome outcome, const char *format, ...) __attribute__((format(printf, 3, 4)));

void print_plan(const struct plan *plan, const struct process *process, bool as_json, bool dry_run);
void forget_plan(struct plan *plan);

#endif
