/* SPDX-License-Identifier: MIT */
/* Input: a maps file. Whatever it holds, what is understood lies within its line. */
#include <stdlib.h>
#include <string.h>

#include "maps.h"

#define CHECK(what) do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_name(const char *name, size_t length)
{
	bool ambiguous;
	const char *memfd;
	size_t memfd_length;
	CHECK(name_without_deleted(name, length, 0, &ambiguous) <= length && !ambiguous);
	CHECK(name_without_deleted(name, length, 1, &ambiguous) == length);
	if (name_of_memfd(name, length, &memfd, &memfd_length))
		CHECK(memfd >= name && memfd + memfd_length <= name + length);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *text = (const char *)data;
	for (size_t at = 0; at < size;) {
		const char *newline = memchr(text + at, '\n', size - at);
		size_t whole = newline ? (size_t)(newline - text) - at + 1 : size - at;
		struct maps_line line;
		size_t used = maps_parse_line(text + at, size - at, &line);
		CHECK(used == 0 || used == whole);
		if (used) {
			CHECK(line.low < line.high);
			CHECK(line.name >= text + at && line.name + line.name_length <= text + at + whole);
			CHECK(line.escaped == (line.name_length && memchr(line.name, '\\', line.name_length)));
			check_name(line.name, line.name_length);
		}
		check_name(text + at, whole);
		at += whole;
	}
	return 0;
}
