/* SPDX-License-Identifier: MIT */
/* Text to lines to words: the lowest layer of the policy language. Errors go to the reading's report. */
#ifndef MADVISOR_WORDS_H
#define MADVISOR_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes somewhere else, not terminated. */
struct span {
	const char *bytes;
	size_t length;
};

static inline struct span span_from(struct span span, size_t offset)
{
	return (struct span){ span.bytes + offset, span.length - offset };
}

static inline struct span span_to(struct span span, size_t length)
{
	return (struct span){ span.bytes, length };
}

bool span_equals(struct span span, const char *string);

/* Tables of words are searched with it: mostly the first byte decides. An empty span is no word. */
static inline __attribute__((always_inline)) bool span_is(struct span span, const char *string)
{
	return span.length > 0 && span.bytes[0] == string[0] && span_equals(span, string);
}

static inline bool span_begins(struct span span, const char *string)
{
	size_t length = strlen(string);
	return length <= span.length && memcmp(span.bytes, string, length) == 0;
}

struct word {
	struct span text;   /* without its quotes and their escapes */
	const char *raw;    /* its first byte in the line */
	unsigned column;    /* of that byte */
	bool quoted;
};

/* The column of byte number offset of a word's text. */
unsigned word_column(const struct word *word, size_t offset);

/* A text, line by line. number is that of the line last given. */
struct lines {
	const char *at, *end;
	unsigned number;
	bool semicolons;    /* a ';' outside quotes ends a line too */
};

/* The next line, without what ends it: LF, CR LF, a semicolon or the end of the text. Returns false at the end. */
bool next_line(struct lines *lines, struct span *line);

/* A line, word by word. */
struct words {
	const char *begin, *at, *end;
	bool broken;        /* a quote has no end: what followed is lost, and has been complained of */
};

struct reading;

/*
 * The next word; false at the end of the line or where a comment begins. Only a quoted word with escapes takes memory, from
 * the reading's arena.
 */
bool next_word(struct reading *reading, struct words *words, struct word *word);

#endif
