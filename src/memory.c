/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "file.h"
#include "sys.h"
#include "text.h"

#define TABLE_MAX (4u << 20)   /* bytes: mountinfo of a host with many containers */
#define LIMIT_MAX 64           /* bytes: one number */
#define PATH_MAX_BYTES 4096

/* One of the two kinds of memory cgroups, as /proc/self/mountinfo and /proc/self/cgroup tell of it. */
struct hierarchy {
	const char *type;         /* of the file system */
	const char *controller;   /* among the mount's options and in the cgroup line; "": version 2 */
	const char *limit_file;
};

static const struct hierarchy hierarchies[] = {
	{ "cgroup2", "", "/memory.max" },
	{ "cgroup", "memory", "/memory.limit_in_bytes" },
};

struct span {
	const char *at;
	size_t length;
};

/* The next part of rest up to the separator, which is taken too. */
static struct span take(struct span *rest, char separator)
{
	const char *end = memchr(rest->at, separator, rest->length);
	struct span part = { rest->at, end ? (size_t)(end - rest->at) : rest->length };
	size_t used = part.length + (end ? 1 : 0);
	rest->at += used;
	rest->length -= used;
	return part;
}

static bool span_is(struct span span, const char *word)
{
	return span.length == strlen(word) && memcmp(span.at, word, span.length) == 0;
}

static bool list_holds(struct span list, const char *word)
{
	while (list.length)
		if (span_is(take(&list, ','), word))
			return true;
	return false;
}

/* The process's cgroup of the hierarchy: "ID:CONTROLLERS:PATH" of cgroups(7). */
static struct span find_cgroup(struct span table, const struct hierarchy *hierarchy)
{
	while (table.length) {
		struct span line = take(&table, '\n');
		take(&line, ':');
		struct span controllers = take(&line, ':');
		if (*hierarchy->controller ? list_holds(controllers, hierarchy->controller) : controllers.length == 0)
			return line;
	}
	return (struct span){ NULL, 0 };
}

/* Where the hierarchy is mounted and which of its cgroups is the mount's root: fields 5 and 4 of proc_pid_mountinfo(5). */
static bool find_mount(struct span table, const struct hierarchy *hierarchy, struct span *point, struct span *root)
{
	while (table.length) {
		struct span line = take(&table, '\n');
		for (int field = 1; field <= 3; field++)
			take(&line, ' ');
		*root = take(&line, ' ');
		*point = take(&line, ' ');
		while (line.length && !span_is(take(&line, ' '), "-"))
			;
		if (!span_is(take(&line, ' '), hierarchy->type))
			continue;
		take(&line, ' ');
		if (!*hierarchy->controller || list_holds(line, hierarchy->controller))
			return true;
	}
	return false;
}

/* Bytes; UINT64_MAX where there is no file or it says "max". */
static uint64_t read_limit(const char *path)
{
	char buffer[LIMIT_MAX];
	uint64_t limit = UINT64_MAX;
	long fd = sys_open_read(path, 0);
	if (fd < 0)
		return limit;
	long length = sys_read((int)fd, buffer, sizeof(buffer));
	sys_close((int)fd);
	if (length > 0 && !text_parse_number(buffer, (size_t)length, &limit))
		limit = UINT64_MAX;
	return limit;
}

/* The smallest limit of a cgroup and all its ancestors that can be seen under the mount. */
static uint64_t smallest_limit(struct arena *arena, struct span point, struct span cgroup, const char *limit_file)
{
	char *path = arena_alloc(arena, PATH_MAX_BYTES);
	if (!path || point.length + cgroup.length + strlen(limit_file) >= PATH_MAX_BYTES)
		return UINT64_MAX;
	memcpy(path, point.at, point.length);
	memcpy(path + point.length, cgroup.at, cgroup.length);
	size_t length = point.length + cgroup.length;
	uint64_t smallest = UINT64_MAX;
	for (;;) {
		while (length > point.length && path[length - 1] == '/')
			length--;
		memcpy(path + length, limit_file, strlen(limit_file) + 1);
		uint64_t limit = read_limit(path);
		if (limit < smallest)
			smallest = limit;
		if (length == point.length)
			return smallest;
		while (path[length - 1] != '/')
			length--;
	}
}

/* A mount can show a part of the hierarchy: what lies above its root does not stand in paths below it. */
static struct span below_root(struct span cgroup, struct span root)
{
	bool is_below = root.length <= cgroup.length && memcmp(cgroup.at, root.at, root.length) == 0;
	if (root.length > 1 && is_below) {
		cgroup.at += root.length;
		cgroup.length -= root.length;
	} else if (root.length > 1) {
		cgroup.length = 0;
	}
	return cgroup;
}

static struct span load_table(struct arena *arena, const char *path)
{
	size_t length = 0;
	int error;
	const char *text = load_file(arena, path, TABLE_MAX, &length, &error);
	return (struct span){ text ? text : "", text ? length : 0 };
}

uint64_t memory_limit(void)
{
	struct arena arena = { 0 };
	uint64_t limit = UINT64_MAX;
	struct span cgroups = load_table(&arena, "/proc/self/cgroup");
	struct span mounts = load_table(&arena, "/proc/self/mountinfo");
	sys_total_memory(&limit);
	for (size_t i = 0; i < sizeof(hierarchies) / sizeof(*hierarchies); i++) {
		struct span point, root;
		struct span cgroup = find_cgroup(cgroups, &hierarchies[i]);
		if (!cgroup.at || !find_mount(mounts, &hierarchies[i], &point, &root))
			continue;
		uint64_t smallest = smallest_limit(&arena, point, below_root(cgroup, root), hierarchies[i].limit_file);
		if (smallest < limit)
			limit = smallest;
	}
	arena_free(&arena);
	return limit ? limit : 1;
}
