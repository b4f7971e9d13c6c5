/* SPDX-License-Identifier: MIT */
/* The library's arena for fuzzers: each piece in a block of its own, so that the sanitizer sees a byte beyond it. */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

struct arena_chunk {
	struct arena_chunk *next;
	void *memory;
};

void *arena_alloc(struct arena *arena, size_t bytes)
{
	struct arena_chunk *chunk = malloc(sizeof(*chunk));
	void *memory = calloc(1, bytes ? bytes : 1);
	if (!chunk || !memory)
		abort();
	*chunk = (struct arena_chunk){ arena->chunks, memory };
	arena->chunks = chunk;
	arena->used += bytes;
	return memory;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);
	if (length)
		memcpy(copy, bytes, length);
	return copy;
}

void arena_seal(struct arena *arena)
{
	(void)arena;
}

void arena_free(struct arena *arena)
{
	struct arena_chunk *next;
	for (struct arena_chunk *chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk->memory);
		free(chunk);
	}
	*arena = (struct arena){ NULL, 0 };
}

void arena_reset(struct arena *arena)
{
	arena_free(arena);
}
