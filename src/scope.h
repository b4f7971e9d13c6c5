/* SPDX-License-Identifier: MIT */
/* "program" and "argument" lines. */
#ifndef MADVISOR_SCOPE_H
#define MADVISOR_SCOPE_H

#include "reading.h"

/* Reads the line if its first word is a directive's; the rules that follow are in its scope. Returns whether it was one. */
bool read_directive(struct reading *reading, const struct word *first, struct words *words);

#endif
