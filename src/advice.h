/* SPDX-License-Identifier: MIT */
/*
 * The table of advices: everything that any of Linux, illumos, the BSDs and Darwin knows, and what it does here.
 * advice.def is the only place that knows one; parser, probe, messages, command, manual and tests read it.
 */
#ifndef MADVISOR_ADVICE_H
#define MADVISOR_ADVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hidden.h"
#include "text.h"

enum advice_class {
	CLASS_ACCESS, CLASS_PREFETCH, CLASS_THP, CLASS_KSM, CLASS_DUMP, CLASS_FORK, CLASS_RECLAIM, CLASS_NUMA,
	CLASS_CONTENT, CLASS_USELESS, CLASS_FOREIGN, CLASS_COUNT
};

/* How an advice is given on Linux. */
enum advice_call {
	CALL_MADVISE,   /* madvise(2), with the value of the table */
	CALL_MBIND,     /* mbind(2), with the memory policy of the table */
	CALL_NONE,      /* not at all: an advice of other systems */
};

/* The moments at which an advice can do anything. */
enum { AT_MAP = 1, AT_UNMAP = 2, AT_ATTACH = 4 };

/* What a rule must say before it may give the advice. */
enum advice_danger {
	DANGER_NONE,
	DANGER_UNSAFE,    /* "unsafe" */
	DANGER_UNSAFE_FILE,   /* "unsafe", where the rule can match a mapping of a file (KIND_FILE) */
	DANGER_LITERAL,   /* "unsafe" and a pattern without wildcard */
	DANGER_REFUSED,   /* never given: the reason stands in the table */
};

/* The kinds of mappings, as bits of a set. */
enum kind { KIND_FILE, KIND_ANON, KIND_SHARED_ANON, KIND_SHM, KIND_MEMFD, KIND_COUNT };
#define KIND_BIT(kind) (1u << (kind))
#define KINDS_ALL ((1u << KIND_COUNT) - 1)
#define KINDS_WITH_FILE (KIND_BIT(KIND_FILE) | KIND_BIT(KIND_MEMFD))   /* that have a name and a length of their own */

static inline bool kind_has_file(enum kind kind)
{
	return kind == KIND_FILE || kind == KIND_MEMFD;
}

struct advice {
	const char *name;         /* the one spelling */
	const char *systems;      /* "Linux", "illumos", "FreeBSD", "Darwin" ..., as the table of the manual names them */
	const char *since;        /* the first Linux version that has it ("5.14"); NULL: not an advice of Linux */
	const char *config;       /* the kernel option it needs, or NULL */
	const char *sets, *clears; /* the letters in VmFlags that are there, or gone, once it is in force: "rr sr"; NULL: none */
	const char *summary;      /* one line: what it does here, or why it is refused */
	const char *einval;       /* why the kernel refuses some mappings though it knows the advice */
	int value;                /* for CALL_MADVISE the third argument, for CALL_MBIND the mode, else the other system's value */
	uint8_t class;            /* enum advice_class */
	uint8_t call;             /* enum advice_call */
	uint8_t moments;          /* AT_MAP ... */
	uint8_t danger;           /* enum advice_danger */
	uint8_t kinds;            /* the mappings that it can do anything to */
	bool sticks;              /* stays with the mapping, through mremap(2) too */
};

enum advice_id {
#define ADVICE(id, ...) ADVICE_##id,
#include "advice.def"
#undef ADVICE
	ADVICE_COUNT
};

extern HIDDEN const struct advice advices[ADVICE_COUNT];

/* The word of a class, as the manual and messages write it: "access", "prefetch" ... */
const char *advice_class_name(enum advice_class class);

/* The advice of that name, or ADVICE_COUNT. */
enum advice_id advice_by_name(const char *name, size_t length);

/*
 * The advice that a constant of C stands for, or ADVICE_COUNT: "MADV_RANDOM", "POSIX_MADV_RANDOM", "madv_dontneed_locked".
 * For the message that tells the one spelling.
 */
enum advice_id advice_by_constant(const char *word, size_t length);

/* The advice that madvise(2) knows by this value, or ADVICE_COUNT. For what the host asks for itself. */
enum advice_id advice_by_value(int value);

/*
 * The known word nearest to a misspelt one, out of a list that next() gives one by one (NULL: the end); NULL when
 * none is near. For "did you mean".
 */
const char *nearest_word(const char *word, size_t length, const char *(*next)(size_t index));
const char *advice_name_at(size_t index);

/*
 * Whether this kernel takes the advice, by the probe of madvise(2): a length of 0. No mapping is touched, errno is kept.
 * Returns 0: supported; EINVAL: not known to this kernel; ENOSYS: not an advice of Linux; else the error with which a
 * sandbox refuses it.
 * A system call each time: callers remember. Safe in a signal handler.
 */
int advice_probe(enum advice_id id);

/*
 * "not supported by this kernel (Linux 6.1.0; needs Linux 6.13)" and the like, for an advice whose probe gave that
 * error. release: uname(2)'s, or NULL: asked for here.
 */
void advice_explain_unsupported(struct text *text, enum advice_id id, int error, const char *release);

/* Why EINVAL came back for a mapping though the probe passed: "only for private anonymous mappings" and the like. */
const char *advice_explain_einval(enum advice_id id);

#endif
