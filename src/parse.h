/* SPDX-License-Identifier: MIT */
/*
 * Text to policy, by the grammar of madvisor.policy(5). Linked into library, command and fuzzer alike.
 *
 * All errors are reported, not only the first. Memory comes from the arena given. No system call but mmap(2) for it.
 * For one thread, at start; no function sets errno.
 */
#ifndef MADVISOR_PARSE_H
#define MADVISOR_PARSE_H

#include "policy.h"

#define POLICY_FILE_MAX (4u << 20)   /* bytes of a policy file */
#define POLICY_LINE_MAX (16u << 10)  /* bytes of a line */

/* One error. line and column count from 1, column in bytes; 0: the error is about the file as a whole. */
struct parse_error {
	const char *source;
	unsigned line, column;
	const char *message;
};
typedef void parse_report(void *context, const struct parse_error *error);

struct parser {
	struct arena *arena;
	parse_report *report;
	void *report_context;
	const struct identity *identity;   /* only rules for this program are kept; NULL: all */
	bool attach;                       /* for a process that runs already: other moments, no unsafe advice */
	bool drop_patterns;                /* nobody shows the rules: patterns as written are not kept */
	/* out */
	struct rule *first, **last;
	uint32_t rule_count;
	unsigned errors;                   /* reported so far */
	uint32_t rules_seen;               /* with those of other programs */
	/* the scope of the file being read */
	const struct scope *scope;
};

/* Empty, with the fields above "out" as given. */
void parser_init(struct parser *parser, struct arena *arena, parse_report *report, void *context);

/*
 * Reads one policy: source is its name in messages and is kept (not copied), text may hold any byte.
 * semicolons: a ';' outside quotes ends a line too (MADVISOR_RULES).
 * Each call begins with no program and no argument lines in force.
 */
void parse_text(struct parser *parser, const char *source, const char *text, size_t length, bool semicolons);

/* Reports an error of the caller's about a source as a whole, in the same way. */
void parse_complain(struct parser *parser, const char *source, const char *message);

/*
 * The finished policy; NULL if there was an error or there is no memory. memory(): bytes that percentages are of,
 * called only where a rule needs it.
 */
const struct policy *parser_finish(struct parser *parser, uint64_t (*memory)(void));

#endif
