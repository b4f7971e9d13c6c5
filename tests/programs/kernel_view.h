/* SPDX-License-Identifier: MIT */
/* What the kernel says of memory, printed a line each. */
#ifndef MADVISOR_KERNEL_VIEW_H
#define MADVISOR_KERNEL_VIEW_H

#include <stddef.h>

void print_smaps(const char *address, const char *field);    /* the line of the mapping that holds the address, without the field */
void print_maps_lines(void);                                 /* how many mappings there are */
void print_numa_policy(const char *address);                 /* of the mapping that begins there */
void print_resident(char *address, size_t length);           /* bytes, by mincore(2) */

#endif
