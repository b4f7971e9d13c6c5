/* SPDX-License-Identifier: MIT */
/*
 * What a pair of mmap and munmap costs: "pairs KIND COUNT THREADS LIVE FILE" prints nanoseconds a pair.
 *
 *   anon     anonymous memory            file     a file, shared and read-only
 *   names    a file, with the fstat and readlink of /proc/self/fd that a library must do to know its name
 *   advises  the same, with madvise(MADV_RANDOM)
 *   churn    a file, each time in the place of another of the LIVE mappings, in random order
 *
 * LIVE mappings of the file stay mapped meanwhile, each at a distance from the next. Each pair is asked for at a place between
 * reservations: what stands beside it elsewhere, which a preload changes, decides whether the kernel has to merge and split.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LENGTH ((size_t)64 << 10)
#define THREADS_MAX 16

enum kind { ANON, FILE_ONLY, NAMES, ADVISES, CHURN };
static enum kind kind;
static long count;
static int file;
static char link_path[64];
static void **live;
static unsigned live_count;

static void *map_once(void *place)
{
	if (kind == ANON)
		return mmap(place, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mmap(place, LENGTH, PROT_READ, MAP_SHARED, file, 0);
}

/* A hole of LENGTH bytes, with reservations on both sides. */
static void *make_place(void)
{
	char *reserved = mmap(NULL, 3 * LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (reserved == MAP_FAILED || munmap(reserved + LENGTH, LENGTH))
		exit(1);
	return reserved + LENGTH;
}

static void churn(void)
{
	unsigned draw = 1;
	for (long i = 0; i < count; i++) {
		draw = draw * 1664525 + 1013904223;
		void *place = live[(draw >> 8) % live_count];
		munmap(place, LENGTH);
		if (map_once(place) != place)
			exit(1);
	}
}

static void *work(void *place)
{
	struct stat status;
	char path[4096];
	if (kind == CHURN)
		return churn(), NULL;
	for (long i = 0; i < count; i++) {
		void *mapping = map_once(place);
		if (kind >= NAMES && (fstat(file, &status) || readlink(link_path, path, sizeof(path)) < 0))
			exit(1);
		if (kind == ADVISES)
			madvise(mapping, LENGTH, MADV_RANDOM);
		munmap(mapping, LENGTH);
	}
	return NULL;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = { "anon", "file", "names", "advises", "churn" };
	if (argc != 6)
		return 2;
	while (kind < CHURN && strcmp(kinds[kind], argv[1]) != 0)
		kind++;
	count = atol(argv[2]);
	int threads = atoi(argv[3]);
	file = open(argv[5], O_RDONLY);
	snprintf(link_path, sizeof(link_path), "/proc/self/fd/%d", file);
	live_count = (unsigned)atoi(argv[4]);
	live = calloc(live_count + 1, sizeof(*live));
	if (file < 0 || !live || (kind == CHURN && !live_count))
		return 1;
	for (unsigned i = 0; i < live_count; i++) {
		live[i] = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, file, 0);
		if (live[i] == MAP_FAILED || mmap(NULL, LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			return 1;
	}

	pthread_t ids[THREADS_MAX];
	void *places[THREADS_MAX];
	for (int i = 0; i < THREADS_MAX; i++)
		places[i] = make_place();
	double start = now();
	for (int i = 1; i < threads && i < THREADS_MAX; i++)
		pthread_create(&ids[i], NULL, work, places[i]);
	work(places[0]);
	for (int i = 1; i < threads && i < THREADS_MAX; i++)
		pthread_join(ids[i], NULL);
	printf("%.1f\n", (now() - start) / (double)count);
	return 0;
}
