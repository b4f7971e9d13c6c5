/* SPDX-License-Identifier: MIT */
/*
 * A host that maps what its arguments say, and prints what the kernel says of it. Each argument is one statement:
 *
 *   open PATH ro|rw            opens a file for the statements that follow;  close: closes it
 *   memfd NAME BYTES           makes a memfd of that size, and opens it
 *   map PROT FLAGS BYTES [OFFSET]
 *                              maps the open file, or anonymous memory where none is open; PROT is r, rw, rx or none, FLAGS a list
 *                              such as shared,populate; BYTES 0: the whole file. With fixed: over the part of "at"
 *   shm BYTES [ro]             makes, attaches and removes a System V segment;  detach: shmdt(2)
 *   at OFFSET BYTES            what follows is about this part of the mapping
 *   remap BYTES [HOW]          mremap(2) with MAYMOVE; or "inplace"; "fixed": to a place of our own; "over": over the mapping before
 *                              this one; "dontunmap": leaves the old one; "again": old size 0; "wrong": unknown flags
 *   old                        what follows is about the mapping that was the last one before this;  whole: about all of it
 *   unmap                      munmap(2)
 *   many COUNT PROT FLAGS      maps so many pages, each by itself, in a row
 *   crowd                      maps until vm.max_map_count is reached
 *   madvise NUMBER             madvise(2);  posix NUMBER: posix_madvise(3). Both print the result
 *   protect PROT   touch   rename FROM TO   unlink PATH   sleep SECONDS
 *   flags                      prints the VmFlags of the mapping;  size: its Size;  lines: how many mappings there are
 *   numa                       prints its memory policy;  resident: its resident bytes, by mincore(2)
 *   errno                      prints errno as it was when main began
 *   pause                      prints the pid, and waits until standard input ends
 *   switch off|on              the library's
 *   fork STATEMENT[; STATEMENT...]
 *                              runs them in a child, and waits for it;  vfork: in a child of vfork(2)
 *
 * A call that fails prints its name and errno's name, and the program goes on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel_view.h"
#include "status.h"

static int file = -1;
static char *mapping = MAP_FAILED, *old_mapping = MAP_FAILED;
static size_t part_offset, part_length, length_of_all, old_length;
static int errno_at_start;

static void *report(const char *what, void *result)
{
	if (result == MAP_FAILED)
		printf("%s: %s\n", what, strerrorname_np(errno));
	return result;
}

static void check(const char *what, int result)
{
	if (result)
		printf("%s: %s\n", what, strerrorname_np(errno));
}

static size_t bytes(const char *word)
{
	static const char suffixes[] = "KMGT";
	char *end;
	size_t number = strtoull(word, &end, 0);
	const char *suffix = *end ? strchr(suffixes, *end) : NULL;
	return suffix ? number << (10 * (suffix - suffixes + 1)) : number;
}

static int protection_of(const char *word)
{
	if (strcmp(word, "none") == 0)
		return PROT_NONE;
	return (strchr(word, 'r') ? PROT_READ : 0) | (strchr(word, 'w') ? PROT_WRITE : 0) | (strchr(word, 'x') ? PROT_EXEC : 0);
}

static int flags_of(char *list)
{
	static const struct {
		const char *name;
		int flag;
	} table[] = {
		{ "shared", MAP_SHARED }, { "private", MAP_PRIVATE }, { "validate", MAP_SHARED_VALIDATE }, { "anon", MAP_ANONYMOUS },
		{ "populate", MAP_POPULATE }, { "noreserve", MAP_NORESERVE }, { "locked", MAP_LOCKED }, { "stack", MAP_STACK },
		{ "hugetlb", MAP_HUGETLB }, { "growsdown", MAP_GROWSDOWN }, { "fixed", MAP_FIXED },
		{ "noreplace", MAP_FIXED_NOREPLACE },
	};
	int flags = 0;
	char *rest;
	for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
			if (strcmp(table[i].name, word) == 0)
				flags |= table[i].flag;
	return flags;
}

static char *part(void)
{
	return mapping + part_offset;
}

static void become(char *address, size_t length)
{
	if (address != MAP_FAILED) {
		old_mapping = mapping;
		old_length = length_of_all;
		mapping = address;
		length_of_all = length;
		part_offset = 0;
		part_length = length;
	}
}

static void do_open(char **word)
{
	file = open(word[1], strcmp(word[2], "rw") == 0 ? O_RDWR : O_RDONLY);
	check("open", file < 0);
}

static void do_close(char **word)
{
	(void)word;
	close(file);
	file = -1;
}

static void do_memfd(char **word)
{
	file = memfd_create(word[1], 0);
	check("ftruncate", ftruncate(file, (off_t)bytes(word[2])));
}

static void do_map(char **word)
{
	int flags = flags_of(word[2]) | (file < 0 ? MAP_ANONYMOUS : 0);
	size_t length = bytes(word[3]);
	struct stat status = { 0 };
	if (!length && file >= 0 && fstat(file, &status) == 0)
		length = (size_t)status.st_size;
	bool over = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	char *address = report("mmap", mmap(over ? part() : NULL, length, protection_of(word[1]), flags, file,
					    word[4] ? (off_t)bytes(word[4]) : 0));
	if (!over)
		become(address, length);
}

static void do_shm(char **word)
{
	int id = shmget(IPC_PRIVATE, bytes(word[1]), IPC_CREAT | 0600);
	become(report("shmat", shmat(id, NULL, word[2] ? SHM_RDONLY : 0)), bytes(word[1]));
	shmctl(id, IPC_RMID, NULL);
}

static void do_detach(char **word)
{
	(void)word;
	check("shmdt", shmdt(mapping));
}

static void do_at(char **word)
{
	part_offset = bytes(word[1]);
	part_length = bytes(word[2]);
}

static char *reserve(size_t length)
{
	return mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static void do_remap(char **word)
{
	size_t length = bytes(word[1]), from_length = part_length;
	const char *how = word[2] ? word[2] : "";
	int flags = MREMAP_MAYMOVE;
	char *new = NULL;
	if (strcmp(how, "inplace") == 0) {
		flags = 0;
	} else if (strcmp(how, "fixed") == 0) {
		flags |= MREMAP_FIXED;
		new = reserve(length);
	} else if (strcmp(how, "over") == 0) {
		flags |= MREMAP_FIXED;
		new = old_mapping;
	} else if (strcmp(how, "dontunmap") == 0) {
		flags |= MREMAP_DONTUNMAP;
	} else if (strcmp(how, "again") == 0) {
		from_length = 0;
	} else if (strcmp(how, "wrong") == 0) {
		flags |= 1 << 20;
	}
	become(report("mremap", mremap(part(), from_length, length, flags, new)), length);
}

static void do_old(char **word)
{
	(void)word;
	become(old_mapping, old_length);
}

static void do_whole(char **word)
{
	(void)word;
	part_offset = 0;
	part_length = length_of_all;
}

static void do_unmap(char **word)
{
	(void)word;
	check("munmap", munmap(part(), part_length));
}

static void do_madvise(char **word)
{
	int result = madvise(part(), part_length, atoi(word[1]));
	printf("madvise %s: %s\n", word[1], result ? strerrorname_np(errno) : "ok");
}

static void do_posix(char **word)
{
	errno = 77;
	int result = posix_madvise(part(), part_length, atoi(word[1]));
	printf("posix_madvise %s: %s%s\n", word[1], result ? strerrorname_np(result) : "ok", errno == 77 ? "" : ", errno changed");
}

/* From the highest address down, as the kernel does it. */
static void do_many(char **word)
{
	size_t count = bytes(word[1]);
	int protection = protection_of(word[2]), flags = flags_of(word[3]) | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0);
	become(reserve(count * 4096), count * 4096);
	for (size_t i = count; i-- > 0;)
		if (mmap(mapping + i * 4096, 4096, protection, flags, file, file < 0 ? 0 : (off_t)(i * 4096)) == MAP_FAILED)
			check("mmap", -1);
}

/* Neighbours of different protection stay mappings of their own. */
static void do_crowd(char **word)
{
	(void)word;
	void *volatile heap = malloc(16 << 10);   /* it cannot grow afterwards, and stdio needs some */
	free(heap);
	for (int i = 0; mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; i++)
		;
}

static void do_switch(char **word)
{
	const struct madvisor_status *status = dlsym(RTLD_DEFAULT, "madvisor_status");
	if (status)
		((struct status_page *)status->page)->off = strcmp(word[1], "off") == 0;
}

static void do_protect(char **word)
{
	check("mprotect", mprotect(part(), part_length, protection_of(word[1])));
}

static void do_touch(char **word)
{
	(void)word;
	for (size_t i = 0; i < part_length; i += 4096)
		(void)*(volatile char *)(part() + i);
}

static void do_rename(char **word)
{
	check("rename", rename(word[1], word[2]));
}

static void do_unlink(char **word)
{
	check("unlink", unlink(word[1]));
}

static void do_sleep(char **word)
{
	usleep((useconds_t)(atof(word[1]) * 1e6));
}

static void do_flags(char **word)
{
	(void)word;
	print_smaps(part(), "VmFlags:");
}

static void do_size(char **word)
{
	(void)word;
	print_smaps(part(), "Size:");
}

static void do_lines(char **word)
{
	(void)word;
	print_maps_lines();
}

static void do_numa(char **word)
{
	(void)word;
	print_numa_policy(part());
}

static void do_resident(char **word)
{
	(void)word;
	print_resident(part(), part_length);
}

static void do_errno(char **word)
{
	(void)word;
	printf("errno %d\n", errno_at_start);
}

static void do_pause(char **word)
{
	(void)word;
	printf("%d\n", getpid());
	fflush(stdout);
	while (getchar() != EOF)
		;
}

static const struct {
	const char *name;
	void (*run)(char **word);
} statements[] = {
	{ "open", do_open }, { "close", do_close }, { "memfd", do_memfd }, { "map", do_map }, { "shm", do_shm },
	{ "detach", do_detach }, { "at", do_at }, { "remap", do_remap }, { "old", do_old }, { "whole", do_whole }, { "unmap", do_unmap },
	{ "madvise", do_madvise }, { "posix", do_posix }, { "protect", do_protect }, { "touch", do_touch },
	{ "rename", do_rename }, { "unlink", do_unlink }, { "sleep", do_sleep }, { "flags", do_flags }, { "size", do_size },
	{ "lines", do_lines }, { "numa", do_numa }, { "resident", do_resident }, { "many", do_many }, { "crowd", do_crowd }, { "switch", do_switch },
	{ "errno", do_errno }, { "pause", do_pause },
};

static void run(char *statement)
{
	char *words[6] = { NULL }, *rest;
	size_t count = 0;
	for (char *word = strtok_r(statement, " ", &rest); word && count < 5; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		if (words[0] && strcmp(statements[i].name, words[0]) == 0) {
			statements[i].run(words);
			return;
		}
	}
	fprintf(stderr, "mapper: unknown statement \"%s\"\n", words[0] ? words[0] : "");
	exit(2);
}

static void run_all(char *statements_of_child)
{
	char *rest;
	for (char *one = strtok_r(statements_of_child, ";", &rest); one; one = strtok_r(NULL, ";", &rest))
		run(one);
}

static void run_in_child(char *statement)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		run_all(statement);
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void run_in_vfork_child(char *statement)
{
	pid_t child = vfork();
	if (child == 0) {
		run_all(statement);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	errno_at_start = errno;
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "fork ", 5) == 0)
			run_in_child(argv[i] + 5);
		else if (strncmp(argv[i], "vfork ", 6) == 0)
			run_in_vfork_child(argv[i] + 6);
		else
			run(argv[i]);
	}
	return 0;
}
