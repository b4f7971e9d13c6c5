/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

#include "reading.h"

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* The first byte behind the quoted word that begins at "at"; NULL where it has no end in its line. */
static const char *skip_quoted(const char *at, const char *end)
{
	for (at++; at < end && *at != '\n'; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && at + 1 < end && at[1] != '\n')
			at++;
	}
	return NULL;
}

static const char *find_newline(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', end - at);
	return newline ? newline : end;
}

/* Where the line ends that begins at "at", when semicolons end lines too: not those inside quotes. */
static const char *find_semicolon(const char *at, const char *end)
{
	bool comment = false, word_begins = true;
	for (; at < end && *at != ';' && *at != '\n'; at++) {
		if (word_begins && !comment && *at == '"') {
			const char *behind = skip_quoted(at, end);
			if (!behind)
				return find_newline(at, end);
			at = behind - 1;
		} else if (word_begins && *at == '#') {
			comment = true;
		}
		word_begins = is_blank(*at);
	}
	return at;
}

bool next_line(struct lines *lines, struct span *line)
{
	if (lines->at >= lines->end)
		return false;
	const char *end = lines->semicolons ? find_semicolon(lines->at, lines->end) : find_newline(lines->at, lines->end);
	*line = (struct span){ lines->at, end - lines->at };
	if (line->length > 0 && end < lines->end && end[0] == '\n' && end[-1] == '\r')
		line->length--;
	lines->at = end < lines->end ? end + 1 : end;
	lines->number++;
	return true;
}

bool span_equals(struct span span, const char *string)
{
	return strlen(string) == span.length && memcmp(span.bytes, string, span.length) == 0;
}

unsigned word_column(const struct word *word, size_t offset)
{
	if (!word->quoted)
		return word->column + offset;
	const char *raw = word->raw + 1;
	for (; offset > 0; offset--)
		raw += raw[0] == '\\' && (raw[1] == '"' || raw[1] == '\\') ? 2 : 1;
	return word->column + (raw - word->raw);
}

/* The text between quotes, without their escapes: where there are none it is used as it stands. */
static struct span read_escapes(struct reading *reading, const struct words *words, struct span inside)
{
	if (!memchr(inside.bytes, '\\', inside.length))
		return inside;
	char *copy = reading_alloc(reading, inside.length);
	if (!copy)
		return inside;
	size_t length = 0;
	for (size_t i = 0; i < inside.length; i++) {
		if (inside.bytes[i] == '\\') {
			char next = i + 1 < inside.length ? inside.bytes[i + 1] : '\0';
			if (next == '"' || next == '\\')
				i++;
			else
				complain(reading, inside.bytes + i - words->begin + 1,
					 "unknown escape: inside quotes write \\\\ for \\ and \\\" for \"");
		}
		copy[length++] = inside.bytes[i];
	}
	return (struct span){ copy, length };
}

static bool read_quoted(struct reading *reading, struct words *words, struct word *word)
{
	const char *open = words->at;
	const char *behind = skip_quoted(open, words->end);
	if (!behind) {
		words->broken = true;
		words->at = words->end;
		complain(reading, word->column, "a quote without its end");
		return false;
	}
	words->at = behind;
	word->quoted = true;
	word->text = read_escapes(reading, words, (struct span){ open + 1, words->at - open - 2 });
	if (words->at < words->end && !is_blank(*words->at)) {
		complain(reading, words->at - words->begin + 1,
			 "the word goes on behind its closing quote: quotes go around whole words");
		while (words->at < words->end && !is_blank(*words->at))
			words->at++;
	}
	return true;
}

bool next_word(struct reading *reading, struct words *words, struct word *word)
{
	const char *at = words->at, *end = words->end;
	while (at < end && is_blank(*at))
		at++;
	words->at = at;
	if (at == end || *at == '#')
		return false;
	*word = (struct word){ .raw = at, .column = at - words->begin + 1 };
	if (*at == '"')
		return read_quoted(reading, words, word);
	while (at < end && !is_blank(*at))
		at++;
	words->at = at;
	word->text = (struct span){ word->raw, at - word->raw };
	const char *quote = memchr(word->raw, '"', word->text.length);
	if (quote)
		complain(reading, quote - words->begin + 1, "a quote inside a word: quotes go around whole words");
	return true;
}
