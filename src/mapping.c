/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "mapping.h"

#include <linux/magic.h>
#include <sys/shm.h>

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

#define NO_HUGE_PAGE_IS_SMALLER (64u << 10)
#define DEV_ZERO 0x105   /* makedev(1, 5): mem(4) */

static uint64_t default_huge_page;
static uid_t user;

void mapping_start(uint64_t huge_page)
{
	default_huge_page = huge_page;
	user = (uid_t)sys_geteuid();
}

static inline uint16_t words_of_protection(int protection)
{
	return (uint16_t)((protection & PROT_WRITE ? WORD_WRITABLE : WORD_READONLY) |
			  (protection & PROT_EXEC ? WORD_EXECUTABLE : 0));
}

static inline uint16_t words_of_call(int protection, int flags)
{
	return (uint16_t)(words_of_protection(protection) | (mapping_is_shared(flags) ? WORD_SHARED : WORD_PRIVATE) |
			  (flags & MAP_HUGETLB ? WORD_HUGETLB : 0) | (flags & MAP_NORESERVE ? WORD_NORESERVE : 0) |
			  (flags & MAP_LOCKED ? WORD_LOCKED : 0) | (flags & MAP_POPULATE ? WORD_POPULATE : 0) |
			  (flags & MAP_STACK ? WORD_STACK : 0));
}

/* Bytes; 0: not known. A file on hugetlbfs has its own, whatever the flags say. */
static uint64_t page_size_of_call(int flags)
{
	const int huge = MAP_HUGETLB | MAP_ANONYMOUS;
	if ((flags & huge) != huge)
		return page_size;
	unsigned shift = (unsigned)flags >> MAP_HUGE_SHIFT & MAP_HUGE_BITS;
	return shift ? 1ull << shift : default_huge_page;
}

/* For all other advice a wrong name, as rare as it is, costs time and no data. */
static bool destroys_by_wrong_name(const struct rule *rule, const struct range *range)
{
	return rule->terms->unsafe && rule->glob && range->fd >= 0 && name_misleads(range->fd);
}

void mapping_decide(const struct policy *policy, const struct facts *facts, struct range *range)
{
	const struct rule *rule = policy_find(policy, facts);
	range->facts = facts;
	if (rule && destroys_by_wrong_name(rule, range))
		return;
	if (rule) {
		advise_mapped(rule, range);
		following_add(rule, range);
	} else if (kind_has_file(facts->kind)) {
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
	return S_ISCHR(status->st_mode) && status->st_rdev == DEV_ZERO;
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
	facts->file = file_occupies(range->file_end, range->allocated);
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

/* A reservation, a stack, or memory in pages of unknown size: no rule means them. */
static bool is_out_of_question(int protection, int flags)
{
	return protection == PROT_NONE || flags & MAP_GROWSDOWN || !page_size_of_call(flags);
}

static uint64_t size_of_call(size_t length, int flags)
{
	return round_up(length, page_size_of_call(flags));
}

static bool may_match(const struct policy *policy, int flags, uint16_t words, uint64_t size)
{
	return policy_may_match(policy, mapping_kinds(flags), words, WORDS_ALL & ~WORD_DELETED, size);
}

bool mapping_matters(size_t length, int protection, int flags)
{
	const struct policy *policy = runtime_policy();
	if (!policy)
		return true;
	if (is_out_of_question(protection, flags))
		return false;
	if (policy->growable_count && !(flags & MAP_ANONYMOUS))
		return true;
	return may_match(policy, flags, words_of_call(protection, flags), size_of_call(length, flags));
}

void mapping_made(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	const struct policy *policy = runtime_policy();
	if (!policy || status_is_off() || is_out_of_question(protection, flags))
		return;
	struct facts facts = {
		.words = words_of_call(protection, flags), .known = WORDS_ALL, .size = size_of_call(length, flags),
	};
	struct range range = {
		.low = (uintptr_t)address, .high = (uintptr_t)address + facts.size, .offset = (uint64_t)offset, .fd = -1
	};
	bool anonymous = flags & MAP_ANONYMOUS, shared = mapping_is_shared(flags);
	/* Asked again: the library may have started meanwhile. */
	if (!may_match(policy, flags, facts.words, facts.size)) {
		if (!anonymous)
			following_watch(policy, &range, &facts);
	} else if (anonymous) {
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
