/* SPDX-License-Identifier: MIT */
/*
 * A rule's advice carried out on a range, and what a failure means.
 * errno is kept. Safe in a signal handler and after fork; before advise_start nothing is supported.
 */
#ifndef MADVISOR_ADVISE_H
#define MADVISOR_ADVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy.h"

/* A mapping, or the part of it, that advice is for. */
struct range {
	uintptr_t low, high;     /* whole pages of the mapping's own page size */
	uint64_t offset;         /* bytes: where low is in the file */
	int fd;                  /* the host's descriptor of the file, only asked for extents; -1: none */
	uint64_t file_end;       /* bytes: the file's length; 0 where there is no file */
	uint64_t allocated;      /* bytes: allocated blocks; what prefetch may read where extents cannot be had */
	bool foreign;            /* a file that the process neither owns nor may write, as far as its mode tells */
	const struct facts *facts;
};

/* Probes what the policy's rules want, reads what the system has switched off. At start only. */
bool advise_start(const struct policy *policy, struct arena *arena, bool dry_run);

/* All of the rule's items for the moment a mapping is made: prefetch first. */
void advise_mapped(const struct rule *rule, const struct range *range);

/* mremap made the mapping longer: prefetch for the new part (range). What sticks covers it already. */
void advise_grown(const struct rule *rule, const struct range *range);

/* The "unmap:" items, just before the range goes. */
void advise_unmapped(const struct rule *rule, const struct range *range);

/* Gives the rule's advice of a class again, which the program's own has just replaced, unless they are the same. */
void advise_again(const struct rule *rule, enum advice_class class, const struct range *range, enum advice_id programs);

#endif
