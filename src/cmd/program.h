/* SPDX-License-Identifier: MIT */
/* Whether any rule is for this program, and what "program" line would be. */
#ifndef MADVISOR_PROGRAM_H
#define MADVISOR_PROGRAM_H

#include <stdbool.h>

#include "choice.h"
#include "target.h"

/*
 * Reads the policy for the program; says so where it has no rule at all, or none for it, and which name would match.
 * Returns false where the policy has errors (which were printed).
 */
bool check_scope(const struct policy_choice *choice, const struct target *target);

/* Writes "for program slapd" with all that the program and argument lines say; NULL: the rule is for every program. */
char *scope_text(const struct scope *scope);

#endif
