/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "presets.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "paths.h"

#define SUFFIX ".policy"

static struct preset *list;
static size_t count;

static int is_policy(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > strlen(SUFFIX) && !strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX);
}

/* In byte order, as a directory named in MADVISOR_POLICY is read. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_known(const char *name)
{
	size_t index;

	for (index = 0; index < count; index++)
		if (!strcmp(list[index].name, name))
			return true;
	return false;
}

static void find_in(const char *directory)
{
	struct dirent **entries;
	int found = scandir(directory, &entries, is_policy, by_bytes), index;

	if (found < 0) {
		if (errno != ENOENT)
			report_warning("cannot list \"%s\": %s", directory, strerror(errno));
		return;
	}
	list = reallocate(list, (count + found) * sizeof(*list));
	for (index = 0; index < found; index++) {
		char *name = entries[index]->d_name;
		struct preset preset = { .directory = directory, .path = print_string("%s/%s", directory, name) };

		preset.name = strndup(name, strlen(name) - strlen(SUFFIX));
		preset.hidden = preset.name && is_known(preset.name);
		if (preset.name)
			list[count++] = preset;
		free(entries[index]);
	}
	free(entries);
}

size_t find_presets(const struct preset **presets)
{
	const struct policy_path *where = &find_paths()->policies;

	if (!list) {
		find_in(where->sysconf);
		find_in(where->data);
	}
	*presets = list;
	return count;
}

/* Whoever wants to know what is wrong with one asks "madvisor check". */
static void ignore_error(void *context, const struct parse_error *error)
{
	(void)context;
	(void)error;
}

size_t read_presets(const struct preset **presets)
{
	static struct arena arena;
	static bool done;
	struct parser parser;
	size_t index;

	find_presets(presets);
	for (index = 0; index < count && !done; index++) {
		parser_init(&parser, &arena, ignore_error, NULL);
		load_list(&parser, list[index].path, &find_paths()->policies, false);
		list[index].policy = list[index].hidden ? NULL : parser_finish(&parser, memory_limit);
	}
	done = true;
	return count;
}
