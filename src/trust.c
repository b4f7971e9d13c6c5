/* SPDX-License-Identifier: MIT */
#include "trust.h"

#include <string.h>

#include "file.h"
#include "sys.h"

#define SMALL_FILE 4096          /* bytes: a page of /proc */
#define OVERFLOW_USER 65534      /* where /proc does not say */
#define USERS_ALL 4294967295u

/* Up to three numbers from a small file of /proc. Returns how many it began with. */
static size_t read_numbers(const char *path, uint64_t numbers[3])
{
	struct arena arena = { .used = 0 };
	size_t length = 0, count = 0;
	int error;
	const char *at = load_file(&arena, path, SMALL_FILE, &length, &error);
	const char *end = at ? at + length : NULL;
	while (at && count < 3) {
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		size_t digits = text_parse_number(at, end - at, &numbers[count]);
		at += digits;
		if (digits == 0)
			break;
		count++;
	}
	arena_free(&arena);
	return count;
}

/* In the first user namespace, and in one that maps everybody, the overflow user is a user like others. */
static bool is_overflow_user(uid_t user)
{
	uint64_t map[3], overflow[3];
	if (read_numbers("/proc/self/uid_map", map) != 3 || (map[0] == 0 && map[2] == USERS_ALL))
		return false;
	if (read_numbers("/proc/sys/kernel/overflowuid", overflow) != 1)
		overflow[0] = OVERFLOW_USER;
	return user == overflow[0];
}

static void append_mode(struct text *text, mode_t mode)
{
	for (int shift = 9; shift >= 0; shift -= 3)
		text_byte(text, '0' + (mode >> shift & 7));
}

bool file_is_trusted(const struct stat *status, const char *path, struct text *why)
{
	uid_t self = sys_geteuid();
	if (!S_ISREG(status->st_mode)) {
		text_string(why, "not a regular file");
	} else if (status->st_mode & (S_IWGRP | S_IWOTH)) {
		text_string(why, "refused: group or others can write it (mode ");
		append_mode(why, status->st_mode);
		text_string(why, "): chmod go-w ");
		text_string(why, path);
	} else if (status->st_uid != 0 && status->st_uid != self && !is_overflow_user(status->st_uid)) {
		text_string(why, "refused: it belongs to user ");
		text_number(why, status->st_uid);
		text_string(why, ", neither to root nor to user ");
		text_number(why, self);
		text_string(why, " who runs this: chown root ");
		text_string(why, path);
	} else {
		return true;
	}
	return false;
}
