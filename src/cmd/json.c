/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <string.h>

#include "table.h"

struct json json_start(FILE *file)
{
	return (struct json){ .file = file, .first = true };
}

void json_finish(struct json *json)
{
	fputc('\n', json->file);
}

static void write_bytes(FILE *file, const char *bytes, size_t length)
{
	size_t at, step;
	unsigned char byte;

	fputc('"', file);
	for (at = 0; at < length; at += step) {
		byte = bytes[at];
		step = utf8_length(bytes + at, length - at);
		if (step == 0) {
			fprintf(file, "\\udc%02x", byte);
			step = 1;
		} else if (byte == '"' || byte == '\\') {
			fprintf(file, "\\%c", byte);
		} else if (byte < 0x20 || byte == 0x7f) {
			fprintf(file, "\\u%04x", byte);
		} else {
			fwrite(bytes + at, 1, step, file);
		}
	}
	fputc('"', file);
}

static void new_line(const struct json *json)
{
	fprintf(json->file, "\n%*s", 2 * (int)json->depth, "");
}

static void begin_value(struct json *json, const char *name)
{
	if (!json->first)
		fputc(',', json->file);
	if (json->depth)
		new_line(json);
	json->first = false;
	if (name) {
		write_bytes(json->file, name, strlen(name));
		fputs(": ", json->file);
	}
}

static void open_level(struct json *json, const char *name, char bracket)
{
	begin_value(json, name);
	fputc(bracket, json->file);
	json->depth++;
	json->first = true;
}

static void close_level(struct json *json, char bracket)
{
	json->depth--;
	if (!json->first)
		new_line(json);
	fputc(bracket, json->file);
	json->first = false;
}

void json_open_object(struct json *json, const char *name)
{
	open_level(json, name, '{');
}

void json_close_object(struct json *json)
{
	close_level(json, '}');
}

void json_open_array(struct json *json, const char *name)
{
	open_level(json, name, '[');
}

void json_close_array(struct json *json)
{
	close_level(json, ']');
}

void json_bytes(struct json *json, const char *name, const char *bytes, size_t length)
{
	begin_value(json, name);
	write_bytes(json->file, bytes, length);
}

void json_string(struct json *json, const char *name, const char *string)
{
	if (string)
		json_bytes(json, name, string, strlen(string));
	else
		json_null(json, name);
}

void json_number(struct json *json, const char *name, uint64_t number)
{
	begin_value(json, name);
	fprintf(json->file, "%llu", (unsigned long long)number);
}

void json_seconds(struct json *json, const char *name, double seconds)
{
	begin_value(json, name);
	fprintf(json->file, "%.3f", seconds);
}

void json_bool(struct json *json, const char *name, bool value)
{
	begin_value(json, name);
	fputs(value ? "true" : "false", json->file);
}

void json_null(struct json *json, const char *name)
{
	begin_value(json, name);
	fputs("null", json->file);
}
