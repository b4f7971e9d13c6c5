/* SPDX-License-Identifier: MIT */
/* The formats of madvisor status. */
#ifndef MADVISOR_SHOW_H
#define MADVISOR_SHOW_H

#include <stdbool.h>

#include "snapshot.h"

typedef void show_snapshot(void *context, const struct snapshot *snapshot);

struct format {
	void *(*begin)(bool many);    /* what show and end get as context */
	show_snapshot *show;
	void (*end)(void *context);   /* gives the context back */
};

extern const struct format format_people, format_json, format_openmetrics;

/* "lmdb.policy:7". In a buffer that the next call overwrites. */
const char *rule_name(const struct snapshot *snapshot, uint32_t rule);

/* Sum of the failures of a rule. */
uint64_t count_failures(const struct rule_status *rule);

bool is_switched_off(const struct snapshot *snapshot);

#endif
