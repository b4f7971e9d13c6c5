/* SPDX-License-Identifier: MIT */
/* The program that a command line starts: which file, run by what, and whether a library can be preloaded into it. */
#ifndef MADVISOR_TARGET_H
#define MADVISOR_TARGET_H

#include "policy.h"

struct target {
	int error;                 /* 0; ENOENT: not found; EACCES and others: cannot be executed */
	char *path;                /* of the file that the words name, found as execvp(3) does; NULL: not found */
	char *typed;               /* the executable as it was named, links not resolved: of a script its interpreter */
	struct identity identity;  /* of the process to be: path is "" where it is not known */
};

/* words: NULL-terminated, not empty. Follows "#!" lines and env(1). */
void find_target(char *const *words, struct target *target);

/* Says on standard error what keeps a library from being preloaded into it, and what it would not see. Returns how much
 * there is. */
unsigned warn_about_target(const struct target *target, const char *library);

#endif
