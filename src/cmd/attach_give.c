/* SPDX-License-Identifier: MIT */
/* Carries out what attach has planned, and judges by what the kernel says afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "command.h"
#include "inject.h"
#include "process_advice.h"
#include "wording.h"

static void give_from_outside(struct step *step, const struct process *process, int pidfd, uint64_t ceiling)
{
	const struct process_mapping *mapping = process_mapping_at(process, step->low);
	struct process_advice_result result = advise_process(pidfd, process, mapping, step->advice, step->item, ceiling);
	if (result.error) {
		char *why = explain_process_advice(step->advice, result.error);
		if (result.given)
			conclude(step, OUTCOME_FAILED, "%s of it; then %s", size_text(result.given), why);
		else
			conclude(step, OUTCOME_FAILED, "%s", why);
		free(why);
	} else if (result.left_out) {
		conclude(step, OUTCOME_FAILED, "%s; %s left out: more than a quarter of its memory", size_text(result.given),
			 size_text(result.left_out));
	} else {
		conclude(step, OUTCOME_DONE, "done: %s", size_text(result.given));
	}
}

static void give_all_from_outside(struct plan *plan, const struct process *process, uint64_t ceiling)
{
	int pidfd = -1;
	for (size_t i = 0; i < plan->count; i++) {
		struct step *step = &plan->steps[i];
		if (step->means != FROM_OUTSIDE)
			continue;
		if (pidfd < 0 && (pidfd = open_for_advice(process)) < 0) {
			char *why = explain_process_advice(step->advice, errno);
			conclude(step, OUTCOME_FAILED, "%s", why);
			free(why);
		} else {
			give_from_outside(step, process, pidfd, ceiling);
		}
	}
	if (pidfd >= 0)
		close(pidfd);
}

/* What can be known without stopping it; NULL: it may be tried. */
static char *why_not_inject(struct process *process)
{
	if (process_refresh(process) != 0)
		return copy_string("has ended");
	if (process->pid == getpid())
		return copy_string("is madvisor itself");
	if (process->tracer)
		return print_string("is traced by process %d already (strace, gdb?): only one tracer is possible", (int)process->tracer);
	if (process->state == 'T' || process->state == 't')
		return copy_string("is stopped by a signal (SIGSTOP or the like): continue it first");
	if (process->elf_bits == 32)
		return copy_string("is a 32-bit program: madvise can be run inside 64-bit programs only");
	return NULL;
}

static void explain_failure(struct step *step, int error)
{
	char name[32];
	struct text text;
	text_init(&text, name, sizeof(name));
	text_errno(&text, error);
	const char *why = error == EINVAL ? advice_explain_einval(step->advice) :
		error == ENOMEM ? "no longer mapped, or at the limit of mappings (vm.max_map_count)" :
		error == EAGAIN ? "at the limit of mappings (vm.max_map_count)" : NULL;
	conclude(step, OUTCOME_FAILED, "%s%s%s", name, why ? ": " : "", why ? why : "");
}

/* Every part of the range must show it: the program can have changed its mappings meanwhile. */
static void verify(struct step *step, const struct process *process)
{
	const struct process_mapping *end = process->mappings + process->mapping_count;
	const struct process_mapping *mapping = process_mapping_at(process, step->low);
	if (!mapping || mapping->line.low >= step->high) {
		conclude(step, OUTCOME_DONE, "the mapping has gone meanwhile");
		return;
	}
	for (; mapping && mapping < end && mapping->line.low < step->high; mapping++) {
		if (!mapping->flags) {
			conclude(step, OUTCOME_DONE, "done; this kernel has no VmFlags to see it by");
			return;
		}
		if (!mapping_in_force(mapping, step->advice)) {
			conclude(step, OUTCOME_FAILED, "accepted, but not to be seen in VmFlags");
			return;
		}
	}
	if (step->advice == ADVICE_HUGEPAGE && process->thp_disabled)
		conclude(step, OUTCOME_DONE, "done; no effect while its prctl(2) switches huge pages off");
	else
		conclude(step, OUTCOME_DONE, "done");
}

static size_t collect(const struct plan *plan, struct injection *injections)
{
	size_t count = 0;
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		if (step->means == BY_INJECTION)
			injections[count++] = (struct injection) {
				step->low, step->high - step->low, advices[step->advice].value, INJECTION_NOT_MADE
			};
	}
	return count;
}

static void conclude_injections(struct plan *plan, const struct process *process, const struct injection *injections,
				const char *trouble)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct step *step = &plan->steps[i];
		if (step->means != BY_INJECTION)
			continue;
		int error = (injections++)->error;
		if (error == INJECTION_NOT_MADE)
			conclude(step, OUTCOME_FAILED, "not given: the process %s", trouble ? trouble : "has ended");
		else if (error)
			explain_failure(step, error);
		else
			verify(step, process);
	}
}

/* The table shows what is in force now. */
static void look_again(struct plan *plan, const struct process *process)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct step *step = &plan->steps[i];
		const struct process_mapping *mapping = process_mapping_at(process, step->low);
		if (!mapping || mapping->line.low > step->low)
			continue;
		step->resident = mapping->resident;
		mapping_describe(mapping, step->in_force, sizeof(step->in_force));
	}
}

void carry_out(struct plan *plan, struct process *process, uint64_t ceiling)
{
	struct injection *injections = allocate(plan->count * sizeof(*injections));
	give_all_from_outside(plan, process, ceiling);
	size_t count = collect(plan, injections);
	char *obstacle = count ? why_not_inject(process) : NULL;
	const char *trouble = count && !obstacle ? inject(process, injections, count) : obstacle;
	if (trouble)
		report_error("process %d %s", (int)process->pid, trouble);
	if (process_read_mappings(process) != 0 && !trouble)
		trouble = "has ended";
	conclude_injections(plan, process, injections, trouble);
	look_again(plan, process);
	free(obstacle);
	free(injections);
}

void only_tell(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct step *step = &plan->steps[i];
		if (step->means == BY_INJECTION)
			conclude(step, OUTCOME_DONE, "would be given inside one of its threads");
		else if (step->means == FROM_OUTSIDE)
			conclude(step, OUTCOME_DONE, "would be given from outside");
	}
}
