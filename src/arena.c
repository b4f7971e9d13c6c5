/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "page.h"
#include "sys.h"

/* A multiple of every page size; small arenas never touch most of it. */
#define CHUNK_MIN ((size_t)64 << 10)
#define CHUNK_MAX ((size_t)1 << 20)
#define ALIGNMENT 8

struct arena_chunk {
	struct arena_chunk *next;
	size_t bytes, used;   /* both with this header */
};

static size_t bytes_left(const struct arena_chunk *chunk)
{
	return chunk ? chunk->bytes - chunk->used : 0;
}

/* Chunks grow with the arena, so that a large policy costs few system calls. */
static struct arena_chunk *add_chunk(struct arena *arena, size_t wanted)
{
	size_t usual = arena->used < CHUNK_MAX ? arena->used : CHUNK_MAX;
	size_t needed = wanted + sizeof(struct arena_chunk);
	size_t bytes = round_up(needed > usual ? needed : usual, CHUNK_MIN);
	long address = sys_mmap(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	if (address < 0)
		return NULL;
	struct arena_chunk *chunk = (struct arena_chunk *)address;
	chunk->bytes = bytes;
	chunk->used = sizeof(*chunk);

	/* The chunk that is being filled stays so where it has more room than what one big allocation leaves. */
	struct arena_chunk *first = arena->chunks;
	if (bytes_left(first) > bytes - needed) {
		chunk->next = first->next;
		first->next = chunk;
	} else {
		chunk->next = first;
		arena->chunks = chunk;
	}
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	if (bytes > PTRDIFF_MAX)
		return NULL;
	bytes = round_up(bytes ? bytes : 1, ALIGNMENT);
	struct arena_chunk *chunk = arena->chunks;
	if (bytes_left(chunk) < bytes)
		chunk = add_chunk(arena, bytes);
	if (!chunk)
		return NULL;
	void *memory = (char *)chunk + chunk->used;
	chunk->used += bytes;
	arena->used += bytes;
	return memory;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = length < PTRDIFF_MAX ? arena_alloc(arena, length + 1) : NULL;
	if (copy && length)
		memcpy(copy, bytes, length);
	return copy;
}

void arena_seal(struct arena *arena)
{
	for (struct arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->next) {
		chunk->used = chunk->bytes;   /* full: whatever is asked for later gets a chunk that can be written */
		sys_mprotect(chunk, chunk->bytes, PROT_READ);
	}
}

static void free_chunks(struct arena_chunk *chunk)
{
	struct arena_chunk *next;
	for (; chunk; chunk = next) {
		next = chunk->next;
		sys_munmap(chunk, chunk->bytes);
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *kept = arena->chunks;
	arena->used = 0;
	if (!kept)
		return;
	free_chunks(kept->next);
	kept->next = NULL;
	memset(kept + 1, 0, kept->used - sizeof(*kept));
	kept->used = sizeof(*kept);
}

void arena_free(struct arena *arena)
{
	free_chunks(arena->chunks);
	*arena = (struct arena){ .chunks = NULL };
}
