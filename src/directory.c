/* SPDX-License-Identifier: MIT */
#include "directory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sys.h"

#define BUFFER_BYTES (16u << 10)

/* struct linux_dirent64 of getdents64(2) */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t bytes;
	uint8_t type;
	char name[];
};

struct name {
	struct name *next;
	const char *text;
};

static bool is_policy(const char *name)
{
	size_t length = strlen(name), suffix = strlen(POLICY_SUFFIX);
	return name[0] != '.' && length > suffix && strcmp(name + length - suffix, POLICY_SUFFIX) == 0;
}

/* All names, in the kernel's order. Returns 0 or the errno. */
static int read_names(struct arena *arena, int fd, struct name **names, size_t *count)
{
	char *buffer = arena_alloc(arena, BUFFER_BYTES);
	long bytes;
	if (!buffer)
		return ENOMEM;
	while ((bytes = sys_getdents(fd, buffer, BUFFER_BYTES)) > 0) {
		const struct entry *entry;
		for (long at = 0; at < bytes; at += entry->bytes) {
			entry = (const struct entry *)(buffer + at);
			if (!is_policy(entry->name))
				continue;
			struct name *name = arena_alloc(arena, sizeof(*name));
			const char *text = arena_copy(arena, entry->name, strlen(entry->name));
			if (!name || !text)
				return ENOMEM;
			*name = (struct name){ *names, text };
			*names = name;
			++*count;
		}
	}
	return (int)-bytes;
}

/* A shell sort: qsort(3) allocates. */
static void sort_names(const char **names, size_t count)
{
	for (size_t gap = count / 2; gap > 0; gap /= 2) {
		for (size_t i = gap; i < count; i++) {
			const char *name = names[i];
			size_t place = i;
			for (; place >= gap && strcmp(names[place - gap], name) > 0; place -= gap)
				names[place] = names[place - gap];
			names[place] = name;
		}
	}
}

const char **directory_policies(struct arena *arena, int fd, size_t *count, int *error)
{
	struct name *list = NULL;
	*count = 0;
	*error = read_names(arena, fd, &list, count);
	if (*error)
		return NULL;
	const char **names = arena_alloc(arena, (*count + 1) * sizeof(names[0]));
	if (!names) {
		*error = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; list; list = list->next)
		names[i++] = list->text;
	sort_names(names, *count);
	return names;
}
