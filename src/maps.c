/* SPDX-License-Identifier: MIT */
#include "maps.h"

#include <string.h>

#define DELETED " (deleted)"
#define MEMFD "/memfd:"
#define LENGTH_OF(literal) (sizeof(literal) - 1)

/* What is left to be read of a line. */
struct rest {
	const char *at, *end;
	bool bad;
};

static int digit_of(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return 16;
}

/* A number in this base, at least one digit; one that does not fit is bad. */
static uint64_t take_number(struct rest *rest, unsigned base)
{
	uint64_t number = 0;
	const char *start = rest->at;
	for (; rest->at < rest->end && (unsigned)digit_of(*rest->at) < base; rest->at++) {
		if (number > (UINT64_MAX - 15) / base)
			rest->bad = true;
		number = number * base + (unsigned)digit_of(*rest->at);
	}
	if (rest->at == start)
		rest->bad = true;
	return number;
}

static void take_byte(struct rest *rest, char byte)
{
	if (rest->at < rest->end && *rest->at == byte)
		rest->at++;
	else
		rest->bad = true;
}

/* The letter, or '-'. */
static bool take_permission(struct rest *rest, char letter, char other)
{
	bool is = rest->at < rest->end && *rest->at == letter;
	if (is)
		rest->at++;
	else
		take_byte(rest, other);
	return is;
}

size_t maps_parse_line(const char *text, size_t length, struct maps_line *line)
{
	const char *newline = memchr(text, '\n', length);
	const char *end = newline ? newline : text + length;
	struct rest rest = { text, end, false };

	line->low = take_number(&rest, 16);
	take_byte(&rest, '-');
	line->high = take_number(&rest, 16);
	take_byte(&rest, ' ');
	line->readable = take_permission(&rest, 'r', '-');
	line->writable = take_permission(&rest, 'w', '-');
	line->executable = take_permission(&rest, 'x', '-');
	line->shared = take_permission(&rest, 's', 'p');
	take_byte(&rest, ' ');
	line->offset = take_number(&rest, 16);
	take_byte(&rest, ' ');
	line->major = (unsigned)take_number(&rest, 16);
	take_byte(&rest, ':');
	line->minor = (unsigned)take_number(&rest, 16);
	take_byte(&rest, ' ');
	line->inode = take_number(&rest, 10);
	while (rest.at < end && *rest.at == ' ')
		rest.at++;
	line->name = rest.at;
	line->name_length = (size_t)(end - rest.at);
	line->escaped = memchr(line->name, '\\', line->name_length);
	if (rest.bad || line->low >= line->high)
		return 0;
	return (size_t)(end - text) + (newline ? 1 : 0);
}

static bool ends_deleted(const char *name, size_t length)
{
	return length > LENGTH_OF(DELETED) && memcmp(name + length - LENGTH_OF(DELETED), DELETED, LENGTH_OF(DELETED)) == 0;
}

size_t name_without_deleted(const char *name, size_t length, uint64_t links, bool *ambiguous)
{
	bool ends = ends_deleted(name, length);
	*ambiguous = ends && links != 0;
	return ends && links == 0 ? length - LENGTH_OF(DELETED) : length;
}

bool name_of_memfd(const char *text, size_t text_length, const char **name, size_t *length)
{
	if (text_length < LENGTH_OF(MEMFD DELETED) || memcmp(text, MEMFD, LENGTH_OF(MEMFD)) != 0 ||
	    !ends_deleted(text, text_length))
		return false;
	*name = text + LENGTH_OF(MEMFD);
	*length = text_length - LENGTH_OF(MEMFD DELETED);
	return true;
}
