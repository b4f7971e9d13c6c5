/* SPDX-License-Identifier: MIT */
/* madvisor explain --suggest: the beginning of a policy, out of what a process maps. */
#define _GNU_SOURCE
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "known.h"
#include "table.h"
#include "wording.h"

/* Mappings that one rule is for: of one file, of the files with one suffix in a directory, of one kind of memory. */
struct family {
	char *pattern;         /* of the family as a glob */
	char *literal;         /* of the only name so far; NULL: there are several */
	const struct process_mapping *first;
	size_t count;          /* mappings */
	uint64_t size, resident, smallest;
};

struct families {
	struct family *list;
	size_t count, room;
};

/* The name with what globs make of it taken away: "a[1].db" becomes "a\[1].db". */
static char *literal_glob(const char *name, size_t length)
{
	char *text = allocate(2 * length + 1), *end = text;
	size_t index;

	for (index = 0; index < length; index++) {
		if (strchr("*?[]{}\\,", name[index]))
			*end++ = '\\';
		*end++ = name[index];
	}
	*end = '\0';
	return text;
}

/* "/data/0001.sst" is of the family "/data/" "*.sst"; a name without suffix of "/data/" "*". */
static char *family_pattern(const char *path, size_t length)
{
	const char *slash = memrchr(path, '/', length), *base = slash + 1, *end = path + length;
	const char *dot = memrchr(base, '.', end - base), *suffix = dot && dot > base ? dot : end;
	char *directory = literal_glob(path, base - path), *tail = literal_glob(suffix, end - suffix);
	char *pattern = print_string("%s*%s", directory, tail);

	free(directory);
	free(tail);
	return pattern;
}

static char *pattern_of(const struct process_mapping *mapping)
{
	const struct facts *facts = &mapping->facts;
	char *name, *pattern;

	switch (facts->kind) {
	case KIND_FILE:
		return family_pattern(facts->name, facts->name_length);
	case KIND_MEMFD:
		name = literal_glob(facts->name, facts->name_length);
		pattern = print_string("[memfd:%s]", name);
		free(name);
		return pattern;
	default:
		return print_string("[%s]", kind_words[facts->kind]);
	}
}

static void add_to_family(struct families *families, const struct process_mapping *mapping)
{
	uint64_t size = mapping->line.high - mapping->line.low;
	char *pattern = pattern_of(mapping);
	struct family *family = families->list;
	size_t index;

	for (index = 0; index < families->count && strcmp(family[index].pattern, pattern); index++)
		;
	if (index == families->count) {
		if (families->count == families->room) {
			families->room = 2 * families->room + 16;
			families->list = reallocate(families->list, families->room * sizeof(*families->list));
		}
		families->list[families->count++] =
			(struct family){ .pattern = pattern, .first = mapping, .smallest = size };
		if (mapping->facts.kind == KIND_FILE)
			families->list[index].literal = literal_glob(mapping->facts.name, mapping->facts.name_length);
	} else {
		free(pattern);
	}
	family = &families->list[index];
	if (family->literal && (mapping->facts.name_length != family->first->facts.name_length ||
				memcmp(mapping->facts.name, family->first->facts.name, mapping->facts.name_length))) {
		free(family->literal);
		family->literal = NULL;
	}
	family->count++;
	family->size += size;
	family->resident += mapping->resident;
	if (size < family->smallest)
		family->smallest = size;
}

static int by_size(const void *a, const void *b)
{
	const struct family *one = a, *two = b;

	return one->size < two->size ? 1 : one->size > two->size ? -1 : strcmp(one->pattern, two->pattern);
}

/* A round number below: advice for the large mappings keeps off those that are not here now. */
static uint64_t floor_of(uint64_t bytes)
{
	return UINT64_C(1) << (63 - __builtin_clzll(bytes));
}

static void print_family(const struct family *family, const struct process *process)
{
	const struct facts *facts = &family->first->facts;
	char *pattern = pattern_text(family->literal ? family->literal : family->pattern), *rule;
	char *shown = printable(pattern, strlen(pattern)), *known = known_about(process, facts);
	bool is_memory = facts->kind == KIND_ANON || facts->kind == KIND_SHARED_ANON;

	printf("\n# %zu mapping%s of %s, %s, %s in memory; %s, %s\n", family->count, family->count == 1 ? "" : "s",
	       shown, size_text(family->size), size_text(family->resident),
	       facts->words & WORD_SHARED ? "shared" : "private",
	       facts->words & WORD_WRITABLE ? "writable" : "only read");
	if (known)
		fputs(known, stdout);
	rule = is_memory ? print_string(" size>=%lluM", (unsigned long long)(floor_of(family->smallest) >> 20)) :
			   copy_string("");
	if (strpbrk(pattern, "\n\r"))
		printf("# (its name has a line's end in it: no rule can be written for it alone)\n");
	else
		printf("#%s  none%s\n", pattern, rule);
	free(rule);
	free(known);
	free(shown);
	free(pattern);
}

static bool is_worth_a_rule(const struct process_mapping *mapping)
{
	return !mapping->never && !mapping->facts.library && mapping->line.high - mapping->line.low >= SMALL_MAPPING &&
	       strcmp(mapping->name, "[heap]") != 0;
}

void suggest_policy(const struct process *process)
{
	const char *slash = process->path ? strrchr(process->path, '/') : NULL;
	struct families families = { 0 };
	char *program;
	size_t index;

	for (index = 0; index < process->mapping_count; index++)
		if (is_worth_a_rule(&process->mappings[index]))
			add_to_family(&families, &process->mappings[index]);
	if (families.count)
		qsort(families.list, families.count, sizeof(*families.list), by_size);
	program = pattern_text(slash ? slash + 1 : process->name);
	printf("# What process %d maps. Each rule stands behind a \"#\" and gives no advice (\"none\"): take the\n"
	       "# \"#\" away and put in its place what fits: random (look-ups in more than fits into memory),\n"
	       "# sequential (scans), dontdump ... \"madvisor advice\" lists them, \"madvisor check\" says what\n"
	       "# each would do here.\n"
	       "program %s\n", (int)process->pid, program);
	for (index = 0; index < families.count; index++) {
		print_family(&families.list[index], process);
		free(families.list[index].pattern);
		free(families.list[index].literal);
	}
	if (!families.count)
		printf("\n# It maps nothing of 1 MiB or more that a rule could be for.\n");
	free(families.list);
	free(program);
}
