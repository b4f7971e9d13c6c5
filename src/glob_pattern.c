/* SPDX-License-Identifier: MIT */
#include "glob_pattern.h"

#include <string.h>

void glob_read_from(struct glob_reader *reader, enum glob_form form, const char *pattern, size_t length, struct text *message)
{
	*reader = (struct glob_reader){
		.pattern = pattern, .length = length, .form = form, .fresh = true, .message = message,
	};
}

enum glob_token glob_wrong(struct glob_reader *reader, size_t at, const char *message)
{
	reader->at = at;
	text_string(reader->message, message);
	return TOKEN_ERROR;
}

static bool next_is(const struct glob_reader *reader, size_t at, char byte)
{
	return at < reader->length && reader->pattern[at] == byte;
}

static void add_range(struct glob_set *set, unsigned low, unsigned high)
{
	for (unsigned byte = low; byte <= high; byte++)
		set->bits[byte >> 3] |= (uint8_t)(1u << (byte & 7));
}

static void negate(struct glob_set *set)
{
	for (size_t i = 0; i < sizeof(set->bits); i++)
		set->bits[i] = (uint8_t)~set->bits[i];
}

enum member { MEMBER, MEMBER_LAST, MEMBER_WRONG };

/* One byte between the brackets, perhaps quoted. */
static enum member read_member(struct glob_reader *reader, bool first, unsigned char *byte)
{
	size_t at = reader->at;
	if (next_is(reader, at, ']') && !first)
		return MEMBER_LAST;
	if (next_is(reader, at, '[') && next_is(reader, at + 1, ':')) {
		glob_wrong(reader, at, "character classes are not supported: write ranges, such as [a-z]");
		return MEMBER_WRONG;
	}
	if (next_is(reader, at, '\\'))
		at++;
	if (at >= reader->length) {
		glob_wrong(reader, reader->opened, "\"[\" without \"]\" (write \"\\[\" for the byte itself)");
		return MEMBER_WRONG;
	}
	if (reader->pattern[at] == '/' && reader->form == GLOB_PATH) {
		glob_wrong(reader, at, "\"/\" in a set: a set matches within a component");
		return MEMBER_WRONG;
	}
	*byte = (unsigned char)reader->pattern[at];
	reader->at = at + 1;
	return MEMBER;
}

static enum glob_token read_members(struct glob_reader *reader)
{
	for (bool first = true;; first = false) {
		unsigned char low, high;
		size_t start = reader->at;
		enum member member = read_member(reader, first, &low);
		if (member == MEMBER_WRONG)
			return TOKEN_ERROR;
		if (member == MEMBER_LAST)
			return TOKEN_SET;
		high = low;
		if (next_is(reader, reader->at, '-') && !next_is(reader, reader->at + 1, ']')) {
			reader->at++;
			if (read_member(reader, false, &high) != MEMBER)
				return TOKEN_ERROR;
			if (low > high)
				return glob_wrong(reader, start, "range that ends before it begins: write the lower byte first");
		}
		add_range(&reader->set, low, high);
	}
}

static enum glob_token read_set(struct glob_reader *reader)
{
	size_t outer = reader->opened;
	reader->opened = reader->at - 1;
	reader->set = (struct glob_set){ { 0 } };
	if (next_is(reader, reader->at, '^'))
		return glob_wrong(reader, reader->at, "\"^\" does not negate a set: write \"[!\", or \"\\^\" for the byte itself");
	bool negated = next_is(reader, reader->at, '!');
	if (negated)
		reader->at++;
	enum glob_token token = read_members(reader);
	if (token == TOKEN_ERROR)
		return token;
	reader->at++;
	if (negated)
		negate(&reader->set);
	if (reader->form == GLOB_PATH)
		reader->set.bits['/' >> 3] &= (uint8_t)~(1u << ('/' & 7));
	reader->opened = outer;
	return token;
}

bool glob_at_globstar(const struct glob_reader *reader)
{
	size_t at = reader->at;
	return reader->form == GLOB_PATH && reader->fresh && next_is(reader, at, '*') && next_is(reader, at + 1, '*') &&
	       (at + 2 == reader->length || next_is(reader, at + 2, '/'));
}

static enum glob_token read_star(struct glob_reader *reader)
{
	if (reader->form == GLOB_FLAT || !next_is(reader, reader->at, '*'))
		return TOKEN_STAR;
	return glob_wrong(reader, reader->at - 1, "\"**\" must be a component of its own, such as in \"/a/**/b\"");
}

static enum glob_token read_brace(struct glob_reader *reader)
{
	if (reader->inside)
		return glob_wrong(reader, reader->at - 1, "\"{\" inside braces: braces do not nest");
	reader->inside = true;
	reader->opened = reader->at - 1;
	return TOKEN_OPEN;
}

static enum glob_token read_bytes(struct glob_reader *reader, size_t at, size_t count)
{
	reader->bytes = reader->pattern + at;
	reader->count = count;
	return TOKEN_BYTES;
}

static enum glob_token read_quoted(struct glob_reader *reader)
{
	if (reader->at == reader->length)
		return glob_wrong(reader, reader->at - 1, "\"\\\" at the end quotes nothing (write \"\\\\\" for the byte itself)");
	return read_bytes(reader, reader->at++, 1);
}

static enum glob_token read_slash(struct glob_reader *reader)
{
	if (reader->form == GLOB_FLAT)
		return read_bytes(reader, reader->at - 1, 1);
	if (reader->inside)
		return glob_wrong(reader, reader->at - 1, "\"/\" inside braces: write a rule for each path");
	reader->fresh = true;
	return TOKEN_SLASH;
}

static enum glob_token read_special(struct glob_reader *reader)
{
	switch (reader->pattern[reader->at++]) {
	case '\\':
		reader->quoted = true;
		/* A quoted slash separates components as any other: no component can hold one. */
		if (!next_is(reader, reader->at, '/'))
			return read_quoted(reader);
		reader->at++;
		return read_slash(reader);
	case '/':
		return read_slash(reader);
	case '?':
		return TOKEN_ANY;
	case '*':
		return read_star(reader);
	case '[':
		return read_set(reader);
	case '{':
		return read_brace(reader);
	case ',':
		return reader->inside ? TOKEN_COMMA : read_bytes(reader, reader->at - 1, 1);
	default:   /* } */
		if (!reader->inside)
			return read_bytes(reader, reader->at - 1, 1);
		reader->inside = false;
		return TOKEN_CLOSE;
	}
}

/* The bytes that read_special knows. */
static const bool special[256] = {
	['\\'] = true, ['/'] = true, ['?'] = true, ['*'] = true, ['['] = true, ['{'] = true, [','] = true, ['}'] = true,
};

enum glob_token glob_read(struct glob_reader *reader)
{
	size_t start = reader->at, at = start;
	if (at == reader->length) {
		if (reader->inside)
			return glob_wrong(reader, reader->opened, "\"{\" without \"}\" (write \"\\{\" for the byte itself)");
		return TOKEN_END;
	}
	bool globstar = reader->pattern[at] == '*' && glob_at_globstar(reader);
	reader->fresh = false;
	if (globstar) {
		reader->at += 2;
		return TOKEN_GLOBSTAR;
	}
	while (at < reader->length && !special[(unsigned char)reader->pattern[at]])
		at++;
	if (at == start)
		return read_special(reader);
	reader->at = at;
	return read_bytes(reader, start, at - start);
}
