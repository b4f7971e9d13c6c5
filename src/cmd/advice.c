/* SPDX-License-Identifier: MIT */
/* madvisor advice: the whole table of advices, and what this kernel supports. */
#define _GNU_SOURCE
#include "advice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "json.h"
#include "table.h"
#include "wording.h"

/* What a rule needs before it may give the advice. */
static const char *const needs[] = {
	[DANGER_NONE] = "",
	[DANGER_UNSAFE] = "unsafe",
	[DANGER_UNSAFE_FILE] = "unsafe (files)",
	[DANGER_LITERAL] = "unsafe, literal",
	[DANGER_REFUSED] = "refused",
};

static const char *const moments[] = { "map", "unmap", "attach" };
#define MOMENT_COUNT (sizeof(moments) / sizeof(*moments))

/* The words of the bits that are set, "map,unmap", or of the one that is not, "all but anon". The caller frees it. */
static char *set_text(unsigned set, const char *const *words, unsigned count)
{
	char *text, *longer;
	unsigned bit;

	if (set == (1u << count) - 1)
		return copy_string("all");
	for (bit = 0; bit < count && count > 3; bit++)
		if ((set ^ 1u << bit) == (1u << count) - 1)
			return print_string("all but %s", words[bit]);
	text = copy_string("");
	for (bit = 0; bit < count; bit++) {
		if (!(set & 1u << bit))
			continue;
		longer = print_string("%s%s%s", text, *text ? "," : "", words[bit]);
		free(text);
		text = longer;
	}
	return text;
}

static const char *here(int error)
{
	switch (error) {
	case 0: return "yes";
	case EINVAL: return "no";
	case ENOSYS: return "-";
	default: return "refused";
	}
}

static void print_people(void)
{
	static const char *const titles[] = { "ADVICE", "CLASS", "SINCE", "HERE", "WHEN", "MAPPINGS", "NEEDS",
					      "WHAT IT DOES", NULL };
	struct table *table = table_create(titles);
	enum advice_id id;

	for (id = 0; id < ADVICE_COUNT; id++) {
		const struct advice *advice = &advices[id];
		char *kinds = set_text(advice->kinds, kind_words, KIND_COUNT);
		/* Whose it is, where it is not Linux's own. */
		char *summary = strstr(advice->systems, "Linux") ?
					copy_string(advice->summary) :
					print_string("%s: %s", advice->systems, advice->summary);
		char *when = advice->since ? set_text(advice->moments, moments, MOMENT_COUNT) : copy_string("-");

		table_cell(table, advice->name);
		table_cell(table, advice_class_name(advice->class));
		table_cell(table, advice->since ? advice->since : "-");
		table_cell(table, here(advice_probe(id)));
		table_cell(table, when);
		table_cell(table, kinds);
		table_cell(table, needs[advice->danger]);
		table_cell(table, summary);
		free(summary);
		free(when);
		free(kinds);
	}
	table_print(table, 0, stdout);
}

static void print_one_json(struct json *json, enum advice_id id)
{
	const struct advice *advice = &advices[id];
	int error = advice_probe(id);
	unsigned bit;

	json_open_object(json, NULL);
	json_string(json, "name", advice->name);
	json_string(json, "class", advice_class_name(advice->class));
	json_string(json, "systems", advice->systems);
	json_string(json, "since", advice->since);
	json_string(json, "config", advice->config);
	json_bool(json, "supported", error == 0);
	json_string(json, "reason", error ? unsupported_text(id, error) : NULL);
	json_string(json, "sets", advice->sets);
	json_string(json, "clears", advice->clears);
	json_bool(json, "sticks", advice->sticks);
	json_string(json, "needs", *needs[advice->danger] ? needs[advice->danger] : NULL);
	json_open_array(json, "moments");
	for (bit = 0; bit < MOMENT_COUNT; bit++)
		if (advice->moments & 1 << bit)
			json_string(json, NULL, moments[bit]);
	json_close_array(json);
	json_open_array(json, "mappings");
	for (bit = 0; bit < KIND_COUNT; bit++)
		if (advice->kinds & KIND_BIT(bit))
			json_string(json, NULL, kind_words[bit]);
	json_close_array(json);
	json_string(json, "summary", advice->summary);
	json_close_object(json);
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct json json = json_start(stdout);
	bool as_json = false;
	enum advice_id id;
	int key;

	while ((key = next_option(self, argc, argv)) != -1)
		as_json |= key == OPTION_JSON;
	if (argv[optind])
		usage_error(self, "\"%s\" is one word too many", argv[optind]);
	if (!as_json) {
		print_people();
		return EXIT_DONE;
	}
	json_open_array(&json, NULL);
	for (id = 0; id < ADVICE_COUNT; id++)
		print_one_json(&json, id);
	json_close_array(&json);
	json_finish(&json);
	return EXIT_DONE;
}

static const struct option_row options[] = {
	{ OPTION_JSON, "json", NULL, "as JSON, with all that the table holds" },
	{ 0 },
};

const struct subcommand advice_subcommand = {
	.name = "advice",
	.usage = "[--json]",
	.summary = "list every advice, and what this kernel supports",
	.description =
		"HERE says what this kernel answered when it was asked: yes, no (it does not know the advice),\n"
		"refused (a sandbox answered), - (not an advice of Linux). SINCE is the first Linux version,\n"
		"WHEN the moments at which the advice can do anything, NEEDS what a rule must have to give it.\n",
	.options = options,
	.exit_status = "  0  done\n",
	.example = "  madvisor advice | grep thp\n",
	.run = run,
};
