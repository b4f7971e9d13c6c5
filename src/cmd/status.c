/* SPDX-License-Identifier: MIT */
/* madvisor status: what the library did, in one process or in all. */
#define _GNU_SOURCE
#include "status.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "show.h"

/* Which pages were shown already: forks share one, and what a service did is to be counted once. */
struct seen {
	pid_t started_as, pid;
	uint64_t address;
};

static pid_t find_or_add(struct seen **list, size_t *count, const struct snapshot *snapshot)
{
	pid_t started_as = snapshot->page->pid;
	size_t index;

	for (index = 0; index < *count; index++)
		if ((*list)[index].started_as == started_as && (*list)[index].address == snapshot->address)
			return (*list)[index].pid;
	*list = reallocate(*list, (*count + 1) * sizeof(**list));
	(*list)[(*count)++] = (struct seen){ started_as, snapshot->pid, snapshot->address };
	return 0;
}

/* Calls show for each process that can be read and has the library. Returns how many could not be looked into. */
static unsigned show_all(show_snapshot *show, void *context)
{
	struct dirent **entries;
	int count = scandir("/proc", &entries, NULL, versionsort), index, error;
	struct snapshot snapshot;
	struct seen *list = NULL;
	size_t listed = 0;
	unsigned closed = 0;

	for (index = 0; index < count; index++) {
		pid_t pid = atoi(entries[index]->d_name);

		free(entries[index]);
		if (pid <= 0 || pid == getpid())
			continue;
		error = 0;
		if (take_snapshot(pid, &snapshot, &error) == SNAPSHOT_READ) {
			if (snapshot.page)
				snapshot.counted_as = find_or_add(&list, &listed, &snapshot);
			show(context, &snapshot);
		} else if (error == EPERM || error == EACCES) {
			closed++;
		}
		release_snapshot(&snapshot);
	}
	if (count >= 0)
		free(entries);
	free(list);
	return closed;
}

static int show_one(pid_t pid, show_snapshot *show, void *context)
{
	struct snapshot snapshot;
	int error = 0;
	enum snapshot_result result = take_snapshot(pid, &snapshot, &error);

	if (result == SNAPSHOT_READ) {
		show(context, &snapshot);
	} else {
		char *problem = snapshot_problem(result, error);

		report_error("process %d: %s", (int)pid, problem);
		free(problem);
	}
	release_snapshot(&snapshot);
	return result == SNAPSHOT_READ ? EXIT_DONE : EXIT_USAGE;
}

static int show_once(pid_t pid, const struct format *format)
{
	void *context = format->begin(pid == 0);
	int status = EXIT_DONE;
	unsigned closed = 0;

	if (pid)
		status = show_one(pid, format->show, context);
	else
		closed = show_all(format->show, context);
	format->end(context);
	if (closed && format == &format_people)
		report_warning("%u process%s could not be looked into: needs root or CAP_SYS_PTRACE", closed,
			       closed == 1 ? "" : "es");
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	const struct format *format = &format_people;
	unsigned seconds = 0;
	pid_t pid = 0;
	int key, status;

	while ((key = next_option(self, argc, argv)) != -1) {
		if (key == OPTION_JSON)
			format = &format_json;
		else if (key == OPTION_OPENMETRICS)
			format = &format_openmetrics;
		else if (key == OPTION_WATCH)
			seconds = option_number(self, "interval", optarg, 86400);
	}
	if (argv[optind])
		pid = option_number(self, "process", argv[optind++], INT_MAX);
	if (argv[optind])
		usage_error(self, "\"%s\" is one word too many", argv[optind]);
	for (;;) {
		status = show_once(pid, format);
		if (!seconds || status || fflush(stdout) == EOF)
			return status;
		sleep(seconds);
		if (format == &format_people)
			putchar('\n');
	}
}

static const struct option_row options[] = {
	{ OPTION_JSON, "json", NULL, "as JSON" },
	{ OPTION_OPENMETRICS, "openmetrics", NULL, "as OpenMetrics, for node_exporter's textfile collector" },
	{ OPTION_WATCH, "watch", "SECONDS", "again every SECONDS, until the process is gone" },
	{ 0 },
};

const struct subcommand status_subcommand = {
	.name = "status",
	.usage = "[--json | --openmetrics] [--watch SECONDS] [PID]",
	.summary = "say what the library did in running processes",
	.description =
		"For a process, or for all that the caller may read: each rule with the mappings and bytes that it\n"
		"advised since the start of the service (forked children included); LIVE: the mappings that it is for\n"
		"as they are now, those made while it was off too; how often it answered the program's own advice, and what failed; then the last lines of the log.\n"
		"The process is not stopped. LIVE is \"?\" where the policy that it read cannot be read any\n"
		"more, or has changed.\n",
	.options = options,
	.exit_status =
		"  0  done\n"
		"  2  no such process, no permission, or the library is not in it\n",
	.example = "  madvisor status $(pidof slapd)\n"
		   "  madvisor status --openmetrics >/var/lib/prometheus/node-exporter/madvisor.prom\n",
	.run = run,
};
