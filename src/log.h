/* SPDX-License-Identifier: MIT */
/*
 * Lines to descriptor 2 that no host can suffer from: a line never blocks, kills, cancels or corrupts (libmadvisor(7), "The log").
 *
 * Between log_begin and log_end the caller appends to the text. Safe in a signal handler, before start (nothing is written)
 * and after fork. errno is kept.
 */
#ifndef MADVISOR_LOG_H
#define MADVISOR_LOG_H

#include <stdbool.h>

#include "policy.h"
#include "text.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };

const char *log_level_name(size_t index);   /* "error" ...; NULL beyond the last */

/* What descriptor 2 is now: later lines go there only while it still is. Once, at start. program is kept. */
void log_start(enum log_level level, bool silent, const char *program);

/* Whether lines of that level are written. */
bool log_wants(enum log_level level);

/*
 * Begins a line: "madvisor[PID] PROGRAM: LEVEL: ". Returns false where the level is not wanted or no scratch page is free;
 * then there is nothing to end.
 */
bool log_begin(struct text *line, enum log_level level);
bool log_begin_rule(struct text *line, enum log_level level, const struct rule *rule);   /* and "POLICY:LINE: " */
void log_end(struct text *line);

/* A whole line of one string. Needs no scratch page: it may say that there is none. */
void log_line(enum log_level level, const char *message);

#endif
