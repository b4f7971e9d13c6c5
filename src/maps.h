/* SPDX-License-Identifier: MIT */
/* Lines of /proc/PID/maps: proc_pid_maps(5). Linked into library, command and fuzzer. Sets no errno, allocates nothing. */
#ifndef MADVISOR_MAPS_H
#define MADVISOR_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct maps_line {
	uintptr_t low, high;
	bool readable, writable, executable, shared;
	uint64_t offset;       /* bytes, of the file */
	unsigned major, minor; /* of the device; on btrfs not what stat(2) says */
	uint64_t inode;        /* 0: none */
	const char *name;      /* into the line; "" where there is none; not terminated */
	size_t name_length;
	bool escaped;          /* the name holds a '\': a newline in it stands as \012, a '\' as itself, so it is ambiguous */
};

/*
 * Reads the line that begins at text. Returns the number of bytes up to the next line (the newline with it), 0 if it
 * is no line of a maps file. A last line without newline counts.
 */
size_t maps_parse_line(const char *text, size_t length, struct maps_line *line);

/*
 * What the kernel's text for a descriptor or a mapping says of the file.
 *
 * Returns the length without the " (deleted)" that the kernel appends to the name of a file without links. Where links is not 0
 * and the text ends so, *ambiguous is true and the length is the whole one: the suffix is the kernel's if the whole text
 * names another file, which the caller has to look up.
 */
size_t name_without_deleted(const char *name, size_t length, uint64_t links, bool *ambiguous);

/* Whether the text is a memfd's, "/memfd:NAME (deleted)"; then *name and *length are NAME's. */
bool name_of_memfd(const char *text, size_t text_length, const char **name, size_t *length);

#endif
