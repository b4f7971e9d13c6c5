/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include <stdarg.h>

#define QUOTED_MAX 100        /* bytes of a word in a message */
#define SUGGESTIONS_MAX 100   /* errors of a policy: what has more is something else, and takes seconds to guess at */

static void report(struct parser *parser, const struct parse_error *error)
{
	parser->errors++;
	if (parser->report)
		parser->report(parser->report_context, error);
}

void parse_complain(struct parser *parser, const char *source, const char *message)
{
	report(parser, &(struct parse_error){ .source = source, .message = message });
}

static void complain_here(struct reading *reading, unsigned column)
{
	report(reading->parser, &(struct parse_error){
		.source = reading->source,
		.line = reading->line,
		.column = column,
		.message = reading->message.buffer,
	});
}

static void append_quoted(struct text *text, struct span span)
{
	bool cut = span.length > QUOTED_MAX;
	text_quoted(text, span.bytes, cut ? QUOTED_MAX : span.length);
	if (cut)
		text_string(text, "...");
}

static void append_formatted(struct text *text, const char *format, va_list arguments)
{
	for (; *format; format++) {
		if (*format != '%') {
			text_byte(text, *format);
			continue;
		}
		switch (*++format) {
		case 's':
			text_string(text, va_arg(arguments, const char *));
			break;
		case 'q':
			append_quoted(text, va_arg(arguments, struct span));
			break;
		case 'u':
			text_number(text, va_arg(arguments, unsigned));
			break;
		}
	}
}

void complain(struct reading *reading, unsigned column, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	text_init(&reading->message, reading->buffer, sizeof(reading->buffer));
	append_formatted(&reading->message, format, arguments);
	va_end(arguments);
	complain_here(reading, column);
}

void complain_of_word(struct reading *reading, unsigned column, const char *kind, struct span word,
		      const char *(*next)(size_t index), const char *expected)
{
	const char *near = NULL;
	if (reading->parser->errors < SUGGESTIONS_MAX)
		near = nearest_word(word.bytes, word.length, next);
	if (near)
		complain(reading, column, "unknown %s %q (did you mean \"%s\"?)", kind, word, near);
	else
		complain(reading, column, "unknown %s %q: %s", kind, word, expected);
}

void complain_of_memory(struct reading *reading)
{
	if (!reading->no_memory)
		complain(reading, 0, "no memory for the policy");
	reading->no_memory = true;
}

static void *check_memory(struct reading *reading, void *memory)
{
	if (!memory)
		complain_of_memory(reading);
	return memory;
}

void *reading_alloc(struct reading *reading, size_t bytes)
{
	return check_memory(reading, arena_alloc(reading->arena, bytes));
}

void *line_alloc(struct reading *reading, size_t bytes)
{
	return check_memory(reading, arena_alloc(&reading->throwaway, bytes));
}

char *reading_copy(struct reading *reading, struct span span)
{
	return check_memory(reading, arena_copy(reading->arena, span.bytes, span.length));
}

const struct glob *reading_glob(struct reading *reading, enum glob_form form, const struct word *word, size_t offset,
				size_t length)
{
	size_t at = 0;
	text_init(&reading->message, reading->buffer, sizeof(reading->buffer));
	const struct glob *glob = glob_compile(reading->arena, form, word->text.bytes + offset, length, &reading->message,
					       &at);
	if (!glob && reading->message.length == 0)
		complain_of_memory(reading);
	else if (!glob)
		complain_here(reading, word_column(word, offset + at));
	return glob;
}
