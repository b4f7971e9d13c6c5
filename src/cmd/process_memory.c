/* SPDX-License-Identifier: MIT */
/* How much memory another process may use: cgroups(7), of both versions. */
#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* Bytes; UINT64_MAX: no limit ("max", no such file, or version 1's huge number). */
static uint64_t read_limit(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned long long bytes = 0;
	bool number = file && fscanf(file, "%llu", &bytes) == 1;
	if (file)
		fclose(file);
	return number ? bytes : UINT64_MAX;
}

/* The smallest limit of a group and all above it. group: "/a/b", cut short on the way up. */
static uint64_t smallest_limit(const char *mount, char *group, const char *file)
{
	uint64_t least = UINT64_MAX;
	for (;;) {
		char path[2 * PATH_MAX];
		snprintf(path, sizeof(path), "%s%s/%s", mount, group, file);
		uint64_t limit = read_limit(path);
		least = limit < least ? limit : least;
		char *slash = strrchr(group, '/');
		if (!slash)
			return least;
		*slash = '\0';
	}
}

static bool find_mount(const char *type, const char *option, char *directory, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	bool found = false;
	for (struct mntent *entry; mounts && !found && (entry = getmntent(mounts)); ) {
		found = strcmp(entry->mnt_type, type) == 0 && (!option || hasmntopt(entry, option));
		if (found)
			snprintf(directory, size, "%s", entry->mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

static uint64_t group_limit(char *line)
{
	char mount[PATH_MAX];
	char *controllers = strchr(line, ':');
	char *group = controllers ? strchr(controllers + 1, ':') : NULL;
	if (!group)
		return UINT64_MAX;
	*group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	if (controllers[1] == '\0' && find_mount("cgroup2", NULL, mount, sizeof(mount)))
		return smallest_limit(mount, group, "memory.max");
	if (strstr(controllers, "memory") && find_mount("cgroup", "memory", mount, sizeof(mount)))
		return smallest_limit(mount, group, "memory.limit_in_bytes");
	return UINT64_MAX;
}

uint64_t process_memory(const struct process *process)
{
	struct sysinfo machine;
	sysinfo(&machine);
	uint64_t least = (uint64_t)machine.totalram * machine.mem_unit;
	int fd = openat(process->directory, "cgroup", O_RDONLY | O_CLOEXEC);
	FILE *groups = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL;
	size_t size = 0;
	while (groups && getline(&line, &size, groups) > 0) {
		uint64_t limit = group_limit(line);
		least = limit < least ? limit : least;
	}
	free(line);
	if (groups)
		fclose(groups);
	return least;
}
