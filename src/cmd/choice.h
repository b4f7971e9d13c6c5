/* SPDX-License-Identifier: MIT */
/* Which policy a subcommand works with: what -p and -r say, else the environment, else default.policy. */
#ifndef MADVISOR_CHOICE_H
#define MADVISOR_CHOICE_H

#include <stdbool.h>

#include "parse.h"
#include "process.h"
#include "snapshot.h"

struct policy_choice {
	char *policies;   /* absolute paths, joined by ':', as MADVISOR_POLICY takes them; "": none; NULL: not said */
	char *rules;      /* joined by ';', as MADVISOR_RULES takes them; NULL: none */
};

/* For an option or operand: a policy's name, file or directory (several with ':'). */
void choose_policy(struct policy_choice *choice, const char *name);
void choose_rule(struct policy_choice *choice, const char *rule);

bool is_chosen(const struct policy_choice *choice);

/*
 * Where nothing was chosen: what the values of MADVISOR_POLICY and MADVISOR_RULES say (NULL: unset), else
 * default.policy. Afterwards policies is not NULL. With something chosen, the environment says nothing: what an option
 * leaves out is none.
 */
void choose_rest(struct policy_choice *choice, const char *policies, const char *rules);

/*
 * What the process was started under, files as seen through its root: what the library in it says, else its
 * environment. Returns whether either says anything.
 */
bool choose_of_process(struct policy_choice *choice, const struct process *process);

/* The same where a snapshot of the library was taken already. */
void choose_of_snapshot(struct policy_choice *choice, const struct snapshot *snapshot);

/* Whether it names anything to read. */
bool choice_is_empty(const struct policy_choice *choice);

/* Percentages, and the ceiling of prefetch, are of what this process may use; NULL, as at first: of what we may. */
void choose_memory_of(const struct process *process);

/*
 * Reads it. All errors are printed to standard error, then NULL is returned. The parser is initialised here; its counts
 * may be asked for afterwards. identity: as in struct parser; NULL: every rule.
 */
const struct policy *read_choice(const struct policy_choice *choice, const struct identity *identity, bool attach,
				 struct parser *parser);

/* The same without a word: NULL where anything is wrong with it. Rules are named as the library names them. */
const struct policy *read_choice_quietly(const struct policy_choice *choice, const struct identity *identity);

/* "no rule: the policy is empty" or the like, for a choice that gave no rule at all. */
const char *empty_reason(const struct policy_choice *choice);

#endif
