/* SPDX-License-Identifier: MIT */
/* What a rule would do on this machine, item by item, for "madvisor check". */
#ifndef MADVISOR_VERDICT_H
#define MADVISOR_VERDICT_H

#include <stdbool.h>
#include <stdio.h>

#include "policy.h"
#include "system.h"

/* Prints one line for each item of the rule. Returns whether all of it would be done and would do something. */
bool print_items(const struct rule *rule, const struct system *system, FILE *out);

/* Prints what keeps its pattern or its program line from ever matching. Returns whether there was nothing. */
bool print_obstacles(const struct rule *rule, FILE *out);

/* Prints what an operator should know though the rule does what it says. */
void print_notes(const struct rule *rule, FILE *out);

#endif
