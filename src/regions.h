/* SPDX-License-Identifier: MIT */
/*
 * The mappings that are followed until they go: those of rules with "override" or "unmap:", and those of files that no rule
 * matches yet, but one may when they grow (policy_may_grow).
 *
 * A region is in the table only while the kernel has the mapping: it is removed before the call that destroys and added
 * after the call that created. No lock is held over a system call of the host's. errno is kept. Safe in a signal handler,
 * after fork and vfork.
 */
#ifndef MADVISOR_REGIONS_H
#define MADVISOR_REGIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hidden.h"
#include "policy.h"

struct region {
	uintptr_t low, high;     /* bytes, whole pages; high is exclusive */
	uintptr_t origin;        /* where byte 0 of the object would lie: shmdt(2) finds the pieces of a segment by it */
	uint32_t rule;           /* its number; REGION_NO_RULE: only words are remembered, for when it grows */
	unsigned words : WORD_COUNT, known : WORD_COUNT;   /* WORD_ sets: mremap(2) does not tell them again */
	unsigned kind : 4;       /* enum kind */
	bool not_forked : 1;     /* its rule gave dontfork: a forked child does not have it */
};
_Static_assert(KIND_COUNT <= 16, "a kind has four bits");
_Static_assert(sizeof(struct region) == 32, "the table is moved about");

#define REGION_NO_RULE UINT32_MAX

/* Reserves memory for the table. At start; returns whether there was memory. */
bool regions_create(void);

/* Whether the table is in use: false before regions_create, and for good after the lock could not be had in time. */
bool regions_on(void);

/* Whether there is any region. To be read relaxed: whoever can name an address has seen its mapping made, and its region added. */
extern HIDDEN _Atomic bool regions_present;

/* Adds one. Returns whether it is followed from now on: not where the table is full or off. */
bool regions_add(const struct region *region);

/*
 * Removes what lies in [low, high), cutting regions that reach beyond. The removed pieces, *found of them, are written to
 * pieces[0..room), highest first; room is not 0. Returns whether all were removed; if not, the caller comes again with more room.
 */
bool regions_cut(uintptr_t low, uintptr_t high, struct region *pieces, size_t room, size_t *found);

/* As regions_cut, of the System V segment attached at address, wherever pieces of it are now. */
bool regions_cut_segment(uintptr_t address, struct region *pieces, size_t room, size_t *found);

/* As regions_cut, without removing anything. */
bool regions_find(uintptr_t low, uintptr_t high, struct region *pieces, size_t room, size_t *found);

#endif
