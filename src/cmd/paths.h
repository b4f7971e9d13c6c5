/* SPDX-License-Identifier: MIT */
/* Where the library and the policies are: beside the command in a build tree, installed, or moved since. */
#ifndef MADVISOR_PATHS_H
#define MADVISOR_PATHS_H

#include <stdbool.h>

#include "load.h"

struct paths {
	const char *library;            /* absolute */
	struct policy_path policies;
};

/* Judged by where this executable is; found once. */
const struct paths *find_paths(void);

/*
 * The file of a policy: a path (it has a '/') made absolute; a name's NAME.policy, the administrator's first; where
 * there is none the name as it is, about which load_list() then complains. The caller frees it. A path with ':' in it
 * ends the command with a message: MADVISOR_POLICY is split there.
 */
char *locate_policy(const char *name);

/* The path from the root, links and ".." left as they are. The caller frees it. */
char *absolute_path(const char *path);

#endif
