/* SPDX-License-Identifier: MIT */
/*
 * Compiles and matches globs for glob.bats. Each line of the input: FORM TAB PATTERN [TAB NAME]..., FORM being "path" or
 * "flat"; %XX stands for a byte, here and in the answer. Each line of the output: "error OFFSET MESSAGE", or a word for each
 * name ("yes", "no") and then what the glob tells of itself: "prefix=... suffix=... literal=...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"

static size_t unescape(char *field)
{
	char *to = field;
	for (const char *from = field; *from; to++) {
		unsigned byte;
		if (*from == '%' && sscanf(from, "%%%2x", &byte) == 1) {
			*to = (char)byte;
			from += 3;
		} else {
			*to = *from++;
		}
	}
	return (size_t)(to - field);
}

/* In a block of its own and of its very size, so that a sanitizer sees a byte read beyond the end. */
static char *exact_copy(const char *bytes, size_t length)
{
	char *copy = malloc(length ? length : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, length);
	return copy;
}

static void print_field(const char *name, const char *bytes, size_t length)
{
	printf("%s=", name);
	for (size_t i = 0; i < length; i++)
		printf((unsigned char)bytes[i] < ' ' ? "%%%02x" : "%c", (unsigned char)bytes[i]);
}

static void run_case(char *line)
{
	struct arena arena = { 0 };
	struct text message;
	char words[256];
	size_t offset = 0;

	const char *form = strsep(&line, "\t");
	char *field = strsep(&line, "\t");
	size_t length = field ? unescape(field) : 0;
	char *pattern = exact_copy(field ? field : "", length);
	text_init(&message, words, sizeof(words));
	const struct glob *glob = glob_compile(&arena, strcmp(form, "flat") == 0 ? GLOB_FLAT : GLOB_PATH, pattern, length,
					       &message, &offset);
	free(pattern);
	if (!glob) {
		printf("error %zu %s\n", offset, words);
	} else {
		while ((field = strsep(&line, "\t"))) {
			length = unescape(field);
			char *name = exact_copy(field, length);
			printf("%s ", glob_match(glob, name, length) ? "yes" : "no");
			free(name);
		}
		struct glob_anchors anchors = glob_anchors(glob);
		const char *literal = glob_literal(glob);
		print_field("prefix", anchors.prefix, anchors.prefix_length);
		print_field(" suffix", anchors.suffix, anchors.suffix_length);
		print_field(" literal", literal ? literal : "-", literal ? strlen(literal) : 1);
		putchar('\n');
	}
	arena_free(&arena);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	while ((length = getline(&line, &size, stdin)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		run_case(line);
	}
	free(line);
	return 0;
}
