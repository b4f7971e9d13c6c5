/* SPDX-License-Identifier: MIT */
#include "maps.h"

#include <string.h>

#include "text.h"

static const char deleted[] = " (deleted)";
static const char memfd[] = "/memfd:";

#define DELETED_LENGTH (sizeof(deleted) - 1)
#define MEMFD_LENGTH (sizeof(memfd) - 1)

/* What is left of the line. */
struct rest {
	const char *at, *end;
};

static bool read_byte(struct rest *rest, char byte)
{
	if (rest->at == rest->end || *rest->at != byte)
		return false;
	rest->at++;
	return true;
}

static int digit_value(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool read_hex(struct rest *rest, uint64_t max, uint64_t *number)
{
	const char *start = rest->at;
	uint64_t value = 0;
	int digit;
	for (; rest->at < rest->end && (digit = digit_value(*rest->at)) >= 0; rest->at++) {
		if (value > max >> 4)
			return false;
		value = value << 4 | (unsigned)digit;
	}
	*number = value;
	return rest->at > start && value <= max;
}

static bool read_decimal(struct rest *rest, uint64_t *number)
{
	size_t used = text_parse_number(rest->at, (size_t)(rest->end - rest->at), number);
	rest->at += used;
	return used > 0;
}

/* One letter of the permissions: that one, or the other. */
static bool read_letter(struct rest *rest, char yes, char no, bool *is)
{
	*is = rest->at < rest->end && *rest->at == yes;
	return read_byte(rest, *is ? yes : no);
}

static bool read_range(struct rest *rest, struct maps_line *line)
{
	uint64_t low, high;
	if (!(read_hex(rest, UINTPTR_MAX, &low) && read_byte(rest, '-') && read_hex(rest, UINTPTR_MAX, &high)))
		return false;
	line->low = (uintptr_t)low;
	line->high = (uintptr_t)high;
	return low < high;
}

static bool read_permissions(struct rest *rest, struct maps_line *line)
{
	return read_letter(rest, 'r', '-', &line->readable) && read_letter(rest, 'w', '-', &line->writable) &&
	       read_letter(rest, 'x', '-', &line->executable) && read_letter(rest, 's', 'p', &line->shared);
}

static bool read_device(struct rest *rest, struct maps_line *line)
{
	uint64_t major, minor;
	if (!(read_hex(rest, UINT32_MAX, &major) && read_byte(rest, ':') && read_hex(rest, UINT32_MAX, &minor)))
		return false;
	line->major = (unsigned)major;
	line->minor = (unsigned)minor;
	return true;
}

static void read_name(struct rest *rest, struct maps_line *line)
{
	while (read_byte(rest, ' '))
		;
	line->name = rest->at;
	line->name_length = (size_t)(rest->end - rest->at);
	line->escaped = line->name_length && memchr(line->name, '\\', line->name_length);
}

size_t maps_parse_line(const char *text, size_t length, struct maps_line *line)
{
	const char *newline = length ? memchr(text, '\n', length) : NULL;
	size_t used = newline ? (size_t)(newline - text) + 1 : length;
	struct rest rest = { text, newline ? newline : text + length };

	if (!(read_range(&rest, line) && read_byte(&rest, ' ') && read_permissions(&rest, line) && read_byte(&rest, ' ') &&
	      read_hex(&rest, UINT64_MAX, &line->offset) && read_byte(&rest, ' ') && read_device(&rest, line) &&
	      read_byte(&rest, ' ') && read_decimal(&rest, &line->inode) && (rest.at == rest.end || *rest.at == ' ')))
		return 0;
	read_name(&rest, line);
	return used;
}

static bool ends_deleted(const char *name, size_t length)
{
	return length > DELETED_LENGTH && name[length - 1] == ')' &&
	       memcmp(name + length - DELETED_LENGTH, deleted, DELETED_LENGTH) == 0;
}

size_t name_without_deleted(const char *name, size_t length, uint64_t links, bool *ambiguous)
{
	bool ends_so = ends_deleted(name, length);
	*ambiguous = ends_so && links != 0;
	return ends_so && links == 0 ? length - DELETED_LENGTH : length;
}

bool name_of_memfd(const char *text, size_t text_length, const char **name, size_t *length)
{
	if (text_length < MEMFD_LENGTH + DELETED_LENGTH || memcmp(text, memfd, MEMFD_LENGTH) != 0 ||
	    !ends_deleted(text, text_length))
		return false;
	*name = text + MEMFD_LENGTH;
	*length = text_length - MEMFD_LENGTH - DELETED_LENGTH;
	return true;
}
