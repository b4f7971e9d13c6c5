/* SPDX-License-Identifier: MIT */
/* Runs compiled globs. In a file of its own because it, and nothing else of globs, works inside the hooks. */
#include <string.h>

#include "glob_program.h"

static inline bool element_matches(unsigned element, char byte, const struct glob_set *sets)
{
	if (element & ELEMENT_SET)
		return set_has(&sets[element & ~ELEMENT_SET], (unsigned char)byte);
	return element == (unsigned char)byte || element == ELEMENT_ANY;
}

/* The first place where that many elements, no star among them, match; returns what is behind it, or NULL. */
static const char *find_segment(const uint16_t *segment, size_t length, const struct glob_set *sets,
				const char *name, const char *end)
{
	for (; (size_t)(end - name) >= length; name++) {
		if (*segment < ELEMENT_ANY && *segment != (unsigned char)*name)
			continue;
		size_t i = 0;
		while (i < length && element_matches(segment[i], name[i], sets))
			i++;
		if (i == length)
			return name + length;
	}
	return NULL;
}

/*
 * What stands before the first star and behind the last one has its place; what is between two stars may be taken where
 * it is found first. So nothing is ever taken back.
 */
static bool match_plain(const uint16_t *elements, size_t count, const struct glob_set *sets, const char *name, const char *end)
{
	const uint16_t *elements_end = elements + count;

	for (; elements < elements_end && *elements != ELEMENT_STAR; elements++, name++)
		if (name == end || !element_matches(*elements, *name, sets))
			return false;
	if (elements == elements_end)
		return name == end;
	for (; elements_end[-1] != ELEMENT_STAR; elements_end--, end--)
		if (name == end || !element_matches(elements_end[-1], end[-1], sets))
			return false;
	for (;;) {
		while (*elements == ELEMENT_STAR)
			if (++elements == elements_end)
				return true;
		const uint16_t *segment = elements;
		while (*elements != ELEMENT_STAR)
			elements++;
		name = find_segment(segment, (size_t)(elements - segment), sets, name, end);
		if (!name)
			return false;
	}
}

static bool match_component(const uint16_t *component, const struct glob_set *sets, const char *name, const char *end)
{
	size_t count = HEADER_COUNT(*component);
	if (HEADER_KIND(*component) == COMPONENT_PLAIN)
		return match_plain(component + 1, count, sets, name, end);
	for (component += 2; count > 0; count--) {
		size_t length = HEADER_COUNT(*component++);
		if (match_plain(component, length, sets, name, end))
			return true;
		component += length;
	}
	return false;
}

static const uint16_t *next_component(const uint16_t *component)
{
	switch (HEADER_KIND(*component)) {
	case COMPONENT_PLAIN:
		return component + 1 + HEADER_COUNT(*component);
	case COMPONENT_BRACES:
		return component + 2 + component[1];
	default:
		return component + 1;
	}
}

/* Where the last count components of a path begin; NULL if it has fewer. */
static const char *last_components(const char *path, const char *end, size_t count)
{
	for (;;) {
		while (end > path && end[-1] != '/')
			end--;
		if (--count == 0 || end == path)
			return count == 0 ? end : NULL;
		end--;
	}
}

static const char *component_end(const char *name, const char *end)
{
	const char *slash = memchr(name, '/', (size_t)(end - name));
	return slash ? slash : end;
}

static bool match_components(const struct glob *glob, const char *name, const char *end)
{
	const struct glob_set *sets = glob_sets(glob);
	const uint16_t *component = glob->program, *components_end = component + glob->program_length;
	const uint16_t *after_globstar = NULL;
	const char *retry = NULL;

	for (;;) {
		if (HEADER_KIND(*component) == COMPONENT_GLOBSTAR) {
			size_t tail = HEADER_COUNT(*component++);
			after_globstar = tail == TAIL_UNKNOWN ? component : NULL;
			retry = name;
			if (tail == TAIL_UNKNOWN)
				continue;
			if (tail == 0)
				return name < end;
			/* What is behind the last "**" can only be as many components at the end of the name. */
			name = last_components(name, end, tail);
			if (!name)
				return false;
		}
		const char *stop = component_end(name, end);
		if (match_component(component, sets, name, stop)) {
			component = next_component(component);
			if (stop == end)
				return component == components_end;
			name = stop + 1;
			if (component < components_end)
				continue;
		}
		if (!after_globstar)
			return false;
		stop = component_end(retry, end);
		if (stop == end)
			return false;
		retry = name = stop + 1;
		component = after_globstar;
	}
}

bool glob_match(const struct glob *glob, const char *name, size_t length)
{
	const char *prefix = glob_prefix(glob);
	if (glob->literal)
		return length == glob->prefix_length && memcmp(name, prefix, length) == 0;
	if (length < (size_t)glob->prefix_length + glob->suffix_length)
		return false;
	const char *end = name + length - glob->suffix_length;
	if (glob->suffix_length && memcmp(end, prefix + glob->prefix_length, glob->suffix_length) != 0)
		return false;
	if (glob->flat)
		return match_component(glob->program, glob_sets(glob), name, end);
	if (glob->floating ? length == 0 || *name != '/' : memcmp(name, prefix, glob->prefix_length) != 0)
		return false;
	name += glob->floating ? 1 : glob->prefix_length;
	/* The usual case, without the search for the ends of components. */
	if (*glob->program == HEADER(COMPONENT_GLOBSTAR, 1))
		return match_component(glob->program + 1, glob_sets(glob), last_components(name, end, 1), end);
	return match_components(glob, name, end);
}
