/* SPDX-License-Identifier: MIT */
/*
 * The compiled policy: an immutable table of rules, and the look-up. The first rule that matches a mapping decides.
 *
 * Knows nothing of the host. Once finished, a policy is only read: any thread, any signal handler, any forked child.
 */
#ifndef MADVISOR_POLICY_H
#define MADVISOR_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "advice.h"
#include "arena.h"
#include "glob.h"

/* The words of conditions, as bits of a set. The table with their names is in conditions.c. */
enum {
	WORD_SHARED = 1 << 0,       /* MAP_SHARED or MAP_SHARED_VALIDATE */
	WORD_PRIVATE = 1 << 1,
	WORD_WRITABLE = 1 << 2,     /* PROT_WRITE */
	WORD_READONLY = 1 << 3,     /* no PROT_WRITE */
	WORD_EXECUTABLE = 1 << 4,
	WORD_DELETED = 1 << 5,      /* the file has lost the name it was opened by */
	WORD_HUGETLB = 1 << 6,      /* MAP_HUGETLB */
	WORD_NORESERVE = 1 << 7,
	WORD_LOCKED = 1 << 8,
	WORD_POPULATE = 1 << 9,
	WORD_STACK = 1 << 10,
};
#define WORD_COUNT 11
#define WORDS_ALL ((1u << WORD_COUNT) - 1)
/* What only mmap(2)'s flags tell: unknown for a mapping that was there before us. */
#define WORDS_OF_FLAGS (WORD_HUGETLB | WORD_NORESERVE | WORD_LOCKED | WORD_POPULATE | WORD_STACK)

const char *word_name(size_t index);   /* the word of bit number index; NULL beyond the last */

/* Bytes, both ends included. */
struct bounds {
	uint64_t min, max;
};

/* One "size" or "file" condition, as written. */
struct size_condition {
	const struct size_condition *next;
	bool file;         /* "file", else "size" */
	bool percent;      /* number is of the memory the process may use, else bytes */
	char operator[3];  /* ">=", "<=", ">", "<" */
	uint64_t number;
};

/* One item of a rule's list: alternatives, of which at most one is given. Immutable. */
struct item {
	struct bounds range;        /* bytes of the file: min is START, max is END, exclusive; UINT64_MAX where END is missing */
	bool has_range;             /* "@START..END": lifts the ceiling of prefetch */
	bool at_unmap;              /* "unmap:" */
	uint8_t count;              /* alternatives */
	uint8_t alternatives[];     /* enum advice_id */
};

/* What stands behind the pattern of a rule. Immutable once the policy is finished; rules that are written alike share it. */
struct terms {
	uint16_t must, must_not;    /* WORD_ sets */
	bool override, unsafe;
	uint8_t held;               /* classes that override holds: 1 << enum advice_class */
	uint8_t item_count;         /* 0: "none" */
	const struct item **items;  /* prefetch first, the rest as written */
	const struct size_condition *conditions;
	struct bounds size, file;   /* what the conditions come to: {0, UINT64_MAX} asks nothing */
};

/* What "program" and "argument" lines ask for. Immutable; shared by the rules that follow them. */
struct glob_list {
	const struct glob_list *next;
	const struct glob *glob;
	const char *text;
	bool whole_path;            /* the glob has a '/': compared with the path, else with the base name */
};
struct scope {
	const struct glob_list *programs;    /* none: all */
	const struct glob_list *arguments;   /* any of them; none: all */
};

struct rule {
	struct rule *next;          /* while parsing */
	const char *source;         /* the policy's name as messages write it: "lmdb.policy", "MADVISOR_RULES" */
	const char *pattern;        /* as written, unquoted; NULL where the parser dropped it */
	uint32_t line;
	uint32_t number;            /* 0 is the first */
	const struct scope *scope;
	const struct glob *glob;    /* of the path or the memfd's name; NULL: any */
	uint8_t kinds;              /* KIND_BIT set */
	bool literal;               /* the pattern is an absolute path without wildcard */
	uint32_t slot;              /* of its first item, of all items of the policy: what the library remembers of an item is there */
	struct terms *terms;
};

/* The slot of an item, which is one of the rule's. */
static inline uint32_t item_slot(const struct rule *rule, const struct item *item)
{
	uint32_t place = 0;
	while (place + 1 < rule->terms->item_count && rule->terms->items[place] != item)
		place++;
	return rule->slot + place;
}

struct policy {
	const struct rule **rules;  /* rule_count of them, in order */
	uint32_t rule_count;
	uint32_t item_count;        /* over all rules */
	uint8_t kinds;              /* union over the rules; 0: no rule, asleep */
	bool wants_names;           /* a rule has a pattern of paths or memfd names */
	bool wants_memory;          /* a rule has a percentage, or prefetches without a range */
	bool wants_regions;         /* a rule has "override" or "unmap:", or is growable */
	const struct rule **growable;   /* rules that mremap(2) can bring a mapping under, and that have words */
	uint32_t growable_count;
	uint16_t classes;           /* classes that any rule gives: 1 << enum advice_class */
	uint64_t memory;            /* bytes: what percentages are of */
	const struct policy_index *index;   /* NULL: no rule */
};

/* What is known of a mapping. */
struct facts {
	enum kind kind;
	uint16_t words, known;      /* WORD_ sets: those that hold, those of which that is known */
	uint64_t size;              /* bytes, whole pages */
	uint64_t file;              /* bytes that the file occupies; FILE_UNKNOWN */
	const char *name;           /* the path; the name of a memfd; NULL where there is none */
	size_t name_length;
	bool library;               /* the executable, a library or their bss: only literal patterns */
	bool existing;              /* was there at start: never unsafe advice */
};
#define FILE_UNKNOWN UINT64_MAX

/* Bytes, for facts.file: neither holes nor blocks allocated beyond the end count. */
static inline uint64_t file_occupies(uint64_t length, uint64_t allocated)
{
	return length < allocated ? length : allocated;
}

enum match { MATCH_NO, MATCH_YES, MATCH_UNKNOWN };

/* Why a rule does not match, for "explain". */
enum mismatch {
	MISMATCH_NONE, MISMATCH_KIND, MISMATCH_NAME, MISMATCH_WORD, MISMATCH_SIZE, MISMATCH_FILE, MISMATCH_LIBRARY
};
struct mismatch_detail {
	enum mismatch what;
	uint16_t word;                        /* MISMATCH_WORD: the bit */
	const struct size_condition *size;    /* MISMATCH_SIZE, MISMATCH_FILE: the condition that failed */
};

/*
 * One rule and one mapping. MATCH_UNKNOWN: all that is known agrees, but a condition cannot be known here.
 * detail may be NULL; else it is filled in for MATCH_NO (what failed) and MATCH_UNKNOWN (what cannot be known).
 */
enum match rule_match(const struct rule *rule, const struct facts *facts, struct mismatch_detail *detail);

/* The rule that decides about a mapping; NULL if none, or if a rule comes first of which that cannot be known. */
const struct rule *policy_find(const struct policy *policy, const struct facts *facts);

/*
 * Whether any rule could match a mapping of one of these kinds, judged by what costs nothing: words and size.
 * Everything that needs a system call comes after this.
 */
bool policy_may_match(const struct policy *policy, unsigned kinds, uint16_t words, uint16_t known, uint64_t size);

/*
 * Whether a file mapping with these words, which no rule matches, could come under one when it or its file grows. mremap(2) does
 * not tell the words again, so somebody has to remember them. file: as in struct facts; 0 where it was not looked at.
 */
bool policy_may_grow(const struct policy *policy, uint16_t words, uint16_t known, uint64_t size, uint64_t file);

/* Whether the rule's program and argument lines hold. arguments: NULL-terminated argv, without its first; may be NULL. */
struct identity {
	const char *path;           /* of the executable, absolute */
	const char *const *arguments;
};
bool scope_applies(const struct scope *scope, const struct identity *identity);

/* Fills the bounds in from the conditions, percentages of memory bytes. */
void terms_resolve(struct terms *terms, uint64_t memory);

#endif
