/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <string.h>

#include "bounds.h"
#include "reading.h"
#include "scope.h"

void parser_init(struct parser *parser, struct arena *arena, parse_report *report, void *context)
{
	*parser = (struct parser){ .arena = arena, .report = report, .report_context = context };
	parser->last = &parser->first;
}

/* What stands behind the pattern: conditions before the list are read too, and complained of once. */
static void read_rest(struct reading *reading, struct draft *draft, struct words *words)
{
	struct word word, early = { .column = 0 };
	struct span before = { NULL, 0 };
	bool listed = false;
	for (; next_word(reading, words, &word); before = word.text) {
		if (comparison_goes_on(before, word.text))
			continue;
		bool in_list = !listed || draft->list_open || joins_list(word.text);
		bool condition = !in_list || is_condition(word.text);
		if (condition && !listed && !early.column)
			early = word;
		if (condition) {
			draft->list_open = false;
			read_condition(reading, draft, &word);
			continue;
		}
		if (early.column && !listed)
			complain(reading, early.column, "%q stands before the list of advices: write it behind", early.text);
		listed = true;
		read_items(reading, draft, &word);
	}
	if (!listed && !words->broken)
		complain(reading, draft->pattern->column, "no advice behind %q (\"none\" exempts from the rules that follow)",
			 draft->pattern->text);
}

static void read_terms(struct reading *reading, struct draft *draft, struct words *words)
{
	struct rule *rule = draft->rule;
	struct span text = { words->at, words->end - words->at };
	if (find_terms(reading, rule, text))
		return;
	rule->terms = reading_alloc(reading, sizeof(*rule->terms));
	if (!rule->terms)
		return;
	read_rest(reading, draft, words);
	check_items(reading, draft);
	if (reading->parser->errors == 0)
		remember_terms(reading, rule, text);
}

static void keep_rule(struct reading *reading, struct rule *rule)
{
	struct parser *parser = reading->parser;
	rule->source = reading->source;
	rule->line = reading->line;
	rule->scope = parser->scope;
	*parser->last = rule;
	parser->last = &rule->next;
	parser->rule_count++;
}

static void read_rule(struct reading *reading, const struct word *pattern, struct words *words)
{
	struct draft draft = {
		.rule = reading_alloc(reading, sizeof(struct rule)),
		.pattern = pattern,
		.asked = { { BOUNDS_ALL, BOUNDS_ALL }, { BOUNDS_ALL, BOUNDS_ALL } },
	};
	if (!draft.rule)
		return;
	read_pattern(reading, &draft);
	read_terms(reading, &draft, words);
	reading->parser->rules_seen++;
	if (keeps_rules(reading))
		keep_rule(reading, draft.rule);
}

static void read_line(struct reading *reading, struct span line)
{
	struct words words = { .begin = line.bytes, .at = line.bytes, .end = line.bytes + line.length };
	struct word first;
	const char *stray = memchr(line.bytes, '\r', line.length);
	if (line.length > POLICY_LINE_MAX) {
		complain(reading, POLICY_LINE_MAX + 1, "a line of %u bytes: at most %u", (unsigned)line.length,
			 POLICY_LINE_MAX);
		return;
	}
	if (stray) {
		complain(reading, stray - line.bytes + 1, "a carriage return inside the line");
		return;
	}
	bool kept = reading->scope_applies && reading->parser->errors == 0;
	reading->arena = kept ? reading->parser->arena : &reading->throwaway;
	if (next_word(reading, &words, &first) && !read_directive(reading, &first, &words))
		read_rule(reading, &first, &words);
	arena_reset(&reading->throwaway);
}

/* Reports what no text editor writes into a policy. Returns whether to read on. */
static bool check_encoding(struct reading *reading, struct lines *lines)
{
	struct span text = { lines->at, lines->end - lines->at };
	const char *zero = memchr(text.bytes, '\0', text.length);
	reading->line = 1;
	if (span_begins(text, "\xff\xfe") || span_begins(text, "\xfe\xff")) {
		complain(reading, 1, "UTF-16: save it as UTF-8 without byte order mark");
		return false;
	}
	if (span_begins(text, "\xef\xbb\xbf")) {
		complain(reading, 1, "a byte order mark: save it without");
		lines->at += 3;
	}
	if (zero) {
		const char *line = text.bytes;
		for (const char *feed; (feed = memchr(line, '\n', zero - line)); line = feed + 1)
			reading->line++;
		complain(reading, zero - line + 1, "a NUL byte: this is no text file");
	}
	return !zero;
}

void parse_text(struct parser *parser, const char *source, const char *text, size_t length, bool semicolons)
{
	struct reading reading = { .parser = parser, .source = source };
	struct lines lines = { .at = text, .end = text + length, .semicolons = semicolons };
	struct span line;
	parser->scope = NULL;
	reading.program_applies = reading.scope_applies = true;
	if (length > POLICY_FILE_MAX) {
		parse_complain(parser, source, "larger than 4 MiB");
		return;
	}
	if (!check_encoding(&reading, &lines))
		return;
	while (!reading.no_memory && next_line(&lines, &line)) {
		reading.line = lines.number;
		read_line(&reading, line);
	}
	arena_free(&reading.throwaway);
	arena_free(&reading.terms);
}
