/* SPDX-License-Identifier: MIT */
/*
 * madvisor status --openmetrics: text that OpenMetrics parsers and the Prometheus text format both take. A counter's
 * TYPE line names it without "_total" in the one and with it in the other, so everything is a gauge; rate() does not
 * mind.
 */
#define _GNU_SOURCE
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "live.h"
#include "table.h"

/* A family's samples stand together, so each is collected by itself. */
enum family {
	INFO, MAPPINGS, ADVISED, LIVE_MAPPINGS, LIVE, ANSWERED, FAILURES, OWN_ADVICE, OFF, UNNAMED, UNTRACKED, DROPPED,
	FAMILY_COUNT
};

static const struct {
	const char *name, *help;
} families[FAMILY_COUNT] = {
	[INFO] = { "madvisor_process", "1 for each process that has the library, with its state." },
	[MAPPINGS] = { "madvisor_rule_mappings", "Mappings that the rule advised since the service started." },
	[ADVISED] = { "madvisor_rule_advised_bytes", "Bytes that the rule advised since the service started." },
	[LIVE_MAPPINGS] = { "madvisor_rule_live_mappings", "Mappings that the rule is for, as they are now." },
	[LIVE] = { "madvisor_rule_live_bytes", "Bytes of mappings that the rule is for, as they are now." },
	[ANSWERED] = { "madvisor_rule_overrides", "Times the program's own advice was answered with the rule's." },
	[FAILURES] = { "madvisor_rule_failures", "Advice of the rule that failed, by errno." },
	[OWN_ADVICE] = { "madvisor_own_advice", "Times the program itself gave advice of a class that rules give." },
	[OFF] = { "madvisor_switched_off", "1 where madvisor off was said." },
	[UNNAMED] = { "madvisor_unnamed_mappings", "Mappings left alone because their name could not be had." },
	[UNTRACKED] = { "madvisor_untracked_mappings", "Mappings not followed: the table was full or is off." },
	[DROPPED] = { "madvisor_dropped_lines", "Lines of the log that were dropped so as not to block the program." },
};

struct output {
	FILE *streams[FAMILY_COUNT];
	char *texts[FAMILY_COUNT];
	size_t lengths[FAMILY_COUNT];
};

/* Control bytes and what is not UTF-8 as \xNN, then what label values escape. The caller frees it. */
static char *label_text(const char *string)
{
	char *shown = printable(string, strlen(string)), *text = allocate(2 * strlen(shown) + 1), *end = text;
	const char *at;

	for (at = shown; *at; at++) {
		if (*at == '\\' || *at == '"')
			*end++ = '\\';
		*end++ = *at;
	}
	free(shown);
	return text;
}

/* name, value: one more label; NULL: none. */
static void add(struct output *output, enum family family, const char *labels, const char *name, const char *value,
		uint64_t number)
{
	char *escaped = name ? label_text(value) : NULL;

	fprintf(output->streams[family], "%s{%s%s%s%s%s%s} %llu\n", families[family].name, labels, name ? "," : "",
		name ? name : "", name ? "=\"" : "", name ? escaped : "", name ? "\"" : "", (unsigned long long)number);
	free(escaped);
}

static void add_rule(struct output *output, const struct snapshot *snapshot, uint32_t index, const struct live *live,
		     const char *process)
{
	const struct rule_status *rule = &snapshot->rules[index];
	char *name = label_text(rule_name(snapshot, index)), *labels = print_string("%s,rule=\"%s\"", process, name);
	unsigned failure;

	if (live) {
		add(output, LIVE_MAPPINGS, labels, NULL, NULL, live[index].mappings);
		add(output, LIVE, labels, NULL, NULL, live[index].bytes);
	}
	if (snapshot->counted_as)
		goto out;
	add(output, MAPPINGS, labels, NULL, NULL, rule->mappings);
	add(output, ADVISED, labels, NULL, NULL, rule->bytes);
	add(output, ANSWERED, labels, NULL, NULL, rule->overridden);
	for (failure = 0; failure < FAILURE_COUNT; failure++)
		if (rule->failures[failure])
			add(output, FAILURES, labels, "error", failure_name(failure), rule->failures[failure]);
out:
	free(labels);
	free(name);
}

static void add_page(struct output *output, const struct snapshot *snapshot, const char *labels)
{
	const struct status_page *page = snapshot->page;
	struct live *live = count_live(snapshot);
	uint32_t index;

	for (index = 0; index < page->rule_count; index++)
		add_rule(output, snapshot, index, live, labels);
	free(live);
	if (snapshot->counted_as)
		return;
	for (index = 0; index < CLASS_COUNT; index++)
		if (page->own_advice[index])
			add(output, OWN_ADVICE, labels, "class", advice_class_name(index), page->own_advice[index]);
	add(output, OFF, labels, NULL, NULL, is_switched_off(snapshot));
	add(output, UNNAMED, labels, NULL, NULL, page->unnamed);
	add(output, UNTRACKED, labels, NULL, NULL, page->untracked);
	add(output, DROPPED, labels, NULL, NULL, page->lines_dropped);
}

static void show(void *context, const struct snapshot *snapshot)
{
	struct output *output = context;
	char *program = label_text(snapshot->page ? snapshot->page->program : "");
	char *labels = print_string("pid=\"%d\",program=\"%s\"", (int)snapshot->pid, program);

	add(output, INFO, labels, "state", state_name(snapshot->state), 1);
	if (snapshot->page)
		add_page(output, snapshot, labels);
	free(labels);
	free(program);
}

static void *begin(bool many)
{
	struct output *output = allocate(sizeof(*output));
	unsigned family;

	(void)many;
	for (family = 0; family < FAMILY_COUNT; family++) {
		output->streams[family] = open_memstream(&output->texts[family], &output->lengths[family]);
		if (!output->streams[family]) {
			report_error("out of memory");
			exit(EXIT_USAGE);
		}
	}
	return output;
}

static void end(void *context)
{
	struct output *output = context;
	unsigned family;

	for (family = 0; family < FAMILY_COUNT; family++) {
		fclose(output->streams[family]);
		if (output->lengths[family])
			printf("# TYPE %s gauge\n# HELP %s %s\n%s", families[family].name, families[family].name,
			       families[family].help, output->texts[family]);
		free(output->texts[family]);
	}
	printf("# EOF\n");
	free(output);
}

const struct format format_openmetrics = { begin, show, end };
