/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "log_target.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sys.h"

/* As makedev(3) has it for small numbers, which calls libc. */
#define MEMORY_DEVICES 0x100   /* 1:0 to 1:255: mem(4), null(4), full(4) */
#define PTY_MASTER 0x502       /* 5:2, pty(7): what is written there is typed */

static struct stat at_start;
static bool birth_known;
static int64_t birth[2];

static bool is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino && one->st_rdev == other->st_rdev &&
	       (one->st_mode & S_IFMT) == (other->st_mode & S_IFMT);
}

/* What inetd starts has the connection to a client at 0, 1 and 2; and nobody logs to another machine by a descriptor. */
static bool is_connection(void)
{
	struct stat input;
	long domain = sys_socket_domain(LOG_DESCRIPTOR);
	return (domain > 0 && domain != AF_UNIX) || (sys_fstat(0, &input) >= 0 && is_same(&input, &at_start));
}

/*
 * Who opens a log appends to it or writes only; what a program reads too is its data, inherited from one that had closed 2 before.
 * But without a name it is the temporary file of who gathers the output, such as cron(8).
 */
static bool is_data(void)
{
	return at_start.st_nlink > 0 && (sys_open_flags(LOG_DESCRIPTOR) & (O_ACCMODE | O_APPEND)) == O_RDWR;
}

static bool is_for_messages(void)
{
	bool by_bytes;
	switch (at_start.st_mode & S_IFMT) {
	case S_IFSOCK:
		return !is_connection();
	case S_IFREG:
		return !is_data();
	case S_IFCHR:
		return (at_start.st_rdev & ~(dev_t)0xff) == MEMORY_DEVICES ||
		       (at_start.st_rdev != PTY_MASTER && sys_is_terminal(LOG_DESCRIPTOR, &by_bytes));
	default:
		return S_ISFIFO(at_start.st_mode);
	}
}

bool log_target_start(void)
{
	if (sys_fstat(LOG_DESCRIPTOR, &at_start) < 0)
		return false;
	birth_known = S_ISREG(at_start.st_mode) && sys_birth(LOG_DESCRIPTOR, birth) >= 0;
	return is_for_messages();
}

/* A file system gives the number of a file that was deleted to the next one: that one is younger, or of another generation. */
static bool has_same_birth(void)
{
	int64_t now[2];
	return !birth_known || (sys_birth(LOG_DESCRIPTOR, now) >= 0 && now[0] == birth[0] && now[1] == birth[1]);
}

bool log_target_stands(void)
{
	struct stat now;
	return sys_fstat(LOG_DESCRIPTOR, &now) >= 0 && is_same(&now, &at_start) && has_same_birth();
}

bool log_target_is_device(void)
{
	return S_ISCHR(at_start.st_mode);
}
