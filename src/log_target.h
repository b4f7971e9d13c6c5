/* SPDX-License-Identifier: MIT */
/*
 * Descriptor 2, where the log's lines go: what it was at start, and whether it still is. A program may open its data there, or have
 * inherited somebody's. errno is kept. Safe in a signal handler and after fork.
 */
#ifndef MADVISOR_LOG_TARGET_H
#define MADVISOR_LOG_TARGET_H

#include <stdbool.h>

#define LOG_DESCRIPTOR 2

/* Looks at it. Once, at start. Returns whether it may be meant for messages: neither closed, nor a connection, nor data. */
bool log_target_start(void);

/* Whether it is what it was. Another thread may change that before the caller has used the answer. */
bool log_target_stands(void);

/* Whether it was a character device at start: a terminal, maybe. */
bool log_target_is_device(void);

#endif
