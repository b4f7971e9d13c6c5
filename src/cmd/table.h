/* SPDX-License-Identifier: MIT */
/* Tables aligned for people. */
#ifndef MADVISOR_TABLE_H
#define MADVISOR_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct table;

/* titles: a NULL-terminated list, each with '>' before it where the column is aligned to the right. */
struct table *table_create(const char *const *titles);

/*
 * The next cell, row by row. Control bytes, '\' and bytes that are not UTF-8 are shown as \xNN: a file's name cannot
 * move the cursor.
 */
void table_cell(struct table *table, const char *string);
void table_bytes(struct table *table, const char *bytes, size_t length);
void table_number(struct table *table, uint64_t number);
void table_size(struct table *table, uint64_t bytes);   /* "64.0 MiB" */

/* Prints with each line behind indent blanks and gives the table back. On a terminal the last column is
 * wrapped to its width. */
void table_print(struct table *table, unsigned indent, FILE *file);

/* The string with such bytes as \xNN. The caller frees it. */
char *printable(const char *bytes, size_t length);

/* How many bytes the UTF-8 character takes that begins here; 0 if it is none. */
size_t utf8_length(const char *bytes, size_t length);

#endif
