/* SPDX-License-Identifier: MIT */
#include "glob_survey.h"

#include "glob_program.h"

static void begin_component(struct glob_survey *survey, size_t at)
{
	survey->component.start = at;
	survey->component.bytes = 0;
	survey->component.wild = false;
	survey->component.alternatives = 1;
	survey->component.elements = 0;
	survey->suffix_start = at;
	survey->suffix_bytes = 0;
}

/* Room in the program, without what the suffix takes over. */
static size_t component_size(const struct glob_survey *survey)
{
	size_t alternatives = survey->component.alternatives;
	size_t elements = survey->component.elements - survey->suffix_bytes * alternatives;
	return alternatives == 1 ? 1 + elements : 2 + alternatives + elements;
}

/* Whether the component is "." or "..": then their number, else 0. */
static size_t count_dots(const struct glob_survey *survey, const struct glob_reader *reader)
{
	size_t dots = 0;
	if (survey->component.bytes > 2)
		return 0;
	for (const char *byte = reader->pattern + survey->component.start; dots < survey->component.bytes; dots++, byte++) {
		byte += *byte == '\\';
		if (*byte != '.')
			return 0;
	}
	return dots;
}

static bool end_component(struct glob_survey *survey, struct glob_reader *reader, bool last)
{
	if (survey->component.wild || reader->form == GLOB_FLAT)
		return true;
	if (survey->component.bytes == 0) {
		glob_wrong(reader, reader->at - 1,
			   last ? "\"/\" at the end: leave it out, or write \"/**\" for all that is below"
				: "empty component: write one \"/\", not several");
		return false;
	}
	size_t dots = count_dots(survey, reader);
	if (dots) {
		glob_wrong(reader, survey->component.start,
			   dots == 1 ? "component \".\": leave it out, the paths of mapped files have none"
				     : "component \"..\": write the path that it leads to");
		return false;
	}
	return true;
}

static bool too_large(const struct glob_survey *survey, struct glob_reader *reader)
{
	if (survey->component.alternatives <= ALTERNATIVES_MAX && survey->elements + component_size(survey) <= PROGRAM_MAX)
		return false;
	glob_wrong(reader, survey->component.start, 
		   "braces stand for too much: at most 1024 alternatives in a component and 65535 bytes in all");
	return true;
}

static bool read_slash(struct glob_survey *survey, struct glob_reader *reader)
{
	if (survey->bytes == 0 && !survey->wild) {
		survey->absolute = true;
	} else if (!survey->slashes) {
		glob_wrong(reader, 0, "a pattern with \"/\" must begin with \"/\" or \"**/\"");
		return false;
	} else if (!end_component(survey, reader, false)) {
		return false;
	}
	survey->slashes = true;
	survey->bytes++;
	if (survey->wild) {
		survey->suffix_bytes = 0;
		if (too_large(survey, reader))
			return false;
		survey->elements += component_size(survey);
	} else {
		survey->prefix_end = reader->at;
		survey->prefix_bytes = survey->bytes;
	}
	begin_component(survey, reader->at);
	return true;
}

static void count_elements(struct glob_survey *survey, const struct glob_reader *reader, size_t count)
{
	if (reader->inside)
		survey->component.choice_elements += count;
	else
		survey->component.elements += count * survey->component.alternatives;
}

static void read_bytes(struct glob_survey *survey, const struct glob_reader *reader)
{
	survey->bytes += reader->count;
	survey->component.bytes += reader->count;
	survey->suffix_bytes += reader->count;
	count_elements(survey, reader, reader->count);
	/* Nothing between braces, and no '/' of a flat glob. */
	if (reader->inside || *reader->bytes == '/') {
		survey->suffix_bytes = 0;
		survey->suffix_start = reader->at;
	}
}

/* Every alternative so far goes on with every choice of the braces that end here. */
static void read_close(struct glob_survey *survey)
{
	size_t before = survey->component.alternatives;
	survey->component.alternatives *= survey->component.choices;
	survey->component.elements *= survey->component.choices;
	survey->component.elements += before * survey->component.choice_elements;
}

static void read_wild(struct glob_survey *survey, const struct glob_reader *reader, enum glob_token token)
{
	survey->wild = survey->component.wild = true;
	survey->suffix_bytes = 0;
	survey->suffix_start = reader->at;
	switch (token) {
	case TOKEN_OPEN:
		survey->component.choices = 1;
		survey->component.choice_elements = 0;
		break;
	case TOKEN_COMMA:
		survey->component.choices++;
		break;
	case TOKEN_CLOSE:
		read_close(survey);
		break;
	case TOKEN_GLOBSTAR:
		survey->slashes = true;   /* "**" may stand before the first '/' */
		break;
	default:
		survey->sets += token == TOKEN_SET;
		count_elements(survey, reader, 1);
	}
}

bool glob_survey(struct glob_survey *survey, struct glob_reader *reader)
{
	*survey = (struct glob_survey){ .elements = 0 };
	begin_component(survey, 0);
	if (reader->length == 0)
		return glob_wrong(reader, 0, "empty pattern"), false;
	if (reader->length > PATTERN_MAX)
		return glob_wrong(reader, PATTERN_MAX, "pattern is too long: at most 8191 bytes"), false;
	for (;;) {
		enum glob_token token = glob_read(reader);
		switch (token) {
		case TOKEN_ERROR:
			return false;
		case TOKEN_END:
			if (too_large(survey, reader))
				return false;
			survey->elements += component_size(survey);
			return end_component(survey, reader, true);
		case TOKEN_BYTES:
			read_bytes(survey, reader);
			break;
		case TOKEN_SLASH:
			if (!read_slash(survey, reader))
				return false;
			break;
		default:
			read_wild(survey, reader, token);
			if (token == TOKEN_CLOSE && too_large(survey, reader))
				return false;
		}
	}
}
