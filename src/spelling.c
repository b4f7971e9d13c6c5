/* SPDX-License-Identifier: MIT */
/* Words that were meant: misspelt ones, and the constants of C that stand for an advice. */
#include "advice.h"

#include <string.h>

#define WORD_BYTES 32   /* longer words get no suggestion */

static char fold(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (char)(byte - 'A' + 'a');
	return byte == '_' ? '-' : byte;
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters changed, left out, put in or exchanged with their neighbour (Damerau), by three rows of the table. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	uint8_t rows[3][WORD_BYTES + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= a_length; i++) {
		uint8_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *above_that = rows[(i + 1) % 3];
		row[0] = (uint8_t)i;
		for (size_t j = 1; j <= b_length; j++) {
			char x = fold(a[i - 1]), y = fold(b[j - 1]);
			size_t best = min(above[j] + 1u, row[j - 1] + 1u);
			best = min(best, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == fold(b[j - 2]) && y == fold(a[i - 2]))
				best = min(best, above_that[j - 2] + 1u);
			row[j] = (uint8_t)best;
		}
	}
	return rows[a_length % 3][b_length];
}

const char *nearest_word(const char *word, size_t length, const char *(*next)(size_t index))
{
	const char *nearest = NULL;
	size_t least = SIZE_MAX;

	if (length > WORD_BYTES)
		return NULL;
	const char *known;
	for (size_t i = 0; (known = next(i)); i++) {
		size_t known_length = strlen(known);
		if (known_length > WORD_BYTES)
			continue;
		size_t longer = length > known_length ? length : known_length;
		size_t allowed = longer / 3;
		if (longer - min(length, known_length) > allowed)
			continue;
		size_t steps = distance(word, length, known, known_length);
		if (steps <= allowed && steps < least) {
			nearest = known;
			least = steps;
		}
	}
	return nearest;
}

enum advice_id advice_by_constant(const char *word, size_t length)
{
	static const char prefixes[][12] = { "posix-madv-", "madv-" };
	char name[WORD_BYTES];

	if (length > sizeof(name))
		return ADVICE_COUNT;
	for (size_t i = 0; i < length; i++)
		name[i] = fold(word[i]);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t prefix = strlen(prefixes[i]);
		if (length > prefix && memcmp(name, prefixes[i], prefix) == 0)
			return advice_by_name(name + prefix, length - prefix);
	}
	return ADVICE_COUNT;
}
