/* SPDX-License-Identifier: MIT */
/*
 * Finds and reads policies by the names that MADVISOR_POLICY holds. Linked into library and command.
 *
 * Raw system calls, all descriptors closed again before return. A policy is opened without blocking (a FIFO is an error) and
 * judged by the descriptor, not by the name: regular, at most POLICY_FILE_MAX bytes, not writable by group or others,
 * owned by root, the effective user, or the overflow user of a user namespace that does not map every user.
 */
#ifndef MADVISOR_LOAD_H
#define MADVISOR_LOAD_H

#include "file.h"
#include "parse.h"

/* Where policies are looked for by name: the administrator's first, then the presets. */
struct policy_path {
	const char *sysconf;   /* "$(sysconfdir)/madvisor" */
	const char *data;      /* "$(pkgdatadir)" */
};

/*
 * Reads the policies of a colon-separated list into the parser, in order. Errors go to parser->report, with as source the
 * base name of the file, or, with whole_names, the path as it was found.
 */
void load_list(struct parser *parser, const char *list, const struct policy_path *where, bool whole_names);

/* $(sysconfdir)/madvisor/default.policy, if it exists. Returns whether it does. */
bool load_default(struct parser *parser, const struct policy_path *where, bool whole_names);

#endif
