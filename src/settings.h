/* SPDX-License-Identifier: MIT */
/* The environment variables, copied at start: servers overwrite their environment later. The table of them is in settings.c. */
#ifndef MADVISOR_SETTINGS_H
#define MADVISOR_SETTINGS_H

#include <stdbool.h>

#include "arena.h"
#include "log.h"

struct settings {
	const char *policy;        /* MADVISOR_POLICY; NULL: unset, "" : none */
	const char *rules;         /* MADVISOR_RULES; NULL: unset */
	enum log_level log_level;
	bool log_silent;           /* MADVISOR_LOG=none */
	bool dry_run;
	const char *report;        /* MADVISOR_REPORT; NULL: unset */
	const char *bad_name, *bad_value, *bad_expected;   /* the first setting that is not understood, for one warning; NULL: none */
};

/* Reads environment (NULL-terminated, may be NULL). Strings are copied into the arena. Missing memory counts as unset. */
struct settings settings_read(struct arena *arena, const char *const *environment);

/* For the command's manual and completion: name of setting number index, NULL beyond the last. */
const char *setting_name(size_t index);

#endif
