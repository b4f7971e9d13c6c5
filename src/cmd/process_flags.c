/* SPDX-License-Identifier: MIT */
/* VmFlags in words: what the kernel has in force on a mapping. */
#include "process.h"

#include <string.h>

bool mapping_has_flag(const struct process_mapping *mapping, const char *letters)
{
	for (const char *at = mapping->flags; at && *at; at += strcspn(at, " "), at += strspn(at, " "))
		if (strncmp(at, letters, 2) == 0 && strcspn(at, " ") == 2)
			return true;
	return false;
}

/* How many of the pairs of letters ("rr sr") VmFlags holds. */
static size_t count_letters(const struct process_mapping *mapping, const char *letters)
{
	size_t count = 0;
	for (const char *at = letters; at && *at; at += 2 + strspn(at + 2, " "))
		count += mapping_has_flag(mapping, at);
	return count;
}

bool mapping_in_force(const struct process_mapping *mapping, enum advice_id id)
{
	const struct advice *advice = &advices[id];
	if (!mapping->flags || (!advice->sets && !advice->clears))
		return false;
	return (!advice->sets || count_letters(mapping, advice->sets) > 0) && count_letters(mapping, advice->clears) == 0;
}

void mapping_describe(const struct process_mapping *mapping, char *words, size_t size)
{
	struct text text;
	text_init(&text, words, size);
	if (!mapping->flags)
		text_string(&text, "?");
	for (size_t id = 0; mapping->flags && id < ADVICE_COUNT; id++) {
		const struct advice *advice = &advices[id];
		/* Other systems' names for the same thing come later in the table. */
		if (!advice->sticks || !strstr(advice->systems, "Linux") || !advice->sets ||
		    count_letters(mapping, advice->sets) == 0)
			continue;
		if (text.length)
			text_byte(&text, ',');
		text_string(&text, advice->name);
	}
	if (text.length == 0)
		text_string(&text, "normal");
}

const char *mapping_kind(const struct process_mapping *mapping)
{
	static const char *const words[KIND_COUNT] = {
		[KIND_FILE] = "file", [KIND_ANON] = "anon", [KIND_SHARED_ANON] = "shared-anon", [KIND_SHM] = "shm",
		[KIND_MEMFD] = "memfd",
	};
	if (mapping->never)
		return "-";
	return mapping->facts.library && !mapping->path ? "bss" : words[mapping->facts.kind];
}

const struct process_mapping *process_mapping_at(const struct process *process, uintptr_t address)
{
	size_t low = 0, high = process->mapping_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (process->mappings[middle].line.high <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < process->mapping_count ? &process->mappings[low] : NULL;
}
