/* SPDX-License-Identifier: MIT */
/*
 * "prefetch FILE STEP": maps a file, gives MADV_WILLNEED in steps of STEP bytes (0: not at all), and prints the seconds until all of it
 * is in memory, by mincore(2); 60 at most.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static size_t missing(char *mapping, size_t length, unsigned char *pages)
{
	size_t count = 0;
	mincore(mapping, length, pages);
	for (size_t i = 0; i < (length + 4095) / 4096; i++)
		count += !(pages[i] & 1);
	return count;
}

int main(int argc, char **argv)
{
	struct stat status;
	int file = argc == 3 ? open(argv[1], O_RDONLY) : -1;
	if (file < 0 || fstat(file, &status))
		return 2;
	size_t length = (size_t)status.st_size, step = strtoull(argv[2], NULL, 10);
	unsigned char *pages = malloc((length + 4095) / 4096);
	double start = now();
	char *mapping = mmap(NULL, length, PROT_READ, MAP_SHARED, file, 0);
	if (!pages || mapping == MAP_FAILED)
		return 1;
	for (size_t done = 0; step && done < length; done += step)
		madvise(mapping + done, length - done < step ? length - done : step, MADV_WILLNEED);
	while (missing(mapping, length, pages) && now() - start < 60)
		usleep(10000);
	printf("%.3f\n", now() - start);
	return 0;
}
