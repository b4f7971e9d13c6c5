/* SPDX-License-Identifier: MIT */
/*
 * Why this is right.
 *
 * Order. A region is removed before the call that destroys its mapping and added after the call that made it, before the
 * hook returns. Nobody but the kernel knows an address before mmap(2) has returned, so no destroying call can come before the
 * addition; and the kernel hands an address out again only after the destroying call, which comes after the removal.
 *
 * Lock. One word in a page that the kernel zeroes in a forked child (MADV_WIPEONFORK), taken with all signals but SIGSYS blocked
 * and held for the edit of an array only, without a system call. A signal handler cannot meet its own thread's lock, but one of
 * a SIGSYS that somebody sent: then the table goes off. A forked child finds it free; a vfork child shares page and table, and
 * excludes like any thread.
 *
 * Torn. A flag in ordinary memory is set during an edit. Lock free and flag set can only be a child that was forked inside
 * another thread's edit: it forgets all regions. What the kernel has been advised stays; only overrides are lost.
 *
 * Bounded. A lock that cannot be had within LOCK_TRIES sleeps (a vfork child was killed inside an edit) switches the table off for
 * good.
 *
 * The array is sorted with the highest address first: the kernel maps downwards, so that most additions are at its end. Its
 * free places lie in one gap, which moves to where the array is edited: what is mapped where something has just gone moves nothing.
 */
#include "regions.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "log.h"
#include "scratch.h"
#include "status.h"
#include "sys.h"

#define REGIONS_MAX 65536         /* more mappings than a process can have where vm.max_map_count is the kernel's own 65530 */
#define LOCK_WAIT_MICROSECONDS 50 /* a sleep: spinning under SCHED_FIFO could keep the holder from running */
#define LOCK_TRIES 10000         /* a second and more: the holder may only be waiting for a processor */

static struct region *table;      /* highest address first, none overlaps */
static size_t count, gap;         /* regions in all; and those before the gap, which is as long as there are free places */
static _Atomic bool torn;
static _Atomic bool on;
_Atomic bool regions_present;

bool regions_create(void)
{
	size_t bytes = REGIONS_MAX * sizeof(*table);
	long memory = sys_mmap(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	if (memory < 0)
		return false;
	/* Where transparent huge pages are for all, the first region would take one. */
	sys_madvise((void *)memory, bytes, MADV_NOHUGEPAGE);
	table = (struct region *)memory;
	atomic_store_explicit(&fork_page()->known_process, 1, memory_order_relaxed);
	atomic_store_explicit(&on, true, memory_order_release);
	return true;
}

bool regions_on(void)
{
	return atomic_load_explicit(&on, memory_order_acquire);
}

/* The region of that number, counted without the gap. */
static struct region *at(size_t place)
{
	return &table[place < gap ? place : place + (REGIONS_MAX - count)];
}

static void move_gap(size_t place)
{
	size_t behind = gap + (REGIONS_MAX - count);
	if (place < gap)
		memmove(&table[place + (behind - gap)], &table[place], (gap - place) * sizeof(*table));
	else
		memmove(&table[gap], &table[behind], (place - gap) * sizeof(*table));
	gap = place;
}

static void forget_not_forked(void)
{
	size_t kept = 0;
	move_gap(count);
	for (size_t i = 0; i < count; i++)
		if (!table[i].not_forked)
			table[kept++] = table[i];
	count = gap = kept;
}

/* The first edit in a forked child. Torn while it lasts, as any edit: a child that is forked meanwhile forgets all. */
static void meet_new_process(bool was_torn)
{
	if (was_torn)
		count = gap = 0;
	else
		forget_not_forked();
	atomic_store_explicit(&fork_page()->known_process, 1, memory_order_relaxed);
}

static bool try_lock(void)
{
	uint32_t unlocked = 0;
	return atomic_compare_exchange_strong_explicit(&fork_page()->region_lock, &unlocked, 1, memory_order_acquire,
						       memory_order_relaxed);
}

static bool lock(sys_sigset *host_mask)
{
	if (!regions_on() || sys_block_signals(host_mask) < 0)
		return false;
	for (unsigned tries = 0; !try_lock(); tries++) {
		if (tries == LOCK_TRIES || !regions_on()) {
			bool was_on = atomic_exchange(&on, false);
			sys_restore_signals(host_mask);
			if (was_on)
				log_line(LOG_WARNING, "the table of regions is stuck: override and unmap: are off");
			return false;
		}
		sys_sleep_microseconds(LOCK_WAIT_MICROSECONDS);
	}
	bool was_torn = atomic_exchange(&torn, true);
	if (!atomic_load_explicit(&fork_page()->known_process, memory_order_relaxed))
		meet_new_process(was_torn);
	return true;
}

static void unlock(const sys_sigset *host_mask)
{
	atomic_store_explicit(&regions_present, count > 0, memory_order_relaxed);
	atomic_store_explicit(&torn, false, memory_order_release);
	atomic_store_explicit(&fork_page()->region_lock, 0, memory_order_release);
	sys_restore_signals(host_mask);
}

/* The first place, in the order of the table, whose region begins below address. */
static size_t place_below(uintptr_t address)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (at(middle)->low >= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Nothing lies in an empty range, not even what surrounds it: hosts call with a length of 0, or within a page. */
static bool any_in(uintptr_t low, uintptr_t high)
{
	size_t place = place_below(high);
	return low < high && place < count && at(place)->high > low;
}

static void take_out(size_t place, size_t regions)
{
	move_gap(place);
	count -= regions;
}

/* Neighbours that the kernel would make one mapping of, so that there are no more regions than mappings. */
static bool continues(const struct region *below, const struct region *above)
{
	bool has_object = below->kind != KIND_ANON && below->kind != KIND_SHARED_ANON;
	return below->high == above->low && below->rule == above->rule && below->kind == above->kind &&
	       below->words == above->words && below->known == above->known && below->not_forked == above->not_forked &&
	       (!has_object || below->origin == above->origin);
}

/* Makes it a part of its neighbours. Returns false if it continues neither. */
static bool join(size_t place, const struct region *region)
{
	bool below = place < count && continues(at(place), region);
	bool above = place > 0 && continues(region, at(place - 1));
	if (below && above) {
		at(place)->high = at(place - 1)->high;
		take_out(place - 1, 1);
	} else if (below) {
		at(place)->high = region->high;
	} else if (above) {
		at(place - 1)->low = region->low;
	}
	return below || above;
}

static bool insert(const struct region *region)
{
	size_t place = place_below(region->low);
	if (region->low >= region->high)
		return false;
	if (join(place, region))
		return true;
	if (count == REGIONS_MAX)
		return false;
	move_gap(place);
	table[gap++] = *region;
	count++;
	return true;
}

static struct region part_of(const struct region *region, uintptr_t low, uintptr_t high)
{
	struct region part = *region;
	if (part.low < low)
		part.low = low;
	if (part.high > high)
		part.high = high;
	return part;
}

/* What lies in a range lies side by side in the table; what reaches beyond its ends stays. */
static size_t cut_locked(uintptr_t low, uintptr_t high, struct region *pieces, size_t room)
{
	if (!any_in(low, high))
		return 0;
	size_t first = place_below(high), found = 0;
	struct region above = part_of(at(first), high, UINTPTR_MAX), below = { 0 };
	for (; found < room && first + found < count && at(first + found)->high > low; found++) {
		pieces[found] = part_of(at(first + found), low, high);
		below = part_of(at(first + found), 0, low);
	}
	take_out(first, found);
	insert(&below);
	insert(&above);
	return found;
}

/* What the table still has there was unmapped behind our back, by a raw system call: the kernel has just proved it. */
static void cut_stale(uintptr_t low, uintptr_t high)
{
	struct region stale;
	while (cut_locked(low, high, &stale, 1))
		;
}

bool regions_add(const struct region *region)
{
	sys_sigset host_mask;
	if (!lock(&host_mask))
		return false;
	cut_stale(region->low, region->high);
	bool added = insert(region);
	unlock(&host_mask);
	return added;
}

bool regions_cut(uintptr_t low, uintptr_t high, struct region *pieces, size_t room, size_t *found)
{
	sys_sigset host_mask;
	*found = 0;
	if (!lock(&host_mask))
		return true;
	*found = cut_locked(low, high, pieces, room);
	bool all = !any_in(low, high);
	unlock(&host_mask);
	return all;
}

bool regions_cut_segment(uintptr_t address, struct region *pieces, size_t room, size_t *found)
{
	sys_sigset host_mask;
	*found = 0;
	if (!lock(&host_mask))
		return true;
	size_t place = count;
	while (place > 0 && *found < room) {
		place--;
		if (at(place)->origin == address && at(place)->kind == KIND_SHM) {
			pieces[(*found)++] = *at(place);
			take_out(place, 1);
		}
	}
	unlock(&host_mask);
	return place == 0;
}

bool regions_find(uintptr_t low, uintptr_t high, struct region *pieces, size_t room, size_t *found)
{
	sys_sigset host_mask;
	*found = 0;
	if (!lock(&host_mask))
		return true;
	size_t place = any_in(low, high) ? place_below(high) : count;
	for (; place < count && at(place)->high > low && *found < room; place++)
		pieces[(*found)++] = part_of(at(place), low, high);
	bool all = place == count || at(place)->high <= low;
	unlock(&host_mask);
	return all;
}
