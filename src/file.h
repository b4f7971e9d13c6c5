/* SPDX-License-Identifier: MIT */
/* Whole files, read by raw system calls. At start only: a descriptor is open while it reads. Sets no errno. */
#ifndef MADVISOR_FILE_H
#define MADVISOR_FILE_H

#include <stddef.h>

#include "arena.h"

/*
 * A whole file of /proc, /sys or the like, of unknown size, in the arena, with a NUL behind it that *length does not count.
 * NULL with *error set to the errno on failure. At most limit bytes: more is EFBIG.
 */
char *load_file(struct arena *arena, const char *path, size_t limit, size_t *length, int *error);

/* The same of a descriptor, from where it stands; it stays open. */
char *load_descriptor(struct arena *arena, int fd, size_t limit, size_t *length, int *error);

#endif
