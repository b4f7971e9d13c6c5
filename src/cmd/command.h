/* SPDX-License-Identifier: MIT */
/* What the subcommands of madvisor(1) share: their place in the table, their options, how they complain. */
#ifndef MADVISOR_COMMAND_H
#define MADVISOR_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses, as madvisor(1) lists them. */
enum { EXIT_DONE = 0, EXIT_PARTLY = 1, EXIT_USAGE = 2, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/* One option. Parsing and --help are driven by the same row. --help itself needs none. */
struct option_row {
	int key;                /* the short form; above UCHAR_MAX where there is only the long one */
	const char *name;       /* the long form */
	const char *argument;   /* what --help calls its argument; NULL: takes none */
	const char *text;       /* one line */
};
/* Keys of options that have no short form. */
enum { OPTION_JSON = 256, OPTION_PID, OPTION_ALL, OPTION_SUGGEST, OPTION_OPENMETRICS, OPTION_WATCH, OPTION_REPORT,
       OPTION_REPEAT, OPTION_UNDO };

/* One subcommand. The table of them in main.c drives dispatch and help. */
struct subcommand {
	const char *name;
	const char *usage;                  /* what follows the name */
	const char *summary;                /* one line */
	const char *description;            /* paragraphs, each ends with a newline */
	const struct option_row *options;   /* the last has no name; NULL: none */
	const char *exit_status;            /* lines */
	const char *example;                /* lines */
	bool passes_options_on;             /* options end at the first operand: what follows is another program's */
	int (*run)(const struct subcommand *self, int argc, char **argv);   /* returns the exit status */
};

extern const struct subcommand advice_subcommand, attach_subcommand, check_subcommand, explain_subcommand,
	off_subcommand, on_subcommand, policies_subcommand, run_subcommand, status_subcommand;

/*
 * The key of the next option, its argument in optarg; -1: no more, the operands begin at argv[optind].
 * --help prints and exits 0; what is not understood is complained of and exits 2.
 */
int next_option(const struct subcommand *self, int argc, char **argv);

/* The number in an option's argument, at least 1 and at most max; else complains and exits 2. */
unsigned long option_number(const struct subcommand *self, const char *what, const char *argument, unsigned long max);

/* Prints the text of "madvisor NAME --help". */
void print_help(const struct subcommand *self);

/* "madvisor: MESSAGE", "madvisor: warning: MESSAGE" on standard error. */
void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, "try 'madvisor NAME --help'" behind it, and exit status 2. self: NULL for the command as a whole. */
void usage_error(const struct subcommand *self, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* As malloc(3) and the rest, but without memory the command ends with status 2. */
void *allocate(size_t bytes);
void *reallocate(void *memory, size_t bytes);
char *copy_string(const char *string);
char *print_string(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
