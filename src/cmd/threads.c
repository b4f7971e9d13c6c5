/* SPDX-License-Identifier: MIT */
/* The threads of another process, ranked by how well each can be stopped now. */
#define _GNU_SOURCE
#include "threads.h"

#ifdef __x86_64__
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_line(int directory, const char *thread, const char *file, char *line, size_t size)
{
	char name[64];
	snprintf(name, sizeof(name), "%s/%s", thread, file);
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, line, size - 1);
	if (fd >= 0)
		close(fd);
	line[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* The third field of stat: after the name, which may hold blanks and parentheses. */
static char thread_state(int directory, const char *thread)
{
	char line[512];
	if (!read_line(directory, thread, "stat", line, sizeof(line)))
		return '\0';
	const char *name_end = strrchr(line, ')');
	return name_end && name_end[1] == ' ' ? name_end[2] : '\0';
}

static enum call_rank rank_thread(const struct process *process, int directory, const char *thread)
{
	char line[256];
	long number;
	unsigned long arguments[6];
	char state = thread_state(directory, thread);
	if (state == 'R')
		return CALL_RUNNING;
	/* "-1": asleep, but not in a call: a page fault. */
	if (state != 'S' || !read_line(directory, thread, "syscall", line, sizeof(line)) ||
	    sscanf(line, "%ld %lx %lx %lx %lx %lx %lx", &number, &arguments[0], &arguments[1], &arguments[2], &arguments[3],
		   &arguments[4], &arguments[5]) != 7)
		return CALL_NEVER;
	return call_rank(process->pid, number, arguments, process->seccomp != 0);
}

size_t threads_that_may_stop(const struct process *process, struct thread *threads, size_t room, size_t *seen)
{
	int fd = openat(process->directory, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	size_t count = 0;
	*seen = 0;
	for (struct dirent *entry; list && (entry = readdir(list)); ) {
		if (entry->d_name[0] == '.')
			continue;
		(*seen)++;
		struct thread thread = { atoi(entry->d_name), rank_thread(process, dirfd(list), entry->d_name) };
		if (thread.rank == CALL_NEVER || (count == room && thread.rank >= threads[count - 1].rank))
			continue;
		size_t at = count < room ? count++ : count - 1;
		for (; at > 0 && threads[at - 1].rank > thread.rank; at--)
			threads[at] = threads[at - 1];
		threads[at] = thread;
	}
	if (list)
		closedir(list);
	return count;
}
#endif
