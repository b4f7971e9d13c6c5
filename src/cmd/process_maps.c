/* SPDX-License-Identifier: MIT */
/* Reads what another process maps: /proc/PID/smaps, line by line. */
#define _GNU_SOURCE
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_detail(struct process_mapping *mapping, const char *line)
{
	static const struct {
		const char *key;
		size_t place;
	} sizes[] = {
		{ "Rss:", offsetof(struct process_mapping, resident) },
		{ "Swap:", offsetof(struct process_mapping, swapped) },
		{ "AnonHugePages:", offsetof(struct process_mapping, huge) },
		{ "ShmemPmdMapped:", offsetof(struct process_mapping, huge) },
		{ "FilePmdMapped:", offsetof(struct process_mapping, huge) },
		{ "KernelPageSize:", offsetof(struct process_mapping, page_bytes) },
	};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (strncmp(line, sizes[i].key, strlen(sizes[i].key)) == 0)
			*(uint64_t *)((char *)mapping + sizes[i].place) += strtoull(line + strlen(sizes[i].key), NULL, 10) * 1024;
	if (strncmp(line, "VmFlags:", 8) == 0 && !mapping->flags) {
		const char *flags = line + 8 + strspn(line + 8, " ");
		size_t length = strcspn(flags, "\n");
		while (length && flags[length - 1] == ' ')
			length--;
		mapping->flags = strndup(flags, length);
	}
}

static bool add_mapping(struct process *process, const char *text, size_t *room)
{
	if (process->mapping_count == *room) {
		size_t more = *room ? *room * 2 : 256;
		struct process_mapping *grown = realloc(process->mappings, more * sizeof(*grown));
		if (!grown)
			return false;
		process->mappings = grown;
		*room = more;
	}
	struct process_mapping *mapping = &process->mappings[process->mapping_count];
	*mapping = (struct process_mapping) { .text = strdup(text) };
	if (!mapping->text)
		return false;
	process->mapping_count++;
	return maps_parse_line(mapping->text, strlen(mapping->text), &mapping->line) > 0;
}

static void forget_mappings(struct process *process)
{
	for (size_t i = 0; i < process->mapping_count; i++) {
		struct process_mapping *mapping = &process->mappings[i];
		free(mapping->text);
		free(mapping->name);
		free(mapping->path);
		free(mapping->flags);
	}
	free(process->mappings);
	process->mappings = NULL;
	process->mapping_count = 0;
}

/* Without CONFIG_PROC_PAGE_MONITOR there is no smaps; maps has the same lines, without the details. */
static int open_maps(const struct process *process)
{
	int fd = openat(process->directory, "smaps", O_RDONLY | O_CLOEXEC);
	return fd >= 0 || errno != ENOENT ? fd : openat(process->directory, "maps", O_RDONLY | O_CLOEXEC);
}

int process_read_mappings(struct process *process)
{
	forget_mappings(process);
	int fd = open_maps(process);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return errno == ENOENT ? ESRCH : errno;
	size_t room = 0, size = 0;
	char *line = NULL;
	int error = 0;
	while (!error && getline(&line, &size, file) > 0) {
		/* Keys begin with a capital, addresses are written in small letters. */
		if (isdigit((unsigned char)line[0]) || (line[0] >= 'a' && line[0] <= 'f'))
			error = add_mapping(process, line, &room) ? 0 : ENOMEM;
		else if (process->mapping_count)
			read_detail(&process->mappings[process->mapping_count - 1], line);
	}
	if (!error && ferror(file))
		error = errno;
	free(line);
	fclose(file);
	for (size_t i = 0; !error && i < process->mapping_count; i++)
		mapping_set_facts(process, &process->mappings[i]);
	process_mark_libraries(process);
	return error;
}

void process_close(struct process *process)
{
	forget_mappings(process);
	free(process->root);
	free(process->path);
	free(process->command_line);
	free(process->arguments);
	if (process->directory >= 0)
		close(process->directory);
	*process = (struct process) { .directory = -1 };
}
