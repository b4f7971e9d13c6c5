/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SEGMENTS_MAX 128
#define NOTE_BYTES 4096

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN_ORDER ELFDATA2LSB
#else
#define OWN_ORDER ELFDATA2MSB
#endif

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{ EM_386, "x86" }, { EM_X86_64, "x86-64" }, { EM_ARM, "ARM" }, { EM_AARCH64, "ARM" }, { EM_RISCV, "RISC-V" },
	{ EM_PPC64, "POWER" }, { EM_S390, "s390" }, { EM_MIPS, "MIPS" },
};

const char *elf_machine_name(const struct elf_facts *facts)
{
	static char buffer[64];
	int bits = facts->class == ELFCLASS32 ? 32 : 64;
	size_t index;

	for (index = 0; index < sizeof(machines) / sizeof(*machines); index++) {
		if (machines[index].machine != facts->machine)
			continue;
		snprintf(buffer, sizeof(buffer), "%d-bit %s", bits, machines[index].name);
		return buffer;
	}
	snprintf(buffer, sizeof(buffer), "%d-bit machine %u", bits, facts->machine);
	return buffer;
}

/* The Go linker's own note (its build ID) has the owner "Go". */
static bool is_go_note(const char *notes, size_t length)
{
	Elf64_Nhdr note;
	size_t at, size;

	for (at = 0; at + sizeof(note) + 4 <= length; at += size) {
		memcpy(&note, notes + at, sizeof(note));
		if (note.n_namesz == 4 && !memcmp(notes + at + sizeof(note), "Go\0", 4))
			return true;
		size = sizeof(note) + (((size_t)note.n_namesz + 3) & ~(size_t)3) +
		       (((size_t)note.n_descsz + 3) & ~(size_t)3);
	}
	return false;
}

static void read_segment(int fd, const Elf64_Phdr *segment, struct elf_facts *facts)
{
	char notes[NOTE_BYTES];
	ssize_t length;

	if (segment->p_type == PT_INTERP && segment->p_filesz < sizeof(facts->interpreter)) {
		length = pread(fd, facts->interpreter, segment->p_filesz, segment->p_offset);
		facts->interpreter[length > 0 ? length : 0] = '\0';
	} else if (segment->p_type == PT_NOTE) {
		length = pread(fd, notes, segment->p_filesz < NOTE_BYTES ? segment->p_filesz : NOTE_BYTES,
			       segment->p_offset);
		if (length > 0 && is_go_note(notes, length))
			facts->is_go = true;
	}
}

int read_elf(const char *path, struct elf_facts *facts)
{
	Elf64_Ehdr header;
	Elf64_Phdr segments[SEGMENTS_MAX];
	ssize_t length;
	size_t index;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*facts = (struct elf_facts){ 0 };
	if (fd < 0)
		return errno;
	length = pread(fd, &header, sizeof(header), 0);
	/* The first 20 bytes, up to e_machine, are alike for both classes. */
	facts->is_elf = length >= 20 && !memcmp(header.e_ident, ELFMAG, SELFMAG);
	if (!facts->is_elf)
		goto out;
	facts->class = header.e_ident[EI_CLASS];
	facts->order = header.e_ident[EI_DATA];
	facts->machine = facts->order == OWN_ORDER ? header.e_machine : __builtin_bswap16(header.e_machine);
	if (length < (ssize_t)sizeof(header) || facts->class != ELFCLASS64 || facts->order != OWN_ORDER ||
	    header.e_phentsize != sizeof(*segments))
		goto out;
	length = pread(fd, segments, sizeof(segments), header.e_phoff);
	for (index = 0; index < header.e_phnum && (ssize_t)((index + 1) * sizeof(*segments)) <= length; index++)
		read_segment(fd, &segments[index], facts);
out:
	close(fd);
	return 0;
}
