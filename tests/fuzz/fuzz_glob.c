/* SPDX-License-Identifier: MIT */
/* Input: a byte for the form, the pattern, NUL, a name. What a glob tells of its names must hold for those it matches. */
#include <stdlib.h>
#include <string.h>

#include "glob.h"

#define CHECK(what) do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_match(const struct glob *glob, const char *name, size_t length)
{
	struct glob_anchors anchors = glob_anchors(glob);
	const char *literal = glob_literal(glob);
	bool matches = glob_match(glob, name, length);

	if (literal) {
		CHECK(glob_match(glob, literal, strlen(literal)));
		CHECK(matches == (strlen(literal) == length && memcmp(literal, name, length) == 0));
	} else {
		CHECK(anchors.prefix_length == 0 || anchors.prefix[anchors.prefix_length - 1] == '/');
	}
	CHECK(!memchr(anchors.suffix, '/', anchors.suffix_length));
	if (!matches)
		return;
	CHECK(length >= anchors.prefix_length && length >= anchors.suffix_length);
	uint64_t bytes = 0;
	for (size_t i = 0; i < length; i++)
		bytes |= glob_byte(name[i]);
	CHECK(!(glob_bytes(glob) & ~bytes));
	CHECK(memcmp(name, anchors.prefix, anchors.prefix_length) == 0);
	CHECK(memcmp(name + length - anchors.suffix_length, anchors.suffix, anchors.suffix_length) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena arena = { 0 };
	struct text message;
	char words[256];
	size_t offset = 0;

	if (size == 0)
		return 0;
	enum glob_form form = data[0] & 1 ? GLOB_FLAT : GLOB_PATH;
	const char *pattern = (const char *)data + 1;
	size_t length = size - 1;
	const char *end = length ? memchr(pattern, '\0', length) : NULL;
	const char *name = end ? end + 1 : pattern + length;
	if (end)
		length = (size_t)(end - pattern);
	text_init(&message, words, sizeof(words));
	const struct glob *glob = glob_compile(&arena, form, pattern, length, &message, &offset);
	if (glob) {
		CHECK(message.length == 0);
		check_match(glob, name, (size_t)((const char *)data + size - name));
		/* Where it can be its own name it is likely to come far. */
		check_match(glob, pattern, length);
	} else {
		CHECK(message.length > 0 && !message.truncated);
		CHECK(offset <= length);
	}
	arena_free(&arena);
	return 0;
}
