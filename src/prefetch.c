/* SPDX-License-Identifier: MIT */
#include "prefetch.h"

#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>

#include "page.h"
#include "scratch.h"
#include "sys.h"

/*
 * One MADV_WILLNEED reads at most the larger of the device's readahead and its largest request (force_page_cache_ra in the
 * kernel's mm/readahead.c): 2 GB in one call bring 4 MB. No device in use has less than this for both.
 */
#define WILLNEED_STEP (128u << 10)

#define EXTENTS ((SCRATCH_BYTES - sizeof(struct fiemap)) / sizeof(struct fiemap_extent))

/* A part of the file, in bytes. */
struct span {
	uint64_t begin, end;
};

struct prefetching {
	const struct range *range;
	enum advice_id advice;
	uint64_t budget;             /* bytes that may still be given */
	bool dry_run, ended;         /* ended: nothing behind can be had */
	struct prefetch_result result;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Gives the advice to one stretch of memory. Returns 0 or errno. */
static int give(const struct prefetching *prefetching, uintptr_t low, uint64_t length)
{
	int value = advices[prefetching->advice].value;
	uint64_t step = prefetching->advice == ADVICE_WILLNEED ? WILLNEED_STEP : length;
	long result = 0;
	for (uint64_t done = 0; done < length && result >= 0 && !prefetching->dry_run; done += step)
		result = sys_madvise((void *)(low + done), smaller(step, length - done), value);
	return result < 0 ? (int)-result : 0;
}

static void give_span(struct prefetching *prefetching, struct span span)
{
	const struct range *range = prefetching->range;
	uint64_t length = span.end - span.begin;
	uint64_t now = smaller(length, prefetching->budget);
	prefetching->result.left_out += length - now;
	prefetching->budget -= now;
	if (!now || prefetching->ended)
		return;
	int error = give(prefetching, range->low + (span.begin - range->offset), now);
	prefetching->ended = error != 0;
	/* populate meets the end of a file that was cut shorter meanwhile: that is the end, not an error */
	if (error == EFAULT && kind_has_file(range->facts->kind))
		error = 0;
	prefetching->result.error = error;
}

/* One extent, cut to the wanted span and widened to pages; *from moves behind it. */
static void give_extent(struct prefetching *prefetching, const struct fiemap_extent *extent, struct span wanted, uint64_t *from)
{
	struct span span = {
		round_down(extent->fe_logical, page_size), round_up(extent->fe_logical + extent->fe_length, page_size)
	};
	if (span.begin < *from)
		span.begin = *from;
	if (span.end > wanted.end)
		span.end = wanted.end;
	if (span.begin < span.end) {
		give_span(prefetching, span);
		*from = span.end;
	}
}

/* Returns false where the file system has no extents to tell. */
static bool give_extents(struct prefetching *prefetching, struct span wanted)
{
	const struct range *range = prefetching->range;
	struct fiemap *map = range->fd >= 0 && range->facts->kind == KIND_FILE ? (struct fiemap *)scratch_take() : NULL;
	bool known = map;
	bool last = false;
	uint64_t from = wanted.begin;
	while (known && !last && from < wanted.end) {
		memset(map, 0, sizeof(*map));
		map->fm_start = from;
		map->fm_length = wanted.end - from;
		map->fm_extent_count = EXTENTS;
		known = sys_ioctl(range->fd, FS_IOC_FIEMAP, map) >= 0;
		uint32_t count = known ? map->fm_mapped_extents : 0;
		last = count == 0;
		uint64_t before = from;
		for (uint32_t i = 0; i < count && i < EXTENTS; i++) {
			give_extent(prefetching, &map->fm_extents[i], wanted, &from);
			last |= map->fm_extents[i].fe_flags & FIEMAP_EXTENT_LAST;
		}
		/* A file system that told the same extents again would keep the host here for ever. */
		if (count < EXTENTS || from == before)
			last = true;
	}
	scratch_give((char *)map);
	return known;
}

/* What of the file the item asks for, in whole pages, cut to the mapping and to the file's end. */
static struct span wanted_span(const struct item *item, const struct range *range)
{
	struct span span = { range->offset, range->offset + (range->high - range->low) };
	if (kind_has_file(range->facts->kind))
		span.end = smaller(span.end, round_up(range->file_end, page_size));
	if (item->has_range) {
		uint64_t begin = round_down(item->range.min, page_size);
		span.begin = begin > span.begin ? begin : span.begin;
		span.end = smaller(span.end, round_up(item->range.max, page_size));
	}
	if (span.begin > span.end)
		span.begin = span.end;
	return span;
}

struct prefetch_result prefetch(enum advice_id advice, const struct item *item, const struct range *range, uint64_t ceiling,
				bool dry_run)
{
	struct prefetching prefetching = {
		.range = range, .advice = advice, .budget = item->has_range ? UINT64_MAX : ceiling, .dry_run = dry_run
	};
	struct span wanted = wanted_span(item, range);
	if (wanted.begin == wanted.end || give_extents(&prefetching, wanted))
		return prefetching.result;
	/* What a memfd has not allocated yet is memory: populate-write is for that. */
	bool allocates = advice == ADVICE_POPULATE_WRITE && range->facts->kind == KIND_MEMFD;
	if (kind_has_file(range->facts->kind) && !allocates) {
		wanted.end = smaller(wanted.end, round_up(range->allocated, page_size));
		/* A hole that is read in a file of memory becomes a page of it. */
		if (advice == ADVICE_POPULATE_READ && range->allocated < range->file_end)
			prefetching.advice = ADVICE_WILLNEED;
	}
	if (wanted.begin < wanted.end)
		give_span(&prefetching, wanted);
	return prefetching.result;
}
