/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"

static const struct subcommand *const subcommands[] = {
	&run_subcommand,
	&check_subcommand,
	&explain_subcommand,
	&status_subcommand,
	&attach_subcommand,
	&off_subcommand,
	&on_subcommand,
	&advice_subcommand,
	&policies_subcommand,
};
#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(*subcommands))

static const char *subcommand_name_at(size_t index)
{
	return index < SUBCOMMAND_COUNT ? subcommands[index]->name : NULL;
}

static const struct subcommand *find_subcommand(const char *name)
{
	const char *near;
	size_t index;

	for (index = 0; index < SUBCOMMAND_COUNT; index++)
		if (!strcmp(subcommands[index]->name, name))
			return subcommands[index];
	near = nearest_word(name, strlen(name), subcommand_name_at);
	if (near)
		usage_error(NULL, "unknown command \"%s\" (did you mean \"%s\"?)", name, near);
	usage_error(NULL, "unknown command \"%s\"", name);
}

static void print_overview(void)
{
	size_t index;

	printf("usage: madvisor COMMAND [ARGUMENT]...\n\n"
	       "Gives the kernel memory advice on behalf of programs that cannot be changed.\n\ncommands:\n");
	for (index = 0; index < SUBCOMMAND_COUNT; index++)
		printf("  %-10s %s\n", subcommands[index]->name, subcommands[index]->summary);
	printf("\n'madvisor COMMAND --help' says more about each; madvisor(1) and madvisor.policy(5) say it all.\n");
}

/* A table that never reached its reader (a full disk, a closed pipe) is not success. */
static int finish(int status)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		if (errno != EPIPE)
			report_error("cannot write to standard output: %s", strerror(errno));
		return status ? status : EXIT_PARTLY;
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct subcommand *chosen;
	const char *word = argc > 1 ? argv[1] : "";

	if (argc < 2)
		usage_error(NULL, "no command is named");
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || (!strcmp(word, "help") && argc == 2)) {
		print_overview();
		return finish(EXIT_DONE);
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		printf("madvisor %s\n", PACKAGE_VERSION);
		return finish(EXIT_DONE);
	}
	if (word[0] == '-')
		usage_error(NULL, "unknown option \"%s\"", word);
	if (!strcmp(word, "help")) {
		print_help(find_subcommand(argv[2]));
		return finish(EXIT_DONE);
	}
	chosen = find_subcommand(word);
	/* getopt(3) begins its own messages with argv[0]: the same words as ours. */
	argv[1] = print_string("madvisor");
	return finish(chosen->run(chosen, argc - 1, argv + 1));
}
