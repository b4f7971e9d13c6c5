/* SPDX-License-Identifier: MIT */
/*
 * LMDB at work. "fill FOLDER MEGABYTES" makes a database; "get FOLDER COUNT [nordahead]" looks COUNT keys up in an order that
 * the disk cannot guess, with LMDB's own MDB_NORDAHEAD where asked, and prints the bytes that storage was read and the sum
 * of what was found.
 */
#include <inttypes.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define VALUE_BYTES 1000
#define KEYS_PER_MEGABYTE 1000
#define BATCH 100000

static void must(int error)
{
	if (error) {
		fprintf(stderr, "lmdb_lookups: %s\n", mdb_strerror(error));
		exit(1);
	}
}

/* The same numbers in each run. */
static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static MDB_env *open_environment(const char *folder, unsigned flags)
{
	MDB_env *environment;
	must(mdb_env_create(&environment));
	must(mdb_env_set_mapsize(environment, (size_t)8 << 30));
	must(mdb_env_open(environment, folder, flags, 0644));
	return environment;
}

static void fill(const char *folder, uint64_t keys)
{
	MDB_env *environment = open_environment(folder, MDB_NOSYNC);
	char value[VALUE_BYTES];
	uint64_t state = 1;
	for (uint64_t first = 0; first < keys; first += BATCH) {
		MDB_txn *transaction;
		MDB_dbi table;
		must(mdb_txn_begin(environment, NULL, 0, &transaction));
		must(mdb_dbi_open(transaction, NULL, MDB_INTEGERKEY, &table));
		for (uint64_t key = first; key < keys && key < first + BATCH; key++) {
			for (size_t i = 0; i < VALUE_BYTES; i += 8)
				memcpy(value + i, (uint64_t[]){ next_random(&state) }, 8);
			MDB_val k = { sizeof(key), &key }, v = { sizeof(value), value };
			must(mdb_put(transaction, table, &k, &v, MDB_APPEND));
		}
		must(mdb_txn_commit(transaction));
	}
	must(mdb_env_sync(environment, 1));
	mdb_env_close(environment);
}

static void get(const char *folder, uint64_t count, unsigned flags)
{
	MDB_env *environment = open_environment(folder, MDB_RDONLY | flags);
	MDB_txn *transaction;
	MDB_dbi table;
	MDB_stat statistics;
	uint64_t state = 2, sum = 0;
	must(mdb_txn_begin(environment, NULL, MDB_RDONLY, &transaction));
	must(mdb_dbi_open(transaction, NULL, MDB_INTEGERKEY, &table));
	must(mdb_stat(transaction, table, &statistics));
	for (uint64_t i = 0; i < count; i++) {
		uint64_t key = next_random(&state) % statistics.ms_entries;
		MDB_val k = { sizeof(key), &key }, v;
		must(mdb_get(transaction, table, &k, &v));
		sum += *(unsigned char *)v.mv_data;
	}
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("%ld %" PRIu64 "\n", usage.ru_inblock * 512, sum);
	mdb_txn_abort(transaction);
	mdb_env_close(environment);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "fill") == 0)
		fill(argv[2], strtoull(argv[3], NULL, 10) * KEYS_PER_MEGABYTE);
	else if (argc >= 4 && strcmp(argv[1], "get") == 0)
		get(argv[2], strtoull(argv[3], NULL, 10), argc == 5 && strcmp(argv[4], "nordahead") == 0 ? MDB_NORDAHEAD : 0);
	else
		return 2;
	return 0;
}
