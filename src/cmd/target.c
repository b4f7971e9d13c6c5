/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "command.h"
#include "elf.h"
#include "paths.h"

#define SCRIPT_LINE 256   /* what the kernel reads of a "#!" line: BINPRM_BUF_SIZE */
#define SCRIPT_DEPTH 5    /* how many interpreters it follows */

static int executable_error(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return errno;
	return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

/* As execvp(3): a name with '/' is a path, others are looked for in PATH. */
static char *find_file(const char *name, int *error)
{
	const char *list = getenv("PATH");
	char *directories, *rest, *directory, *path;

	*error = ENOENT;
	if (strchr(name, '/')) {
		*error = executable_error(name);
		return *error == ENOENT ? NULL : copy_string(name);
	}
	directories = rest = copy_string(list ? list : "/bin:/usr/bin");
	while (*name && (directory = strsep(&rest, ":"))) {
		path = print_string("%s/%s", *directory ? directory : ".", name);
		if (executable_error(path) == 0) {
			*error = 0;
			free(directories);
			return path;
		}
		if (executable_error(path) == EACCES)
			*error = EACCES;
		free(path);
	}
	free(directories);
	return NULL;
}

/* The words of a script's first line: the interpreter and at most one argument. Returns false for what is no script. */
static bool read_script_line(const char *path, char *line, char **interpreter, char **argument)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = fd < 0 ? -1 : pread(fd, line, SCRIPT_LINE - 1, 0);
	char *end;

	if (fd >= 0)
		close(fd);
	if (length < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	*interpreter = line + 2 + strspn(line + 2, " \t");
	end = *interpreter + strcspn(*interpreter, " \t");
	*argument = end + strspn(end, " \t");
	*end = '\0';
	for (end = *argument + strlen(*argument); end > *argument && (end[-1] == ' ' || end[-1] == '\t'); end--)
		end[-1] = '\0';
	return **interpreter;
}

static size_t count_words(char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}

/* The words with which the kernel starts a script: interpreter, its argument, the script's path and arguments. */
static char **script_words(char *const *words, const char *script, const char *interpreter, const char *argument)
{
	char **whole = allocate((count_words(words) + 3) * sizeof(*whole));
	size_t count = 0;

	whole[count++] = copy_string(interpreter);
	if (*argument)
		whole[count++] = copy_string(argument);
	whole[count++] = copy_string(script);
	memcpy(whole + count, words + 1, count_words(words + 1) * sizeof(*whole));
	return whole;
}

/* The words behind env(1)'s own; NULL where it has options that would have to be understood. */
static char *const *words_behind_env(const char *path, char *const *words)
{
	const char *name = strrchr(path, '/');

	if (strcmp(name ? name + 1 : path, "env"))
		return NULL;
	for (words++; *words && strchr(*words, '='); words++)
		;
	return *words && **words != '-' ? words : NULL;
}

void find_target(char *const *words, struct target *target)
{
	char line[SCRIPT_LINE], *interpreter, *argument, *path, *real;
	char *const *behind;
	unsigned depth;

	*target = (struct target){ .identity.path = "" };
	target->path = path = find_file(words[0], &target->error);
	for (depth = 0; path && !target->error && depth < 2 * SCRIPT_DEPTH; depth++) {
		if (read_script_line(path, line, &interpreter, &argument)) {
			words = script_words(words, path, interpreter, argument);
			path = find_file(words[0], &target->error);
		} else if ((behind = words_behind_env(path, words))) {
			words = behind;
			path = find_file(words[0], &target->error);
		} else {
			break;
		}
	}
	real = path ? realpath(path, NULL) : NULL;
	if (real)
		target->identity = (struct identity){ .path = real, .arguments = (const char *const *)words + 1 };
	target->typed = path ? absolute_path(path) : NULL;
}

/* Whether execve(2) would give the process rights that it does not have: then ld.so(8) preloads nothing. */
static const char *secure_reason(const char *path)
{
	struct statvfs filesystem;
	struct stat status;

	if (stat(path, &status) || (!statvfs(path, &filesystem) && (filesystem.f_flag & ST_NOSUID)))
		return NULL;
	if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
		return "is set-user-ID";
	if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getgid())
		return "is set-group-ID";
	/* root has them all already: capabilities(7) */
	if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return "has file capabilities";
	return NULL;
}

static bool same_machine(const struct elf_facts *a, const struct elf_facts *b)
{
	return a->class == b->class && a->order == b->order && a->machine == b->machine;
}

unsigned warn_about_target(const struct target *target, const char *library)
{
	const char *path = target->identity.path, *reason = secure_reason(path);
	struct elf_facts program, own;
	unsigned warnings = 0;

	if (reason) {
		report_warning("\"%s\" %s: nothing can be preloaded into it", path, reason);
		warnings++;
	}
	if (read_elf(path, &program) || !program.is_elf)
		return warnings;
	if (!read_elf(library, &own) && own.is_elf && !same_machine(&program, &own)) {
		report_warning("\"%s\" is a program for %s: the library cannot be loaded into it", path,
			       elf_machine_name(&program));
		return warnings + 1;
	}
	if (!*program.interpreter) {
		report_warning(
			"\"%s\" is statically linked: nothing can be preloaded into it; \"madvisor attach\" reaches it",
			path);
		return warnings + 1;
	}
	if (strstr(program.interpreter, "/ld-musl")) {
		report_warning(
			"\"%s\" is linked with musl, the library with the GNU C library: it cannot be loaded into it",
			path);
		return warnings + 1;
	}
	if (program.is_go) {
		report_warning("\"%s\" is a Go program: it maps files without the C library, unseen by a preload; "
			       "\"madvisor attach\" reaches them", path);
		warnings++;
	}
	return warnings;
}
