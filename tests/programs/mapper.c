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
 *   remap BYTES                mremap(2) with MAYMOVE;  dontunmap: moves it, and leaves the old one
 *   unmap                      munmap(2)
 *   madvise NUMBER             madvise(2);  posix NUMBER: posix_madvise(3). Both print the result
 *   protect PROT   touch   rename FROM TO   unlink PATH   sleep SECONDS
 *   flags                      prints the VmFlags of the mapping;  size: its Size;  lines: how many mappings there are
 *   numa                       prints its memory policy;  resident: its resident bytes, by mincore(2)
 *   errno                      prints errno as it was when main began
 *   pause                      prints the pid, and waits until standard input ends
 *   fork STATEMENT             runs a statement in a child, and waits for it
 *
 * A call that fails prints its name and errno's name, and the program goes on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int file = -1;
static char *mapping = MAP_FAILED;
static size_t part_offset, part_length;
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
		mapping = address;
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

static void do_remap(char **word)
{
	size_t length = bytes(word[1]);
	become(report("mremap", mremap(part(), part_length, length, MREMAP_MAYMOVE)), length);
}

static void do_dontunmap(char **word)
{
	(void)word;
	size_t length = part_length;
	become(report("mremap", mremap(part(), length, length, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL)), length);
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

/* The line of smaps with this field, of the mapping that holds the part. */
static void smaps_field(const char *field)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	char line[8192];
	bool here = false;
	uintptr_t low, high;
	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &low, &high) == 2)
			here = low <= (uintptr_t)part() && (uintptr_t)part() < high;
		else if (here && strncmp(line, field, strlen(field)) == 0)
			fputs(line + strlen(field) + strspn(line + strlen(field), " "), stdout);
	}
	if (smaps)
		fclose(smaps);
}

static void do_flags(char **word)
{
	(void)word;
	smaps_field("VmFlags:");
}

static void do_size(char **word)
{
	(void)word;
	smaps_field("Size:");
}

static void do_lines(char **word)
{
	(void)word;
	FILE *maps = fopen("/proc/self/maps", "r");
	int lines = 0;
	for (int byte; maps && (byte = getc(maps)) != EOF;)
		lines += byte == '\n';
	printf("%d\n", lines);
	if (maps)
		fclose(maps);
}

static void do_numa(char **word)
{
	(void)word;
	FILE *maps = fopen("/proc/self/numa_maps", "r");
	char line[8192], policy[256];
	uintptr_t low;
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNxPTR " %255s", &low, policy) == 2 && low == (uintptr_t)part())
			puts(policy);
	if (maps)
		fclose(maps);
}

static void do_resident(char **word)
{
	(void)word;
	size_t pages = (part_length + 4095) / 4096, count = 0;
	unsigned char *vector = malloc(pages);
	check("mincore", mincore(part(), part_length, vector));
	for (size_t i = 0; i < pages; i++)
		count += vector[i] & 1;
	printf("%zu\n", count * 4096);
	free(vector);
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
	{ "detach", do_detach }, { "at", do_at }, { "remap", do_remap }, { "dontunmap", do_dontunmap }, { "unmap", do_unmap },
	{ "madvise", do_madvise }, { "posix", do_posix }, { "protect", do_protect }, { "touch", do_touch },
	{ "rename", do_rename }, { "unlink", do_unlink }, { "sleep", do_sleep }, { "flags", do_flags }, { "size", do_size },
	{ "lines", do_lines }, { "numa", do_numa }, { "resident", do_resident }, { "errno", do_errno }, { "pause", do_pause },
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

static void run_in_child(char *statement)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		run(statement);
		fflush(stdout);
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
		else
			run(argv[i]);
	}
	return 0;
}
