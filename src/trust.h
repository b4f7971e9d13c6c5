/* SPDX-License-Identifier: MIT */
/* Whether a file may hold a policy for this process: judged by what was opened. At start only. */
#ifndef MADVISOR_TRUST_H
#define MADVISOR_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

#include "text.h"

/*
 * A regular file that neither group nor others can write, owned by root, the effective user or, in a user namespace that does
 * not map every user (user_namespaces(7)), the overflow user, whom all users without a mapping are shown as. Else appends to why what
 * is wrong, and its cure for the file of that path.
 */
bool file_is_trusted(const struct stat *status, const char *path, struct text *why);

#endif
