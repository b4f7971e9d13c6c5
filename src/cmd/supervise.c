/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "elf.h"
#include "measure.h"

static volatile sig_atomic_t child;

/* What the terminal sends goes to the program by itself: it is in the same process group. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
	int kept = errno;

	(void)context;
	if (info->si_code != SI_KERNEL && child > 0)
		kill(child, signal);
	errno = kept;
}

/* Those that stop or go on are the terminal's business; faults are our own. */
static bool is_passed_on(int signal)
{
	static const int others[] = { SIGKILL, SIGSTOP, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT,
				      SIGSEGV, SIGBUS,	SIGILL,	 SIGFPE,  SIGTRAP, SIGSYS,  SIGPIPE };
	size_t index;

	for (index = 0; index < sizeof(others) / sizeof(*others); index++)
		if (others[index] == signal)
			return false;
	return signal < 32 || signal >= SIGRTMIN;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART };
	int signal;

	for (signal = 1; signal <= SIGRTMAX; signal++)
		if (is_passed_on(signal))
			sigaction(signal, &action, NULL);
	/* An inherited "ignore" would have the child vanish unseen. */
	action = (struct sigaction){ .sa_handler = SIG_DFL };
	sigaction(SIGCHLD, &action, NULL);
}

int become(const struct target *target, char *const *words)
{
	struct elf_facts facts;

	/* execvp(3) gives what the kernel does not know to the shell: right for a script without its first line only.
	 */
	if (target->path && !read_elf(target->path, &facts) && facts.is_elf)
		execv(target->path, words);
	else
		execvp(words[0], words);
	return errno;
}

static void start_child(const struct target *target, char *const *words, const sigset_t *mask, int pipe_end)
{
	int error;

	sigprocmask(SIG_SETMASK, mask, NULL);
	error = become(target, words);
	if (write(pipe_end, &error, sizeof(error)) != sizeof(error))
		_exit(127);
	_exit(0);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int supervise(const struct target *target, char *const *words, struct account *account)
{
	double begin = now();
	int ends[2], error = 0;
	sigset_t all, mask;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		start_child(target, words, &mask, ends[1]);
	child = pid;
	catch_signals();
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(ends[1]);
	if (read(ends[0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	close(ends[0]);
	while (wait4(pid, &account->status, 0, &account->usage) < 0 && errno == EINTR)
		;
	child = 0;
	account->seconds = now() - begin;
	return error;
}
