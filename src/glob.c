/* SPDX-License-Identifier: MIT */
#include "glob.h"

#include <string.h>

#include "glob_program.h"
#include "glob_survey.h"

struct writer {
	uint16_t *at;
	struct glob_set *sets;
	size_t set;            /* number of the next set of the pattern */
	uint16_t *globstar;    /* the last one's header */
};

static void write_token(struct writer *writer, const struct glob_reader *reader, enum glob_token token)
{
	switch (token) {
	case TOKEN_ANY:
		*writer->at++ = ELEMENT_ANY;
		break;
	case TOKEN_STAR:
		*writer->at++ = ELEMENT_STAR;
		break;
	case TOKEN_SET:
		*writer->at++ = (uint16_t)(ELEMENT_SET | writer->set);
		writer->sets[writer->set] = reader->set;
		break;
	default:
		for (size_t i = 0; i < reader->count; i++)
			*writer->at++ = (unsigned char)reader->bytes[i];
	}
}

/* How many there are between the braces that the reader stands in. */
static size_t count_choices(const struct glob_reader *reader)
{
	struct glob_reader ahead = *reader;
	size_t count = 1;
	enum glob_token token;
	while ((token = glob_read(&ahead)) != TOKEN_CLOSE)
		count += token == TOKEN_COMMA;
	return count;
}

/*
 * Writes a component up to the '/' or to the limit, of all that its braces stand for the alternative of that number.
 * Returns how many alternatives there are.
 */
static size_t write_alternative(struct writer *writer, struct glob_reader *reader, size_t limit, size_t number)
{
	size_t alternatives = 1, choice = 0, chosen = 0;
	uint16_t *header = writer->at++;
	enum glob_token token = TOKEN_END;

	while (token != TOKEN_SLASH && reader->at < limit) {
		token = glob_read(reader);
		if (token == TOKEN_OPEN) {
			size_t choices = count_choices(reader);
			alternatives *= choices;
			chosen = number % choices;
			number /= choices;
		} else if (token == TOKEN_COMMA) {
			choice++;
		} else if (token == TOKEN_CLOSE) {
			choice = chosen = 0;
		} else if (choice == chosen && token != TOKEN_SLASH) {
			write_token(writer, reader, token);
		}
		writer->set += token == TOKEN_SET;
	}
	*header = HEADER(COMPONENT_PLAIN, writer->at - header - 1);
	return alternatives;
}

static void write_component(struct writer *writer, struct glob_reader *reader, size_t limit)
{
	size_t start = reader->at, set = writer->set;
	uint16_t *header = writer->at;
	size_t alternatives = write_alternative(writer, reader, limit, 0);
	if (alternatives == 1)
		return;
	writer->at = header + 2;
	for (size_t number = 0; number < alternatives; number++) {
		reader->at = start;
		writer->set = set;
		write_alternative(writer, reader, limit, number);
	}
	header[0] = HEADER(COMPONENT_BRACES, alternatives);
	header[1] = (uint16_t)(writer->at - header - 2);
}

static void write_globstar(struct writer *writer)
{
	if (writer->globstar)
		*writer->globstar = HEADER(COMPONENT_GLOBSTAR, TAIL_UNKNOWN);
	writer->globstar = writer->at;
	*writer->at++ = HEADER(COMPONENT_GLOBSTAR, 0);
}

/* The part of the pattern that is neither prefix nor suffix. */
static void write_program(struct glob *glob, const struct glob_survey *survey, struct glob_reader *reader)
{
	struct writer writer = { .at = glob->program, .sets = (struct glob_set *)glob_sets(glob) };
	uint16_t *end = glob->program + glob->program_length;

	if (glob->floating && !survey->slashes)   /* in any folder */
		write_globstar(&writer);
	while (writer.at < end) {
		if (glob_at_globstar(reader)) {
			write_globstar(&writer);
			glob_read(reader);
			glob_read(reader);
			continue;
		}
		write_component(&writer, reader, survey->suffix_start);
		if (writer.globstar)
			++*writer.globstar;
	}
}

/* A literal part of the pattern. */
static void write_text(char *text, struct glob_reader *reader, size_t from, size_t to, bool quoted)
{
	reader->at = from;
	if (!quoted) {
		memcpy(text, reader->pattern + from, to - from);
		return;
	}
	while (reader->at < to) {
		if (glob_read(reader) == TOKEN_SLASH)
			*text++ = '/';
		else
			for (size_t i = 0; i < reader->count; i++)
				*text++ = reader->bytes[i];
	}
}

static struct glob *allocate(struct arena *arena, enum glob_form form, const struct glob_survey *survey)
{
	struct glob glob = {
		.literal = survey->absolute && !survey->wild,
		.floating = !survey->absolute && form == GLOB_PATH,
		.flat = form == GLOB_FLAT,
		.suffix_length = (uint16_t)survey->suffix_bytes,
	};
	size_t text = survey->bytes + 1;
	if (glob.literal) {
		glob.prefix_length = (uint16_t)survey->bytes;
	} else {
		glob.prefix_length = (uint16_t)survey->prefix_bytes;
		glob.program_length = (uint16_t)(survey->elements + (glob.floating && !survey->slashes));
		glob.set_count = (uint16_t)survey->sets;
		text = survey->prefix_bytes + survey->suffix_bytes + 1;
	}
	struct glob *memory = arena_alloc(arena, sizeof(glob) + glob.program_length * sizeof(glob.program[0]) +
						 glob.set_count * sizeof(struct glob_set) + text);
	if (memory)
		*memory = glob;
	return memory;
}

const struct glob *glob_compile(struct arena *arena, enum glob_form form, const char *pattern, size_t length,
				struct text *message, size_t *offset)
{
	struct glob_survey survey;
	struct glob_reader reader;

	glob_read_from(&reader, form, pattern, length, message);
	if (!glob_survey(&survey, &reader)) {
		*offset = reader.at;
		return NULL;
	}
	struct glob *glob = allocate(arena, form, &survey);
	if (!glob)
		return NULL;
	bool quoted = reader.quoted;
	size_t prefix_end = glob->literal ? length : survey.prefix_end;
	char *text = (char *)glob_prefix(glob);
	write_text(text, &reader, 0, prefix_end, quoted);
	if (!glob->literal) {
		reader.at = prefix_end;
		reader.fresh = true;
		write_program(glob, &survey, &reader);
		write_text(text + glob->prefix_length, &reader, survey.suffix_start, length, quoted);
	}
	return glob;
}

const char *glob_literal(const struct glob *glob)
{
	return glob->literal ? glob_prefix(glob) : NULL;
}

struct glob_anchors glob_anchors(const struct glob *glob)
{
	return (struct glob_anchors){
		/* Every path begins with '/': that alone tells nothing. */
		.prefix = glob_prefix(glob), .prefix_length = glob->prefix_length > 1 ? glob->prefix_length : 0,
		.suffix = glob_suffix(glob), .suffix_length = glob->suffix_length,
	};
}
