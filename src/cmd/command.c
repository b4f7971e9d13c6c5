/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_message(const char *prefix, const char *format, va_list list)
{
	fprintf(stderr, "madvisor: %s", prefix);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
}

void report_error(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_message("", format, list);
	va_end(list);
}

void report_warning(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_message("warning: ", format, list);
	va_end(list);
}

void usage_error(const struct subcommand *self, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_message("", format, list);
	va_end(list);
	fprintf(stderr, "try 'madvisor%s%s --help'\n", self ? " " : "", self ? self->name : "");
	exit(EXIT_USAGE);
}

static void *have(void *memory)
{
	if (!memory) {
		report_error("out of memory");
		exit(EXIT_USAGE);
	}
	return memory;
}

void *allocate(size_t bytes)
{
	return have(calloc(1, bytes ? bytes : 1));
}

void *reallocate(void *memory, size_t bytes)
{
	return have(realloc(memory, bytes ? bytes : 1));
}

char *copy_string(const char *string)
{
	return have(strdup(string));
}

char *print_string(const char *format, ...)
{
	char *string = NULL;
	va_list list;

	va_start(list, format);
	if (vasprintf(&string, format, list) < 0)
		string = NULL;
	va_end(list);
	return have(string);
}
