/* SPDX-License-Identifier: MIT */
/* madvisor explain: which rule decides, for files and for a running process. */
#define _GNU_SOURCE
#include "explain.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choice.h"
#include "command.h"

struct request {
	struct policy_choice choice;
	pid_t pid;
	bool all, suggest, json;
};

/* Without -p and -r: what the process itself was started under, if that says anything. */
static const struct policy *policy_for(struct policy_choice *choice, const struct process *process, bool *failed)
{
	const struct policy *policy;
	struct parser parser;

	*failed = false;
	if (!is_chosen(choice) && !choose_of_process(choice, process))
		return NULL;
	choose_rest(choice, "", NULL);
	choose_memory_of(process);
	policy = read_choice(choice, &process->identity, false, &parser);
	*failed = !policy;
	return policy && policy->rule_count ? policy : NULL;
}

static int explain_pid(struct request *request)
{
	const struct policy *policy = NULL;
	struct process process;
	bool failed = false;
	int error = process_open(&process, request->pid);

	if (!error)
		error = process_read_mappings(&process);
	if (error) {
		fprintf(stderr, "madvisor: process %d: ", (int)request->pid);
		process_explain_error(stderr, error);
		fputc('\n', stderr);
		return EXIT_USAGE;
	}
	if (request->suggest)
		suggest_policy(&process);
	else
		policy = policy_for(&request->choice, &process, &failed);
	if (!request->suggest && !failed)
		explain_process(policy, &process, request->all, request->json);
	process_close(&process);
	return failed ? EXIT_USAGE : EXIT_DONE;
}

static int explain_paths(struct request *request, char *const *paths)
{
	struct json json = json_start(stdout);
	const struct policy *policy;
	struct parser parser;

	choose_rest(&request->choice, getenv("MADVISOR_POLICY"), getenv("MADVISOR_RULES"));
	policy = read_choice(&request->choice, NULL, false, &parser);
	if (!policy)
		return EXIT_USAGE;
	if (!policy->rule_count)
		report_warning("no rule: %s", empty_reason(&request->choice));
	if (request->json)
		json_open_array(&json, NULL);
	for (; *paths; paths++)
		explain_path(policy, *paths, request->json ? &json : NULL);
	if (request->json) {
		json_close_array(&json);
		json_finish(&json);
	}
	return EXIT_DONE;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct request request = { 0 };
	int key;

	while ((key = next_option(self, argc, argv)) != -1) {
		switch (key) {
		case 'p': choose_policy(&request.choice, optarg); break;
		case 'r': choose_rule(&request.choice, optarg); break;
		case OPTION_PID: request.pid = option_number(self, "process", optarg, INT_MAX); break;
		case OPTION_ALL: request.all = true; break;
		case OPTION_SUGGEST: request.suggest = true; break;
		case OPTION_JSON: request.json = true; break;
		}
	}
	if ((request.pid != 0) == (argv[optind] != NULL))
		usage_error(self, "name files, or one process with --pid");
	if (!request.pid && (request.all || request.suggest))
		usage_error(self, "--all and --suggest are for --pid");
	if (request.suggest && (request.json || is_chosen(&request.choice)))
		usage_error(self, "--suggest begins a policy: it takes none, and writes no JSON");
	return request.pid ? explain_pid(&request) : explain_paths(&request, argv + optind);
}

static const struct option_row options[] = {
	{ 'p', "policy", "POLICY", "a policy: a name, a file or a directory; may be repeated" },
	{ 'r', "rule", "RULE", "a rule, tried before those of policies; may be repeated" },
	{ OPTION_PID, "pid", "PID", "the mappings of a running process, preloaded or not" },
	{ OPTION_ALL, "all", NULL, "with --pid: mappings below 1 MiB too" },
	{ OPTION_SUGGEST, "suggest", NULL, "with --pid: print the beginning of a policy for it" },
	{ OPTION_JSON, "json", NULL, "as JSON" },
	{ 0 },
};

const struct subcommand explain_subcommand = {
	.name = "explain",
	.usage = "[-p POLICY]... [-r RULE]... [--json] PATH... | --pid PID [--all]\n"
		 "       madvisor explain --pid PID --suggest",
	.summary = "say which rule decides, and what a process has in force",
	.description =
		"For each PATH: which rule would decide about a mapping of that file, and what failed in every rule\n"
		"before it. For a process: what it maps, with paths as it sees them, the rule for each mapping, what\n"
		"that rule gives, what the kernel has in force, and whether they agree. The policy is that of -p and\n"
		"-r; for files else the environment's, for a process else the one it was started under. Without a\n"
		"policy it says what the process maps, which is the first step of writing one.\n",
	.options = options,
	.exit_status =
		"  0  done\n"
		"  2  no such process, no permission, or errors in the policy\n",
	.example = "  madvisor explain -p lmdb /var/lib/ldap/data.mdb\n"
		   "  madvisor explain --pid $(pidof slapd) --suggest\n",
	.run = run,
};
