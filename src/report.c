/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>

#include "log.h"
#include "status.h"

void report_add(struct report *report, enum advice_id advice)
{
	if (report->count < REPORT_MAX)
		report->given[report->count++] = (uint8_t)advice;
}

static const char *const kind_words[KIND_COUNT] = {
	[KIND_FILE] = "[file]", [KIND_ANON] = "[anon]", [KIND_SHARED_ANON] = "[shared-anon]", [KIND_SHM] = "[shm]",
	[KIND_MEMFD] = "[memfd]",
};

/* The path in quotes, "[memfd:NAME]", or the kind; then the length. */
static void text_range(struct text *line, const struct range *range)
{
	const struct facts *facts = range->facts;
	if (facts->kind == KIND_FILE && facts->name) {
		text_quoted(line, facts->name, facts->name_length);
	} else if (facts->kind == KIND_MEMFD && facts->name) {
		text_string(line, "[memfd:");
		text_quoted(line, facts->name, facts->name_length);
		text_byte(line, ']');
	} else {
		text_string(line, kind_words[facts->kind]);
	}
	text_string(line, " (");
	text_size(line, range->high - range->low);
	text_byte(line, ')');
}

void report_applied(const struct report *report, const struct rule *rule, const struct range *range)
{
	struct text line;
	if (!report->count || !log_wants(LOG_INFO) || !log_begin_rule(&line, LOG_INFO, rule))
		return;
	text_string(&line, report->dry_run ? "would apply " : "applied ");
	for (uint8_t i = 0; i < report->count; i++) {
		text_string(&line, i ? "," : "");
		text_string(&line, advices[report->given[i]].name);
	}
	text_string(&line, " to ");
	text_range(&line, range);
	log_end(&line);
}

static void say_unsupported(struct text *line, enum advice_id advice, int error)
{
	text_string(line, advices[advice].name);
	text_string(line, ": ");
	advice_explain_unsupported(line, advice, error, NULL);
}

void report_unsupported(const struct rule *rule, const struct item *item, uint8_t place, const int16_t *probed)
{
	bool none = place == NO_ALTERNATIVE;
	struct text line;
	if (!status_say_once(rule, item, none ? SAID_UNSUPPORTED : SAID_FALLBACK))
		return;
	uint8_t missing = none ? item->count : place;
	for (uint8_t i = 0; i < missing; i++) {
		enum advice_id advice = (enum advice_id)item->alternatives[i];
		if (!log_begin_rule(&line, none ? LOG_WARNING : LOG_INFO, rule))
			continue;
		say_unsupported(&line, advice, probed[advice]);
		if (!none) {
			text_string(&line, "; using ");
			text_string(&line, advices[item->alternatives[place]].name);
		}
		log_end(&line);
	}
}

static const char *why_failed(enum advice_id advice, int error)
{
	switch (error) {
	case EINVAL:
		return advice_explain_einval(advice);
	case EAGAIN:
		return "a kernel resource was short, as a rule the number of mappings (vm.max_map_count)";
	case ENOMEM:
		return "no memory, or the number of mappings (vm.max_map_count)";
	case EACCES:
		return "the file is not open for writing";
	case EPERM:
		return "refused by a sandbox or for want of a capability";
	default:
		return NULL;
	}
}

void report_failed(const struct rule *rule, const struct item *item, enum advice_id advice, const struct range *range, int error)
{
	struct text line;
	if (!status_say_once(rule, item, SAID_FAILED + (unsigned)failure_of(error)) || !log_begin_rule(&line, LOG_WARNING, rule))
		return;
	text_string(&line, advices[advice].name);
	text_string(&line, " on ");
	text_range(&line, range);
	text_string(&line, ": ");
	text_errno(&line, error);
	const char *why = why_failed(advice, error);
	if (why) {
		text_string(&line, ": ");
		text_string(&line, why);
	}
	log_end(&line);
}

void report_no_effect(const struct rule *rule, const struct item *item, enum advice_id advice, const char *why)
{
	struct text line;
	if (!status_say_once(rule, item, SAID_NO_EFFECT) || !log_begin_rule(&line, LOG_NOTICE, rule))
		return;
	text_string(&line, advices[advice].name);
	text_string(&line, ": no effect: ");
	text_string(&line, why);
	log_end(&line);
}

void report_left_out(const struct rule *rule, const struct item *item, enum advice_id advice, const struct range *range,
		     uint64_t bytes)
{
	struct text line;
	if (!status_say_once(rule, item, SAID_LEFT_OUT) || !log_begin_rule(&line, LOG_NOTICE, rule))
		return;
	text_string(&line, advices[advice].name);
	text_string(&line, " on ");
	text_range(&line, range);
	text_string(&line, ": left out ");
	text_size(&line, bytes);
	text_string(&line, " beyond a quarter of the memory (give a range to lift that: \"");
	text_string(&line, advices[advice].name);
	text_string(&line, "@..8G\")");
	log_end(&line);
}

void report_overridden(const struct rule *rule, const struct item *item, enum advice_id advice, enum advice_id programs,
		       const struct range *range)
{
	struct text line;
	if (!status_say_once(rule, item, SAID_OVERRIDDEN) || !log_begin_rule(&line, LOG_INFO, rule))
		return;
	text_string(&line, "overridden: the program gave ");
	text_string(&line, advices[programs].name);
	text_string(&line, " to ");
	text_range(&line, range);
	text_string(&line, ", ");
	text_string(&line, advices[advice].name);
	text_string(&line, " is given again");
	log_end(&line);
}

static void text_count(struct text *line, uint64_t count, const char *one, const char *many)
{
	text_number(line, count);
	text_string(line, count == 1 ? one : many);
}

static void summarize_rule(const struct rule *rule)
{
	struct text line;
	struct rule_status *status = status_of(rule);
	uint64_t failures = 0;
	for (int i = 0; i < FAILURE_COUNT; i++)
		failures += atomic_load_explicit(&status->failures[i], memory_order_relaxed);
	uint64_t overridden = atomic_load_explicit(&status->overridden, memory_order_relaxed);
	if (!log_begin_rule(&line, LOG_INFO, rule))
		return;
	text_string(&line, "summary: ");
	text_count(&line, atomic_load_explicit(&status->mappings, memory_order_relaxed), " mapping, ", " mappings, ");
	text_size(&line, atomic_load_explicit(&status->bytes, memory_order_relaxed));
	text_string(&line, ", ");
	text_count(&line, failures, " failure", " failures");
	if (overridden) {
		text_string(&line, ", overridden ");
		text_count(&line, overridden, " time", " times");
	}
	log_end(&line);
}

static void summarize_own_advice(const struct status_page *page)
{
	struct text line;
	uint64_t total = 0;
	for (int i = 0; i < CLASS_COUNT; i++)
		total += atomic_load_explicit(&page->own_advice[i], memory_order_relaxed);
	if (!total || !log_begin(&line, LOG_INFO))
		return;
	text_string(&line, "summary: the program's own advice:");
	for (int i = 0; i < CLASS_COUNT; i++) {
		uint64_t count = atomic_load_explicit(&page->own_advice[i], memory_order_relaxed);
		if (!count)
			continue;
		text_byte(&line, ' ');
		text_string(&line, advice_class_name((enum advice_class)i));
		text_byte(&line, ' ');
		text_count(&line, count, " time", " times");
	}
	log_end(&line);
}

void report_summary(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->rule_count; i++)
		summarize_rule(policy->rules[i]);
	if (status_page())
		summarize_own_advice(status_page());
}
