/* SPDX-License-Identifier: MIT */
/* Advice from outside: process_madvise(2), in steps. */
#define _GNU_SOURCE
#include "process_advice.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "command.h"

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* One willneed reads at most the readahead window: see src/prefetch.c. */
#define WILLNEED_STEP (128u << 10)
/* The kernel holds the lock of the process's mappings for one call. Whole huge pages. */
#define CALL_BYTES (32u << 20)
#define VECTORS (CALL_BYTES / WILLNEED_STEP)

struct span {
	uint64_t begin, end;   /* bytes of the file, or of an object that would begin at offset 0 */
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool can_advise_process(enum advice_id advice)
{
	return advice == ADVICE_WILLNEED || advice == ADVICE_COLD || advice == ADVICE_PAGEOUT || advice == ADVICE_COLLAPSE;
}

int open_for_advice(const struct process *process)
{
	struct process still = *process;
	int fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	/* The number is still this process's if its directory still answers. */
	int error = fd < 0 ? errno : process_refresh(&still);
	if (fd >= 0 && error) {
		close(fd);
		fd = -1;
	}
	errno = error;
	return fd;
}

/* One call for at most CALL_BYTES, in vectors of step bytes. Returns 0 or an errno; *given grows. */
static int advise_piece(int pidfd, uintptr_t low, uint64_t length, uint64_t step, int value, uint64_t *given)
{
	struct iovec vectors[VECTORS];
	size_t count = 0;
	for (uint64_t at = 0; at < length; at += step)
		vectors[count++] = (struct iovec){ (void *)(low + at), smaller(step, length - at) };
	long done = syscall(SYS_process_madvise, pidfd, vectors, count, value, 0);
	if (done < 0)
		return errno;
	*given += (uint64_t)done;
	/* The rest was refused, and the kernel told how far it came instead of why. */
	if ((uint64_t)done < length && syscall(SYS_process_madvise, pidfd, &(struct iovec){ (void *)(low + (uint64_t)done), length - (uint64_t)done }, 1UL,
					       value, 0) < 0)
		return errno;
	return 0;
}

/* Pieces end at multiples of CALL_BYTES, so that collapse meets whole huge pages. */
static void advise_stretch(int pidfd, uintptr_t low, uint64_t length, enum advice_id advice, struct process_advice_result *result)
{
	uint64_t step = advice == ADVICE_WILLNEED ? WILLNEED_STEP : CALL_BYTES;
	for (uint64_t done = 0, piece; done < length; done += piece) {
		piece = smaller(length - done, CALL_BYTES - (low + done) % CALL_BYTES);
		int error = advise_piece(pidfd, low + done, piece, step, advices[advice].value, &result->given);
		result->error = result->error ? result->error : error;
		/* What one part of it cannot become, another may. */
		if (error && advice != ADVICE_COLLAPSE)
			return;
	}
}

/* The file, opened by us alone: nothing of the process's own descriptors and locks is touched. -1: not to be had. */
static int open_file(const struct process *process, const struct process_mapping *mapping)
{
	char name[PATH_MAX + 16];
	struct stat status;
	snprintf(name, sizeof(name), "map_files/%lx-%lx", (unsigned long)mapping->line.low, (unsigned long)mapping->line.high);
	int fd = openat(process->directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 || !mapping->path)
		return fd;
	snprintf(name, sizeof(name), "root%s", mapping->path);
	fd = openat(process->directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_ino != mapping->line.inode)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The next stretch of data from span.begin on, cut to the span; where holes cannot be told, all of it. */
static struct span next_data(int fd, struct span span, uint64_t page)
{
	off_t data = fd < 0 ? -1 : lseek(fd, (off_t)span.begin, SEEK_DATA);
	if (data < 0)
		return fd >= 0 && errno == ENXIO ? (struct span){ span.end, span.end } : span;
	off_t hole = lseek(fd, data, SEEK_HOLE);
	uint64_t begin = (uint64_t)data / page * page;
	uint64_t end = hole < 0 ? span.end : ((uint64_t)hole + page - 1) / page * page;
	begin = begin > span.begin ? begin : span.begin;
	return (struct span){ smaller(begin, span.end), smaller(end, span.end) };
}

/* What of the file the item asks for, in whole pages, cut to the mapping and to the file's end. */
static struct span wanted_span(const struct process_mapping *mapping, const struct item *item, uint64_t page)
{
	struct span span = { mapping->line.offset, mapping->line.offset + (mapping->line.high - mapping->line.low) };
	if (mapping->file_end)
		span.end = smaller(span.end, (mapping->file_end + page - 1) / page * page);
	if (item->has_range) {
		uint64_t begin = item->range.min / page * page;
		uint64_t end = item->range.max > UINT64_MAX - page ? item->range.max : (item->range.max + page - 1) / page * page;
		span.begin = begin > span.begin ? begin : span.begin;
		span.end = smaller(span.end, end);
	}
	span.begin = smaller(span.begin, span.end);
	return span;
}

static struct process_advice_result prefetch_process(int pidfd, const struct process *process, const struct process_mapping *mapping,
						     const struct item *item, uint64_t budget)
{
	struct process_advice_result result = { 0 };
	uint64_t page = mapping->page_bytes ? mapping->page_bytes : (uint64_t)sysconf(_SC_PAGESIZE);
	struct span wanted = wanted_span(mapping, item, page);
	int fd = mapping->facts.kind == KIND_FILE ? open_file(process, mapping) : -1;
	while (wanted.begin < wanted.end && !result.error) {
		struct span data = next_data(fd, wanted, page);
		uint64_t length = data.end - data.begin, now = smaller(length, budget);
		advise_stretch(pidfd, mapping->line.low + (data.begin - mapping->line.offset), now, ADVICE_WILLNEED, &result);
		result.left_out += length - now;
		budget -= now;
		wanted.begin = data.end;
	}
	if (fd >= 0)
		close(fd);
	return result;
}

struct process_advice_result advise_process(int pidfd, const struct process *process, const struct process_mapping *mapping,
					    enum advice_id advice, const struct item *item, uint64_t ceiling)
{
	struct process_advice_result result = { 0 };
	if (advice == ADVICE_WILLNEED)
		return prefetch_process(pidfd, process, mapping, item, item->has_range ? UINT64_MAX : ceiling);
	advise_stretch(pidfd, mapping->line.low, mapping->line.high - mapping->line.low, advice, &result);
	return result;
}

char *explain_process_advice(enum advice_id advice, int error)
{
	char name[32];
	struct text text;
	text_init(&text, name, sizeof(name));
	text_errno(&text, error);
	const char *why = NULL;
	if (error == EPERM)
		why = "needs root, or CAP_SYS_NICE and CAP_SYS_PTRACE";
	else if (error == ENOSYS)
		why = "process_madvise needs Linux 5.10";
	else if (error == EINVAL)
		why = advice_explain_einval(advice);
	else if (error == ESRCH)
		why = "the process has ended";
	else if (error == ENOMEM)
		why = "a part of it is no longer mapped";
	return why ? print_string("%s: %s", name, why) : copy_string(name);
}
