/* SPDX-License-Identifier: MIT */
/* madvisor attach: a policy for a process that runs already. */
#define _GNU_SOURCE
#include "attach.h"

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
	unsigned repeat;               /* seconds; 0: once */
	bool dry_run, undo, json;
};

static int complain_of_process(pid_t pid, int error)
{
	fprintf(stderr, "madvisor: process %d: ", (int)pid);
	process_explain_error(stderr, error);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

/* Returns EXIT_DONE if it is a process that can be advised at all. */
static int open_target(struct process *process, pid_t pid)
{
	int error = process_open(process, pid);
	if (error)
		return complain_of_process(pid, error);
	if (process->kernel_thread)
		report_error("process %d is a thread of the kernel: it maps nothing", (int)pid);
	else if (strchr("ZX", process->state))
		report_error("process %d has ended, and only waits for its parent to notice (a zombie)", (int)pid);
	else if (process->leader != pid)
		report_error("%d is a thread of process %d: name that", (int)pid, (int)process->leader);
	else if (pid == getpid())
		report_error("process %d is madvisor itself", (int)pid);
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

/* One look at the process. Returns an exit status; *ended: it has. */
static int attach_once(const struct request *request, const struct policy *policy, struct process *process, struct seen_list *seen,
		       bool *ended)
{
	struct plan plan = { 0 };
	int error = process_read_mappings(process);
	/* A zombie maps nothing. */
	*ended = (error != 0 || !process->mapping_count) && seen->mappings;
	if (error || *ended)
		return *ended ? EXIT_DONE : complain_of_process(process->pid, error);
	plan_advice(&plan, policy, process, seen, request->undo);
	bool again = seen->mappings, partly = false;
	if (request->dry_run)
		only_tell(&plan);
	else
		carry_out(&plan, process, policy->memory / 4);
	if (!again || plan.count)
		print_plan(&plan, process, request->json, request->dry_run);
	for (size_t i = 0; i < plan.count; i++)
		partly |= plan.steps[i].outcome != OUTCOME_DONE;
	remember_mappings(seen, process);
	forget_plan(&plan);
	return partly ? EXIT_PARTLY : EXIT_DONE;
}

static int attach(const struct request *request, struct process *process)
{
	struct parser parser;
	choose_memory_of(process);
	const struct policy *policy = read_choice(&request->choice, &process->identity, true, &parser);
	if (!policy)
		return EXIT_USAGE;
	if (!policy->rule_count)
		report_warning("no rule for \"%s\": %s", process->identity.path,
			       parser.rules_seen ? "all are for other programs" : empty_reason(&request->choice));
	struct seen_list seen = { 0 };
	bool ended = false;
	int status = attach_once(request, policy, process, &seen, &ended);
	while (request->repeat && status != EXIT_USAGE && !ended) {
		sleep(request->repeat);
		int next = attach_once(request, policy, process, &seen, &ended);
		status = next > status ? next : status;
	}
	free(seen.mappings);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct request request = { 0 };
	int key;
	while ((key = next_option(self, argc, argv)) != -1) {
		switch (key) {
		case 'p': choose_policy(&request.choice, optarg); break;
		case 'r': choose_rule(&request.choice, optarg); break;
		case 'n': request.dry_run = true; break;
		case OPTION_REPEAT: request.repeat = (unsigned)option_number(self, "number of seconds", optarg, 86400); break;
		case OPTION_UNDO: request.undo = true; break;
		case OPTION_JSON: request.json = true; break;
		}
	}
	if (!argv[optind] || argv[optind + 1])
		usage_error(self, "name one process");
	if (request.undo && request.repeat)
		usage_error(self, "--undo is done once: it takes no --repeat");
	request.pid = (pid_t)option_number(self, "process", argv[optind], INT_MAX);
	choose_rest(&request.choice, getenv("MADVISOR_POLICY"), getenv("MADVISOR_RULES"));
	struct process process;
	int status = open_target(&process, request.pid);
	if (status == EXIT_DONE)
		status = attach(&request, &process);
	process_close(&process);
	return status;
}

static const struct option_row options[] = {
	{ 'p', "policy", "POLICY", "a policy: a name, a file or a directory; may be repeated" },
	{ 'r', "rule", "RULE", "a rule, tried before those of policies; may be repeated" },
	{ 'n', "dry-run", NULL, "only say what would be done" },
	{ OPTION_REPEAT, "repeat", "SECONDS", "look again for new mappings, until the process ends" },
	{ OPTION_UNDO, "undo", NULL, "take back access, thp and dump advice of these rules" },
	{ OPTION_JSON, "json", NULL, "as JSON; with --repeat one object for each look" },
	{ 0 },
};

const struct subcommand attach_subcommand = {
	.name = "attach",
	.usage = "[-p POLICY]... [-r RULE]... [-n] [--repeat SECONDS] [--undo] [--json] PID",
	.summary = "give a policy's advice to a process that runs already",
	.description =
		"For any 64-bit process: preloaded or not, static, written in Go, in a container. Paths are those that\n"
		"the process itself sees. willneed, cold, pageout and collapse are given from outside by\n"
		"process_madvise(2), which does not stop it. Advice that stays with a mapping can only be given from\n"
		"inside: one thread, asleep in a call that bears it, is stopped for about a tenth of a millisecond\n"
		"at a time and made to call madvise(2); its own call then goes on as if nothing had been, except that\n"
		"a time limit of epoll_wait(2) and io_getevents(2) begins anew. VmFlags tells whether it worked.\n"
		"\n"
		"Unsafe advice is refused, populate and NUMA advice are not given, nor anything to stacks, PROT_NONE\n"
		"reservations and what the kernel maps; to executables and libraries only by their literal path.\n"
		"A rule whose conditions ask for mmap's flags (locked, populate ...) leaves a mapping alone. With\n"
		"--repeat a rule with \"override\" is applied to known mappings again. --undo gives normal and dodump\n"
		"where the rule's advice is in force; the kernel cannot forget hugepage or nohugepage, so these become\n"
		"whichever of the two the system's setting comes to.\n"
		"\n"
		"Needs root, or CAP_SYS_PTRACE and CAP_SYS_NICE; CAP_SYS_ADMIN where seccomp filters are in force.\n"
		"On x86-64 only, except for what is given from outside. Do not kill it by SIGKILL: other signals wait\n"
		"until the thread goes on, but if it dies in that moment, the thread's call returns 0 or EINTR.\n",
	.options = options,
	.exit_status =
		"  0  all of it was done, or was in force already\n"
		"  1  some of it was not: see RESULT\n"
		"  2  usage, errors in the policy, no such process, or no permission\n",
	.example = "  madvisor attach -r '/var/lib/ldap/*.mdb random' $(pidof slapd)\n  madvisor attach -p lucene --repeat 60 4711\n",
	.run = run,
};
