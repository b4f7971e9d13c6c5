/* SPDX-License-Identifier: MIT */
/* What kind of mapping a line of maps is, and the facts that rules are about. */
#define _GNU_SOURCE
#include "process.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Names of what the kernel itself maps, and of shared memory that no file is behind. */
static const struct {
	const char *text;
	const char *never;
	enum kind kind;
} special[] = {
	{ "[stack]", "the stack", KIND_ANON },
	{ "[vdso]", "made by the kernel", KIND_ANON },
	{ "[vvar]", "made by the kernel", KIND_ANON },
	{ "[vvar_vclock]", "made by the kernel", KIND_ANON },
	{ "[vsyscall]", "made by the kernel", KIND_ANON },
	{ "[uprobes]", "made by the kernel", KIND_ANON },
	{ "[shadow_stack]", "the stack", KIND_ANON },
	{ "/[aio]", "made by the kernel", KIND_ANON },
	{ "[heap]", NULL, KIND_ANON },
	{ "[anon_shmem:", NULL, KIND_SHARED_ANON },
	{ "[anon:", NULL, KIND_ANON },
};

static bool begins(const char *text, size_t length, const char *start)
{
	size_t wanted = strlen(start);
	return length >= wanted && memcmp(text, start, wanted) == 0;
}

/* The kernel's own name for a System V segment: "/SYSV", the key in eight hexadecimal digits, " (deleted)". */
static bool is_segment(const char *text, size_t length)
{
	if (!begins(text, length, "/SYSV") || length != strlen("/SYSV01234567 (deleted)"))
		return false;
	for (size_t i = 5; i < 13; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return memcmp(text + 13, " (deleted)", 10) == 0;
}

/* The file itself, by the kernel's link where that is permitted, else by the name it has in the process's root. */
static bool stat_mapped(const struct process *process, const struct process_mapping *mapping, struct stat *status)
{
	char name[PATH_MAX + 16];
	const struct maps_line *line = &mapping->line;
	snprintf(name, sizeof(name), "map_files/%lx-%lx", (unsigned long)line->low, (unsigned long)line->high);
	if (fstatat(process->directory, name, status, 0) == 0)
		return true;
	snprintf(name, sizeof(name), "root%s", mapping->path);
	return fstatat(process->directory, name, status, 0) == 0 && status->st_ino == line->inode &&
		status->st_dev == makedev(line->major, line->minor);
}

/* A newline stands as \012 in maps and a '\' as itself: only the link tells which. */
static char *true_name(const struct process *process, const struct maps_line *line)
{
	char link[64], target[PATH_MAX + 1];
	if (line->escaped) {
		snprintf(link, sizeof(link), "map_files/%lx-%lx", (unsigned long)line->low, (unsigned long)line->high);
		ssize_t length = readlinkat(process->directory, link, target, sizeof(target) - 1);
		if (length > 0)
			return strndup(target, (size_t)length);
	}
	return strndup(line->name, line->name_length);
}

static void strip_root(const struct process *process, char *path)
{
	size_t root = process->root ? strlen(process->root) : 0;
	if (root && strncmp(path, process->root, root) == 0 && path[root] == '/')
		memmove(path, path + root, strlen(path + root) + 1);
}

/* Strips " (deleted)" where it is the kernel's. Returns whether it was. */
static bool strip_deleted(const struct process *process, const struct process_mapping *mapping, const struct stat *status)
{
	bool ambiguous = false;
	char *path = mapping->path;
	size_t length = strlen(path), kept = name_without_deleted(path, length, status ? status->st_nlink : 1, &ambiguous);
	if (ambiguous) {
		char name[PATH_MAX + 16];
		struct stat named;
		snprintf(name, sizeof(name), "root%s", path);
		if (fstatat(process->directory, name, &named, 0) != 0 || named.st_ino != mapping->line.inode)
			kept = name_without_deleted(path, length, 0, &ambiguous);
	}
	path[kept] = '\0';
	return kept != length;
}

static void set_file(const struct process *process, struct process_mapping *mapping)
{
	struct stat status;
	struct facts *facts = &mapping->facts;
	strip_root(process, mapping->path);
	bool known = stat_mapped(process, mapping, &status);
	facts->kind = KIND_FILE;
	facts->known |= WORD_DELETED;
	if (strip_deleted(process, mapping, known ? &status : NULL))
		facts->words |= WORD_DELETED;
	facts->name = mapping->path;
	facts->name_length = strlen(mapping->path);
	if (known && !S_ISREG(status.st_mode)) {
		mapping->never = "a device";
	} else if (known) {
		uint64_t allocated = (uint64_t)status.st_blocks * 512;
		mapping->file_end = (uint64_t)status.st_size;
		facts->file = mapping->file_end < allocated ? mapping->file_end : allocated;
	} else if (begins(mapping->path, facts->name_length, "/dev/") && !begins(mapping->path, facts->name_length, "/dev/shm/")) {
		mapping->never = "a device";
	}
}

static void set_kind(const struct process *process, struct process_mapping *mapping)
{
	const struct maps_line *line = &mapping->line;
	const char *text = line->name;
	size_t length = line->name_length;
	enum kind anonymous = line->shared ? KIND_SHARED_ANON : KIND_ANON;
	mapping->facts.kind = anonymous;
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (begins(text, length, special[i].text)) {
			mapping->facts.kind = special[i].kind;
			mapping->never = special[i].never;
			return;
		}
	if (length == 0 || begins(text, length, "/dev/zero") || begins(text, length, "/anon_hugepage"))
		return;
	if (is_segment(text, length)) {
		mapping->facts.kind = KIND_SHM;
	} else if (name_of_memfd(text, length, &mapping->facts.name, &mapping->facts.name_length)) {
		mapping->facts.kind = KIND_MEMFD;
	} else if (text[0] == '/') {
		mapping->path = true_name(process, line);
		if (mapping->path)
			set_file(process, mapping);
	} else {
		mapping->never = "made by the kernel";
	}
}

/* What people read: bytes that would break a line of the table are the caller's business. */
static char *name_for_people(const struct process_mapping *mapping)
{
	const struct maps_line *line = &mapping->line;
	char *name = NULL;
	if (mapping->path)
		name = strdup(mapping->path);
	else if (mapping->facts.kind == KIND_MEMFD)
		return asprintf(&name, "[memfd:%.*s]", (int)mapping->facts.name_length, mapping->facts.name) < 0 ? NULL : name;
	else if (line->name_length && line->name[0] == '[')
		name = strndup(line->name, line->name_length);
	else
		return asprintf(&name, "[%s]", mapping_kind(&(struct process_mapping){ .facts = mapping->facts })) < 0 ? NULL : name;
	return name;
}

void mapping_set_facts(const struct process *process, struct process_mapping *mapping)
{
	const struct maps_line *line = &mapping->line;
	struct facts *facts = &mapping->facts;
	*facts = (struct facts) { .size = line->high - line->low, .file = FILE_UNKNOWN, .existing = true };
	facts->known = WORDS_ALL & ~(WORDS_OF_FLAGS | WORD_DELETED);
	facts->words = (line->shared ? WORD_SHARED : WORD_PRIVATE) | (line->writable ? WORD_WRITABLE : WORD_READONLY) |
		(line->executable ? WORD_EXECUTABLE : 0);
	set_kind(process, mapping);
	if (facts->kind != KIND_FILE)
		facts->known |= WORD_DELETED;
	if (!line->readable && !line->writable && !line->executable && !mapping->never)
		mapping->never = "no access (PROT_NONE)";
	if (mapping_has_flag(mapping, "gd"))
		mapping->never = "grows down (a stack)";
	else if (!mapping->never && (mapping_has_flag(mapping, "io") || mapping_has_flag(mapping, "pf")))
		mapping->never = "a device";
	mapping->name = name_for_people(mapping);
}

/* Only a rule that names the library's file decides about its bss. */
static void name_as_library(struct process_mapping *bss, const struct process_mapping *library)
{
	bss->facts = library->facts;
	bss->facts.size = bss->line.high - bss->line.low;
	free(bss->name);
	bss->name = strdup(library->name);
}

/*
 * Executables and libraries are what the loader mapped: private, and somewhere executable. A database maps its
 * files shared, and read_implies_exec(personality(2)) must not make libraries of them. An anonymous mapping right behind
 * a library's is its bss.
 */
void process_mark_libraries(struct process *process)
{
	for (size_t i = 0; i < process->mapping_count; i++) {
		struct process_mapping *code = &process->mappings[i];
		if (code->facts.library || code->facts.kind != KIND_FILE || !code->line.executable || code->line.shared || !code->line.inode)
			continue;
		for (size_t j = 0; j < process->mapping_count; j++) {
			struct process_mapping *other = &process->mappings[j];
			if (other->line.inode == code->line.inode && other->line.major == code->line.major &&
			    other->line.minor == code->line.minor && !other->line.shared)
				other->facts.library = true;
		}
	}
	for (size_t i = 1; i < process->mapping_count; i++) {
		const struct process_mapping *before = &process->mappings[i - 1];
		struct process_mapping *bss = &process->mappings[i];
		if (before->facts.library && before->facts.kind == KIND_FILE && bss->line.name_length == 0 &&
		    before->line.high == bss->line.low && before->line.writable && bss->line.writable && !bss->line.shared)
			name_as_library(bss, before);
	}
}

