/* SPDX-License-Identifier: MIT */
/* What a glob is compiled to; shared by glob.c, which makes it, and glob_match.c, which runs it. */
#ifndef MADVISOR_GLOB_PROGRAM_H
#define MADVISOR_GLOB_PROGRAM_H

#include "glob_pattern.h"

/*
 * Literal bytes at both ends stand apart, as text; what is between them is a program: components, each a header and what
 * belongs to it. A component that the literal ends have used up is empty.
 */
struct glob {
	uint16_t prefix_length;    /* bytes; of a literal: all of them */
	uint16_t suffix_length;    /* bytes; of a literal: of its last component, which the prefix holds too */
	uint16_t program_length;   /* elements */
	uint16_t set_count;
	bool literal : 1;          /* an absolute path without wildcard */
	bool floating : 1;         /* a path glob that does not begin with '/' */
	bool flat : 1;
	uint16_t program[];
	/* struct glob_set sets[], char prefix[], char suffix[], NUL */
};

/* The upper two bits of a header; what the others count. */
enum {
	COMPONENT_PLAIN,       /* the elements that follow */
	COMPONENT_BRACES,      /* the alternatives that follow, each a plain component; first the number of all their elements */
	COMPONENT_GLOBSTAR,    /* "**": the components behind it */
};
#define HEADER(kind, count) ((uint16_t)((kind) << 14 | (count)))
#define HEADER_KIND(header) ((header) >> 14)
#define HEADER_COUNT(header) ((header) & 0x3fffu)
#define TAIL_UNKNOWN 0x3fffu   /* of a "**": another one follows */

/* Elements: below ELEMENT_ANY a byte. */
#define ELEMENT_ANY 0x100u
#define ELEMENT_STAR 0x101u
#define ELEMENT_SET 0x8000u    /* and the number of the set */

#define PATTERN_MAX 8191u      /* bytes: so that every count fits */
#define PROGRAM_MAX 65535u     /* elements, once braces are written out */
#define ALTERNATIVES_MAX 1024u /* of a component: bounds the time of a match */

static inline const struct glob_set *glob_sets(const struct glob *glob)
{
	return (const struct glob_set *)(glob->program + glob->program_length);
}

static inline const char *glob_prefix(const struct glob *glob)
{
	return (const char *)(glob_sets(glob) + glob->set_count);
}

static inline const char *glob_suffix(const struct glob *glob)
{
	return glob_prefix(glob) + glob->prefix_length - (glob->literal ? glob->suffix_length : 0);
}

#endif
