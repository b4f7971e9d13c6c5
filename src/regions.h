/* SPDX-License-Identifier: MIT */
/*
 * The advised mappings that must be followed until they go: those of rules with "override" or "unmap:".
 *
 * A region is in the table only while the kernel has the mapping: it is removed before the call that destroys and added
 * after the call that created. No lock is held over a system call of the host's. errno is kept. Safe in a signal handler,
 * after fork and vfork.
 */
#ifndef MADVISOR_REGIONS_H
#define MADVISOR_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
	uintptr_t low, high;     /* bytes, whole pages; high is exclusive */
	uintptr_t origin;        /* where byte 0 of the object would lie: shmdt(2) finds the pieces of a segment by it */
	uint32_t rule;           /* its number */
	uint32_t flags;
};
enum {
	REGION_SEGMENT = 1,      /* System V */
	REGION_NOT_FORKED = 2,   /* its rule gave dontfork: a forked child does not have it */
};

/* Reserves memory for the table. At start; returns whether there was memory. */
bool regions_create(void);

/* Whether the table is in use: false before regions_create, and for good after the lock could not be had in time. */
bool regions_on(void);

/* Adds one. A full table: it is counted, said once, and not followed. */
void regions_add(const struct region *region);

/*
 * Removes what lies in [low, high), cutting regions that reach beyond. The removed pieces are written to pieces[0..room),
 * lowest first. Returns how many pieces were removed: can be more than room, then those beyond room stay in the table
 * and the caller comes again.
 */
size_t regions_cut(uintptr_t low, uintptr_t high, struct region *pieces, size_t room);

/* As regions_cut, of the segment attached at address. */
size_t regions_cut_segment(uintptr_t address, struct region *pieces, size_t room);

/* Copies what lies in [low, high) without removing it. Returns how many there are, as regions_cut. */
size_t regions_find(uintptr_t low, uintptr_t high, struct region *pieces, size_t room);

/* Puts back what was cut when the call failed that would have destroyed it. */
void regions_restore(const struct region *pieces, size_t count);

#endif
