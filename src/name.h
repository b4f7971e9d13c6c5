/* SPDX-License-Identifier: MIT */
/*
 * The name that the kernel gives a mapped file: through /proc, which may be absent.
 * errno is kept. Safe in a signal handler and after fork.
 */
#ifndef MADVISOR_NAME_H
#define MADVISOR_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "maps.h"
#include "policy.h"

struct name {
	char *page;            /* the scratch page that holds it; NULL: none */
	const char *text;      /* the path, or a memfd's own name; NULL where no rule asks for it */
	size_t length;
	bool memfd, deleted;
	/* of a mapping that is looked at without a descriptor */
	enum kind kind;        /* KIND_COUNT: of no kind that a rule can mean */
	bool file_known;       /* then: */
	uint64_t file_end, allocated;   /* bytes */
};

/*
 * Of a descriptor whose status the caller has. Returns false where a rule asks for the name and it cannot be had:
 * no /proc, longer than a page; that is counted, and said once.
 */
bool name_of_descriptor(struct name *name, const struct policy *policy, int fd, const struct stat *status);

/*
 * Whether name_of_descriptor may have told the name of another file, which it does where a thread has descriptors of its own,
 * unshare(2), or somebody has made a /proc for a chroot; that is counted, and said once. Two or three system calls.
 */
bool name_misleads(int fd);

/*
 * Of the mapping that is exactly [low, high), by /proc/self/map_files. Returns false for memory without a file, where the kernel
 * has merged the mapping with its neighbours, and where no scratch page is free.
 */
bool name_of_range(struct name *name, uintptr_t low, uintptr_t high);

/* Of a line of /proc/self/maps, at start. Returns as name_of_range. */
bool name_of_line(struct name *name, const struct maps_line *line);

/* Gives the scratch page back. Once for each struct name that was all zeroes or filled in by a function above. */
void name_free(struct name *name);

#endif
