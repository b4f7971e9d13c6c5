/* SPDX-License-Identifier: MIT */
/* Mappings that exist at start get the same rules: read once from /proc/self/maps. At start only. */
#ifndef MADVISOR_EXISTING_H
#define MADVISOR_EXISTING_H

#include "policy.h"

/* The executable and libraries, with their bss, are advised only by a pattern that is an absolute path without wildcard. */
void existing_advise(const struct policy *policy);

#endif
