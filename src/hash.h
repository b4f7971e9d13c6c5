/* SPDX-License-Identifier: MIT */
/* A hash that is built byte by byte. Its upper bits are what counts. */
#ifndef MADVISOR_HASH_H
#define MADVISOR_HASH_H

#include <stdint.h>

#define HASH_START 0x9e3779b97f4a7c15u

static inline uint64_t hash_byte(uint64_t hash, char byte)
{
	return (hash ^ (unsigned char)byte) * 0xff51afd7ed558ccdu;
}

#endif
