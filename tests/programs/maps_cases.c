/* SPDX-License-Identifier: MIT */
/*
 * For maps.bats:
 *   maps_cases                   each line of the input as it was understood, "bad" where it was not
 *   maps_cases own               the lines of /proc/self/maps, printed from what was understood of them
 *   maps_cases name TEXT LINKS   the name without what the kernel appended; "?" behind it where that cannot be told
 *   maps_cases memfd TEXT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"

static void print_line(const struct maps_line *line)
{
	printf("%lx-%lx %c%c%c%c %08" PRIx64 " %02x:%02x %" PRIu64 "%s%.*s%s\n", (unsigned long)line->low,
	       (unsigned long)line->high, line->readable ? 'r' : '-', line->writable ? 'w' : '-', line->executable ? 'x' : '-',
	       line->shared ? 's' : 'p', line->offset, line->major, line->minor, line->inode, line->name_length ? " " : "",
	       (int)line->name_length, line->name, line->escaped ? " (escaped)" : "");
}

/* Reads the file line by line as the library does: a block that holds it, and no more. */
static int print_lines(FILE *file)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t read = getdelim(&text, &size, EOF, file);
	size_t length = read < 0 ? 0 : (size_t)read;
	char *exact = malloc(length ? length : 1);
	if (!exact)
		return 1;
	memcpy(exact, text, length);
	free(text);
	for (size_t at = 0; at < length;) {
		struct maps_line line;
		size_t used = maps_parse_line(exact + at, length - at, &line);
		if (used)
			print_line(&line);
		else
			puts("bad");
		const char *newline = memchr(exact + at, '\n', length - at);
		size_t whole = newline ? (size_t)(newline - exact) - at + 1 : length - at;
		if (used && used != whole)
			return 1;
		at += whole;
	}
	free(exact);
	return 0;
}

static int print_name(const char *text, uint64_t links)
{
	bool ambiguous;
	size_t length = name_without_deleted(text, strlen(text), links, &ambiguous);
	printf("%.*s%s\n", (int)length, text, ambiguous ? "?" : "");
	return 0;
}

static int print_memfd(const char *text)
{
	const char *name;
	size_t length;
	if (name_of_memfd(text, strlen(text), &name, &length))
		printf("memfd %.*s\n", (int)length, name);
	else
		puts("-");
	return 0;
}

int main(int count, char **arguments)
{
	const char *what = count > 1 ? arguments[1] : "";
	if (strcmp(what, "name") == 0 && count > 3)
		return print_name(arguments[2], strtoull(arguments[3], NULL, 10));
	if (strcmp(what, "memfd") == 0 && count > 2)
		return print_memfd(arguments[2]);
	return print_lines(strcmp(what, "own") == 0 ? fopen("/proc/self/maps", "r") : stdin);
}
