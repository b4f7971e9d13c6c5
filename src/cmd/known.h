/* SPDX-License-Identifier: MIT */
/* What the presets know of a file or of memory that a process maps. */
#ifndef MADVISOR_KNOWN_H
#define MADVISOR_KNOWN_H

#include "process.h"

/* Comment lines of a policy, one for each preset's first rule for such a mapping. NULL: none. The caller frees it. */
char *known_about(const struct process *process, const struct facts *facts);

#endif
