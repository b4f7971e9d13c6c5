/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "following.h"

#include <sys/mman.h>
#include <sys/shm.h>

#include "advise.h"
#include "growth.h"
#include "log.h"
#include "name.h"
#include "page.h"
#include "runtime.h"
#include "scratch.h"
#include "status.h"
#include "sys.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define PIECES_IN_SCRATCH (SCRATCH_BYTES / sizeof(struct region))

static const struct rule *rule_of(const struct region *region)
{
	const struct policy *policy = runtime_policy();
	return policy && region->rule < policy->rule_count ? policy->rules[region->rule] : NULL;
}

static uintptr_t end_of(uintptr_t address, size_t length)
{
	return length <= UINTPTR_MAX - address ? address + length : UINTPTR_MAX;
}

/* Whether a rule asks for more than what is done when the mapping is made. */
static bool must_follow(const struct rule *rule)
{
	const struct terms *terms = rule->terms;
	bool follow = terms->held;
	for (uint8_t i = 0; i < terms->item_count; i++)
		follow |= terms->items[i]->at_unmap;
	return follow;
}

static bool gives(const struct rule *rule, enum advice_id advice)
{
	const struct terms *terms = rule->terms;
	for (uint8_t i = 0; i < terms->item_count; i++)
		for (uint8_t k = 0; k < terms->items[i]->count; k++)
			if (terms->items[i]->alternatives[k] == advice)
				return true;
	return false;
}

static void add(const struct range *range, const struct facts *facts, uint32_t rule, bool not_forked)
{
	struct region region = {
		.low = range->low, .high = range->high, .origin = range->low - range->offset, .rule = rule,
		.words = facts->words, .known = facts->known, .kind = facts->kind, .not_forked = not_forked,
	};
	struct status_page *page = status_page();
	if (!regions_add(&region) && page && atomic_fetch_add_explicit(&page->untracked, 1, memory_order_relaxed) == 0)
		log_line(LOG_WARNING, "a mapping is not followed: the table of regions is full or off");
}

void following_add(const struct rule *rule, const struct range *range)
{
	if (must_follow(rule))
		add(range, range->facts, rule->number, gives(rule, ADVICE_DONTFORK));
}

void following_watch(const struct policy *policy, const struct range *range, const struct facts *facts)
{
	if (policy->growable_count && policy_may_grow(policy, facts->words, facts->known, facts->size, facts->file))
		add(range, facts, REGION_NO_RULE, false);
}

/* Takes pieces out by cut(), first into the few, then, where they are not enough, into a scratch page. */
typedef bool cut_function(uintptr_t low, uintptr_t high, struct region *pieces, size_t room, size_t *found);

static void take_out(struct departure *departure, cut_function *cut, uintptr_t low, uintptr_t high)
{
	departure->pieces = departure->few;
	if (cut(low, high, departure->few, DEPARTURE_FEW, &departure->count))
		return;
	struct region *more = (struct region *)scratch_take();
	if (more) {
		size_t found;
		for (size_t i = 0; i < departure->count; i++)
			more[i] = departure->few[i];
		bool all = cut(low, high, more + departure->count, PIECES_IN_SCRATCH - departure->count, &found);
		departure->pieces = more;
		departure->count += found;
		if (all)
			return;
	}
	struct region forgotten;
	size_t found = 1;
	while (!cut(low, high, &forgotten, 1, &found) && found)
		;
}

static bool cut_segment(uintptr_t address, uintptr_t unused, struct region *pieces, size_t room, size_t *found)
{
	(void)unused;
	return regions_cut_segment(address, pieces, room, found);
}

/* The kernel refuses an address within a page and rounds lengths up: nothing, or whole pages. */
static uintptr_t end_of_pages(void *address, size_t length)
{
	uintptr_t low = (uintptr_t)address;
	return low % page_size ? low : end_of(low, round_up(length, page_size));
}

void departure_begin(struct departure *departure, void *address, size_t length)
{
	take_out(departure, regions_cut, (uintptr_t)address, end_of_pages(address, length));
}

void departure_begin_segment(struct departure *departure, const void *address)
{
	take_out(departure, cut_segment, (uintptr_t)address, 0);
}

/* A region as advise.h wants it. Its name is only for the log: asked for where lines about it are written. */
struct named_range {
	struct range range;
	struct facts facts;
	struct name name;
};

static void name_region(struct named_range *named, const struct region *region)
{
	*named = (struct named_range){
		.facts = { .kind = (enum kind)region->kind, .words = region->words, .known = region->known,
			   .size = region->high - region->low, .file = FILE_UNKNOWN },
		.range = { .low = region->low, .high = region->high, .offset = region->low - region->origin, .fd = -1,
			   .facts = &named->facts },
	};
	if (log_wants(LOG_INFO) && name_of_range(&named->name, region->low, region->high)) {
		named->facts.name = named->name.text;
		named->facts.name_length = named->name.length;
	}
}

void departure_advise(const struct departure *departure)
{
	for (size_t i = 0; i < departure->count && !status_is_off(); i++) {
		const struct rule *rule = rule_of(&departure->pieces[i]);
		struct named_range named;
		if (!rule)
			continue;
		name_region(&named, &departure->pieces[i]);
		advise_unmapped(rule, &named.range);
		name_free(&named.name);
	}
}

void departure_end(struct departure *departure, bool failed)
{
	for (size_t i = 0; failed && i < departure->count; i++)
		regions_add(&departure->pieces[i]);
	if (departure->pieces != departure->few)
		scratch_give((char *)departure->pieces);
}

void following_forget(void *address, size_t length)
{
	struct departure departure;
	departure_begin(&departure, address, length);
	departure_end(&departure, false);
}

void following_forget_segment_at(int shmid, const void *address, int flags)
{
	uint64_t size;
	uintptr_t low = (uintptr_t)address;
	if (flags & SHM_RND)
		low = round_down(low, page_size);   /* SHMLBA is the page size on 64-bit machines */
	if (sys_shm_size(shmid, &size) >= 0)
		following_forget((void *)low, size);
}

void move_begin(struct move *move, void *new)
{
	char *old = move->old;
	move->old_length = round_up(move->old_length, page_size);
	move->new_length = round_up(move->new_length, page_size);
	move->departure.pieces = move->departure.few;
	move->departure.count = 0;
	if (!following())
		return;
	if (move->flags & MREMAP_FIXED)
		following_forget(new, move->new_length);
	if (move->old_length == 0 || move->flags & MREMAP_DONTUNMAP)
		return;   /* the old mapping stays */
	if (move->flags & MREMAP_FIXED || move->new_length >= move->old_length) {
		departure_begin(&move->departure, old, move->old_length);
	} else {
		departure_begin(&move->departure, old + move->new_length, move->old_length - move->new_length);
		departure_advise(&move->departure);
	}
}

/* A second mapping of the same object came into being; the first one's regions stay. */
static void look_up_original(struct move *move)
{
	uintptr_t low = (uintptr_t)move->old;
	size_t length = move->old_length ? move->old_length : 1;
	regions_find(low, end_of(low, length), move->departure.few, DEPARTURE_FEW, &move->departure.count);
}

/* The piece where it is now; what the call cut off at the end is gone, what it made longer belongs to the last piece. */
static bool moved_piece(const struct move *move, const struct region *piece, uintptr_t result, struct region *moved)
{
	uintptr_t old = (uintptr_t)move->old;
	uintptr_t shift = result - old;
	*moved = *piece;
	moved->low += shift;
	moved->high += shift;
	moved->origin += shift;
	uintptr_t new_end = result + move->new_length;
	bool last = move->old_length == 0 || piece->high == old + move->old_length;
	if (moved->high > new_end || last)
		moved->high = new_end;
	return moved->low < moved->high;
}

/* With MREMAP_FIXED the kernel cuts the end off before it tries to move, and may fail after that. */
static void forget_cut_off(struct move *move)
{
	uintptr_t end = (uintptr_t)move->old + move->new_length;
	for (size_t i = 0; move->flags & MREMAP_FIXED && i < move->departure.count; i++)
		if (move->departure.pieces[i].high > end)
			move->departure.pieces[i].high = end;
}

void move_end(struct move *move, void *result)
{
	if (result == MAP_FAILED) {
		forget_cut_off(move);
		departure_end(&move->departure, true);
		return;
	}
	bool shrunk_in_place = result == move->old && move->new_length < move->old_length;
	if (move->old_length == 0 || move->flags & MREMAP_DONTUNMAP)
		look_up_original(move);
	for (size_t i = 0; !shrunk_in_place && i < move->departure.count; i++) {
		struct region moved;
		if (!moved_piece(move, &move->departure.pieces[i], (uintptr_t)result, &moved))
			continue;
		if (moved.high - moved.low > move->departure.pieces[i].high - move->departure.pieces[i].low)
			growth_follow(result, move->old_length, move->new_length, &moved);
		else
			regions_add(&moved);
	}
	bool known = move->departure.count > 0;
	departure_end(&move->departure, false);
	if (!known && move->new_length > move->old_length)
		growth_judge(result, move->old_length, move->new_length);
}

static void hold(const struct region *region, enum advice_id programs)
{
	const struct rule *rule = rule_of(region);
	enum advice_class class = (enum advice_class)advices[programs].class;
	struct named_range named;
	if (!rule || !(rule->terms->held & 1u << class))
		return;
	name_region(&named, region);
	advise_again(rule, class, &named.range, programs);
	name_free(&named.name);
}

void following_advised(void *address, size_t length, enum advice_id advice)
{
	struct region pieces[DEPARTURE_FEW];
	uintptr_t low = (uintptr_t)address, high = end_of_pages(address, length);
	bool all = false;
	while (!all) {
		size_t found;
		all = regions_find(low, high, pieces, DEPARTURE_FEW, &found);
		for (size_t i = 0; i < found; i++)
			hold(&pieces[i], advice);
		if (found)
			high = pieces[found - 1].low;   /* highest first */
		else
			break;
	}
}
