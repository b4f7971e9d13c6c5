/* SPDX-License-Identifier: MIT */
/*
 * JSON (RFC 8259), written as it comes. A byte that is not UTF-8 becomes \udcNN, as Python's "surrogateescape" reads
 * it: names of files survive whatever they hold.
 */
#ifndef MADVISOR_JSON_H
#define MADVISOR_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *file;
	unsigned depth;
	bool first;   /* nothing was written yet on this level */
};

struct json json_start(FILE *file);
void json_finish(struct json *json);   /* the last newline */

/* name: the key inside an object, NULL inside an array and at the top. */
void json_open_object(struct json *json, const char *name);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *name);
void json_close_array(struct json *json);
void json_bytes(struct json *json, const char *name, const char *bytes, size_t length);
void json_string(struct json *json, const char *name, const char *string);   /* NULL: null */
void json_number(struct json *json, const char *name, uint64_t number);
void json_seconds(struct json *json, const char *name, double seconds);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);

#endif
