/* SPDX-License-Identifier: MIT */
#include "wording.h"

const char *const kind_words[KIND_COUNT] = {
	[KIND_FILE] = "file", [KIND_ANON] = "anon", [KIND_SHARED_ANON] = "shared-anon", [KIND_SHM] = "shm",
	[KIND_MEMFD] = "memfd",
};

const char *unsupported_text(enum advice_id id, int error)
{
	static char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	advice_explain_unsupported(&text, id, error, NULL);
	return buffer;
}

const char *size_text(uint64_t bytes)
{
	static char buffers[4][32];
	static unsigned turn;
	char *buffer = buffers[turn++ % 4];
	struct text text;

	text_init(&text, buffer, sizeof(buffers[0]));
	text_size(&text, bytes);
	return buffer;
}
