/* SPDX-License-Identifier: MIT */
/* What bytes a name must hold at least: a quick no, before a glob is run. */
#include "glob_program.h"

static uint64_t bytes_of_text(const char *text, size_t length)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < length; i++)
		bytes |= glob_byte(text[i]);
	return bytes;
}

static uint64_t bytes_of_elements(const uint16_t *elements, size_t count)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < count; i++) {
		if (elements[i] < ELEMENT_ANY)
			bytes |= glob_byte((char)elements[i]);
	}
	return bytes;
}

uint64_t glob_bytes(const struct glob *glob)
{
	const uint16_t *at = glob->program, *end = at + glob->program_length;
	uint64_t bytes = bytes_of_text(glob_prefix(glob), glob->prefix_length) |
			 bytes_of_text(glob_suffix(glob), glob->suffix_length);
	while (at < end) {
		size_t count = HEADER_COUNT(*at);
		switch (HEADER_KIND(*at)) {
		case COMPONENT_PLAIN:
			bytes |= bytes_of_elements(at + 1, count);
			at += 1 + count;
			break;
		case COMPONENT_BRACES:   /* one alternative is enough */
			at += 2 + at[1];
			break;
		default:
			at++;
		}
	}
	return bytes;
}
