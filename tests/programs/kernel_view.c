/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "kernel_view.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void print_smaps(const char *address, const char *field)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	char line[8192];
	bool here = false;
	uintptr_t low, high;
	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &low, &high) == 2)
			here = low <= (uintptr_t)address && (uintptr_t)address < high;
		else if (here && strncmp(line, field, strlen(field)) == 0)
			fputs(line + strlen(field) + strspn(line + strlen(field), " "), stdout);
	}
	if (smaps)
		fclose(smaps);
}

void print_maps_lines(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int lines = 0;
	for (int byte; maps && (byte = getc(maps)) != EOF;)
		lines += byte == '\n';
	printf("%d\n", lines);
	if (maps)
		fclose(maps);
}

void print_numa_policy(const char *address)
{
	FILE *maps = fopen("/proc/self/numa_maps", "r");
	char line[8192], policy[256];
	uintptr_t low;
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNxPTR " %255s", &low, policy) == 2 && low == (uintptr_t)address)
			puts(policy);
	if (maps)
		fclose(maps);
}

void print_resident(char *address, size_t length)
{
	size_t pages = (length + 4095) / 4096, count = 0;
	unsigned char *vector = malloc(pages);
	if (!vector || mincore(address, length, vector)) {
		puts("mincore failed");
	} else {
		for (size_t i = 0; i < pages; i++)
			count += vector[i] & 1;
		printf("%zu\n", count * 4096);
	}
	free(vector);
}
