/* SPDX-License-Identifier: MIT */
/* Parts of a policy in the words in which policies are written. */
#ifndef MADVISOR_WORDING_H
#define MADVISOR_WORDING_H

#include "policy.h"

/* "file", "anon", "shared-anon", "shm", "memfd". */
extern const char *const kind_words[KIND_COUNT];

/* What advice_explain_unsupported() says. In a buffer that the next call overwrites. */
const char *unsupported_text(enum advice_id id, int error);

/* "64.0 MiB". In one of four buffers, used in turn. */
const char *size_text(uint64_t bytes);

/* "populate-read|willneed@..1G". The caller frees it. */
char *item_text(const struct item *item);

/* The whole rule: "*.mdb random,dontdump size>=64M !shared override". The caller frees it. */
char *rule_text(const struct rule *rule);

/* A pattern as a policy has it, in quotes where it must be. The caller frees it. */
char *pattern_text(const char *pattern);

/* "size>=64M". In a buffer that the next call overwrites. */
const char *condition_text(const struct size_condition *condition);

/* "FILE:LINE" of a rule. In a buffer that the next call overwrites. */
const char *place_text(const struct rule *rule);

#endif
