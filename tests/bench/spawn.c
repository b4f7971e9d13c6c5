/* SPDX-License-Identifier: MIT */
/*
 * What starting a program costs: "spawn COUNT PROGRAM [NAME=VALUE]..." starts it COUNT times with this environment, and prints the
 * median in microseconds.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	int count = atoi(argv[1]);
	double *times = calloc((size_t)count, sizeof(*times));
	char *arguments[] = { argv[2], NULL };
	for (int i = 0; times && i < count; i++) {
		pid_t child;
		double start = now();
		if (posix_spawn(&child, argv[2], NULL, NULL, arguments, argv + 3))
			return 1;
		waitpid(child, NULL, 0);
		times[i] = now() - start;
	}
	qsort(times, (size_t)count, sizeof(*times), compare);
	printf("%.1f\n", times[count / 2]);
	free(times);
	return 0;
}
