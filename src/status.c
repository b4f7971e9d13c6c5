/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "sys.h"
#include "text.h"

__attribute__((visibility("default"))) struct madvisor_status madvisor_status = {
	.magic = STATUS_MAGIC,
	.abi = STATUS_ABI,
	.bytes = sizeof(struct madvisor_status),
	.version = PACKAGE_VERSION,
};

/*
 * Where things are is kept here, in memory of this process's own: nothing in the page is ever used as an index or address.
 */
static struct status_page *page;
static struct rule_status *rules;
static _Atomic uint64_t *said;
static uint32_t rule_count, item_count;

static struct rule_status nowhere;

/* Names are few and the rules of one policy follow each other. */
static uint32_t source_of(const struct rule *rule)
{
	uint32_t count = page->source_count;
	if (count > 0 && strncmp(page->sources[count - 1], rule->source, STATUS_SOURCE_BYTES - 1) == 0)
		return count - 1;
	if (count == STATUS_SOURCES)
		return count - 1;
	bool last = count == STATUS_SOURCES - 1;
	text_copy(page->sources[count], STATUS_SOURCE_BYTES, last ? "(another policy)" : rule->source);
	page->source_count++;
	return count;
}

/* A process that executes another program keeps its pid: then the name is taken. */
static long create_file(const char *directory)
{
	char path[512];
	long fd = -EEXIST;
	for (unsigned turn = 0; turn < 64 && fd == -EEXIST; turn++) {
		struct text text;
		text_init(&text, path, sizeof(path));
		text_string(&text, directory);
		text_byte(&text, '/');
		text_number(&text, (uint64_t)sys_getpid());
		if (turn > 0) {
			text_byte(&text, '.');
			text_number(&text, turn);
		}
		fd = text.truncated ? -ENAMETOOLONG : sys_create(path);
	}
	return fd;
}

/* Beyond RLIMIT_FSIZE the kernel raises a signal that is not meant for the host: it is taken away again. */
static long allocate(int fd, size_t bytes)
{
	sys_sigset host_mask, pending = 0;
	long result = sys_block_signals(&host_mask);
	if (result < 0)
		return result;
	sys_pending_signals(&pending);
	result = sys_allocate(fd, bytes);
	if (result == -EFBIG)
		sys_take_signal(SIGXFSZ, pending);
	sys_restore_signals(&host_mask);
	return result;
}

static long map_page(const char *directory, size_t bytes)
{
	long fd = directory ? create_file(directory) : -ENOENT;
	long memory = fd < 0 ? fd : allocate((int)fd, bytes);
	if (memory == 0)
		memory = sys_mmap_file((int)fd, bytes);
	if (fd >= 0)
		sys_close((int)fd);
	return memory < 0 ? sys_mmap(bytes, PROT_READ | PROT_WRITE, MAP_SHARED) : memory;
}

bool status_create(const struct policy *policy, const char *program, bool dry_run, const char *directory)
{
	size_t rules_bytes = policy->rule_count * sizeof(struct rule_status);
	size_t places_bytes = policy->rule_count * sizeof(struct rule_place);
	size_t bytes = sizeof(struct status_page) + rules_bytes + places_bytes + policy->item_count * sizeof(uint64_t);
	long memory = map_page(directory, bytes);
	if (memory < 0)
		return false;

	page = (struct status_page *)memory;
	rules = (struct rule_status *)(page + 1);
	struct rule_place *places = (struct rule_place *)((char *)rules + rules_bytes);
	said = (_Atomic uint64_t *)((char *)places + places_bytes);
	rule_count = policy->rule_count;
	item_count = policy->item_count;

	memcpy(page->magic, STATUS_MAGIC, sizeof(page->magic));
	page->abi = STATUS_ABI;
	page->header_bytes = sizeof(struct status_page);
	page->bytes = bytes;
	page->rule_count = rule_count;
	page->item_count = item_count;
	page->pid = (uint32_t)sys_getpid();
	page->dry_run = dry_run;
	text_copy(page->program, sizeof(page->program), program);
	for (uint32_t i = 0; i < rule_count; i++) {
		places[i].line = policy->rules[i]->line;
		places[i].source = source_of(policy->rules[i]);
	}
	atomic_store_explicit(&madvisor_status.page_bytes, bytes, memory_order_relaxed);
	atomic_store_explicit(&madvisor_status.page, (uint64_t)memory, memory_order_release);
	return true;
}

struct status_page *status_page(void)
{
	return page;
}

bool status_is_off(void)
{
	return page && atomic_load_explicit(&page->off, memory_order_relaxed) == 1;
}

bool status_say_once(const struct rule *rule, const struct item *item, unsigned bit)
{
	uint32_t slot = item_slot(rule, item);
	if (!page || slot >= item_count)
		return true;
	/* Asked before it is written: a page that many share is not to be fought for. */
	uint64_t mask = 1ull << bit;
	return !(atomic_load_explicit(&said[slot], memory_order_relaxed) & mask) &&
	       !(atomic_fetch_or_explicit(&said[slot], mask, memory_order_relaxed) & mask);
}

struct rule_status *status_of(const struct rule *rule)
{
	return page && rule->number < rule_count ? &rules[rule->number] : &nowhere;
}

void status_keep_line(const char *line, size_t length)
{
	if (!page)
		return;
	uint64_t turn = atomic_fetch_add_explicit(&page->lines_written, 1, memory_order_relaxed);
	char *kept = page->lines[turn % STATUS_LINES];
	if (length > STATUS_LINE_BYTES - 1)
		length = STATUS_LINE_BYTES - 1;
	memcpy(kept, line, length);
	kept[length] = '\0';
}

enum failure failure_of(int error)
{
	static const int16_t errors[FAILURE_OTHER] = {
		EINVAL, ENOMEM, EAGAIN, EACCES, EPERM, EBADF, EIO, EFAULT, EBUSY, ENOSYS
	};
	for (int i = 0; i < FAILURE_OTHER; i++)
		if (errors[i] == error)
			return (enum failure)i;
	return FAILURE_OTHER;
}
