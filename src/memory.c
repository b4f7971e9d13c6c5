/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"
#include "file.h"
#include "sys.h"
#include "text.h"
#include "words.h"

#define PROC_FILE_MAX ((size_t)4 << 20)
#define PATH_BYTES 4096

/* Cuts the text up to the separator off its front. */
static struct span take(struct span *rest, char separator)
{
	const char *end = rest->length ? memchr(rest->bytes, separator, rest->length) : NULL;
	struct span span = { rest->bytes, end ? (size_t)(end - rest->bytes) : rest->length };
	size_t used = span.length + (end ? 1 : 0);
	rest->bytes += used;
	rest->length -= used;
	return span;
}

static bool list_has(struct span list, const char *string)
{
	while (list.length)
		if (span_equals(take(&list, ','), string))
			return true;
	return false;
}

/* A mounted hierarchy that limits memory, and where this process is in it: cgroups(7). */
struct place {
	bool unified;         /* version 2 */
	struct span mount;    /* as mountinfo writes it */
	struct span path;     /* below the mount: "" or "/a/b" */
};

/* proc_pid_mountinfo(5): ID PARENT DEVICE ROOT MOUNT OPTIONS [TAG]... - TYPE SOURCE OPTIONS. Returns whether it is one. */
static bool read_mount(struct span line, struct place *place, struct span *root)
{
	for (int i = 0; i < 3; i++)
		take(&line, ' ');
	*root = take(&line, ' ');
	place->mount = take(&line, ' ');
	while (line.length && !span_equals(take(&line, ' '), "-"))
		;
	struct span type = take(&line, ' ');
	take(&line, ' ');
	place->unified = span_equals(type, "cgroup2");
	return place->unified || (span_equals(type, "cgroup") && list_has(line, "memory"));
}

/* The line of /proc/self/cgroup for the hierarchy: NUMBER:CONTROLLERS:PATH. */
static bool find_path(struct span cgroups, bool unified, struct span *path)
{
	while (cgroups.length) {
		struct span line = take(&cgroups, '\n');
		take(&line, ':');
		struct span controllers = take(&line, ':');
		if (unified ? controllers.length == 0 : list_has(controllers, "memory")) {
			*path = line;
			return true;
		}
	}
	return false;
}

/* In a cgroup namespace what lies above it has roots such as "/../..". */
static bool is_above(struct span root)
{
	take(&root, '/');
	bool above = root.length != 0;
	while (root.length)
		above &= span_equals(take(&root, '/'), "..");
	return above;
}

/*
 * A container may have only a part of the hierarchy mounted. The path is made one below the mount; where the part is not one that
 * we are in, it says nothing about us.
 */
static bool strip_root(struct span *path, struct span root)
{
	if (is_above(root)) {
		path->length = 0;
		return true;
	}
	if (span_equals(root, "/"))
		root.length = 0;
	if (path->length == 0 || *path->bytes != '/' || path->length < root.length ||
	    memcmp(path->bytes, root.bytes, root.length) != 0 || (path->length > root.length && path->bytes[root.length] != '/'))
		return false;
	path->bytes += root.length;
	path->length -= root.length;
	if (span_equals(*path, "/"))
		path->length = 0;
	return true;
}

/* Blanks, line ends and '\' of a mount point stand as \ooo. */
static void append_unescaped(struct text *text, struct span span)
{
	for (size_t i = 0; i < span.length; i++) {
		const char *byte = span.bytes + i;
		if (*byte == '\\' && span.length - i > 3) {
			text_byte(text, (char)((byte[1] & 3) << 6 | (byte[2] & 7) << 3 | (byte[3] & 7)));
			i += 3;
		} else {
			text_byte(text, *byte);
		}
	}
}

static uint64_t read_limit(struct arena *arena, const char *path)
{
	uint64_t limit;
	size_t length;
	int error;
	const char *text = load_file(arena, path, PATH_BYTES, &length, &error);
	/* "max" is no number, and no limit. */
	return text && text_parse_number(text, length, &limit) ? limit : UINT64_MAX;
}

/* The smallest limit of the place and all that it is in, as far as they are mounted. */
static uint64_t limit_of(struct arena *arena, struct place place)
{
	uint64_t least = UINT64_MAX;
	char *buffer = arena_alloc(arena, PATH_BYTES);
	if (!buffer)
		return least;
	for (;;) {
		struct text path;
		text_init(&path, buffer, PATH_BYTES);
		append_unescaped(&path, place.mount);
		text_bytes(&path, place.path.bytes, place.path.length);
		text_string(&path, place.unified ? "/memory.max" : "/memory.limit_in_bytes");
		uint64_t limit = path.truncated ? UINT64_MAX : read_limit(arena, buffer);
		if (limit < least)
			least = limit;
		if (place.path.length == 0)
			return least;
		while (place.path.bytes[--place.path.length] != '/')
			;
	}
}

static uint64_t cgroup_limit(struct arena *arena, const char *file)
{
	struct span cgroups, mounts;
	int error;
	uint64_t least = UINT64_MAX;
	cgroups.bytes = load_file(arena, file, PROC_FILE_MAX, &cgroups.length, &error);
	mounts.bytes = load_file(arena, "/proc/self/mountinfo", PROC_FILE_MAX, &mounts.length, &error);
	if (!cgroups.bytes || !mounts.bytes)
		return least;
	while (mounts.length) {
		struct place place;
		struct span root;
		if (!read_mount(take(&mounts, '\n'), &place, &root) || !find_path(cgroups, place.unified, &place.path) ||
		    !strip_root(&place.path, root))
			continue;
		uint64_t limit = limit_of(arena, place);
		if (limit < least)
			least = limit;
	}
	return least;
}

uint64_t memory_limit_of(const char *cgroups)
{
	struct arena arena = { .chunks = NULL };
	uint64_t memory = UINT64_MAX;
	sys_total_memory(&memory);
	uint64_t limit = cgroup_limit(&arena, cgroups);
	arena_free(&arena);
	if (limit < memory)
		memory = limit;
	return memory ? memory : 1;
}

uint64_t memory_limit(void)
{
	return memory_limit_of("/proc/self/cgroup");
}
