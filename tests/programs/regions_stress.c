/* SPDX-License-Identifier: MIT */
/* The table of regions by itself, kept as the hooks keep it, compared page by page with what must be in it and in /proc/self/maps. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "regions.h"
#include "scratch.h"
#include "stress.h"

static int followed;   /* a memfd: what is mapped of it is followed, and nothing else */

/* field->page[i] is the number of a rule; 0: not followed, a reservation. */

bool set_up(void)
{
	followed = memfd_create("followed", MFD_CLOEXEC);
	return ftruncate(followed, FIELD_PAGES * PAGE) == 0 && scratch_create((size_t)sysconf(_SC_PAGESIZE)) && regions_create();
}

static bool add(const struct field *field, unsigned first, unsigned end, uint32_t rule)
{
	struct region region = {
		.low = (uintptr_t)page_address(field, first), .high = (uintptr_t)page_address(field, end),
		.origin = (uintptr_t)field->base, .rule = rule,
	};
	bool added = regions_add(&region);
	if (!added)
		fail("region not added: table %s\n", regions_on() ? "full" : "off");
	return added;
}

static bool is_right(const struct field *field, const struct region *piece, unsigned first, unsigned end)
{
	uintptr_t base = (uintptr_t)field->base;
	uintptr_t from = (piece->low - base) / PAGE, to = (piece->high - base) / PAGE;
	if (piece->low < base || from < first || to > end || from >= to || piece->origin != base)
		return false;
	for (uintptr_t page = from; page < to; page++)
		if (field->page[page] != piece->rule)
			return false;
	return true;
}

/* Cuts pages out of the table, and looks whether just what must be there came out. Their rules are 0 afterwards. */
static void cut(struct owner *owner, struct field *field, unsigned first, unsigned end)
{
	uintptr_t pages = 0;
	for (bool all = false; !all;) {
		struct region pieces[8];
		size_t found;
		all = regions_cut((uintptr_t)page_address(field, first), (uintptr_t)page_address(field, end), pieces,
				  1 + dice(owner, 8), &found);
		for (size_t i = 0; i < found; i++) {
			if (!is_right(field, &pieces[i], first, end))
				fail("cut a wrong region: %" PRIxPTR "-%" PRIxPTR " of rule %x\n", pieces[i].low,
				     pieces[i].high, pieces[i].rule);
			pages += (pieces[i].high - pieces[i].low) / PAGE;
		}
	}
	for (unsigned page = first; page < end; page++) {
		pages -= field->page[page] != 0;
		field->page[page] = 0;
	}
	if (pages)
		fail("cut %" PRIdPTR " pages too many\n", (intptr_t)pages);
}

/* As cut, but the call fails that would have destroyed the mappings: what fits is put back, the rest was never taken out. */
static void cut_and_put_back(struct owner *owner, struct field *field, unsigned first, unsigned end)
{
	struct region pieces[8];
	size_t found;
	regions_cut((uintptr_t)page_address(field, first), (uintptr_t)page_address(field, end), pieces, 1 + dice(owner, 8),
		    &found);
	for (size_t i = 0; i < found; i++)
		if (!is_right(field, &pieces[i], first, end) || !regions_add(&pieces[i]))
			fail("cut a wrong region, or could not put it back\n");
}

static char *map(char *address, unsigned pages, bool follow, unsigned offset)
{
	void *result = mmap(address, pages * PAGE, follow ? PROT_READ : PROT_NONE,
			    (follow ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) | (address ? MAP_FIXED : 0),
			    follow ? followed : -1, follow ? (off_t)(offset * PAGE) : 0);
	if (result == MAP_FAILED)
		fail("mmap failed\n");
	return result;
}

static void follow(struct owner *owner, struct field *field, unsigned first, unsigned end)
{
	uint32_t rule = owner->number << 24 | (++owner->made & 0xffffff);
	if (add(field, first, end, rule))
		for (unsigned page = first; page < end; page++)
			field->page[page] = rule;
}

/* A field begins as one followed mapping, or as a reservation. */
static void open_field(struct owner *owner, struct field *field)
{
	bool whole = dice(owner, 2);
	unsigned pages = whole ? 1 + dice(owner, FIELD_PAGES) : FIELD_PAGES;
	*field = (struct field){ .base = map(NULL, pages, whole, 0), .end = pages };
	if (whole)
		follow(owner, field, 0, pages);
}

static void unmap(struct owner *owner, struct field *field, unsigned first, unsigned end)
{
	cut(owner, field, first, end);
	munmap(page_address(field, first), (end - first) * PAGE);
	if (first == field->first)
		field->first = end;
	else
		field->end = first;
	if (field->first >= field->end)
		field->base = NULL;
}

static bool is_one_mapping(const struct field *field)
{
	for (unsigned page = field->first; page < field->end; page++)
		if (!field->page[page] || field->page[page] != field->page[field->first])
			return false;
	return true;
}

static void move(struct owner *owner, struct field *field)
{
	unsigned had = field->end - field->first, gets = 1 + dice(owner, FIELD_PAGES - field->first);
	uint32_t rule = field->page[field->first];
	cut(owner, field, gets < had ? field->first + gets : field->first, field->end);
	char *result = mremap(page_address(field, field->first), had * PAGE, gets * PAGE, MREMAP_MAYMOVE);
	if (result == MAP_FAILED) {
		fail("mremap failed\n");
		return;
	}
	field->base = result - field->first * PAGE;
	field->end = field->first + gets;
	if (gets >= had && add(field, field->first, field->end, rule))
		for (unsigned page = field->first; page < field->end; page++)
			field->page[page] = rule;
}

void operate(struct owner *owner)
{
	struct field *field = &owner->fields[dice(owner, FIELDS)];
	counters->operations++;
	if (!field->base) {
		open_field(owner, field);
		return;
	}
	unsigned first = field->first + dice(owner, field->end - field->first);
	unsigned end = first + 1 + dice(owner, field->end - first);
	switch (dice(owner, 8)) {
	case 0: case 1: case 2:   /* in the place of whatever is there */
		cut(owner, field, first, end);
		map(page_address(field, first), end - first, true, first);
		follow(owner, field, first, end);
		break;
	case 3:                   /* a hole */
		cut(owner, field, first, end);
		map(page_address(field, first), end - first, false, 0);
		break;
	case 4:
		unmap(owner, field, field->first, end);
		break;
	case 5:
		unmap(owner, field, first, field->end);
		break;
	case 6:                   /* or nothing at all, which cuts nothing */
		cut_and_put_back(owner, field, first, dice(owner, 4) ? end : first);
		break;
	case 7:
		if (is_one_mapping(field))
			move(owner, field);
		break;
	}
}

/* The table from the highest address down: in order, nothing empty, nothing twice. Returns how many were found. */
static size_t read_table(struct region *regions, size_t room)
{
	size_t count = 0, found;
	uintptr_t high = UINTPTR_MAX;
	for (bool all = false; !all && count < room;) {
		all = regions_find(0, high, &regions[count], room - count < 8 ? room - count : 8, &found);
		for (size_t i = 0; i < found; i++, count++) {
			if (regions[count].high > high || regions[count].low >= regions[count].high)
				fail("the table is not in order at %" PRIxPTR "\n", regions[count].low);
			high = regions[count].low;
		}
		if (!found)
			break;
	}
	return count;
}

/* What a child inherited of its own thread's levels that were not in the middle of something: all of it, or nothing at all. */
void check_inherited(struct owner *levels, unsigned level)
{
	static struct region regions[PAGES_MAX];
	size_t found = read_table(regions, PAGES_MAX);
	if (!regions_on())
		fail("a child found the table stuck\n");
	if (!found)
		counters->torn++;
	for (unsigned i = level; i < LEVELS; i++)
		for (struct field *field = levels[i].fields; field < levels[i].fields + FIELDS; field++) {
			if (!found)
				memset(field->page, 0, sizeof(field->page));
			if (field->base)
				cut(&levels[i], field, field->first, field->end);
		}
}

void check_child(struct owner *owner)
{
	for (struct field *field = owner->fields; field < owner->fields + FIELDS; field++)
		if (field->base)
			cut(owner, field, field->first, field->end);
}

static int compare_pages(const void *a, const void *b)
{
	const uintptr_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* The pages of the memfd that the kernel has mapped. */
static size_t read_maps(uintptr_t *pages, size_t room)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	size_t count = 0;
	uintptr_t low, high;
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "/memfd:followed") && sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &low, &high) == 2)
			for (; low < high && count < room; low += PAGE)
				pages[count++] = low;
	if (maps)
		fclose(maps);
	return count;
}

/* All stand still: the table, what must be in it, and what the kernel has are the same. */
void compare(void)
{
	static uintptr_t kernel[PAGES_MAX], expected[PAGES_MAX], entered[PAGES_MAX];
	static struct region regions[PAGES_MAX];
	size_t kernel_count = read_maps(kernel, PAGES_MAX), expected_count = 0, entered_count = 0;
	size_t count = read_table(regions, PAGES_MAX);
	for (size_t i = 0; i < count; i++)
		for (uintptr_t page = regions[i].low; page < regions[i].high && entered_count < PAGES_MAX; page += PAGE)
			entered[entered_count++] = page;
	for (struct owner *owner = owners[0]; owner < OWNERS_END; owner++)
		for (struct field *field = owner->fields; field < owner->fields + FIELDS; field++)
			for (unsigned page = field->first; field->base && page < field->end; page++)
				if (field->page[page])
					expected[expected_count++] = (uintptr_t)page_address(field, page);
	qsort(entered, entered_count, sizeof(*entered), compare_pages);
	qsort(expected, expected_count, sizeof(*expected), compare_pages);
	if (entered_count != expected_count || memcmp(entered, expected, expected_count * sizeof(*expected)) != 0)
		fail("%zu pages are in the table, %zu must be, or others\n", entered_count, expected_count);
	if (entered_count != kernel_count || memcmp(entered, kernel, kernel_count * sizeof(*kernel)) != 0)
		fail("%zu pages are in the table, %zu are mapped, or others\n", entered_count, kernel_count);
	if (!regions_on())
		fail("the table is off\n");
}
