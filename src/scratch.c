/* SPDX-License-Identifier: MIT */
#include "scratch.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "sys.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/*
 * Which pages are taken stands in the page that a forked child finds zeroed: a page taken by another thread at the moment
 * of the fork would stay taken in the child for ever.
 */
struct wiped {
	struct fork_page words;
	_Atomic uint32_t taken;   /* one bit a page */
};
_Static_assert(SCRATCH_COUNT == 32, "taken has a bit for each page");

#define PAGES_BYTES ((size_t)SCRATCH_BYTES * SCRATCH_COUNT)

static struct wiped before_start;
static struct wiped *wiped = &before_start;
static char *pages;   /* NULL: none */

bool scratch_create(size_t page_bytes)
{
	long memory = sys_mmap(page_bytes + PAGES_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	if (memory < 0)
		return false;
	sys_madvise((void *)memory, page_bytes, MADV_WIPEONFORK);
	wiped = (struct wiped *)memory;
	pages = (char *)memory + page_bytes;
	return true;
}

void scratch_free(void)
{
	if (!pages)
		return;
	struct wiped *memory = wiped;
	size_t bytes = (size_t)(pages - (char *)memory) + PAGES_BYTES;
	pages = NULL;
	wiped = &before_start;
	sys_munmap(memory, bytes);
}

char *scratch_take(void)
{
	uint32_t taken = atomic_load_explicit(&wiped->taken, memory_order_relaxed);
	while (pages && taken != UINT32_MAX) {
		int free_bit = __builtin_ctz(~taken);
		if (atomic_compare_exchange_weak_explicit(&wiped->taken, &taken, taken | 1u << free_bit,
							  memory_order_acquire, memory_order_relaxed))
			return pages + (size_t)free_bit * SCRATCH_BYTES;
	}
	return NULL;
}

void scratch_give(char *page)
{
	if (page) {
		uint32_t bit = 1u << ((size_t)(page - pages) / SCRATCH_BYTES);
		atomic_fetch_and_explicit(&wiped->taken, ~bit, memory_order_release);
	}
}

struct fork_page *fork_page(void)
{
	return &wiped->words;
}
