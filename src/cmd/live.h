/* SPDX-License-Identifier: MIT */
/* How much of what a rule advised is still mapped: counted from /proc/PID/maps, not by the library. */
#ifndef MADVISOR_LIVE_H
#define MADVISOR_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

struct live {
	uint64_t mappings, bytes;
};

/*
 * For each rule of the snapshot. NULL: not known, because the policy that the process read can no longer be read, or is
 * another by now. The caller frees it.
 */
struct live *count_live(const struct snapshot *snapshot);

#endif
