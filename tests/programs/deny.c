/* SPDX-License-Identifier: MIT */
/*
 * "deny CALL[=VALUE] ERROR [CALL[=VALUE] ERROR]... -- COMMAND...": runs a command under a seccomp filter that answers system
 * calls with an error; with a value, only where their third argument is that. ERROR is a name such as EPERM, or "kill", or
 * "nothing": the call is said to have succeeded, and does nothing.
 * The first execve is let through.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name) { #name, SYS_##name }
static const struct {
	const char *name;
	int number;
} calls[] = {
	CALL(close), CALL(fstat), CALL(fstatfs), CALL(get_mempolicy), CALL(getdents64), CALL(geteuid), CALL(getpid), CALL(ioctl),
	CALL(madvise), CALL(mbind), CALL(mprotect), CALL(nanosleep), CALL(newfstatat), CALL(openat), CALL(ppoll), CALL(prctl),
	CALL(pwritev2), CALL(readlinkat), CALL(rt_sigpending), CALL(rt_sigprocmask), CALL(rt_sigtimedwait), CALL(shmctl),
	CALL(statx),
	CALL(sysinfo), CALL(uname), CALL(write),
};

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	fprintf(stderr, "deny: unknown call \"%s\"\n", name);
	exit(2);
}

static unsigned action_of(const char *word)
{
	if (strcmp(word, "kill") == 0)
		return SECCOMP_RET_KILL_PROCESS;
	if (strcmp(word, "nothing") == 0)
		return SECCOMP_RET_ERRNO;
	for (int error = 1; error < 134; error++)
		if (strerrorname_np(error) && strcmp(strerrorname_np(error), word) == 0)
			return SECCOMP_RET_ERRNO | (unsigned)error;
	fprintf(stderr, "deny: unknown error \"%s\"\n", word);
	exit(2);
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS_SKIP(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

int main(int argc, char **argv)
{
	struct sock_filter filter[256];
	unsigned short length = 0;
	int at = 1;
	for (; at + 1 < argc && strcmp(argv[at], "--") != 0 && length < 240; at += 2) {
		char *value = strchr(argv[at], '=');
		if (value)
			*value++ = '\0';
		struct sock_filter part[] = {
			LOAD(nr), UNLESS_SKIP((unsigned)number_of(argv[at]), value ? 3 : 1),
			LOAD(args[2]), UNLESS_SKIP(value ? (unsigned)atoi(value) : 0, 1), RETURN(action_of(argv[at + 1])),
		};
		for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++)
			if (value || (i != 2 && i != 3))
				filter[length++] = part[i];
	}
	filter[length++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	if (at + 1 >= argc) {
		fprintf(stderr, "deny: no command\n");
		return 2;
	}
	struct sock_fprog program = { length, filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("deny");
		return 2;
	}
	execvp(argv[at + 1], argv + at + 1);
	perror(argv[at + 1]);
	return 127;
}
