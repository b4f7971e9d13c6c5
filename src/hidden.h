/* SPDX-License-Identifier: MIT */
/*
 * For what hooks reach before ld.so has relocated the library (real.h): -fvisibility=hidden is about definitions, and what is only
 * declared is reached by an address that ld.so fills in, unless the linker can do better.
 */
#ifndef MADVISOR_HIDDEN_H
#define MADVISOR_HIDDEN_H

#define HIDDEN __attribute__((visibility("hidden")))

#endif
