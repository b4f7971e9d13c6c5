/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <linux/magic.h>
#include <stdatomic.h>
#include <string.h>

#include "log.h"
#include "scratch.h"
#include "status.h"
#include "sys.h"
#include "text.h"

#define DELETED " (deleted)"

static bool text_is(const struct name *name, const char *text)
{
	return strcmp(name->text, text) == 0;
}

void name_free(struct name *name)
{
	scratch_give(name->page);
	name->page = NULL;
}

/* Without its name a mapping is left alone: told once, for all that share the status page. */
static bool count_unnamed(const char *why)
{
	struct status_page *page = status_page();
	if (page && atomic_fetch_add_explicit(&page->unnamed, 1, memory_order_relaxed) == 0)
		log_line(LOG_WARNING, why);
	return false;
}

static bool take_page(struct name *name)
{
	name->page = scratch_take();
	return name->page;
}

/* The text of a link under /proc, terminated, into the name's scratch page. */
static bool read_link(struct name *name, const char *link)
{
	long length = sys_readlink(link, name->page, SCRATCH_BYTES);
	if (length < 0 || length >= SCRATCH_BYTES)
		return false;
	name->page[length] = '\0';
	name->text = name->page;
	name->length = (size_t)length;
	return true;
}

static void cut_text(struct name *name, size_t length)
{
	name->length = length;
	name->page[(size_t)(name->text - name->page) + length] = '\0';
}

/* Whether the descriptor's file system is one that memfds live on; a real file's path can look like a memfd's text. */
static bool is_memory_file(int fd)
{
	long type = sys_filesystem_type(fd);
	return type == TMPFS_MAGIC || type == HUGETLBFS_MAGIC;
}

static void become_memfd(struct name *name, const char *own, size_t length)
{
	name->memfd = true;
	name->kind = KIND_MEMFD;
	name->text = own;
	cut_text(name, length);
}

static bool is_same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool names_another_file(const char *path, const struct stat *status)
{
	struct stat there;
	return sys_stat(path, &there) < 0 || !is_same_file(&there, status);
}

static void strip_deleted(struct name *name, const struct stat *status)
{
	bool ambiguous = false;
	size_t length = name_without_deleted(name->text, name->length, status->st_nlink, &ambiguous);
	if (ambiguous && names_another_file(name->text, status))
		length = name->length - strlen(DELETED);
	name->deleted = length != name->length;
	cut_text(name, length);
}

/* A main thread that has ended by pthread_exit(3) has no descriptors to show; thread-self is there since Linux 3.17. */
#define PROCESS "/proc/self/fd/"
#define THREAD "/proc/thread-self/fd/"
#define DESCRIPTOR_LINK_BYTES (sizeof(THREAD) + 20)

/* Inline, so that the folder's length is a constant: every mapping of a file whose name is asked for comes here. */
static inline const char *descriptor_link(char *link, const char *folder, int fd)
{
	struct text path;
	text_init(&path, link, DESCRIPTOR_LINK_BYTES);
	text_bytes(&path, folder, strlen(folder));
	text_number(&path, (uint64_t)fd);
	return link;
}

static inline bool read_descriptor_link(struct name *name, const char *folder, int fd)
{
	char link[DESCRIPTOR_LINK_BYTES];
	return read_link(name, descriptor_link(link, folder, fd));
}

bool name_misleads(int fd)
{
	struct stat mapped, named;
	char link[DESCRIPTOR_LINK_BYTES];
	bool known = sys_fstat(fd, &mapped) >= 0 && (sys_stat(descriptor_link(link, PROCESS, fd), &named) >= 0 ||
						     sys_stat(descriptor_link(link, THREAD, fd), &named) >= 0);
	if (known && is_same_file(&mapped, &named))
		return false;
	count_unnamed("a mapping is left alone: its name may be another file's, and the rule is unsafe");
	return true;
}

bool name_of_descriptor(struct name *name, const struct policy *policy, int fd, const struct stat *status)
{
	/* A memfd has no link: where no rule asks for names, only a file without links has to be looked at. */
	bool needed = policy->wants_names || !status->st_nlink;
	if (!needed && !log_wants(LOG_INFO))
		return true;

	if (!take_page(name))
		return !needed || count_unnamed("a mapping is left alone: no scratch page is free");
	if (!read_descriptor_link(name, PROCESS, fd) && !read_descriptor_link(name, THREAD, fd))
		return !needed || count_unnamed("a mapping is left alone: its file's name cannot be had (no /proc, or longer than a page)");

	const char *own;
	size_t length;
	if (status->st_nlink == 0 && name_of_memfd(name->text, name->length, &own, &length) && is_memory_file(fd))
		become_memfd(name, own, length);
	else
		strip_deleted(name, status);
	return true;
}

static bool is_system_v(const struct name *name)
{
	return name->length == strlen("/SYSV00000000" DELETED) && memcmp(name->text, "/SYSV", 5) == 0;
}

/*
 * Without a descriptor, from the kernel's text alone. inode: 0 where it is not known.
 * What the text could mean besides, a file of just that name on a file system of memory, cannot be told apart.
 */
static void classify(struct name *name, uint64_t inode, bool shared_known, bool shared)
{
	const char *own;
	size_t length;
	struct stat status;
	name->kind = KIND_COUNT;
	if (name->text[0] != '/' || text_is(name, "/anon_hugepage" DELETED))
		return;
	if (text_is(name, "/dev/zero" DELETED) || (text_is(name, "/dev/zero") && shared_known && shared)) {
		name->kind = KIND_SHARED_ANON;
	} else if (text_is(name, "/dev/zero")) {
		name->kind = shared_known ? KIND_ANON : KIND_COUNT;
	} else if (is_system_v(name)) {
		name->kind = KIND_SHM;
	} else if (name_of_memfd(name->text, name->length, &own, &length)) {
		become_memfd(name, own, length);
	} else if (sys_stat(name->text, &status) >= 0 && (!inode || status.st_ino == inode)) {
		name->kind = S_ISREG(status.st_mode) ? KIND_FILE : KIND_COUNT;
		name->file_known = true;
		name->file_end = (uint64_t)status.st_size;
		name->allocated = (uint64_t)status.st_blocks * 512;
	} else {
		bool ambiguous;
		length = name_without_deleted(name->text, name->length, 0, &ambiguous);
		name->deleted = length != name->length;
		name->kind = KIND_FILE;
		cut_text(name, length);
	}
}

static void text_hex(struct text *text, uint64_t number)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		if (number >> shift || shift == 0)
			text_byte(text, "0123456789abcdef"[number >> shift & 15]);
}

static bool read_range_link(struct name *name, uintptr_t low, uintptr_t high)
{
	char link[sizeof("/proc/self/map_files/-") + 32];
	struct text path;
	text_init(&path, link, sizeof(link));
	text_string(&path, "/proc/self/map_files/");
	text_hex(&path, low);
	text_byte(&path, '-');
	text_hex(&path, high);
	return read_link(name, link);
}

bool name_of_range(struct name *name, uintptr_t low, uintptr_t high)
{
	if (!take_page(name) || !read_range_link(name, low, high))
		return false;
	classify(name, 0, false, false);
	return true;
}

bool name_of_line(struct name *name, const struct maps_line *line)
{
	if (line->name_length == 0 || line->name_length >= SCRATCH_BYTES || !take_page(name))
		return false;
	if (line->escaped) {
		if (!read_range_link(name, line->low, line->high))
			return false;
	} else {
		memcpy(name->page, line->name, line->name_length);
		name->page[line->name_length] = '\0';
		name->text = name->page;
		name->length = line->name_length;
	}
	classify(name, line->inode, true, line->shared);
	return true;
}
