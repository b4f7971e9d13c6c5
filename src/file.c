/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "sys.h"

#define FIRST_READ ((size_t)4096)

/* Reads until the file ends or the buffer is full. Returns 0 or an errno. */
static int fill(int fd, char *buffer, size_t size, size_t *used, bool *ended)
{
	*ended = false;
	while (*used < size) {
		long got = sys_read(fd, buffer + *used, size - *used);
		if (got == -EINTR)
			continue;
		if (got < 0)
			return (int)-got;
		if (got == 0) {
			*ended = true;
			return 0;
		}
		*used += (size_t)got;
	}
	return 0;
}

char *load_descriptor(struct arena *arena, int fd, size_t limit, size_t *length, int *error)
{
	struct stat status;
	size_t size = FIRST_READ;
	char *buffer = NULL;
	size_t used = 0;
	bool ended = false;

	/* Files of /proc and /sys say 0, or a page. */
	if (sys_fstat(fd, &status) == 0 && status.st_size > 0 && (uint64_t)status.st_size < limit)
		size = (size_t)status.st_size + 2;
	for (;;) {
		/* One byte more than the limit tells a file that ends there from one that does not; one is for the NUL. */
		if (size > limit + 2)
			size = limit + 2;
		char *larger = arena_alloc(arena, size);
		if (!larger) {
			*error = ENOMEM;
			return NULL;
		}
		if (used)
			memcpy(larger, buffer, used);
		buffer = larger;
		*error = fill(fd, buffer, size - 1, &used, &ended);
		if (*error)
			return NULL;
		if (used > limit) {
			*error = EFBIG;
			return NULL;
		}
		if (ended) {
			buffer[used] = '\0';
			*length = used;
			return buffer;
		}
		size *= 2;
	}
}

char *load_file(struct arena *arena, const char *path, size_t limit, size_t *length, int *error)
{
	long fd = sys_open_read(path, 0);
	if (fd < 0) {
		*error = (int)-fd;
		return NULL;
	}
	char *text = load_descriptor(arena, (int)fd, limit, length, error);
	sys_close((int)fd);
	return text;
}
