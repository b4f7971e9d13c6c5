/* SPDX-License-Identifier: MIT */
/*
 * Scratch pages for paths and lines, so that a hook needs little stack: legal stacks are as small as 8 KiB.
 *
 * Taken by compare-and-swap from a fixed number; none free is an answer that every caller can live with. A forked child
 * finds all of them free again (MADV_WIPEONFORK). Safe in a signal handler; errno is kept.
 */
#ifndef MADVISOR_SCRATCH_H
#define MADVISOR_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRATCH_BYTES 4096
#define SCRATCH_COUNT 32

/* At start; page_bytes: of the machine. Returns whether there was memory; without it scratch_take gives none. */
bool scratch_create(size_t page_bytes);

/* At start, where the library falls asleep: no hook has taken a page, none will. */
void scratch_free(void);

char *scratch_take(void);           /* SCRATCH_BYTES bytes, not zeroed; NULL: none free */
void scratch_give(char *page);      /* NULL: nothing */

/*
 * Words in a page that a forked child finds zeroed (a vfork child shares them): the lock of the region table lives here.
 * Never NULL: before scratch_create, after scratch_free, or where the kernel lacks MADV_WIPEONFORK, ordinary memory.
 */
struct fork_page {
	_Atomic uint32_t region_lock;
	_Atomic uint32_t known_process;   /* 0 in a fresh forked child */
};
struct fork_page *fork_page(void);

#endif
