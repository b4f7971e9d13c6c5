/* SPDX-License-Identifier: MIT */
/* The policies that have names: the administrator's and the presets. */
#ifndef MADVISOR_PRESETS_H
#define MADVISOR_PRESETS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"

struct preset {
	char *name;                    /* as -p takes it */
	char *path;
	const char *directory;
	bool hidden;                   /* another of the same name comes first */
	const struct policy *policy;   /* after read_presets; NULL: it has errors */
};

/* The administrator's first, then those that came with madvisor, each in byte order. Returns how many. */
size_t find_presets(const struct preset **presets);

/* And reads them. Once. */
size_t read_presets(const struct preset **presets);

#endif
