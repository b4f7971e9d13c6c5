/* SPDX-License-Identifier: MIT */
/* How much memory this process may use. */
#ifndef MADVISOR_MEMORY_H
#define MADVISOR_MEMORY_H

#include <stdint.h>

/*
 * Bytes: the smallest of the machine's RAM (sysinfo(2)) and the limits of all its memory cgroups, v1 or v2, up to the root
 * (cgroups(7)). Never 0. Reads files under /proc and the cgroup file systems: at start only.
 */
uint64_t memory_limit(void);

/* The same for the process whose /proc/PID/cgroup is named, as far as its cgroups are mounted here. */
uint64_t memory_limit_of(const char *cgroups);

#endif
