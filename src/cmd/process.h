/* SPDX-License-Identifier: MIT */
/*
 * What is known of another process: who it is, and what it maps, with names as it sees them itself.
 *
 * Everything is read through one descriptor of /proc/PID, which fails once that process has gone: never another
 * process's facts, though its number was given away again. Nothing here stops the process. Needs root, CAP_SYS_PTRACE, or
 * the same user (ptrace(2), "Ptrace access mode checking": PTRACE_MODE_READ_FSCREDS).
 */
#ifndef MADVISOR_CMD_PROCESS_H
#define MADVISOR_CMD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../maps.h"
#include "../policy.h"

/* One line of /proc/PID/maps, with what /proc/PID/smaps says of it: proc_pid_maps(5), proc_pid_smaps(5). */
struct process_mapping {
	struct maps_line line;     /* line.name is the kernel's text: as we see it, not as the process does */
	char *text;                /* what line points into */
	char *name;                /* for people: the path as the process sees it, "[heap]", "[anon]", "[memfd:x]" ... */
	char *path;                /* what facts.name points into, or NULL */
	struct facts facts;        /* existing is true; WORDS_OF_FLAGS are unknown. Means nothing where never is set */
	const char *never;         /* why it is never advised ("no access (PROT_NONE)"); NULL: it may be */
	uint64_t file_end;         /* bytes: the file's length; 0: none, or not known */
	uint64_t resident;         /* bytes: Rss */
	uint64_t swapped;          /* bytes: Swap */
	uint64_t huge;             /* bytes mapped by huge pages: AnonHugePages, ShmemPmdMapped, FilePmdMapped */
	uint64_t page_bytes;       /* KernelPageSize; 0: not known */
	char *flags;               /* VmFlags: "rd mr mw me rr"; NULL: this kernel does not say */
};

struct process {
	pid_t pid;
	pid_t leader;              /* the process that pid is a thread of: itself, as a rule */
	int directory;             /* of /proc/PID: O_PATH */
	char name[64];             /* Name: of its status, at most 15 bytes for a program */
	char state;                /* proc_pid_status(5), State: 'R', 'S', 'T', 't', 'Z' ... */
	pid_t tracer;              /* 0: none */
	uid_t user;                /* effective */
	unsigned seccomp;          /* 0: none, 1: strict, 2: filters */
	bool kernel_thread;
	bool thp_disabled;         /* by prctl(PR_SET_THP_DISABLE) */
	unsigned elf_bits;         /* 64 or 32, of the executable; 0: not known */
	char *root;                /* what to strip from the kernel's names: "" where its root is ours */
	char *path;                /* the executable, as it sees it; NULL: none, or not permitted */
	char *command_line;        /* the bytes of cmdline that arguments points into */
	char **arguments;          /* NULL-terminated, without the first */
	struct identity identity;  /* path and arguments */
	struct process_mapping *mappings;   /* by address; only after process_read_mappings */
	size_t mapping_count;
};

/*
 * Opens the process and reads everything but the mappings. Returns 0 or an errno: ESRCH: no such process; EACCES, EPERM: not
 * permitted (path is NULL then, the rest is filled in). To be closed in either case.
 */
int process_open(struct process *process, pid_t pid);
void process_close(struct process *process);

/* Reads state, tracer and the rest of status again. Returns 0 or an errno: ESRCH: it has ended. */
int process_refresh(struct process *process);

/* Reads all mappings anew; pointers to earlier ones are dead. Returns 0 or an errno as process_open. */
int process_read_mappings(struct process *process);

/* The first mapping that reaches beyond address, or NULL. */
const struct process_mapping *process_mapping_at(const struct process *process, uintptr_t address);

/*
 * Bytes of memory that the process may use: the machine's, or less by its cgroups, v1 and v2, as far as they can be seen
 * from here. What percentages of a policy are of.
 */
uint64_t process_memory(const struct process *process);

/* Whether VmFlags holds the two letters. */
bool mapping_has_flag(const struct process_mapping *mapping, const char *letters);

/* Whether the kernel has the advice in force there, by VmFlags and the table. False where VmFlags is not known. */
bool mapping_in_force(const struct process_mapping *mapping, enum advice_id id);

/* The advice in force, as a policy writes it: "random,dontdump"; "normal": none; "?": VmFlags is not known. */
void mapping_describe(const struct process_mapping *mapping, char *words, size_t size);

/* The word for a kind: "file", "anon", "shared-anon", "shm", "memfd", "bss" (of a library); for what is never advised "-". */
const char *mapping_kind(const struct process_mapping *mapping);

/* Of process_read_mappings: the facts of one mapping; and which mappings are the loader's, once all have facts. */
void mapping_set_facts(const struct process *process, struct process_mapping *mapping);
void process_mark_libraries(struct process *process);

/*
 * Says on stream why a process cannot be looked at, in words: "no such process", or what permission is missing: CAP_SYS_PTRACE, or
 * what Yama's /proc/sys/kernel/yama/ptrace_scope asks for. Without newline.
 */
void process_explain_error(FILE *stream, int error);

#endif
