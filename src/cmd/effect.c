/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "effect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "maps.h"
#include "sys.h"

#define SCRATCH_LENGTH (2u << 20)

struct scratch_mapping {
	void *address;
	size_t length;
	bool segment;   /* System V: shmdt(2) takes it away */
};

/* Ourselves: a regular file that is always there, and nothing has to be written for it. */
static void *map_file(size_t *length)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	void *address;

	*length = sysconf(_SC_PAGESIZE);
	address = fd < 0 ? MAP_FAILED : mmap(NULL, *length, PROT_READ, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return address;
}

static void *map_memfd(size_t length)
{
	int fd = memfd_create("madvisor-check", MFD_CLOEXEC);
	void *address = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, length) == 0)
		address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return address;
}

/* Removed as soon as it is attached: it goes with us, whatever happens. */
static void *attach_segment(size_t length)
{
	int id = shmget(IPC_PRIVATE, length, 0600);
	void *address = id < 0 ? MAP_FAILED : shmat(id, NULL, 0);

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	return address;
}

static bool make_mapping(enum kind kind, struct scratch_mapping *mapping)
{
	const int anonymous = MAP_ANONYMOUS | (kind == KIND_SHARED_ANON ? MAP_SHARED : MAP_PRIVATE);

	*mapping = (struct scratch_mapping){ .length = SCRATCH_LENGTH, .segment = kind == KIND_SHM };
	if (kind == KIND_FILE)
		mapping->address = map_file(&mapping->length);
	else if (kind == KIND_MEMFD)
		mapping->address = map_memfd(mapping->length);
	else if (kind == KIND_SHM)
		mapping->address = attach_segment(mapping->length);
	else
		mapping->address = mmap(NULL, mapping->length, PROT_READ | PROT_WRITE, anonymous, -1, 0);
	return mapping->address != MAP_FAILED;
}

static void remove_mapping(const struct scratch_mapping *mapping)
{
	if (mapping->segment)
		shmdt(mapping->address);
	else
		munmap(mapping->address, mapping->length);
}

/* The VmFlags line of the mapping that holds the address; NULL where the kernel shows none. The caller frees it. */
static char *read_flags(const void *address)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char *line = NULL, *found = NULL;
	struct maps_line mapping;
	bool inside = false;
	size_t room = 0;
	ssize_t length;

	while (smaps && !found && (length = getline(&line, &room, smaps)) > 0) {
		if (inside && !strncmp(line, "VmFlags:", 8))
			found = strdup(line + 8);
		else if (maps_parse_line(line, length, &mapping))
			inside = mapping.low <= (uintptr_t)address && (uintptr_t)address < mapping.high;
	}
	free(line);
	if (smaps)
		fclose(smaps);
	return found;
}

/* How many of the letters ("rr sr") stand in VmFlags: -1 where it cannot be read. */
static int count_flags(const void *address, const char *letters)
{
	char *flags = read_flags(address), wanted[] = " xx ";
	int count = 0;

	if (!flags)
		return -1;
	flags[strcspn(flags, "\n")] = ' ';
	for (; *letters; letters += strspn(letters + 2, " ") + 2) {
		memcpy(wanted + 1, letters, 2);
		count += strstr(flags, wanted) != NULL;
	}
	free(flags);
	return count;
}

/* An advice of the same class that sets what this one clears; ADVICE_COUNT: none. */
static enum advice_id opposite_of(enum advice_id id)
{
	enum advice_id other;

	for (other = 0; other < ADVICE_COUNT; other++)
		if (advices[other].class == advices[id].class && advices[other].sets && advices[id].clears &&
		    strstr(advices[id].clears, advices[other].sets))
			break;
	return other;
}

static enum effect try_by_flags(enum advice_id id, const struct scratch_mapping *mapping, int *error)
{
	const struct advice *advice = &advices[id];
	enum advice_id opposite = opposite_of(id);
	int count;

	/* To see something go it must be there first. */
	if (!advice->sets &&
	    (opposite == ADVICE_COUNT || sys_madvise(mapping->address, mapping->length, advices[opposite].value)))
		return EFFECT_UNTRIED;
	if (!advice->sets && count_flags(mapping->address, advices[opposite].sets) == 0)
		return EFFECT_IGNORED;
	*error = -sys_madvise(mapping->address, mapping->length, advice->value);
	if (*error)
		return EFFECT_FAILED;
	count = count_flags(mapping->address, advice->sets ? advice->sets : advice->clears);
	if (count < 0)
		return EFFECT_UNTRIED;
	return (count > 0) == (advice->sets != NULL) ? EFFECT_SEEN : EFFECT_IGNORED;
}

static enum effect try_by_policy(enum advice_id id, const struct scratch_mapping *mapping, int *error)
{
	unsigned long nodes[16] = { 0 };
	int mode = -1;

	/* MPOL_INTERLEAVE wants the nodes named, the others want none. */
	if (advices[id].value == 3)
		sys_get_mems_allowed(nodes, sizeof(nodes) * 8);
	*error = -sys_mbind(mapping->address, mapping->length, advices[id].value, advices[id].value == 3 ? nodes : NULL,
			    advices[id].value == 3 ? sizeof(nodes) * 8 : 0);
	if (*error)
		return EFFECT_FAILED;
	if (syscall(SYS_get_mempolicy, &mode, NULL, 0, mapping->address, 2 /* MPOL_F_ADDR */))
		return EFFECT_UNTRIED;
	return mode == advices[id].value ? EFFECT_SEEN : EFFECT_IGNORED;
}

enum advice_id supported_alternative(const struct item *item)
{
	unsigned index;

	for (index = 0; index < item->count; index++)
		if (advice_probe(item->alternatives[index]) == 0)
			return item->alternatives[index];
	return ADVICE_COUNT;
}

enum effect try_advice(enum advice_id id, enum kind kind, int *error)
{
	const struct advice *advice = &advices[id];
	struct scratch_mapping mapping;
	enum effect effect = EFFECT_UNTRIED;

	*error = 0;
	if (!advice->sticks || advice->danger > DANGER_UNSAFE || !make_mapping(kind, &mapping))
		return EFFECT_UNTRIED;
	if (advice->call == CALL_MBIND)
		effect = try_by_policy(id, &mapping, error);
	else if (advice->call == CALL_MADVISE && (advice->sets || advice->clears))
		effect = try_by_flags(id, &mapping, error);
	remove_mapping(&mapping);
	return effect;
}
