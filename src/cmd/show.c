/* SPDX-License-Identifier: MIT */
/* madvisor status for people. */
#define _GNU_SOURCE
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "live.h"
#include "table.h"
#include "wording.h"

#define LINES_SHOWN 10

struct output {
	bool many;
	unsigned count;   /* of processes shown */
};

const char *rule_name(const struct snapshot *snapshot, uint32_t rule)
{
	static char *buffer;
	const struct rule_place *place = &snapshot->places[rule];

	free(buffer);
	buffer = print_string("%s:%u", snapshot->page->sources[place->source], place->line);
	return buffer;
}

uint64_t count_failures(const struct rule_status *rule)
{
	uint64_t sum = 0;
	unsigned failure;

	for (failure = 0; failure < FAILURE_COUNT; failure++)
		sum += rule->failures[failure];
	return sum;
}

bool is_switched_off(const struct snapshot *snapshot)
{
	return snapshot->page->off == 1;
}

/* "EINVAL 2, ENOMEM 1"; "-": none. The caller frees it. */
static char *failures_text(const struct rule_status *rule)
{
	char *text = copy_string(count_failures(rule) ? "" : "-"), *longer;
	unsigned failure;

	for (failure = 0; failure < FAILURE_COUNT; failure++) {
		if (!rule->failures[failure])
			continue;
		longer = print_string("%s%s%s %u", text, *text ? ", " : "", failure_name(failure),
				      rule->failures[failure]);
		free(text);
		text = longer;
	}
	return text;
}

static void print_rules(const struct snapshot *snapshot)
{
	static const char *const titles[] = { "RULE", ">MAPPINGS", ">BYTES", ">LIVE", ">LIVE BYTES", ">ANSWERED",
					      "FAILURES", NULL };
	struct table *table = table_create(titles);
	struct live *live = count_live(snapshot);
	uint32_t index;

	for (index = 0; index < snapshot->page->rule_count; index++) {
		const struct rule_status *rule = &snapshot->rules[index];
		char *failures = failures_text(rule);

		table_cell(table, rule_name(snapshot, index));
		table_number(table, rule->mappings);
		table_size(table, rule->bytes);
		if (live) {
			table_number(table, live[index].mappings);
			table_size(table, live[index].bytes);
		} else {
			table_cell(table, "?");
			table_cell(table, "?");
		}
		table_number(table, rule->overridden);
		table_cell(table, failures);
		free(failures);
	}
	table_print(table, 2, stdout);
	free(live);
}

static const struct {
	size_t place;
	const char *text;
} counters[] = {
	{ offsetof(struct status_page, unnamed), "mappings left alone, whose name could not be had" },
	{ offsetof(struct status_page, untracked), "mappings not followed, as the table was full or is off" },
	{ offsetof(struct status_page, lines_dropped), "lines of the log dropped: they would have blocked it" },
};

static uint64_t counter_at(const struct status_page *page, size_t place)
{
	return *(const uint64_t *)((const char *)page + place);
}

static void print_counters(const struct status_page *page)
{
	size_t index;
	bool any = false;

	for (index = 0; index < sizeof(counters) / sizeof(*counters); index++)
		if (counter_at(page, counters[index].place))
			printf("  %llu %s\n", (unsigned long long)counter_at(page, counters[index].place),
			       counters[index].text);
	for (index = 0; index < CLASS_COUNT; index++) {
		if (!page->own_advice[index])
			continue;
		printf("%s%s %llu", any ? ", " : "  the program's own advice: ", advice_class_name(index),
		       (unsigned long long)page->own_advice[index]);
		any = true;
	}
	if (any)
		putchar('\n');
}

static void print_lines(const struct snapshot *snapshot)
{
	size_t count = 0, index;

	while (snapshot_line(snapshot, count))
		count++;
	for (index = count > LINES_SHOWN ? count - LINES_SHOWN : 0; index < count; index++) {
		const char *line = snapshot_line(snapshot, index);
		char *shown = printable(line, strcspn(line, "\n"));

		printf("%s    %s\n", index + LINES_SHOWN == count || !index ? "  last lines of the log:\n" : "", shown);
		free(shown);
	}
}

static void show(void *context, const struct snapshot *snapshot)
{
	const struct status_page *page = snapshot->page;
	char *program, *version = printable(snapshot->version, strlen(snapshot->version));
	struct output *output = context;

	if (output->count++ && !snapshot->counted_as)
		putchar('\n');
	if (snapshot->counted_as) {
		printf("process %d: forked, and counted with process %d\n", (int)snapshot->pid, (int)snapshot->counted_as);
	} else if (!page) {
		printf("process %d: %s (madvisor %s)\n", (int)snapshot->pid, state_name(snapshot->state), version);
	} else {
		program = printable(page->program, strlen(page->program));
		printf("process %d, %s: %s%s%s, %u rule%s (madvisor %s)\n", (int)snapshot->pid, program,
		       state_name(snapshot->state), is_switched_off(snapshot) ? ", switched off" : "",
		       page->dry_run == 1 ? ", dry run" : "", page->rule_count, page->rule_count == 1 ? "" : "s",
		       version);
		print_rules(snapshot);
		print_counters(page);
		print_lines(snapshot);
		free(program);
	}
	free(version);
}

static void *begin(bool many)
{
	struct output *output = allocate(sizeof(*output));

	output->many = many;
	return output;
}

static void end(void *context)
{
	struct output *output = context;

	if (output->many && !output->count)
		printf("no process has the library\n");
	free(output);
}

const struct format format_people = { begin, show, end };
