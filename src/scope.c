/* SPDX-License-Identifier: MIT */
#include "scope.h"

#include <string.h>

/* Reads the rest of the line into nodes before list; NULL where there is no good glob. Complains where there is no word. */
static const struct glob_list *read_globs(struct reading *reading, struct words *words, enum glob_form form,
					  const struct glob_list *list, const char *expected, unsigned column)
{
	struct word word;
	bool any = false;
	while (next_word(reading, words, &word)) {
		any = true;
		struct glob_list *node = reading_alloc(reading, sizeof(*node));
		const struct glob *glob = reading_glob(reading, form, &word, 0, word.text.length);
		char *text = reading_copy(reading, word.text);
		if (!node || !glob || !text)
			continue;
		bool whole_path = form == GLOB_PATH && memchr(text, '/', word.text.length);
		*node = (struct glob_list){ .next = list, .glob = glob, .text = text, .whole_path = whole_path };
		list = node;
	}
	if (!any && !words->broken)
		complain(reading, column, "%s", expected);
	return list;
}

static bool any_program_will_do(const struct glob_list *list)
{
	for (; list; list = list->next) {
		if (strcmp(list->text, "*") == 0)
			return true;
	}
	return false;
}

static void read_program(struct reading *reading, const struct word *first, struct words *words)
{
	struct scope *scope = reading_alloc(reading, sizeof(*scope));
	if (!scope)
		return;
	scope->programs = read_globs(reading, words, GLOB_PATH, NULL,
				     "\"program\" needs the names or paths of executables, as globs", first->column);
	reading->parser->scope = any_program_will_do(scope->programs) ? NULL : scope;
}

static void read_argument(struct reading *reading, const struct word *first, struct words *words)
{
	const struct scope *outer = reading->parser->scope;
	if (!outer)
		complain(reading, first->column, "\"argument\" narrows the \"program\" line above it: there is none in force");
	struct scope *scope = reading_alloc(reading, sizeof(*scope));
	if (!scope)
		return;
	const struct glob_list *arguments = read_globs(reading, words, GLOB_FLAT, outer ? outer->arguments : NULL,
						       "\"argument\" needs globs of whole arguments", first->column);
	*scope = (struct scope){ outer ? outer->programs : NULL, arguments };
	if (outer)
		reading->parser->scope = scope;
}

bool read_directive(struct reading *reading, const struct word *first, struct words *words)
{
	bool program = !first->quoted && span_is(first->text, "program");
	if (!program && (first->quoted || !span_is(first->text, "argument")))
		return false;
	struct arena *rules = reading->arena;
	reading->arena = reading->parser->arena;
	(program ? read_program : read_argument)(reading, first, words);
	reading->arena = rules;
	reading->scope_applies = !reading->parser->identity ||
				 scope_applies(reading->parser->scope, reading->parser->identity);
	return true;
}

bool scope_applies(const struct scope *scope, const struct identity *identity)
{
	if (!scope)
		return true;
	const struct glob_list *program = scope->programs, *argument = scope->arguments;
	/* A glob without '/' is for the last component of whatever it is given. */
	while (program && !glob_match(program->glob, identity->path, strlen(identity->path)))
		program = program->next;
	if (scope->programs && !program)
		return false;
	if (!argument)
		return true;
	for (; argument; argument = argument->next) {
		const char *const *at = identity->arguments;
		for (; at && *at; at++) {
			if (glob_match(argument->glob, *at, strlen(*at)))
				return true;
		}
	}
	return false;
}
