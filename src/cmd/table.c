/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "text.h"

struct table {
	const char *const *titles;
	size_t columns, count, room;
	char **cells;
};

struct table *table_create(const char *const *titles)
{
	struct table *table = allocate(sizeof(*table));

	table->titles = titles;
	while (titles[table->columns])
		table->columns++;
	return table;
}

size_t utf8_length(const char *bytes, size_t length)
{
	static const struct {
		unsigned char mask, lead, low;   /* low: the least second byte, so that no character has two forms */
		size_t length;
	} forms[] = {
		{ 0x80, 0x00, 0, 1 }, { 0xe0, 0xc0, 0x80, 2 }, { 0xf0, 0xe0, 0x80, 3 }, { 0xf8, 0xf0, 0x80, 4 },
	};
	const unsigned char *byte = (const unsigned char *)bytes;
	size_t form, index;

	for (form = 0; form < 4; form++) {
		if ((byte[0] & forms[form].mask) != forms[form].lead)
			continue;
		if (forms[form].length > length || (byte[0] & 0xfe) == 0xc0 || byte[0] > 0xf4)
			return 0;
		for (index = 1; index < forms[form].length; index++)
			if ((byte[index] & 0xc0) != 0x80)
				return 0;
		if ((byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f) ||
		    (byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f))
			return 0;
		return forms[form].length;
	}
	return 0;
}

char *printable(const char *bytes, size_t length)
{
	char *out = allocate(4 * length + 1), *end = out;
	size_t at, step;

	for (at = 0; at < length; at += step) {
		step = utf8_length(bytes + at, length - at);
		/* C1 control characters, which terminals obey too, are the two bytes c2 80 to c2 9f. */
		if (step == 0 || (unsigned char)bytes[at] < 0x20 || bytes[at] == 0x7f || bytes[at] == '\\' ||
		    (step == 2 && (unsigned char)bytes[at] == 0xc2 && (unsigned char)bytes[at + 1] < 0xa0)) {
			step = 1;
			end += sprintf(end, "\\x%02x", (unsigned char)bytes[at]);
		} else {
			memcpy(end, bytes + at, step);
			end += step;
		}
	}
	*end = '\0';
	return out;
}

void table_bytes(struct table *table, const char *bytes, size_t length)
{
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cells = reallocate(table->cells, table->room * sizeof(*table->cells));
	}
	table->cells[table->count++] = printable(bytes, length);
}

void table_cell(struct table *table, const char *string)
{
	table_bytes(table, string, strlen(string));
}

void table_number(struct table *table, uint64_t number)
{
	char digits[24];

	table_bytes(table, digits, sprintf(digits, "%llu", (unsigned long long)number));
}

void table_size(struct table *table, uint64_t bytes)
{
	char buffer[48];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_size(&text, bytes);
	table_cell(table, buffer);
}

/* Characters, which take one place each: East Asian wide ones are not counted twice. */
static size_t width_of(const char *string)
{
	size_t width = 0;

	for (; *string; string++)
		width += (*string & 0xc0) != 0x80;
	return width;
}

static void print_blanks(size_t count, FILE *file)
{
	while (count--)
		fputc(' ', file);
}

/* The last column: words go to a line of their own, below its beginning, where the terminal ends. */
static void print_wrapped(const char *string, size_t start, size_t limit, FILE *file)
{
	size_t at = start, word;
	char *rest;

	while (*string) {
		word = strcspn(string, " ");
		rest = strndup(string, word);
		if (limit && at > start && at + 1 + (rest ? width_of(rest) : 0) > limit) {
			fputc('\n', file);
			print_blanks(start, file);
			at = start;
		} else if (at > start) {
			fputc(' ', file);
			at++;
		}
		at += rest ? width_of(rest) : 0;
		free(rest);
		fwrite(string, 1, word, file);
		string += word + (string[word] == ' ');
	}
	fputc('\n', file);
}

static size_t terminal_width(FILE *file)
{
	struct winsize size;

	return isatty(fileno(file)) && !ioctl(fileno(file), TIOCGWINSZ, &size) ? size.ws_col : 0;
}

static void print_row(const struct table *table, char **cells, const size_t *widths, unsigned indent, FILE *file)
{
	size_t column, start = indent, limit = terminal_width(file), pad;
	size_t used = table->columns;
	bool right;

	while (used && !*cells[used - 1])
		used--;
	print_blanks(indent, file);
	for (column = 0; column < used; column++) {
		pad = widths[column] - width_of(cells[column]);
		right = table->titles[column][0] == '>';
		if (column + 1 == table->columns && !right) {
			print_wrapped(cells[column], start, limit > start + 20 ? limit : 0, file);
			return;
		}
		print_blanks(right ? pad : 0, file);
		fputs(cells[column], file);
		if (column + 1 < used)
			print_blanks((right ? 0 : pad) + 2, file);
		start += widths[column] + 2;
	}
	fputc('\n', file);
}

void table_print(struct table *table, unsigned indent, FILE *file)
{
	size_t *widths = allocate(table->columns * sizeof(*widths)), index, width;
	char **titles = allocate(table->columns * sizeof(*titles));

	for (index = 0; index < table->columns; index++) {
		titles[index] = copy_string(table->titles[index] + (table->titles[index][0] == '>'));
		widths[index] = width_of(titles[index]);
	}
	for (index = 0; index < table->count; index++) {
		width = width_of(table->cells[index]);
		if (width > widths[index % table->columns])
			widths[index % table->columns] = width;
	}
	print_row(table, titles, widths, indent, file);
	for (index = 0; index + table->columns <= table->count; index += table->columns)
		print_row(table, table->cells + index, widths, indent, file);
	for (index = 0; index < table->count; index++)
		free(table->cells[index]);
	for (index = 0; index < table->columns; index++)
		free(titles[index]);
	free(titles);
	free(widths);
	free(table->cells);
	free(table);
}
