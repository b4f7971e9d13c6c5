/* SPDX-License-Identifier: MIT */
/* madvisor off and on: the word that every hook reads first. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "remote.h"
#include "snapshot.h"

static int set_switch(pid_t pid, uint32_t off)
{
	struct snapshot snapshot;
	int error = 0, failed;
	enum snapshot_result result = take_snapshot(pid, &snapshot, &error);
	char *problem = NULL;

	if (result != SNAPSHOT_READ) {
		problem = snapshot_problem(result, error);
	} else if (!snapshot.page) {
		problem =
			print_string("the library in it is %s: there is nothing to switch", state_name(snapshot.state));
	} else {
		failed = write_remote(pid, snapshot.address + offsetof(struct status_page, off), &off, sizeof(off));
		if (failed)
			problem = snapshot_problem(SNAPSHOT_FAILED, failed);
	}
	if (problem)
		report_error("process %d: %s", (int)pid, problem);
	failed = problem != NULL;
	free(problem);
	release_snapshot(&snapshot);
	return failed ? EXIT_USAGE : EXIT_DONE;
}

static int run(const struct subcommand *self, uint32_t off, int argc, char **argv)
{
	int status = EXIT_DONE;

	next_option(self, argc, argv);
	if (!argv[optind])
		usage_error(self, "no process is named");
	for (; argv[optind]; optind++)
		status |= set_switch(option_number(self, "process", argv[optind], INT_MAX), off);
	return status;
}

static int run_off(const struct subcommand *self, int argc, char **argv)
{
	return run(self, 1, argc, argv);
}

static int run_on(const struct subcommand *self, int argc, char **argv)
{
	return run(self, 0, argc, argv);
}

#define EXIT_STATUS \
	"  0  done\n" \
	"  2  no such process, no permission, or the library is not in it\n"

const struct subcommand off_subcommand = {
	.name = "off",
	.usage = "PID...",
	.summary = "have the library in a process sleep",
	.description =
		"From now on the library does nothing in the process, nor in any that was forked from the same\n"
		"start of the service. Advice that was given stays: \"madvisor attach --undo\" takes it back.\n",
	.exit_status = EXIT_STATUS,
	.example = "  madvisor off $(pidof slapd)\n",
	.run = run_off,
};

const struct subcommand on_subcommand = {
	.name = "on",
	.usage = "PID...",
	.summary = "wake it again",
	.description = "Undoes \"madvisor off\". Mappings that were made in between stay without advice.\n",
	.exit_status = EXIT_STATUS,
	.example = "  madvisor on $(pidof slapd)\n",
	.run = run_on,
};
