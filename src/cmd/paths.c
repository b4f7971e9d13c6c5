/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "paths.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "directories.h"

#define LIBRARY "libmadvisor.so"

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static char *own_directory(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length <= 0 || (size_t)length >= sizeof(path) - 1)
		return copy_string(BINDIR);
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	return copy_string(path);
}

/*
 * Where a directory of configure is for a command that stands in directory: as far from it as it is from bindir. So a
 * tree that was moved as a whole, and one that "make install DESTDIR=" made, find their own files.
 */
static char *beside(const char *directory, const char *place)
{
	const char *own = BINDIR;
	size_t common = 0, index, length = strlen(directory);

	for (index = 0; own[index] && own[index] == place[index]; index++)
		if (own[index] == '/')
			common = index;
	for (own += common; *own; own++) {
		if (*own != '/')
			continue;
		while (length && directory[length - 1] != '/')
			length--;
		if (!length)
			return copy_string(place);
		length--;
	}
	return print_string("%.*s%s", (int)length, directory, place + common);
}

const struct paths *find_paths(void)
{
	static struct paths paths;
	char *directory, *built;

	if (paths.library)
		return &paths;
	directory = own_directory();
	built = print_string("%s/.libs/" LIBRARY, directory);
	if (exists(built)) {
		paths.policies = (struct policy_path){ SYSCONFDIR, print_string("%s/policy", directory) };
		paths.library = built;
	} else {
		paths.policies = (struct policy_path){ beside(directory, SYSCONFDIR), beside(directory, PKGDATADIR) };
		paths.library = beside(directory, LIBDIR "/" LIBRARY);
		free(built);
	}
	free(directory);
	return &paths;
}

char *absolute_path(const char *path)
{
	char *directory, *whole;

	if (path[0] == '/')
		return copy_string(path);
	while (!strncmp(path, "./", 2))
		path += 2 + strspn(path + 2, "/");
	directory = getcwd(NULL, 0);
	if (!directory) {
		report_error("cannot name the current directory: %s", strerror(errno));
		exit(EXIT_USAGE);
	}
	whole = print_string("%s%s%s", directory, directory[1] && *path ? "/" : "", path);
	free(directory);
	return whole;
}

char *locate_policy(const char *name)
{
	const struct policy_path *where = &find_paths()->policies;
	const char *const directories[] = { where->sysconf, where->data };
	size_t index;
	char *path;

	if (strchr(name, '/')) {
		path = absolute_path(name);
		if (!strchr(path, ':'))
			return path;
		report_error("\"%s\" cannot be named in MADVISOR_POLICY: it has a \":\" in it", path);
		exit(EXIT_USAGE);
	}
	for (index = 0; index < 2 && *name; index++) {
		path = print_string("%s/%s.policy", directories[index], name);
		if (exists(path))
			return path;
		free(path);
	}
	return copy_string(name);
}
