/* SPDX-License-Identifier: MIT */
/*
 * Memory of our own: anonymous mappings made by raw system calls, which no hook sees and no allocator knows.
 *
 * It is written by one thread, at start, and then sealed, reset or freed as a whole. No function sets errno.
 * Safe before start; not in a signal handler.
 */
#ifndef MADVISOR_ARENA_H
#define MADVISOR_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_chunk *chunks;   /* the one that is being filled first */
	size_t used;                  /* bytes handed out: the next chunk grows with it */
};

/* Zeroed memory, aligned to 8 bytes; NULL when the kernel gives none. An arena of all zeroes is a valid empty one. */
void *arena_alloc(struct arena *arena, size_t bytes);

/* A copy with a NUL behind it; NULL when there is no memory. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

/* Makes all of it read-only, once: mprotect(2). What a stray write of the host's would have changed, it now faults on. */
void arena_seal(struct arena *arena);

/* Empties the arena, and keeps a chunk of it for what comes next. */
void arena_reset(struct arena *arena);

/* Gives all of it back; the arena is empty again. */
void arena_free(struct arena *arena);

#endif
