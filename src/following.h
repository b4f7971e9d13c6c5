/* SPDX-License-Identifier: MIT */
/*
 * What the hooks do about regions (regions.h) around a call that destroys or moves mappings. Only where the policy wants_regions.
 * errno is kept. Safe in a signal handler, after fork and vfork.
 */
#ifndef MADVISOR_FOLLOWING_H
#define MADVISOR_FOLLOWING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "advise.h"
#include "regions.h"

/* Whether there is a region to be followed. */
static inline bool following(void)
{
	return atomic_load_explicit(&regions_present, memory_order_relaxed);
}

/* A rule was carried out on a range: it becomes a region, if the rule asks for that. */
void following_add(const struct rule *rule, const struct range *range);

/* No rule matched the mapping of a file; if one may when it grows, its words are remembered. */
void following_watch(const struct policy *policy, const struct range *range, const struct facts *facts);

/* Pieces taken out of the table while the call is made that may destroy them. */
#define DEPARTURE_FEW 8
struct departure {
	struct region *pieces;    /* few, or a scratch page */
	size_t count;
	struct region few[DEPARTURE_FEW];
};

/* Takes [address, address + length) out. Pieces beyond what fits a scratch page are forgotten for good. */
void departure_begin(struct departure *departure, void *address, size_t length);
void departure_begin_segment(struct departure *departure, const void *address);

/* Just before the call that unmaps them: the "unmap:" advice of each piece. */
void departure_advise(const struct departure *departure);

/* Ends it. failed: the call did not destroy anything, so the pieces go back into the table. */
void departure_end(struct departure *departure, bool failed);

/* A call is about to replace or hide [address, address + length): its regions are forgotten, whether the call succeeds or not. */
void following_forget(void *address, size_t length);

/* shmat(2) with SHM_REMAP among its flags. */
void following_forget_segment_at(int shmid, const void *address, int flags);

/*
 * mremap(2): begin takes out what the call will move or cut; end, given what the call returned, puts it where it is now and has
 * judged again what grew. Where no rule needs regions, that is all they do.
 */
struct move {
	void *old;
	size_t old_length, new_length;
	int flags;
	struct departure departure;
};
void move_begin(struct move *move, void *new);
void move_end(struct move *move, void *result);

/* The host gave this advice to [address, address + length): what rules with "override" hold there is given again. */
void following_advised(void *address, size_t length, enum advice_id advice);

#endif
