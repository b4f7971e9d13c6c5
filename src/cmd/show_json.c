/* SPDX-License-Identifier: MIT */
/* madvisor status --json: an object for one process, an array for all. */
#include "show.h"

#include <stdlib.h>

#include "command.h"
#include "json.h"
#include "live.h"

struct output {
	struct json json;
	bool many;
};

static void write_rule(struct json *json, const struct snapshot *snapshot, uint32_t index, const struct live *live)
{
	const struct rule_status *rule = &snapshot->rules[index];
	unsigned failure;

	json_open_object(json, NULL);
	json_string(json, "policy", snapshot->page->sources[snapshot->places[index].source]);
	json_number(json, "line", snapshot->places[index].line);
	json_number(json, "mappings", rule->mappings);
	json_number(json, "bytes", rule->bytes);
	if (live) {
		json_number(json, "live_mappings", live[index].mappings);
		json_number(json, "live_bytes", live[index].bytes);
	} else {
		json_null(json, "live_mappings");
		json_null(json, "live_bytes");
	}
	json_number(json, "overridden", rule->overridden);
	json_open_object(json, "failures");
	for (failure = 0; failure < FAILURE_COUNT; failure++)
		if (rule->failures[failure])
			json_number(json, failure_name(failure), rule->failures[failure]);
	json_close_object(json);
	json_close_object(json);
}

static void write_page(struct json *json, const struct snapshot *snapshot)
{
	const struct status_page *page = snapshot->page;
	struct live *live = count_live(snapshot);
	uint32_t index;
	const char *line;

	if (snapshot->counted_as)
		json_number(json, "counted_as", snapshot->counted_as);
	else
		json_null(json, "counted_as");
	json_string(json, "program", page->program);
	json_number(json, "started_as", page->pid);
	json_bool(json, "off", is_switched_off(snapshot));
	json_bool(json, "dry_run", page->dry_run == 1);
	json_number(json, "unnamed", page->unnamed);
	json_number(json, "untracked", page->untracked);
	json_number(json, "lines_written", page->lines_written);
	json_number(json, "lines_dropped", page->lines_dropped);
	json_open_object(json, "own_advice");
	for (index = 0; index < CLASS_COUNT; index++)
		if (page->own_advice[index])
			json_number(json, advice_class_name(index), page->own_advice[index]);
	json_close_object(json);
	json_open_array(json, "rules");
	for (index = 0; index < page->rule_count; index++)
		write_rule(json, snapshot, index, live);
	json_close_array(json);
	json_open_array(json, "lines");
	for (index = 0; (line = snapshot_line(snapshot, index)); index++)
		json_string(json, NULL, line);
	json_close_array(json);
	free(live);
}

static void show(void *context, const struct snapshot *snapshot)
{
	struct output *output = context;
	struct json *json = &output->json;

	json_open_object(json, NULL);
	json_number(json, "pid", snapshot->pid);
	json_string(json, "state", state_name(snapshot->state));
	json_string(json, "version", snapshot->version);
	if (snapshot->page)
		write_page(json, snapshot);
	json_close_object(json);
}

static void *begin(bool many)
{
	struct output *output = allocate(sizeof(*output));

	output->json = json_start(stdout);
	output->many = many;
	if (many)
		json_open_array(&output->json, NULL);
	return output;
}

static void end(void *context)
{
	struct output *output = context;

	if (output->many)
		json_close_array(&output->json);
	/* Of one process that could not be read nothing was written. */
	if (!output->json.first)
		json_finish(&output->json);
	free(output);
}

const struct format format_json = { begin, show, end };
