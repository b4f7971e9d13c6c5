/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "maps.h"
#include "process.h"
#include "remote.h"

#define PAGE_BYTES_MAX ((uint64_t)256 << 20)

static const char *const states[] = {
	[LIBRARY_STARTING] = "starting", [LIBRARY_ASLEEP] = "asleep", [LIBRARY_ACTIVE] = "active",
	[LIBRARY_SECURE] = "asleep (set-user-ID or the like)",
	[LIBRARY_FAILED] = "asleep (errors in the policy, or no memory)",
};

static const char *const failures[FAILURE_COUNT] = {
	[FAILURE_EINVAL] = "EINVAL", [FAILURE_ENOMEM] = "ENOMEM", [FAILURE_EAGAIN] = "EAGAIN",
	[FAILURE_EACCES] = "EACCES", [FAILURE_EPERM] = "EPERM", [FAILURE_EBADF] = "EBADF",
	[FAILURE_EIO] = "EIO", [FAILURE_EFAULT] = "EFAULT",
	[FAILURE_EBUSY] = "EBUSY", [FAILURE_ENOSYS] = "ENOSYS", [FAILURE_OTHER] = "other",
};

const char *state_name(enum library_state state)
{
	return states[state];
}

const char *failure_name(enum failure failure)
{
	return failures[failure];
}

static uint64_t page_bytes_of(const struct status_page *page)
{
	return sizeof(struct status_page) + (uint64_t)page->rule_count * (sizeof(struct rule_status) + sizeof(struct rule_place)) +
	       (uint64_t)page->item_count * sizeof(uint64_t);
}

static bool is_sound(const struct status_page *page, uint64_t bytes)
{
	return !memcmp(page->magic, STATUS_MAGIC, sizeof(page->magic)) && page->abi == STATUS_ABI &&
	       page->header_bytes == sizeof(struct status_page) && page->bytes == bytes && page_bytes_of(page) <= bytes &&
	       page->source_count <= STATUS_SOURCES;
}

/* Texts end within their places, and every number that is used as an index is one. */
static void make_safe(struct snapshot *snapshot)
{
	struct status_page *page = snapshot->page;
	struct rule_place *places = (struct rule_place *)((struct rule_status *)(page + 1) + page->rule_count);
	uint32_t index;

	page->program[sizeof(page->program) - 1] = '\0';
	for (index = 0; index < STATUS_SOURCES; index++)
		page->sources[index][STATUS_SOURCE_BYTES - 1] = '\0';
	for (index = 0; index < STATUS_LINES; index++)
		page->lines[index][STATUS_LINE_BYTES - 1] = '\0';
	for (index = 0; index < page->rule_count; index++)
		if (places[index].source >= STATUS_SOURCES)
			places[index].source = 0;
	snapshot->rules = (const struct rule_status *)(page + 1);
	snapshot->places = places;
}

enum snapshot_result check_snapshot(struct status_page *page, size_t bytes, struct snapshot *snapshot)
{
	if (bytes < sizeof(struct status_page) || !is_sound(page, bytes))
		return SNAPSHOT_GARBAGE;
	snapshot->page = page;
	make_safe(snapshot);
	return SNAPSHOT_READ;
}

static enum snapshot_result read_page(struct snapshot *snapshot, uint64_t bytes, int *error)
{
	struct status_page *page;

	if (bytes < sizeof(struct status_page) || bytes > PAGE_BYTES_MAX)
		return SNAPSHOT_GARBAGE;
	page = allocate(bytes);
	*error = read_remote(snapshot->pid, snapshot->address, page, bytes);
	if (!*error && check_snapshot(page, bytes, snapshot) == SNAPSHOT_READ)
		return SNAPSHOT_READ;
	free(page);
	return *error && *error != EFAULT ? SNAPSHOT_FAILED : SNAPSHOT_GARBAGE;
}

/* As much as an environment variable can hold: MAX_ARG_STRLEN, execve(2). */
#define VARIABLE_MAX (128u << 10)

static char *read_variable(pid_t pid, uint64_t address)
{
	return address ? read_remote_string(pid, address, VARIABLE_MAX) : NULL;
}

static enum snapshot_result read_status(pid_t pid, uint64_t address, struct snapshot *snapshot, int *error)
{
	struct madvisor_status status;
	uint32_t state;

	*error = read_remote(pid, address, &status, sizeof(status));
	if (*error)
		return *error == EFAULT ? SNAPSHOT_GARBAGE : SNAPSHOT_FAILED;
	if (memcmp(status.magic, STATUS_MAGIC, sizeof(status.magic)))
		return SNAPSHOT_GARBAGE;
	status.version[sizeof(status.version) - 1] = '\0';
	release_snapshot(snapshot);
	snapshot->pid = pid;
	memcpy(snapshot->version, status.version, sizeof(snapshot->version));
	if (status.abi != STATUS_ABI || status.bytes != sizeof(status))
		return SNAPSHOT_OTHER_VERSION;
	state = atomic_load_explicit(&status.state, memory_order_relaxed);
	if (state > LIBRARY_FAILED)
		return SNAPSHOT_GARBAGE;
	snapshot->state = state;
	snapshot->policy_setting = read_variable(pid, atomic_load_explicit(&status.policy, memory_order_relaxed));
	snapshot->rules_setting = read_variable(pid, atomic_load_explicit(&status.rules, memory_order_relaxed));
	snapshot->address = atomic_load_explicit(&status.page, memory_order_relaxed);
	return snapshot->address ?
		       read_page(snapshot, atomic_load_explicit(&status.page_bytes, memory_order_relaxed), error) :
		       SNAPSHOT_READ;
}

enum snapshot_result take_snapshot(pid_t pid, struct snapshot *snapshot, int *error)
{
	enum snapshot_result result = SNAPSHOT_NOT_LOADED;
	char *path = print_string("/proc/%d/maps", (int)pid), *text = NULL;
	FILE *maps = fopen(path, "re");
	struct maps_line line;
	uint64_t address;
	size_t room = 0;
	ssize_t length;

	*snapshot = (struct snapshot){ .pid = pid };
	free(path);
	if (!maps) {
		*error = errno == ENOENT ? ESRCH : errno;
		return SNAPSHOT_FAILED;
	}
	/* Whatever the file is called now: the file of a running server may have been replaced or removed. */
	while (result != SNAPSHOT_READ && (length = getline(&text, &room, maps)) > 0) {
		if (!maps_parse_line(text, length, &line) || line.offset || !line.inode || !line.readable)
			continue;
		address = find_remote_object(pid, line.low, "madvisor_status", sizeof(struct madvisor_status));
		if (address)
			result = read_status(pid, address, snapshot, error);
	}
	free(text);
	fclose(maps);
	/* Without the right to read memory nothing is ever found. */
	if (result == SNAPSHOT_NOT_LOADED && (*error = read_remote(pid, 0, &address, 1)) && *error != EFAULT)
		return SNAPSHOT_FAILED;
	return result;
}

void release_snapshot(struct snapshot *snapshot)
{
	free(snapshot->policy_setting);
	free(snapshot->rules_setting);
	free(snapshot->page);
	*snapshot = (struct snapshot){ 0 };
}

const char *snapshot_line(const struct snapshot *snapshot, size_t index)
{
	uint64_t written = atomic_load_explicit(&snapshot->page->lines_written, memory_order_relaxed);
	uint64_t first = written > STATUS_LINES ? written - STATUS_LINES : 0;

	return index < written - first ? snapshot->page->lines[(first + index) % STATUS_LINES] : NULL;
}

char *snapshot_problem(enum snapshot_result result, int error)
{
	char *text = NULL;
	size_t length;
	FILE *out;

	switch (result) {
	case SNAPSHOT_NOT_LOADED:
		return copy_string("the library is not loaded in it");
	case SNAPSHOT_OTHER_VERSION:
		return copy_string("the library in it is another version, which this command cannot read");
	case SNAPSHOT_GARBAGE:
		return copy_string("what the library should have written there is damaged");
	default:
		out = open_memstream(&text, &length);
		if (!out)
			return copy_string("out of memory");
		process_explain_error(out, error);
		fclose(out);
		return text;
	}
}
