/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the parser share: the source that is being read, and how they complain. Nobody else includes this.
 *
 *   parse.c          a source, its lines, a rule; words.c cuts them
 *   scope.c          "program" and "argument" lines
 *   pattern.c        the pattern of a rule
 *   parse_items.c    its list; check_items.c what can only be judged with the whole line
 *   conditions.c     words and options behind the list; comparisons.c "size" and "file"
 *   amount.c         numbers
 *   terms.c          all that stands behind a pattern, read before
 *   finish.c         the rules of all sources, made a policy
 */
#ifndef MADVISOR_READING_H
#define MADVISOR_READING_H

#include "parse.h"
#include "words.h"

struct reading {
	struct parser *parser;
	const char *source;
	unsigned line;
	struct arena *arena;        /* where the rule being read goes: the parser's, or the throwaway */
	struct arena throwaway;     /* until the end of the line; for what is not kept: rules of other programs, and all after an error */
	struct arena terms;         /* terms.c: until the end of the source */
	struct known_terms *known;
	bool program_applies, scope_applies;  /* of the lines in force: the program alone, and with its arguments */
	bool no_memory;             /* was reported; the rest of the source is not read */
	struct text message;
	char buffer[512];
};

/* Whether the rule being read goes into the policy: it is for this program, and no error was found up to here. */
static inline bool keeps_rules(const struct reading *reading)
{
	return reading->arena == reading->parser->arena && reading->parser->errors == 0;
}

/*
 * Reports an error in the line being read. In the format %s is a string, %q a struct span in quotes (cut where it is long), %u
 * an unsigned.
 */
void complain(struct reading *reading, unsigned column, const char *format, ...);

/* Complains of an unknown word: what kind of word it should be, which of the list is near and, where none is, what is expected. */
void complain_of_word(struct reading *reading, unsigned column, const char *kind, struct span word,
		      const char *(*next)(size_t index), const char *expected);

/* Once; the rest of the source is not read. */
void complain_of_memory(struct reading *reading);

/* Memory for the rule being read, and memory until the end of its line. NULL: there is none, which has been reported. */
void *reading_alloc(struct reading *reading, size_t bytes);
void *line_alloc(struct reading *reading, size_t bytes);
char *reading_copy(struct reading *reading, struct span span);

/* Compiles a glob; errors are reported at their column. offset: of the glob in the word's text. */
const struct glob *reading_glob(struct reading *reading, enum glob_form form, const struct word *word, size_t offset,
				size_t length);

/* A rule while its line is read. */
struct draft {
	struct rule *rule;
	const struct word *pattern;
	unsigned *columns;                      /* of the items, as written */
	unsigned override_column;               /* 0: not given */
	bool list_open;                         /* the last word of the list ended with a separator */
	bool none;                              /* the list is "none" */
	struct bounds asked[2][2];              /* by its comparisons: [of the file][in percent] */
};

/* The parts of a rule. Each reports what is wrong, and goes on. */
void read_pattern(struct reading *reading, struct draft *draft);
void read_items(struct reading *reading, struct draft *draft, const struct word *word);
void read_condition(struct reading *reading, struct draft *draft, const struct word *word);
void read_comparison(struct reading *reading, struct draft *draft, const struct word *word);

/*
 * A policy of many rules has few terms that differ, so each is read once. find_terms gives the rule, whose pattern was read, what the
 * same text came to behind an earlier pattern of its kind; false: it has to be read. Of a rule that is not kept it may leave rule->terms
 * NULL and say true: the text has no error. remember_terms is told of terms without an error.
 */
bool find_terms(const struct reading *reading, struct rule *rule, struct span text);
void remember_terms(struct reading *reading, const struct rule *rule, struct span text);

/* Whether the word is, or begins like, a condition or an option; a list of advices; the rest of a list after a blank. */
bool is_condition(struct span word);
bool is_advice(struct span word);
bool joins_list(struct span word);

/* "size" and "file": their names one by one; whether it is one; what stands before ">=" and the like. */
const char *subject_name(size_t index);
bool is_subject(struct span name);
struct span comparison_subject(struct span text);

/* Whether next, behind a word that was complained of, is the rest of the same comparison: "size >= 1M". */
bool comparison_goes_on(struct span word, struct span next);

/* What can only be judged with the whole line: what needs "unsafe", what "override" holds. */
void check_items(struct reading *reading, struct draft *draft);

/* A number of bytes or, where percent is not NULL, a percentage. */
bool read_amount(struct reading *reading, unsigned column, struct span text, uint64_t *number, bool *percent);

#endif
