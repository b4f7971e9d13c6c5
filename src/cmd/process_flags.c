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

/* "-rr": an advice that clears the flag of another one of its class, and of every one of them for access. */
static bool all_cleared(const struct process_mapping *mapping, const struct advice *advice)
{
	for (size_t id = 0; id < ADVICE_COUNT; id++)
		if (advices[id].class == advice->class && advices[id].flag && advices[id].flag[0] != '-' &&
		    (advice->class == CLASS_ACCESS || strcmp(advices[id].flag, advice->flag + 1) == 0) &&
		    mapping_has_flag(mapping, advices[id].flag))
			return false;
	return true;
}

bool mapping_in_force(const struct process_mapping *mapping, enum advice_id id)
{
	const struct advice *advice = &advices[id];
	if (!mapping->flags || !advice->flag)
		return false;
	return advice->flag[0] == '-' ? all_cleared(mapping, advice) : mapping_has_flag(mapping, advice->flag);
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
		if (!advice->sticks || !advice->since || !advice->flag || advice->flag[0] == '-' ||
		    !mapping_has_flag(mapping, advice->flag))
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
