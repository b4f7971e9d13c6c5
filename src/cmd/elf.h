/* SPDX-License-Identifier: MIT */
/* What the headers of an executable say about whether a library can be preloaded into it: elf(5), ld.so(8). */
#ifndef MADVISOR_ELF_H
#define MADVISOR_ELF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct elf_facts {
	bool is_elf;
	uint8_t class;                 /* ELFCLASS32, ELFCLASS64 */
	uint8_t order;                 /* ELFDATA2LSB ... */
	uint16_t machine;              /* EM_X86_64 ... */
	bool is_go;                    /* the Go linker left its note in it */
	char interpreter[PATH_MAX];    /* of PT_INTERP; "": none, nothing is linked at run time */
};

/* Reads them. Returns 0, or the errno of a file that cannot be read. Programs of another class or byte order: only the
 * first fields. */
int read_elf(const char *path, struct elf_facts *facts);

/* "64-bit x86-64", "32-bit ARM", "64-bit machine 243". In a buffer that the next call overwrites. */
const char *elf_machine_name(const struct elf_facts *facts);

#endif
