/* SPDX-License-Identifier: MIT */
/*
 * A program that exports what the library exports, and writes garbage there: for whoever reads the status of others.
 *
 * Prints its pid. For each line of standard input a number, it makes the garbage of that number, and prints the number; so each can be
 * looked at again. Ends with its input.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "status.h"

#define RULES 3
#define ITEMS 4
#define HEADER ((sizeof(struct status_page) + 7) & ~(size_t)7)
#define PAGE_BYTES (HEADER + RULES * (sizeof(struct rule_status) + sizeof(struct rule_place)) + ITEMS * 8)
#define ROOM (1u << 20)
#define OWN_HEADERS 2560   /* bytes of this program: its ELF header, segments, hash table and symbols */

struct madvisor_status madvisor_status;

static uint64_t seed;

static uint64_t any(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 33 ^ seed << 31;
}

static uint64_t edge(void)
{
	static const uint64_t edges[] = { 0, 1, 7, 63, 64, 65, 4095, 4096, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32,
					  1ull << 47, 0x7ffffffffff8, 1ull << 63, UINT64_MAX };
	return any() % 2 ? edges[any() % 16] : any();
}

static void scribble(void *place, size_t length, unsigned count)
{
	unsigned char *bytes = place;
	while (count--) {
		size_t at = any() % length;
		uint64_t value = edge();
		memcpy(bytes + at, &value, length - at < 8 ? length - at : 1 + any() % 8);
	}
}

/* What the library would have written. */
static void write_sound(struct status_page *page)
{
	struct rule_place *places = (struct rule_place *)((char *)page + HEADER + RULES * sizeof(struct rule_status));
	memset(page, 0, ROOM);
	memcpy(page->magic, STATUS_MAGIC, 8);
	page->abi = STATUS_ABI;
	page->header_bytes = HEADER;
	page->bytes = PAGE_BYTES;
	page->rule_count = RULES;
	page->item_count = ITEMS;
	page->source_count = 1;
	page->lines_written = 3;
	strcpy(page->program, "garbage");
	strcpy(page->sources[0], "sound.policy");
	strcpy(page->lines[1], "a line");
	for (uint32_t i = 0; i < RULES; i++)
		places[i] = (struct rule_place){ .line = i + 1 };
	madvisor_status = (struct madvisor_status){ .magic = STATUS_MAGIC, .abi = STATUS_ABI, .bytes = sizeof(madvisor_status),
						    .state = LIBRARY_ACTIVE, .page = (uintptr_t)page, .page_bytes = PAGE_BYTES,
						    .version = "garbage" };
}

static void *own_base;

static int find_base(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	own_base = (void *)info->dlpi_addr;
	return 1;
}

int main(void)
{
	struct status_page *page = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static char headers[OWN_HEADERS];
	char line[64];

	dl_iterate_phdr(find_base, NULL);
	memcpy(headers, own_base, OWN_HEADERS);
	if (page == MAP_FAILED || mprotect(own_base, OWN_HEADERS, PROT_READ | PROT_WRITE))
		return 1;
	write_sound(page);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		seed = strtoull(line, NULL, 10);
		write_sound(page);
		memcpy(own_base, headers, OWN_HEADERS);
		/* 0 leaves everything sound; the others spoil one place or several, a little or wholly. */
		if (seed % 5 == 1)
			scribble(page, PAGE_BYTES, 1 + any() % 64);
		if (seed % 5 == 2)
			scribble(&page->abi, 64, 1 + any() % 3);
		if (seed % 5 == 3)
			scribble(&madvisor_status, sizeof(madvisor_status), 1 + any() % 8);
		if (seed % 5 == 4)
			scribble(own_base, OWN_HEADERS, 1 + any() % 64);
		if (seed % 10 == 5)
			memset(page->sources, 'x', ROOM - offsetof(struct status_page, sources));
		if (seed % 10 == 6)
			memset(page->program, (int)any(), HEADER - offsetof(struct status_page, program));
		printf("%s", line);
		fflush(stdout);
	}
	_exit(0);   /* the headers may be in no state for the loader's own destructors */
}
