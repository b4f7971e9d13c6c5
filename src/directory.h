/* SPDX-License-Identifier: MIT */
/* The policies of a directory. At start only; sets no errno. */
#ifndef MADVISOR_DIRECTORY_H
#define MADVISOR_DIRECTORY_H

#include <stddef.h>

#include "arena.h"

#define POLICY_SUFFIX ".policy"

/*
 * The names of an open directory that *.policy matches in a shell (a leading dot hides), in byte order, terminated by NULL,
 * in the arena; NULL with *error set on failure.
 */
const char **directory_policies(struct arena *arena, int fd, size_t *count, int *error);

#endif
