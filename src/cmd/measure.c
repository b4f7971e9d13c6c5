/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "show.h"
#include "table.h"
#include "wording.h"

#define PAGE_FILE_MAX (64 << 20)

/* One rule, summed up over all programs that were started. */
struct sum {
	char *name;
	uint64_t mappings, bytes, overridden, failures;
};

struct sums {
	struct sum *list;
	size_t count;
	unsigned programs;
	bool dry_run;
	unsigned unreadable;   /* that left a file, and no report in it */
};

static struct sum *sum_of(struct sums *sums, const char *name)
{
	size_t index;

	for (index = 0; index < sums->count; index++)
		if (!strcmp(sums->list[index].name, name))
			return &sums->list[index];
	sums->list = reallocate(sums->list, (sums->count + 1) * sizeof(*sums->list));
	sums->list[sums->count] = (struct sum){ .name = copy_string(name) };
	return &sums->list[sums->count++];
}

static void add_snapshot(struct sums *sums, const struct snapshot *snapshot)
{
	uint32_t index;

	sums->programs++;
	sums->dry_run |= snapshot->page->dry_run == 1;
	for (index = 0; index < snapshot->page->rule_count; index++) {
		const struct rule_status *rule = &snapshot->rules[index];
		struct sum *sum = sum_of(sums, rule_name(snapshot, index));

		sum->mappings += rule->mappings;
		sum->bytes += rule->bytes;
		sum->overridden += rule->overridden;
		sum->failures += count_failures(rule);
	}
}

/* The library wrote it in a process that may have done anything to it: it is read like any other process's page. */
static void read_page_file(struct sums *sums, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct snapshot snapshot = { 0 };
	struct stat status;
	unsigned programs = sums->programs;
	void *bytes;

	if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size <= PAGE_FILE_MAX) {
		bytes = allocate(status.st_size);
		if (read(fd, bytes, status.st_size) == status.st_size &&
		    check_snapshot(bytes, status.st_size, &snapshot) == SNAPSHOT_READ)
			add_snapshot(sums, &snapshot);
		free(bytes);
	}
	if (fd >= 0)
		close(fd);
	sums->unreadable += sums->programs == programs;
}

/* Reads and removes all that lies in the directory, and the directory. */
static void collect(struct sums *sums, const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, versionsort), index;

	for (index = 0; index < count; index++) {
		char *path = print_string("%s/%s", directory, entries[index]->d_name);

		if (entries[index]->d_name[0] != '.') {
			read_page_file(sums, path);
			unlink(path);
		}
		free(path);
		free(entries[index]);
	}
	if (count >= 0)
		free(entries);
	rmdir(directory);
}

static double seconds_of(struct timeval time)
{
	return time.tv_sec + time.tv_usec / 1e6;
}

static void print_account(const char *name, const struct account *account)
{
	const struct rusage *usage = &account->usage;

	fprintf(stderr, "madvisor: report on %s, ", name);
	if (WIFSIGNALED(account->status))
		fprintf(stderr, "ended by signal %d\n", WTERMSIG(account->status));
	else
		fprintf(stderr, "exit status %d\n", WEXITSTATUS(account->status));
	fprintf(stderr,
		"  time               %.3f s (user %.3f s, system %.3f s)\n"
		"  major faults       %ld\n"
		"  minor faults       %ld\n"
		"  read from storage  %s\n"
		"  peak memory        %s\n",
		account->seconds, seconds_of(usage->ru_utime), seconds_of(usage->ru_stime), usage->ru_majflt,
		usage->ru_minflt, size_text((uint64_t)usage->ru_inblock * 512),
		size_text((uint64_t)usage->ru_maxrss * 1024));
}

static void print_sums(const struct sums *sums)
{
	static const char *const titles[] = { "RULE", ">MAPPINGS", ">BYTES", ">ANSWERED", ">FAILURES", NULL };
	struct table *table;
	size_t index;

	if (sums->unreadable)
		fprintf(stderr, "  left out: %u of the programs could not write a report (no room, or a limit on the size of files)\n",
			sums->unreadable);
	else if (!sums->programs)
		fprintf(stderr, "  no rule was for any program that was started\n");
	if (!sums->programs)
		return;
	if (sums->dry_run)
		fprintf(stderr, "  dry run: nothing was advised, this would have been\n");
	if (sums->programs > 1)
		fprintf(stderr, "  by the rules, in %u programs:\n", sums->programs);
	table = table_create(titles);
	for (index = 0; index < sums->count; index++) {
		table_cell(table, sums->list[index].name);
		table_number(table, sums->list[index].mappings);
		table_size(table, sums->list[index].bytes);
		table_number(table, sums->list[index].overridden);
		table_number(table, sums->list[index].failures);
	}
	table_print(table, 2, stderr);
}

/* In memory where there is some to be had by a name: counting should not write to the storage that is measured. */
static char *make_directory(void)
{
	static const char *const places[] = { "/dev/shm", "/tmp" };
	size_t index;
	char *path;

	for (index = 0; index < sizeof(places) / sizeof(*places); index++) {
		path = print_string("%s/madvisor-XXXXXX", places[index]);
		if (mkdtemp(path))
			return path;
		free(path);
	}
	return NULL;
}

/* As if there had been nobody between the program and whoever waits for us. */
static int end_as(int status)
{
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	fflush(NULL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

int measure(const struct target *target, char *const *words)
{
	struct account account = { 0 };
	struct sums sums = { 0 };
	char *directory = make_directory();
	int error;

	if (directory)
		setenv("MADVISOR_REPORT", directory, 1);
	else
		report_warning(
			"what the rules do will not be known: no directory could be made in /dev/shm or /tmp: %s",
			strerror(errno));
	error = supervise(target, words, &account);
	if (directory)
		collect(&sums, directory);
	free(directory);
	if (error) {
		report_error("cannot start \"%s\": %s", words[0], strerror(error));
		return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	}
	print_account(words[0], &account);
	print_sums(&sums);
	return end_as(account.status);
}
