/* SPDX-License-Identifier: MIT */
#include "scope.h"

#include <string.h>

/* Appends a node. Returns where the next one goes, or last where there is no memory. */
static const struct glob_list **append(struct reading *reading, const struct glob_list **last, struct glob_list node)
{
	struct glob_list *memory = reading_alloc(reading, sizeof(*memory));
	if (!memory)
		return last;
	*memory = node;
	*last = memory;
	return &memory->next;
}

/* Reads the rest of the line, in front of the list of lines before, which other rules share. Complains where there is no word. */
static const struct glob_list *read_globs(struct reading *reading, struct words *words, enum glob_form form,
					  const struct glob_list *before, const char *expected, unsigned column)
{
	const struct glob_list *list = NULL, **last = &list;
	struct word word;
	bool any = false;
	for (; next_word(reading, words, &word); any = true) {
		const struct glob *glob = reading_glob(reading, form, &word, 0, word.text.length);
		const char *text = reading_copy(reading, word.text);
		if (!glob || !text)
			continue;
		bool whole_path = form == GLOB_PATH && memchr(text, '/', word.text.length);
		last = append(reading, last, (struct glob_list){ NULL, glob, text, whole_path });
	}
	*last = before;
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

/* A glob without '/' is for the last component of whatever it is given. */
static bool program_matches(const struct glob_list *list, const struct identity *identity)
{
	while (list && !glob_match(list->glob, identity->path, strlen(identity->path)))
		list = list->next;
	return list;
}

/* The list up to end. */
static bool argument_matches(const struct glob_list *list, const struct glob_list *end, const struct identity *identity)
{
	for (; list != end; list = list->next) {
		const char *const *at = identity->arguments;
		for (; at && *at; at++) {
			if (glob_match(list->glob, *at, strlen(*at)))
				return true;
		}
	}
	return false;
}

bool scope_applies(const struct scope *scope, const struct identity *identity)
{
	return !scope || ((!scope->programs || program_matches(scope->programs, identity)) &&
			  (!scope->arguments || argument_matches(scope->arguments, NULL, identity)));
}

static void read_program(struct reading *reading, const struct word *first, struct words *words)
{
	const struct identity *identity = reading->parser->identity;
	struct scope *scope = reading_alloc(reading, sizeof(*scope));
	if (!scope)
		return;
	scope->programs = read_globs(reading, words, GLOB_PATH, NULL,
				     "\"program\" needs the names or paths of executables, as globs", first->column);
	reading->parser->scope = any_program_will_do(scope->programs) ? NULL : scope;
	reading->program_applies = !identity || scope_applies(reading->parser->scope, identity);
	reading->scope_applies = reading->program_applies;
}

static void read_argument(struct reading *reading, const struct word *first, struct words *words)
{
	const struct identity *identity = reading->parser->identity;
	const struct scope *outer = reading->parser->scope;
	const struct glob_list *before = outer ? outer->arguments : NULL;
	if (!outer)
		complain(reading, first->column, "\"argument\" narrows the \"program\" line above it: there is none in force");
	struct scope *scope = reading_alloc(reading, sizeof(*scope));
	if (!scope)
		return;
	scope->arguments = read_globs(reading, words, GLOB_FLAT, before, "\"argument\" needs globs of whole arguments",
				      first->column);
	if (!outer)
		return;
	scope->programs = outer->programs;
	reading->parser->scope = scope;
	/* Any of them: what earlier lines said still holds, and only this line's need be looked at. */
	bool applied = before && reading->scope_applies;
	reading->scope_applies = !identity || applied || (reading->program_applies &&
							  argument_matches(scope->arguments, before, identity));
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
	return true;
}
