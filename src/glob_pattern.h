/* SPDX-License-Identifier: MIT */
/* The text of a glob as a sequence of tokens. Knows quoting, sets and what is an error; nothing of matching. */
#ifndef MADVISOR_GLOB_PATTERN_H
#define MADVISOR_GLOB_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "glob.h"

enum glob_token {
	TOKEN_BYTES,      /* one or more that stand for themselves */
	TOKEN_ANY,        /* ? */
	TOKEN_STAR,       /* * */
	TOKEN_SET,        /* [...] */
	TOKEN_OPEN, TOKEN_COMMA, TOKEN_CLOSE,   /* {a,b} */
	TOKEN_SLASH,      /* only in paths */
	TOKEN_GLOBSTAR,   /* "**" as a whole component, only in paths */
	TOKEN_END,
	TOKEN_ERROR,      /* message and at say what and where */
};

/* A set of bytes, bit by bit. */
struct glob_set {
	uint8_t bits[32];
};

static inline bool set_has(const struct glob_set *set, unsigned char byte)
{
	return set->bits[byte >> 3] >> (byte & 7) & 1;
}

struct glob_reader {
	const char *pattern;
	size_t length;
	size_t at;               /* of the next token; after an error, of the byte that is wrong */
	enum glob_form form;
	bool inside;             /* of braces */
	bool fresh;              /* nothing of the component was read yet */
	size_t opened;           /* where the braces began */
	struct text *message;
	bool quoted;             /* a '\\' was read */
	const char *bytes;       /* TOKEN_BYTES: they are here */
	size_t count;
	struct glob_set set;     /* TOKEN_SET */
};

void glob_read_from(struct glob_reader *reader, enum glob_form form, const char *pattern, size_t length, struct text *message);

enum glob_token glob_read(struct glob_reader *reader);

/* Whether the next token is TOKEN_GLOBSTAR. */
bool glob_at_globstar(const struct glob_reader *reader);

/* Puts down an error; returns TOKEN_ERROR. */
enum glob_token glob_wrong(struct glob_reader *reader, size_t at, const char *message);

#endif
