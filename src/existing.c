/* SPDX-License-Identifier: MIT */
#include "existing.h"

#include <string.h>

#include "arena.h"
#include "load.h"
#include "log.h"
#include "maps.h"
#include "mapping.h"
#include "name.h"
#include "sys.h"

#define MAPS_MAX (64u << 20)   /* bytes: half a million lines, and the program has not begun */

static bool same_file(const struct maps_line *a, const struct maps_line *b)
{
	return a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

/* Whether this file is the executable or a library: the segments of one lie side by side, and one of them is executed. */
static bool is_executed(const char *maps, size_t length)
{
	struct maps_line first, line;
	size_t at = maps_parse_line(maps, length, &first);
	bool executed = first.executable;
	size_t used;
	while (!executed && at < length && (used = maps_parse_line(maps + at, length - at, &line)) && same_file(&first, &line)) {
		executed = line.executable;
		at += used;
	}
	return executed;
}

static bool is_anonymous(const struct maps_line *line)
{
	return line->name_length == 0 || (line->name_length > 6 && memcmp(line->name, "[anon:", 6) == 0);
}

/* Kernel's own areas, heap and stack stand in brackets. */
static bool is_special(const struct maps_line *line)
{
	return line->name_length && line->name[0] == '[' && !is_anonymous(line);
}

/* A library's bss is judged by the library's name, and holds nothing of its file. */
static void judge(const struct policy *policy, const struct maps_line *line, const struct maps_line *library)
{
	const struct maps_line *named = library && is_anonymous(line) ? library : line;
	unsigned words = (line->shared ? WORD_SHARED : WORD_PRIVATE) | (line->writable ? WORD_WRITABLE : WORD_READONLY) |
			 (line->executable ? WORD_EXECUTABLE : 0);
	struct facts facts = {
		.kind = KIND_ANON, .words = (uint16_t)words, .known = WORDS_ALL & ~WORDS_OF_FLAGS,
		.size = line->high - line->low, .file = FILE_UNKNOWN, .library = library, .existing = true,
	};
	struct range range = { .low = line->low, .high = line->high, .offset = line->offset, .fd = -1 };
	struct name name = { 0 };
	if (!is_anonymous(named)) {
		if (!name_of_line(&name, named) || name.kind == KIND_COUNT) {
			name_free(&name);
			return;
		}
		facts.kind = name.kind;
		facts.name = name.text;
		facts.name_length = name.length;
		facts.words |= name.deleted ? WORD_DELETED : 0;
		if (named == line) {
			range.file_end = name.file_end;
			range.allocated = name.allocated;
		}
		if (name.file_known)
			facts.file = file_occupies(name.file_end, name.allocated);
	}
	mapping_decide(policy, &facts, &range);
	name_free(&name);
}

/* The executable and libraries: most of the lines of a small process. */
static bool wants_libraries(const struct policy *policy)
{
	uint32_t i = 0;
	while (i < policy->rule_count && !policy->rules[i]->literal)
		i++;
	return i < policy->rule_count;
}

void existing_advise(const struct policy *policy)
{
	struct arena arena = { 0 };
	size_t length;
	int error;
	const char *maps = load_file(&arena, "/proc/self/maps", MAPS_MAX, &length, &error);
	if (!maps) {
		log_line(LOG_NOTICE, "mappings that exist at start are left alone: no /proc/self/maps");
		arena_free(&arena);
		return;
	}
	struct maps_line line, before = { 0 }, last_library = { 0 };
	size_t used;
	bool library = false, libraries = wants_libraries(policy);
	for (size_t at = 0; at < length && (used = maps_parse_line(maps + at, length - at, &line)); at += used) {
		if (sys_owns(line.low, line.high))
			continue;
		bool continues = is_anonymous(&line) ? line.low == before.high : line.inode && same_file(&line, &before);
		if (!continues)
			library = line.inode && (same_file(&line, &last_library) || is_executed(maps + at, length - at));
		before = line;
		/* Other mappings may lie in the gap that some libraries have between their segments. */
		if (library && line.inode)
			last_library = line;
		bool reserved = !line.readable && !line.writable && !line.executable;
		if (!reserved && !is_special(&line) && (libraries || !library))
			judge(policy, &line, library ? &last_library : NULL);
	}
	arena_free(&arena);
}
