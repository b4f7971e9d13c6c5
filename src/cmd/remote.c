/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "remote.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "command.h"

/* More than any library has: what lies beyond is no library's. */
#define SEGMENTS_MAX 64
#define DYNAMIC_MAX 256
#define CHAIN_MAX 4096

int read_remote(pid_t pid, uint64_t address, void *buffer, size_t length)
{
	struct iovec here = { buffer, length }, there = { (void *)(uintptr_t)address, length };
	ssize_t done = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return done < 0 ? errno : (size_t)done == length ? 0 : EFAULT;
}

int write_remote(pid_t pid, uint64_t address, const void *buffer, size_t length)
{
	struct iovec here = { (void *)(uintptr_t)buffer, length }, there = { (void *)(uintptr_t)address, length };
	ssize_t done = process_vm_writev(pid, &here, 1, &there, 1, 0);

	return done < 0 ? errno : (size_t)done == length ? 0 : EFAULT;
}

char *read_remote_string(pid_t pid, uint64_t address, size_t max)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	char *text = allocate(max + 1);
	size_t length = 0, step;

	/* No further than its end: what lies behind its last page may not be there. */
	for (; length < max; length += step) {
		step = page - (address + length) % page;
		if (step > max - length)
			step = max - length;
		if (read_remote(pid, address + length, text + length, step))
			break;
		if (memchr(text + length, '\0', step))
			return text;
	}
	free(text);
	return NULL;
}

struct object {
	pid_t pid;
	uint64_t bias;      /* what is added to the addresses in the file */
	uint64_t symbols, strings, hash;
	uint64_t strings_bytes;
};

/* The dynamic section's address and length; 0: no ELF file lies at base, or it has none. */
static uint64_t find_dynamic(struct object *object, uint64_t base, uint64_t *bytes)
{
	Elf64_Phdr segments[SEGMENTS_MAX];
	Elf64_Ehdr header;
	uint64_t dynamic = 0;
	bool loaded = false;
	unsigned index;

	if (read_remote(object->pid, base, &header, sizeof(header)) || memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(*segments) ||
	    header.e_phnum > SEGMENTS_MAX ||
	    read_remote(object->pid, base + header.e_phoff, segments, header.e_phnum * sizeof(*segments)))
		return 0;
	for (index = 0; index < header.e_phnum; index++) {
		/* The first PT_LOAD is what lies at base; they are in the order of their addresses. */
		if (segments[index].p_type == PT_LOAD && !loaded) {
			object->bias = base - (segments[index].p_vaddr & ~(uint64_t)(sysconf(_SC_PAGESIZE) - 1));
			loaded = true;
		} else if (segments[index].p_type == PT_DYNAMIC) {
			dynamic = segments[index].p_vaddr;
			*bytes = segments[index].p_memsz;
		}
	}
	return loaded && dynamic ? dynamic + object->bias : 0;
}

/* glibc writes relocated addresses back into the section, other loaders leave them as they are in the file. */
static uint64_t relocated(const struct object *object, uint64_t address)
{
	return address < object->bias ? address + object->bias : address;
}

static bool read_dynamic(struct object *object, uint64_t base)
{
	Elf64_Dyn entries[DYNAMIC_MAX];
	uint64_t bytes = 0, dynamic = find_dynamic(object, base, &bytes);
	size_t count = bytes / sizeof(*entries), index;

	if (count > DYNAMIC_MAX)
		count = DYNAMIC_MAX;
	if (!dynamic || read_remote(object->pid, dynamic, entries, count * sizeof(*entries)))
		return false;
	for (index = 0; index < count && entries[index].d_tag != DT_NULL; index++) {
		switch (entries[index].d_tag) {
		case DT_SYMTAB: object->symbols = relocated(object, entries[index].d_un.d_ptr); break;
		case DT_STRTAB: object->strings = relocated(object, entries[index].d_un.d_ptr); break;
		case DT_GNU_HASH: object->hash = relocated(object, entries[index].d_un.d_ptr); break;
		case DT_STRSZ: object->strings_bytes = entries[index].d_un.d_val; break;
		}
	}
	return object->symbols && object->strings && object->hash;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

/* Whether symbol number index is an object of that name and length; then its address. */
static uint64_t match_symbol(const struct object *object, uint32_t index, const char *name, size_t bytes)
{
	char found[64];
	size_t length = strlen(name) + 1;
	Elf64_Sym symbol;

	if (read_remote(object->pid, object->symbols + (uint64_t)index * sizeof(symbol), &symbol, sizeof(symbol)) ||
	    symbol.st_name >= object->strings_bytes || length > sizeof(found) || symbol.st_shndx == SHN_UNDEF ||
	    ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_size < bytes ||
	    read_remote(object->pid, object->strings + symbol.st_name, found, length) || memcmp(found, name, length))
		return 0;
	return symbol.st_value + object->bias;
}

uint64_t find_remote_object(pid_t pid, uint64_t base, const char *name, size_t bytes)
{
	struct object object = { .pid = pid };
	struct { uint32_t buckets, first, bloom_words, bloom_shift; } head;
	uint32_t hash = hash_of(name), index, chained = 0, steps;
	uint64_t buckets, chain, address;

	if (!read_dynamic(&object, base) || read_remote(pid, object.hash, &head, sizeof(head)) || !head.buckets)
		return 0;
	buckets = object.hash + sizeof(head) + 8 * (uint64_t)head.bloom_words;
	chain = buckets + 4 * (uint64_t)head.buckets;
	if (read_remote(pid, buckets + 4 * (uint64_t)(hash % head.buckets), &index, sizeof(index)) ||
	    index < head.first)
		return 0;
	/* The chain of a bucket ends with an odd hash; in garbage it may not end. */
	for (steps = 0; steps < CHAIN_MAX && !(chained & 1); steps++, index++) {
		if (read_remote(pid, chain + 4 * (uint64_t)(index - head.first), &chained, sizeof(chained)))
			return 0;
		if ((chained | 1) == (hash | 1) && (address = match_symbol(&object, index, name, bytes)))
			return address;
	}
	return 0;
}
