/* SPDX-License-Identifier: MIT */
/*
 * Fills the table of regions, works on it while it is full, empties it, and leaves its lock held, as a killed child of vfork(2)
 * would; no memory is mapped. Prints what was not as it must be.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "regions.h"
#include "scratch.h"

#define SPAN 0x10000ul   /* of each region, and the gap behind it */
#define PAGE 0x1000ul
#define COUNT_MAX 1000000

/* Downwards, as the kernel maps. */
static uintptr_t address(unsigned long number)
{
	return (COUNT_MAX - number) * 2 * SPAN;
}

static bool add(unsigned long number)
{
	struct region region = { .low = address(number), .high = address(number) + SPAN, .origin = number, .rule = 7 };
	return regions_add(&region);
}

static void must(bool holds, const char *what)
{
	if (!holds) {
		puts(what);
		exit(1);
	}
}

/* Bytes of regions in the range, cut out of the table or only counted. */
static size_t take(uintptr_t low, uintptr_t high, bool cut)
{
	size_t bytes = 0, found = 1;
	for (bool all = false; !all && found;) {
		struct region pieces[100] = { 0 };
		all = (cut ? regions_cut : regions_find)(low, high, pieces, 100, &found);
		for (size_t i = 0; i < found; i++)
			bytes += pieces[i].high - pieces[i].low;
		if (found)
			high = pieces[found - 1].low;
	}
	return bytes;
}

static bool signals_are_free(void)
{
	sigset_t blocked;
	return sigprocmask(SIG_SETMASK, NULL, &blocked) == 0 && !sigismember(&blocked, SIGTERM);
}

int main(void)
{
	unsigned long count = 0;
	log_start(LOG_WARNING, false, "test");
	must(scratch_create((size_t)sysconf(_SC_PAGESIZE)) && regions_create(), "no memory");
	while (count < COUNT_MAX && add(count))
		count++;
	must(count > 65530 && count < COUNT_MAX, "the table holds less than vm.max_map_count, or has no bound");
	must(take(0, UINTPTR_MAX, false) == count * SPAN, "not all are there");
	must(!add(count) && take(0, UINTPTR_MAX, false) == count * SPAN, "one too many changed the table");

	/* A hole needs a place of its own for what lies above it: that is forgotten, and nothing else. */
	uintptr_t tenth = address(10);
	must(take(tenth + PAGE, tenth + 2 * PAGE, true) == PAGE, "a hole in a full table cut something else");
	must(take(tenth, tenth + SPAN, false) == PAGE, "what lies below the hole is gone");
	must(take(0, UINTPTR_MAX, false) == (count - 1) * SPAN + PAGE, "more than what lies above the hole is gone");

	must(take(tenth, tenth + SPAN, true) == PAGE && add(10), "there is no room where there must be");
	must(take(0, UINTPTR_MAX, true) == count * SPAN && take(0, UINTPTR_MAX, false) == 0, "the table was not emptied");
	must(add(0) && regions_on(), "the emptied table is of no use");

	fork_page()->region_lock = 1;
	must(!add(1) && !regions_on() && signals_are_free(), "a lock that nobody gives back did not switch the table off");
	fork_page()->region_lock = 0;
	must(!add(1) && take(0, UINTPTR_MAX, true) == 0, "the table did not stay off");
	puts("ok");
	return 0;
}
