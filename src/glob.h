/* SPDX-License-Identifier: MIT */
/*
 * Compiled globs, by the rules of madvisor.policy(5).
 *
 * Compiling takes memory from an arena. Matching allocates nothing, needs little stack, takes time bounded by
 * pattern length times name length for each "**" and is safe in a signal handler.
 */
#ifndef MADVISOR_GLOB_H
#define MADVISOR_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "text.h"

enum glob_form {
	GLOB_PATH,   /* a whole path, or without '/' its last component: '*' and '?' never cross '/', "**" is a component */
	GLOB_FLAT,   /* a whole string: '/' is a byte like any other (memfd names, arguments) */
};

struct glob;

/*
 * Compiles a pattern. Returns NULL on an error; then message holds what is wrong, *offset the byte of the pattern
 * where it is. NULL with an empty message: no memory.
 * A pattern with '/' must begin with '/' or with a "**" component.
 */
const struct glob *glob_compile(struct arena *arena, enum glob_form form, const char *pattern, size_t length,
				struct text *message, size_t *offset);

/* name: not NUL-terminated, may hold any byte; for GLOB_PATH an absolute path as the kernel gives it. */
bool glob_match(const struct glob *glob, const char *name, size_t length);

/* The string, if the glob matches just one absolute path; else NULL. Terminated by NUL. */
const char *glob_literal(const struct glob *glob);

/*
 * What each matching name must begin and end with, for an index over many globs. Either may be empty.
 * The prefix ends with '/' (whole components) unless the glob is literal; the suffix never reaches beyond the
 * last '/' of the name. Pointers into the glob, not terminated.
 */
struct glob_anchors {
	const char *prefix, *suffix;
	size_t prefix_length, suffix_length;
};
struct glob_anchors glob_anchors(const struct glob *glob);

/*
 * A set of bytes in 64 bits: no two of the lower-case letters, digits and punctuation of paths share one. Each other byte shares one
 * of theirs: 'A' that of '!', 'P' that of '0'.
 */
static inline uint64_t glob_byte(char byte)
{
	unsigned code = (unsigned char)byte;
	return 1ull << ((code & 31) | (code >> 6 & code >> 5 & 1) << 5);
}

/* The bytes that each matching name holds. A name that lacks one does not match; where it has all, glob_match decides. */
uint64_t glob_bytes(const struct glob *glob);

#endif
