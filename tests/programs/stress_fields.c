/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "stress_fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct counters *counters;
int followed;

void fail(const char *format, ...)
{
	char line[256];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (counters->failures++ < 10 && write(1, line, (size_t)length) < 0)
		_exit(2);
}

unsigned dice(struct owner *owner, unsigned sides)
{
	owner->seed = owner->seed * 1664525 + 1013904223;
	return (owner->seed >> 8) % sides;
}

char *page_address(const struct field *field, unsigned page)
{
	return field->base + page * PAGE;
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
		if (field->rule[page] != piece->rule)
			return false;
	return true;
}

void cut(struct owner *owner, struct field *field, unsigned first, unsigned end)
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
		pages -= field->rule[page] != 0;
		field->rule[page] = 0;
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
			field->rule[page] = rule;
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
		if (!field->rule[page] || field->rule[page] != field->rule[field->first])
			return false;
	return true;
}

static void move(struct owner *owner, struct field *field)
{
	unsigned had = field->end - field->first, gets = 1 + dice(owner, FIELD_PAGES - field->first);
	uint32_t rule = field->rule[field->first];
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
			field->rule[page] = rule;
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
