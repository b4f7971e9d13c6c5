/* SPDX-License-Identifier: MIT */
/*
 * What the log says about advice: the messages of libmadvisor(7), each once where the manual says once.
 * errno is kept. Safe in a signal handler and after fork.
 */
#ifndef MADVISOR_REPORT_H
#define MADVISOR_REPORT_H

#include "advise.h"

/* The advices that one mapping was given, for its one line at level info. */
#define REPORT_MAX 16
struct report {
	bool dry_run;
	uint8_t count;
	uint8_t given[REPORT_MAX];
};
void report_add(struct report *report, enum advice_id advice);
void report_applied(const struct report *report, const struct rule *rule, const struct range *range);

/* The place of none of an item's alternatives. */
#define NO_ALTERNATIVE UINT8_MAX

/*
 * The first alternative of an item is not supported: warning if none is (place is NO_ALTERNATIVE), else which one is used instead.
 * probed: what advice_probe said of each advice.
 */
void report_unsupported(const struct rule *rule, const struct item *item, uint8_t place, const int16_t *probed);

void report_failed(const struct rule *rule, const struct item *item, enum advice_id advice, const struct range *range, int error);
void report_no_effect(const struct rule *rule, const struct item *item, enum advice_id advice, const char *why);
void report_left_out(const struct rule *rule, const struct item *item, enum advice_id advice, const struct range *range,
		     uint64_t bytes);
void report_overridden(const struct rule *rule, const struct item *item, enum advice_id advice, enum advice_id programs,
		       const struct range *range);

/* At exit: what each rule did. */
void report_summary(const struct policy *policy);

#endif
