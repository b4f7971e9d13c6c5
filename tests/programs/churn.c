/* SPDX-License-Identifier: MIT */
/*
 * A host that does to its mappings all that a host can do, and advises random on all of them. Under rules with "sequential
 * override" for the files of a folder "covered" and for [shm] from 8 pages on, VmFlags must say "sr" of just the mappings that they cover, and
 * "rr" of all others. Maps covered/data and plain/data of its working directory. See stress.h.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "stress.h"

/* field->page[i]. Lost: too small for the rule, or the host said DONTFORK of it, so that nobody holds advice there. */
enum { RESERVED, PLAIN, COVERED, SEGMENT, LOST = 8 };
#define SEGMENT_PAGES_HELD 8

#define SMAPS_BYTES (16u << 20)

static int files[2];   /* of PLAIN, COVERED */

bool set_up(void)
{
	files[0] = open("plain/data", O_RDWR | O_CREAT, 0600);
	files[1] = open("covered/data", O_RDWR | O_CREAT, 0600);
	return files[0] >= 0 && files[1] >= 0 && ftruncate(files[0], FIELD_PAGES * PAGE) == 0 &&
	       ftruncate(files[1], FIELD_PAGES * PAGE) == 0;
}

static bool is_held(uint32_t page)
{
	return page == COVERED || page == SEGMENT;
}

static bool is_file(uint32_t page)
{
	return (page & ~LOST) == PLAIN || (page & ~LOST) == COVERED;
}

static size_t length(unsigned first, unsigned end)
{
	return (end - first) * PAGE;
}

static void fill(struct field *field, unsigned first, unsigned end, uint32_t page)
{
	for (; first < end; first++)
		field->page[first] = page;
}

static uint32_t segment_of(unsigned pages)
{
	return pages < SEGMENT_PAGES_HELD ? SEGMENT | LOST : SEGMENT;
}

static char *map(char *address, unsigned first, unsigned end, uint32_t what)
{
	int flags = (what == RESERVED ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED) | (address ? MAP_FIXED : 0);
	char *result = mmap(address, length(first, end), what == RESERVED ? PROT_NONE : PROT_READ, flags,
			    what == RESERVED ? -1 : files[what - PLAIN], what == RESERVED ? 0 : (off_t)(first * PAGE));
	if (result == MAP_FAILED)
		fail("mmap failed\n");
	return result;
}

static char *attach(char *address, unsigned pages, int flags)
{
	int id = shmget(IPC_PRIVATE, pages * PAGE, IPC_CREAT | 0600);
	char *result = shmat(id, address, flags);
	shmctl(id, IPC_RMID, NULL);
	if (result == MAP_FAILED)
		fail("shmat failed\n");
	return result;
}

static void open_field(struct owner *owner, struct field *field)
{
	uint32_t what = dice(owner, 4);
	unsigned pages = what == RESERVED ? FIELD_PAGES : 1 + dice(owner, FIELD_PAGES);
	*field = (struct field){ .base = what == SEGMENT ? attach(NULL, pages, 0) : map(NULL, 0, pages, what), .end = pages };
	fill(field, 0, pages, what == SEGMENT ? segment_of(pages) : what);
}

static void close_when_empty(struct field *field)
{
	if (field->first >= field->end)
		field->base = NULL;
}

static void unmap(struct field *field, unsigned first, unsigned end)
{
	if (munmap(page_address(field, first), length(first, end)))
		fail("munmap failed\n");
	if (first == field->first)
		field->first = end;
	else
		field->end = first;
	close_when_empty(field);
}

static void map_over(struct owner *owner, struct field *field, unsigned first, unsigned end)
{
	uint32_t what = dice(owner, 3);
	map(page_address(field, first), first, end, what);
	fill(field, first, end, what);
}

/* Over all that is there; with SHM_RND from any address within the first page. */
static void attach_over(struct owner *owner, struct field *field)
{
	bool inexact = dice(owner, 2);
	unsigned pages = field->end - field->first;
	char *address = page_address(field, field->first) + (inexact ? 100 : 0);
	field->base = attach(address, pages, SHM_REMAP | (inexact ? SHM_RND : 0));
	field->first = 0;
	field->end = pages;
	fill(field, 0, pages, segment_of(pages));
}

static void detach(struct field *field)
{
	if (shmdt(field->base))
		fail("shmdt failed\n");
	field->base = NULL;
}

static void advise(struct owner *owner, struct field *field, unsigned first, unsigned end, int advice)
{
	char *address = page_address(field, first);
	if (dice(owner, 2) ? madvise(address, length(first, end), advice) : posix_madvise(address, length(first, end), advice))
		fail("madvise failed\n");
}

static void lose(struct field *field, unsigned first, unsigned end)
{
	if (madvise(page_address(field, first), length(first, end), MADV_DONTFORK) ||
	    madvise(page_address(field, first), length(first, end), MADV_DOFORK))
		fail("madvise of fork failed\n");
	for (; first < end; first++)
		field->page[first] |= is_held(field->page[first]) ? LOST : 0;
}

/* None of this does anything. */
static void do_wrong(struct owner *owner, struct field *field, unsigned first, unsigned end)
{
	char *address = page_address(field, first);
	if (munmap(address + 1, PAGE) == 0 || munmap(address, 0) == 0 || shmdt(address + 1) == 0 ||
	    madvise(address + 1, PAGE, MADV_RANDOM) == 0 ||
	    mremap(address, length(first, end), 1 + dice(owner, PAGE), MREMAP_MAYMOVE | 1 << 20) != MAP_FAILED ||
	    mremap(address, length(first, end), length(first, end), MREMAP_MAYMOVE | MREMAP_FIXED, address + 1) != MAP_FAILED)
		fail("what is wrong did not fail\n");
}

/* The free field that takes what is made of pages from first on; their numbers stay, as they are their places in the file. */
static struct field *other_field(struct owner *owner)
{
	for (struct field *field = owner->fields; field < owner->fields + FIELDS; field++)
		if (!field->base)
			return field;
	return NULL;
}

static void take(struct field *field, char *result, unsigned first, unsigned end, uint32_t page)
{
	*field = (struct field){ .base = result - first * PAGE, .first = first, .end = end };
	fill(field, first, end, page);
}

static void move_to(struct field *field, struct field *other, unsigned first, unsigned end, unsigned new_end)
{
	char *room = map(NULL, first, new_end, RESERVED);
	uint32_t page = field->page[first];
	char *result = mremap(page_address(field, first), length(first, end), length(first, new_end),
			      MREMAP_MAYMOVE | MREMAP_FIXED, room);
	if (result != room) {
		fail("mremap to a fixed address failed\n");
		return;
	}
	take(other, room, first, new_end, page);
	if (first == field->first)
		field->first = end;
	else
		field->end = first;
	close_when_empty(field);
}

static void resize(struct field *field, unsigned first, unsigned end, unsigned new_end, int flags)
{
	char *result = mremap(page_address(field, first), length(first, end), length(first, new_end), flags);
	if (result == MAP_FAILED)
		return;   /* there may be no room */
	field->base = result - first * PAGE;
	field->end = new_end;
	fill(field, first, new_end, field->page[first]);
}

static void copy(struct field *field, struct field *other, unsigned first, unsigned end, bool duplicate)
{
	int flags = MREMAP_MAYMOVE | (duplicate ? 0 : MREMAP_DONTUNMAP);
	char *result = mremap(page_address(field, first), duplicate ? 0 : length(first, end), length(first, end), flags,
			      NULL);
	if (result == MAP_FAILED)
		fail("mremap that leaves the old mapping failed\n");
	else
		take(other, result, first, end, field->page[first]);
}

/* What lies around a page and is the same is one mapping, once it has the same flags everywhere: mremap(2) wants one. */
static void move(struct owner *owner, struct field *field, unsigned page)
{
	unsigned first = page, end = page;
	struct field *other = other_field(owner);
	if (!is_file(field->page[page]))
		return;
	while (first > field->first && field->page[first - 1] == field->page[page])
		first--;
	while (end < field->end && field->page[end] == field->page[page])
		end++;
	advise(owner, field, first, end, MADV_RANDOM);
	unsigned new_end = first + 1 + dice(owner, FIELD_PAGES - first);
	bool at_end = end == field->end, whole = at_end && first == field->first;
	switch (dice(owner, 4)) {
	case 0:
		if (at_end)
			resize(field, first, end, new_end, whole ? MREMAP_MAYMOVE : 0);
		break;
	case 1:
		if (other && (at_end || first == field->first))
			move_to(field, other, first, end, new_end);
		break;
	default:
		if (other)
			copy(field, other, first, end, dice(owner, 2));
	}
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
	bool segment = (field->page[field->first] & ~LOST) == SEGMENT;
	switch (dice(owner, 12)) {
	case 0: case 1: case 2:
		if (!segment)
			map_over(owner, field, first, end);
		break;
	case 3:   /* in the hole, a segment of the same origin could be attached */
		if (!segment || end == field->end)
			unmap(field, field->first, end);
		break;
	case 4:
		unmap(field, first, field->end);
		break;
	case 5: case 6:
		move(owner, field, first);
		break;
	case 7: case 8:
		advise(owner, field, first, end, dice(owner, 2) ? MADV_RANDOM : MADV_NORMAL);
		break;
	case 9:
		if (dice(owner, 4) == 0)
			lose(field, first, end);
		break;
	case 10:
		if (segment)
			detach(field);
		else if (dice(owner, 2))
			attach_over(owner, field);
		break;
	case 11:
		do_wrong(owner, field, first, end);
		break;
	}
}

/* Of /proc/self/smaps: what the kernel has in force. Without stdio, for children of a handler that interrupted malloc. */
struct area {
	uintptr_t low, high;
	bool sequential, random;
};
static struct area areas[2 * PAGES_MAX];
static size_t area_count;

static void read_smaps(void)
{
	static char text[SMAPS_BYTES];
	int file = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	for (ssize_t got; size + 1 < sizeof(text) && (got = read(file, text + size, sizeof(text) - 1 - size)) > 0;)
		size += (size_t)got;
	close(file);
	text[size] = '\0';
	area_count = 0;
	struct area area = { 0 };
	for (char *line = text; *line && area_count < sizeof(areas) / sizeof(*areas); line = strchr(line, '\n') + 1) {
		char *end;
		if (strncmp(line, "VmFlags:", 8) == 0) {
			*strchr(line, '\n') = '\0';
			area.sequential = strstr(line, " sr");
			area.random = strstr(line, " rr");
			line[strlen(line)] = '\n';
			areas[area_count++] = area;
		} else if (*line >= 'a' || (*line >= '0' && *line <= '9')) {
			area.low = strtoull(line, &end, 16);
			area.high = strtoull(end + 1, NULL, 16);
		}
	}
}

static const struct area *area_of(const char *address)
{
	for (size_t i = 0; i < area_count; i++)
		if (areas[i].low <= (uintptr_t)address && (uintptr_t)address < areas[i].high)
			return &areas[i];
	return NULL;
}

static void advise_all(struct owner *owner)
{
	for (struct field *field = owner->fields; field < owner->fields + FIELDS; field++)
		if (field->base)
			advise(owner, field, field->first, field->end, MADV_RANDOM);
}

/* Returns how many pages are not held that must be. */
static unsigned check_flags(const struct owner *owner, bool may_be_lost)
{
	unsigned lost = 0;
	for (const struct field *field = owner->fields; field < owner->fields + FIELDS; field++) {
		for (unsigned page = field->first; field->base && page < field->end; page++) {
			const struct area *area = area_of(page_address(field, page));
			bool held = is_held(field->page[page]);
			if (area && held && may_be_lost && area->random)
				lost++;
			else if (!area || area->sequential != held || area->random == held)
				fail("page %u of kind %u has %s%s%s\n", page, field->page[page], area ? "" : "gone",
				     area && area->sequential ? "sr" : "", area && area->random ? "rr" : "");
		}
	}
	return lost;
}

void check_inherited(struct owner *levels, unsigned level)
{
	unsigned lost = 0;
	for (unsigned i = level; i < LEVELS; i++)
		advise_all(&levels[i]);
	read_smaps();
	for (unsigned i = level; i < LEVELS; i++)
		lost += check_flags(&levels[i], true);
	if (!lost)
		return;
	counters->torn++;
	for (unsigned i = level; i < LEVELS; i++) {
		for (struct field *field = levels[i].fields; field < levels[i].fields + FIELDS; field++)
			for (unsigned page = 0; page < FIELD_PAGES; page++)
				field->page[page] |= is_held(field->page[page]) ? LOST : 0;
		check_flags(&levels[i], false);
	}
}

void check_child(struct owner *owner)
{
	advise_all(owner);
	read_smaps();
	check_flags(owner, false);
}

void compare(void)
{
	for (struct owner *owner = owners[0]; owner < OWNERS_END; owner++)
		advise_all(owner);
	read_smaps();
	for (struct owner *owner = owners[0]; owner < OWNERS_END; owner++)
		check_flags(owner, false);
}
