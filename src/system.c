/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <string.h>

#include "arena.h"
#include "load.h"
#include "sys.h"
#include "text.h"

#define THP "/sys/kernel/mm/transparent_hugepage/"

struct setting {
	char text[128];   /* "" if it cannot be read */
};

static struct setting read_setting(const char *path)
{
	struct setting setting;
	long fd = sys_open_read(path, 0);
	long length = fd < 0 ? 0 : sys_read((int)fd, setting.text, sizeof(setting.text) - 1);
	if (fd >= 0)
		sys_close((int)fd);
	setting.text[length > 0 ? length : 0] = '\0';
	return setting;
}

/* Whether the setting holds the word; the choice in force stands in brackets. */
static bool holds(const struct setting *setting, const char *word)
{
	return strstr(setting->text, word);
}

/* Since Linux 6.8 each size has a switch of its own, which can be on while the one above all is off. */
static bool any_size_is_on(const char *name)
{
	for (unsigned kilobytes = 8; kilobytes <= 16384; kilobytes *= 2) {
		char path[sizeof(THP) + 64];
		struct text text;
		text_init(&text, path, sizeof(path));
		text_string(&text, THP "hugepages-");
		text_number(&text, kilobytes);
		text_string(&text, "kB/");
		text_string(&text, name);
		struct setting size = read_setting(path);
		if (holds(&size, "[") && !holds(&size, "[never]") && !holds(&size, "[inherit]"))
			return true;
	}
	return false;
}

static bool has_no_swap(void)
{
	struct arena arena = { 0 };
	size_t length;
	int error;
	const char *swaps = load_file(&arena, "/proc/swaps", 1 << 20, &length, &error);
	const char *second = swaps ? memchr(swaps, '\n', length) : NULL;
	bool none = second && (size_t)(second + 1 - swaps) == length;
	arena_free(&arena);
	return none;
}

static void read_thp(struct system *system)
{
	struct setting anonymous = read_setting(THP "enabled"), shared = read_setting(THP "shmem_enabled");
	if (sys_thp_disabled() > 0)
		system->thp = system->shared_thp = "transparent huge pages are disabled for this process by prctl(2)";
	else if (holds(&anonymous, "[never]") && !any_size_is_on("enabled"))
		system->thp = "transparent huge pages were \"never\" at start (" THP "enabled)";
	if (!system->shared_thp && (holds(&shared, "[never]") || holds(&shared, "[deny]")) && !any_size_is_on("shmem_enabled"))
		system->shared_thp = "transparent huge pages of shared memory were \"never\" at start (" THP "shmem_enabled)";
}

struct system system_read(unsigned classes)
{
	struct system system = { 0 };
	if (classes & 1u << CLASS_THP)
		read_thp(&system);
	if (classes & 1u << CLASS_KSM) {
		struct setting run = read_setting("/sys/kernel/mm/ksm/run");
		if (!holds(&run, "1"))
			system.ksm = "KSM did not run at start (/sys/kernel/mm/ksm/run)";
	}
	if (classes & 1u << CLASS_RECLAIM && has_no_swap())
		system.swap = "anonymous memory goes nowhere without swap";
	if (classes & 1u << CLASS_NUMA && sys_stat("/sys/devices/system/node/node1", &(struct stat){ 0 }) < 0)
		system.numa = "this machine has one memory node";
	return system;
}

static const char *thp_for(const struct system *system, enum kind kind)
{
	switch (kind) {
	case KIND_ANON:
		return system->thp;
	case KIND_SHARED_ANON:
	case KIND_SHM:
	case KIND_MEMFD:
		return system->shared_thp;
	default:
		return NULL;   /* of an ordinary file: the file system decides */
	}
}

const char *system_no_effect(const struct system *system, enum advice_id advice, enum kind kind, unsigned words)
{
	if (!(advices[advice].kinds & KIND_BIT(kind)))
		return "not for this kind of mapping";
	switch (advice) {
	case ADVICE_HUGEPAGE:
		return thp_for(system, kind);
	case ADVICE_MERGEABLE:
		return words & WORD_SHARED ? "only for private mappings" : system->ksm;
	case ADVICE_PAGEOUT:
		return kind == KIND_FILE ? NULL : system->swap;
	case ADVICE_ACCESS_DEFAULT:
	case ADVICE_ACCESS_LWP:
	case ADVICE_ACCESS_MANY:
		return system->numa;
	default:
		return NULL;
	}
}

uint64_t system_huge_page(void)
{
	struct arena arena = { 0 };
	size_t length;
	int error;
	uint64_t kilobytes = 0;
	const char *text = load_file(&arena, "/proc/meminfo", 1 << 16, &length, &error);
	const char *line = text ? strstr(text, "Hugepagesize:") : NULL;
	if (line) {
		line += strlen("Hugepagesize:");
		while (*line == ' ')
			line++;
		text_parse_number(line, (size_t)(text + length - line), &kilobytes);
	}
	arena_free(&arena);
	return kilobytes * 1024;
}
