/* SPDX-License-Identifier: MIT */
/* Why a rule does not decide about a mapping, or on what that depends, in words. */
#ifndef MADVISOR_WHY_H
#define MADVISOR_WHY_H

#include "policy.h"

/*
 * What rule_match() says, with words in *text (the caller frees it): of MATCH_NO what failed, "size>=64M: it is 8.0
 * KiB"; of MATCH_UNKNOWN all that is not known, "it is shared and not locked"; of MATCH_YES "". size_known: false where
 * facts->size means nothing.
 */
enum match judge_rule(const struct policy *policy, const struct rule *rule, const struct facts *facts, bool size_known,
		      char **text);

#endif
