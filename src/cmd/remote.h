/* SPDX-License-Identifier: MIT */
/*
 * The memory of another process: process_vm_readv(2), which does not stop it and needs root, CAP_SYS_PTRACE, or what
 * Yama grants the same user.
 */
#ifndef MADVISOR_REMOTE_H
#define MADVISOR_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All of it: 0; else an errno. EFAULT: some of it is not there. */
int read_remote(pid_t pid, uint64_t address, void *buffer, size_t length);
int write_remote(pid_t pid, uint64_t address, const void *buffer, size_t length);

/* A string that ends within max bytes, NULL otherwise. The caller frees it. */
char *read_remote_string(pid_t pid, uint64_t address, size_t max);

/*
 * The address of a data object that a shared library (or the executable) mapped at base exports, and that is at least
 * bytes long, by its ELF headers and GNU hash table as they lie in memory; 0: none. Whatever stands there is checked,
 * never trusted.
 */
uint64_t find_remote_object(pid_t pid, uint64_t base, const char *name, size_t bytes);

#endif
