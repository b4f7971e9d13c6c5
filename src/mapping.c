/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "mapping.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/sysmacros.h>

#include "advise.h"
#include "following.h"
#include "name.h"
#include "page.h"
#include "runtime.h"
#include "status.h"
#include "sys.h"

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#define MAP_HUGE_BITS 0x3f
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif

#define FILE_KINDS (KIND_BIT(KIND_FILE) | KIND_BIT(KIND_MEMFD))
#define NO_HUGE_PAGE_IS_SMALLER (64u << 10)

static uint64_t default_huge_page;
static uid_t user;

void mapping_start(uint64_t huge_page)
{
	default_huge_page = huge_page;
	user = (uid_t)sys_geteuid();
}

/* Both 1 and 3 are shared: MAP_SHARED_VALIDATE is a value, not a bit. */
static bool is_shared(int flags)
{
	int type = flags & MAP_TYPE;
	return type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
}

static uint16_t words_of_protection(int protection)
{
	return (uint16_t)((protection & PROT_WRITE ? WORD_WRITABLE : WORD_READONLY) |
			  (protection & PROT_EXEC ? WORD_EXECUTABLE : 0));
}

static uint16_t words_of_call(int protection, int flags)
{
	static const struct {
		int flag;
		uint16_t word;
	} table[] = {
		{ MAP_HUGETLB, WORD_HUGETLB }, { MAP_NORESERVE, WORD_NORESERVE }, { MAP_LOCKED, WORD_LOCKED },
		{ MAP_POPULATE, WORD_POPULATE }, { MAP_STACK, WORD_STACK },
	};
	unsigned words = words_of_protection(protection) | (is_shared(flags) ? WORD_SHARED : WORD_PRIVATE);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (flags & table[i].flag)
			words |= table[i].word;
	return (uint16_t)words;
}

/* The kinds that a mapping can still turn out to be: /dev/zero is anonymous memory by another name, mem(4). */
static unsigned kinds_of_call(int flags)
{
	unsigned anonymous = KIND_BIT(is_shared(flags) ? KIND_SHARED_ANON : KIND_ANON);
	return flags & MAP_ANONYMOUS ? anonymous : anonymous | FILE_KINDS;
}

/* Bytes; 0: not known. */
static uint64_t page_size_of_call(int flags)
{
	if (!(flags & MAP_HUGETLB))
		return page_size;
	unsigned shift = (unsigned)flags >> MAP_HUGE_SHIFT & MAP_HUGE_BITS;
	return shift ? 1ull << shift : default_huge_page;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void mapping_decide(const struct policy *policy, const struct facts *facts, struct range *range)
{
	const struct rule *rule = policy_find(policy, facts);
	range->facts = facts;
	if (rule) {
		advise_mapped(rule, range);
		following_add(rule, range);
	} else if (facts->kind == KIND_FILE || facts->kind == KIND_MEMFD) {
		following_watch(policy, range, facts);
	}
}

/* hugetlbfs tells its page size as st_blksize, and so do others: the type decides. */
static uint64_t page_size_of_file(int fd, const struct stat *status)
{
	bool huge = status->st_blksize >= (blksize_t)NO_HUGE_PAGE_IS_SMALLER &&
		    sys_filesystem_type(fd) == HUGETLBFS_MAGIC;
	return huge ? (uint64_t)status->st_blksize : page_size;
}

static bool is_dev_zero(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 5);
}

/* Tells a regular file and a memfd from what no rule can mean, and its name. Returns whether it is one of them. */
static bool look_at_file(const struct policy *policy, int fd, const struct stat *status, struct facts *facts,
			 struct range *range, struct name *name)
{
	if (!S_ISREG(status->st_mode) || !name_of_descriptor(name, policy, fd, status))
		return false;
	facts->kind = name->memfd ? KIND_MEMFD : KIND_FILE;
	facts->name = name->text;
	facts->name_length = name->length;
	if (name->deleted)
		facts->words |= WORD_DELETED;
	range->file_end = (uint64_t)status->st_size;
	range->allocated = (uint64_t)status->st_blocks * 512;
	range->fd = fd;
	range->foreign = user != 0 && status->st_uid != user && !(status->st_mode & (S_IWGRP | S_IWOTH));
	facts->file = smaller(range->file_end, range->allocated);
	return true;
}

static void decide_about_file(const struct policy *policy, size_t length, bool shared, struct facts *facts, struct range *range,
			      int fd)
{
	struct stat status;
	if (sys_fstat(fd, &status) < 0)
		return;
	struct name name = { 0 };
	bool known = is_dev_zero(&status);
	if (known) {
		facts->kind = shared ? KIND_SHARED_ANON : KIND_ANON;
	} else {
		known = look_at_file(policy, fd, &status, facts, range, &name);
		facts->size = round_up(length, page_size_of_file(fd, &status));
	}
	range->high = range->low + facts->size;
	if (known)
		mapping_decide(policy, facts, range);
	name_free(&name);
}

void mapping_made(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	const struct policy *policy = runtime_policy();
	unsigned kinds = kinds_of_call(flags);
	if (!policy || !(policy->kinds & kinds) || protection == PROT_NONE || flags & MAP_GROWSDOWN)
		return;
	uint64_t page = page_size_of_call(flags);
	if (!page)
		return;
	struct facts facts = {
		.words = words_of_call(protection, flags), .known = WORDS_ALL, .size = round_up(length, page),
	};
	if (status_is_off())
		return;
	struct range range = {
		.low = (uintptr_t)address, .high = (uintptr_t)address + facts.size, .offset = (uint64_t)offset, .fd = -1
	};
	if (!policy_may_match(policy, kinds, facts.words, WORDS_ALL & ~WORD_DELETED, facts.size)) {
		if (!(flags & MAP_ANONYMOUS))
			following_watch(policy, &range, &facts);
		return;
	}
	bool shared = is_shared(flags);
	if (flags & MAP_ANONYMOUS) {
		range.offset = 0;
		facts.kind = shared ? KIND_SHARED_ANON : KIND_ANON;
		mapping_decide(policy, &facts, &range);
	} else {
		decide_about_file(policy, length, shared, &facts, &range, fd);
	}
}

void mapping_attached(int shmid, void *address, int flags)
{
	const struct policy *policy = runtime_policy();
	uint64_t size;
	if (!policy || !(policy->kinds & KIND_BIT(KIND_SHM)) || status_is_off() || sys_shm_size(shmid, &size) < 0)
		return;
	int protection = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
	struct facts facts = {
		.kind = KIND_SHM,
		.words = words_of_protection(protection) | WORD_SHARED,
		/* of the segment, not of the call: unknown here */
		.known = WORDS_ALL & ~(WORD_HUGETLB | WORD_NORESERVE | WORD_LOCKED),
		.size = round_up(size, page_size),
	};
	struct range range = { .low = (uintptr_t)address, .high = (uintptr_t)address + facts.size, .fd = -1 };
	mapping_decide(policy, &facts, &range);
}
