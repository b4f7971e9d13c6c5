/* SPDX-License-Identifier: MIT */
/* The ways in which madvisor explain answers. */
#ifndef MADVISOR_EXPLAIN_H
#define MADVISOR_EXPLAIN_H

#include <stdbool.h>

#include "json.h"
#include "policy.h"
#include "process.h"

/* Mappings below this are shown only on demand. Bytes. */
#define SMALL_MAPPING (1u << 20)

/* Which rule would decide about a mapping of the file, and why not an earlier one. json: NULL: for people. */
void explain_path(const struct policy *policy, const char *path, struct json *json);

/* What the process maps, what the policy (NULL: none) gives each mapping, and what is in force. */
void explain_process(const struct policy *policy, const struct process *process, bool all, bool as_json);

/* A policy to begin with, out of what the process maps and what the presets know of such files. */
void suggest_policy(const struct process *process);

#endif
