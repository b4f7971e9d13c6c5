/* SPDX-License-Identifier: MIT */
/* madvisor policies: what -p NAME can name, with the first comment of each. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "presets.h"
#include "table.h"

/* The first comment that says something: licence lines do not. Empty where there is none. */
static char *first_comment(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *text;
	size_t room = 0;
	ssize_t length;

	if (!file)
		return print_string("(%s)", strerror(errno));
	while ((length = getline(&line, &room, file)) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		text = line + strspn(line, " \t");
		if (*text && *text != '#')
			break;
		text += strspn(text, "# \t");
		if (*text && strncmp(text, "SPDX-", 5)) {
			text = copy_string(text);
			free(line);
			fclose(file);
			return text;
		}
	}
	free(line);
	fclose(file);
	return copy_string("");
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	static const char *const titles[] = { "POLICY", "IN", "WHAT IT IS FOR", NULL };
	struct table *table = table_create(titles);
	const struct preset *presets;
	size_t count, index;

	next_option(self, argc, argv);
	if (argv[optind])
		usage_error(self, "\"%s\" is one word too many", argv[optind]);
	count = find_presets(&presets);
	for (index = 0; index < count; index++) {
		char *comment = presets[index].hidden ? copy_string("(hidden by the one above)") :
							first_comment(presets[index].path);

		table_cell(table, presets[index].name);
		table_cell(table, presets[index].directory);
		table_cell(table, comment);
		free(comment);
	}
	table_print(table, 0, stdout);
	return EXIT_DONE;
}

const struct subcommand policies_subcommand = {
	.name = "policies",
	.usage = "",
	.summary = "list the policies that can be named",
	.description =
		"Those of the administrator come first, then the presets that came with madvisor. A policy is\n"
		"named without its \".policy\"; with a \"/\" in it a name is that of a file or a directory.\n"
		"default.policy is what the library reads where MADVISOR_POLICY is not set.\n",
	.exit_status = "  0  done\n",
	.example = "  madvisor policies\n  madvisor check lmdb\n",
	.run = run,
};
