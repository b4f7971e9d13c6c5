/* SPDX-License-Identifier: MIT */
/* Who another process is: status, executable, arguments, root, limits of memory. */
#define _GNU_SOURCE
#include "process.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

static const char deleted[] = " (deleted)";

/* All of a file of /proc/PID, with a NUL behind it; NULL: errno is set. */
static char *read_all(const struct process *process, const char *name, size_t *length)
{
	int fd = openat(process->directory, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	size_t size = 4096, used = 0;
	char *bytes = malloc(size);
	while (bytes) {
		ssize_t got = read(fd, bytes + used, size - 1 - used);
		if (got <= 0) {
			int error = got < 0 ? errno : 0;
			close(fd);
			if (error) {
				free(bytes);
				errno = error;
				return NULL;
			}
			bytes[used] = '\0';
			*length = used;
			return bytes;
		}
		used += (size_t)got;
		if (size - 1 - used == 0) {
			char *more = realloc(bytes, size *= 2);
			if (!more)
				free(bytes);
			bytes = more;
		}
	}
	close(fd);
	errno = ENOMEM;
	return NULL;
}

static char *read_link(const struct process *process, const char *name)
{
	char target[PATH_MAX + 1];
	ssize_t length = readlinkat(process->directory, name, target, sizeof(target) - 1);
	if (length < 0)
		return NULL;
	target[length] = '\0';
	return strdup(target);
}

/* What follows "Key:" and blanks in status; "" where there is no such line. */
static const char *status_value(const char *status, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
	}
	return "";
}

int process_refresh(struct process *process)
{
	size_t length;
	char *status = read_all(process, "status", &length);
	if (!status)
		return errno == ENOENT ? ESRCH : errno;
	const char *name = status_value(status, "Name");
	snprintf(process->name, sizeof(process->name), "%.*s", (int)strcspn(name, "\n"), name);
	process->state = *status_value(status, "State");
	process->leader = (pid_t)atol(status_value(status, "Tgid"));
	process->tracer = (pid_t)atol(status_value(status, "TracerPid"));
	process->seccomp = (unsigned)atol(status_value(status, "Seccomp"));
	sscanf(status_value(status, "Uid"), "%*u %u", &process->user);
	process->thp_disabled = *status_value(status, "THP_enabled") == '0';
	/* A zombie has no memory either. */
	process->kernel_thread = !*status_value(status, "VmSize") && !strchr("ZX", process->state);
	free(status);
	return process->state ? 0 : ESRCH;
}

static unsigned read_elf_bits(const struct process *process)
{
	unsigned char ident[EI_NIDENT] = { 0 };
	int fd = openat(process->directory, "exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0;
	ssize_t got = read(fd, ident, sizeof(ident));
	close(fd);
	if (got < EI_NIDENT || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return 0;
	return ident[EI_CLASS] == ELFCLASS64 ? 64 : ident[EI_CLASS] == ELFCLASS32 ? 32 : 0;
}

/* A package upgrade unlinks the executable of a server that runs: its program is still the same one. */
static char *executable_path(const struct process *process)
{
	char *path = read_link(process, "exe");
	if (!path)
		return NULL;
	size_t length = strlen(path), suffix = sizeof(deleted) - 1;
	struct stat status;
	if (length > suffix && strcmp(path + length - suffix, deleted) == 0 &&
	    (fstatat(process->directory, "exe", &status, 0) != 0 || status.st_nlink == 0))
		path[length - suffix] = '\0';
	size_t root = strlen(process->root);
	if (root && strncmp(path, process->root, root) == 0 && path[root] == '/')
		memmove(path, path + root, strlen(path + root) + 1);
	return path;
}

static void split_arguments(struct process *process, size_t length)
{
	size_t count = 0;
	char *bytes = process->command_line;
	for (size_t at = 0; at < length; at += strlen(bytes + at) + 1)
		count++;
	process->arguments = calloc(count + 1, sizeof(*process->arguments));
	if (!process->arguments)
		return;
	count = 0;
	for (size_t at = strlen(bytes) + 1; at < length; at += strlen(bytes + at) + 1)
		process->arguments[count++] = bytes + at;
}

int process_open(struct process *process, pid_t pid)
{
	char name[64];
	*process = (struct process) { .pid = pid };
	snprintf(name, sizeof(name), "/proc/%d", (int)pid);
	process->directory = pid > 0 ? open(name, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (process->directory < 0)
		return ESRCH;
	int error = process_refresh(process);
	if (error)
		return error;
	size_t length;
	process->command_line = read_all(process, "cmdline", &length);
	if (process->command_line)
		split_arguments(process, length);
	if (process->kernel_thread || strchr("ZX", process->state))
		return 0;
	process->root = read_link(process, "root");
	if (!process->root)
		return errno == ENOENT ? ESRCH : errno;
	if (strcmp(process->root, "/") == 0)
		process->root[0] = '\0';
	process->path = executable_path(process);
	process->elf_bits = read_elf_bits(process);
	process->identity.path = process->path ? process->path : "";
	process->identity.arguments = (const char *const *)process->arguments;
	return 0;
}

uint64_t process_memory(const struct process *process)
{
	char cgroups[64];
	snprintf(cgroups, sizeof(cgroups), "/proc/self/fd/%d/cgroup", process->directory);
	return memory_limit_of(cgroups);
}

void process_explain_error(FILE *stream, int error)
{
	if (error == ESRCH || error == ENOENT) {
		fputs("no such process", stream);
		return;
	}
	if (error != EACCES && error != EPERM) {
		fputs(strerror(error), stream);
		return;
	}
	char scope = '0';
	FILE *yama = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	if (yama) {
		scope = (char)fgetc(yama);
		fclose(yama);
	}
	if (scope == '3')
		fputs("not permitted: /proc/sys/kernel/yama/ptrace_scope is 3, which forbids it to everyone until the next boot",
		      stream);
	else if (scope == '1' || scope == '2')
		fprintf(stream, "not permitted: needs root or CAP_SYS_PTRACE (/proc/sys/kernel/yama/ptrace_scope is %c)", scope);
	else if (geteuid() == 0)
		fputs("not permitted: needs CAP_SYS_PTRACE in its user namespace", stream);
	else
		fputs("not permitted: needs root or CAP_SYS_PTRACE", stream);
}
