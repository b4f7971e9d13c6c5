/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/* Options and --help of every subcommand, out of its table. */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define OPTIONS_MAX 16
#define KEY_HELP 'h'

static const struct option_row help_row = { KEY_HELP, "help", NULL, "print this help" };

/* The row of that number, --help behind the last of the table; NULL beyond. */
static const struct option_row *option_at(const struct subcommand *self, size_t index)
{
	size_t count = 0;

	while (self->options && self->options[count].name)
		count++;
	return index < count ? &self->options[index] : index == count ? &help_row : NULL;
}

void print_help(const struct subcommand *self)
{
	const struct option_row *row;
	size_t index;
	int width;

	printf("usage: madvisor %s %s\n\n%s\noptions:\n", self->name, self->usage, self->description);
	for (index = 0; (row = option_at(self, index)); index++) {
		if (row->key <= UCHAR_MAX)
			printf("  -%c, ", row->key);
		else
			printf("      ");
		width = printf("--%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
		printf("%*s%s\n", width < 20 ? 20 - width : 1, "", row->text);
	}
	printf("\nexit status:\n%s\nexample:\n%s", self->exit_status, self->example);
}

int next_option(const struct subcommand *self, int argc, char **argv)
{
	struct option rows[OPTIONS_MAX] = { 0 };
	char letters[2 * OPTIONS_MAX + 2];
	const struct option_row *row;
	size_t index, length = 0;
	int key;

	if (self->passes_options_on)
		letters[length++] = '+';
	for (index = 0; index < OPTIONS_MAX - 1 && (row = option_at(self, index)); index++) {
		rows[index] =
			(struct option){ row->name, row->argument ? required_argument : no_argument, NULL, row->key };
		if (row->key <= UCHAR_MAX) {
			letters[length++] = row->key;
			if (row->argument)
				letters[length++] = ':';
		}
	}
	letters[length] = '\0';
	key = getopt_long(argc, argv, letters, rows, NULL);
	if (key == KEY_HELP) {
		print_help(self);
		exit(EXIT_DONE);
	}
	if (key == '?') {
		fprintf(stderr, "try 'madvisor %s --help'\n", self->name);
		exit(EXIT_USAGE);
	}
	return key;
}

unsigned long option_number(const struct subcommand *self, const char *what, const char *argument, unsigned long max)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(argument, &end, 10);
	if (argument[0] < '0' || argument[0] > '9' || *end || errno || number < 1 || number > max)
		usage_error(self, "%s \"%s\" is not a number from 1 to %lu", what, argument, max);
	return number;
}
