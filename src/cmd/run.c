/* SPDX-License-Identifier: MIT */
/* madvisor run: checks the policy and the program, sets the environment, becomes the program. */
#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choice.h"
#include "log.h"
#include "measure.h"
#include "paths.h"
#include "program.h"
#include "target.h"

static const char *const levels[LOG_LEVEL_COUNT] = { "error", "warning", "notice", "info", "debug" };

/* Sanitizers' runtimes refuse to start unless they come first. */
static bool must_be_first(const char *library)
{
	const char *slash = strrchr(library, '/'), *name = slash ? slash + 1 : library;

	return !strncmp(name, "libasan.so", 10) || !strncmp(name, "libtsan.so", 10) || !strncmp(name, "liblsan.so", 10);
}

/* Ours, then what was there: the first sees what the program asks for, and the others see its calls too. */
static char *preload_list(const char *library, const char *present)
{
	size_t first;
	char *list, *head;

	if (!present)
		return copy_string(library);
	present += strspn(present, ": ");
	first = strcspn(present, ": ");
	if (!*present)
		return copy_string(library);
	if (strlen(library) == first && !strncmp(present, library, first))
		return copy_string(present);
	head = strndup(present, first);
	if (head && must_be_first(head))
		list = print_string("%s:%s", head, preload_list(library, present + first));
	else
		list = print_string("%s:%s", library, present);
	free(head);
	return list;
}

static void check_library(const char *library)
{
	if (library[strcspn(library, ": \t")]) {
		report_error("the library's path \"%s\" has a character at which LD_PRELOAD is split", library);
		exit(EXIT_USAGE);
	}
	if (access(library, R_OK)) {
		report_error("the library \"%s\": %s", library, strerror(errno));
		exit(EXIT_USAGE);
	}
}

static void set_variable(const char *name, const char *value)
{
	if (value ? setenv(name, value, 1) : unsetenv(name)) {
		report_error("cannot set %s: %s", name, strerror(errno));
		exit(EXIT_USAGE);
	}
}

static void set_environment(const struct policy_choice *choice, const char *library)
{
	set_variable("MADVISOR_POLICY", choice->policies);
	set_variable("MADVISOR_RULES", choice->rules);
	set_variable("LD_PRELOAD", preload_list(library, getenv("LD_PRELOAD")));
}

static int start(const struct target *target, char *const *words)
{
	int error = become(target, words);

	report_error("cannot start \"%s\": %s", words[0], strerror(error));
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static const char *checked_level(const struct subcommand *self, const char *word)
{
	size_t index;

	for (index = 0; index < LOG_LEVEL_COUNT; index++)
		if (!strcmp(levels[index], word))
			return word;
	usage_error(self, "unknown level \"%s\": one of error, warning, notice, info, debug", word);
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	const char *library = find_paths()->library;
	struct policy_choice choice = { 0 };
	struct target target;
	bool report = false;
	int key;

	while ((key = next_option(self, argc, argv)) != -1) {
		if (key == 'p')
			choose_policy(&choice, optarg);
		else if (key == 'r')
			choose_rule(&choice, optarg);
		else if (key == 'l')
			set_variable("MADVISOR_LOG_LEVEL", checked_level(self, optarg));
		else if (key == 'n')
			set_variable("MADVISOR_DRY_RUN", "1");
		else if (key == OPTION_REPORT)
			report = true;
	}
	if (!argv[optind])
		usage_error(self, "no program is named");
	check_library(library);
	choose_rest(&choice, getenv("MADVISOR_POLICY"), getenv("MADVISOR_RULES"));
	find_target(argv + optind, &target);
	if (!check_scope(&choice, &target))
		return EXIT_USAGE;
	if (!target.error)
		warn_about_target(&target, library);
	set_environment(&choice, library);
	return report ? measure(&target, argv + optind) : start(&target, argv + optind);
}

static const struct option_row options[] = {
	{ 'p', "policy", "POLICY", "a policy: a name, a file or a directory; may be repeated" },
	{ 'r', "rule", "RULE", "a rule, tried before those of policies; may be repeated" },
	{ 'l', "log-level", "LEVEL", "error, warning, notice, info or debug" },
	{ 'n', "dry-run", NULL, "everything but the advice itself; see it with -l info" },
	{ OPTION_REPORT, "report", NULL, "wait, then say on standard error what the program took and the rules did" },
	{ 0 },
};

const struct subcommand run_subcommand = {
	.name = "run",
	.usage = "[-p POLICY]... [-r RULE]... [-l LEVEL] [-n] [--report] [--] PROGRAM [ARGUMENT]...",
	.summary = "start a program under a policy",
	.description =
		"Checks the policy and what the program is, then becomes the program, with the library\n"
		"before all else that LD_PRELOAD holds. Without -p and -r the environment decides\n"
		"(MADVISOR_POLICY, MADVISOR_RULES), then default.policy.\n\n"
		"With --report it stays and waits: signals are passed on to the program, and its exit status\n"
		"is kept.\n",
	.options = options,
	.exit_status =
		"  2    the command line or the policy is wrong; nothing was started\n"
		"  126  the program cannot be executed\n"
		"  127  the program was not found\n"
		"  else the program's own\n",
	.example = "  madvisor run --report -p sqlite sqlite3 big.db <look-ups.sql\n"
		   "  madvisor run -p lmdb -l info slapd -d 0 -f /etc/ldap/slapd.conf\n",
	.passes_options_on = true,
	.run = run,
};
