/* SPDX-License-Identifier: MIT */
#include "runtime.h"

#include <elf.h>
#include <limits.h>
#include <string.h>
#include <sys/auxv.h>

#include "advise.h"
#include "directories.h"
#include "existing.h"
#include "following.h"
#include "load.h"
#include "log.h"
#include "mapping.h"
#include "maps.h"
#include "memory.h"
#include "page.h"
#include "real.h"
#include "regions.h"
#include "report.h"
#include "scratch.h"
#include "settings.h"
#include "status.h"
#include "sys.h"
#include "system.h"

#define ERRORS_SHOWN 10

uint64_t page_size = 4096;

const struct policy *_Atomic active_policy;
_Atomic uint8_t active_kinds = KINDS_ALL;
_Static_assert(KINDS_ALL <= UINT8_MAX, "each kind has a bit");

static const struct policy_path policy_path = { SYSCONFDIR, PKGDATADIR };

static void set_state(enum library_state state)
{
	atomic_store_explicit(&madvisor_status.state, state, memory_order_release);
}

static void fall_asleep(enum library_state state)
{
	atomic_store_explicit(&active_kinds, 0, memory_order_release);
	set_state(state);
}

/* Of the link's text, without what the kernel says behind the name of a deleted file. */
static size_t plain_length(const char *text, size_t length)
{
	struct stat status = { .st_nlink = 1 };
	bool ends_deleted;
	name_without_deleted(text, length, 1, &ends_deleted);
	if (ends_deleted)
		sys_stat("/proc/self/exe", &status);
	return name_without_deleted(text, length, status.st_nlink, &ends_deleted);
}

/* Of the executable; the kernel's word for it comes first, since a caller may put anything into argv[0]. */
static const char *executable_path(void)
{
	static char path[PATH_MAX];
	const char *called = (const char *)getauxval(AT_EXECFN);
	long length = sys_readlink("/proc/self/exe", path, sizeof(path));
	if (length > 0 && length < PATH_MAX) {
		path[plain_length(path, (size_t)length)] = '\0';
		return path;
	}
	return called ? called : "";
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void report_error(void *context, const struct parse_error *error)
{
	unsigned *shown = context;
	struct text line;
	if ((*shown)++ >= ERRORS_SHOWN || !log_begin(&line, LOG_ERROR))
		return;
	text_string(&line, error->source);
	if (error->line) {
		text_byte(&line, ':');
		text_number(&line, error->line);
		text_byte(&line, ':');
		text_number(&line, error->column);
	}
	text_string(&line, ": ");
	text_string(&line, error->message);
	log_end(&line);
}

static void complain_of_settings(const struct settings *settings)
{
	struct text line;
	if (!settings->bad_name || !log_begin(&line, LOG_WARNING))
		return;
	text_string(&line, settings->bad_name);
	text_string(&line, ": \"");
	text_string(&line, settings->bad_value);
	text_string(&line, "\" is not understood (expected ");
	text_string(&line, settings->bad_expected);
	text_string(&line, ")");
	log_end(&line);
}

static void read_policies(struct parser *parser, const struct settings *settings)
{
	if (settings->rules)
		parse_text(parser, "MADVISOR_RULES", settings->rules, strlen(settings->rules), true);
	if (settings->policy)
		load_list(parser, settings->policy, &policy_path, false);
	else
		load_default(parser, &policy_path, false);
}

static void say_failed(unsigned errors)
{
	struct text line;
	if (errors > ERRORS_SHOWN && log_begin(&line, LOG_ERROR)) {
		text_string(&line, "and ");
		text_number(&line, errors - ERRORS_SHOWN);
		text_string(&line, " more");
		log_end(&line);
	}
	log_line(LOG_ERROR, errors ? "running without advice" : "running without advice: no memory");
}

static void say_asleep(const char *program, uint32_t rules_seen)
{
	struct text line;
	if (!log_begin(&line, LOG_INFO))
		return;
	text_string(&line, "asleep: ");
	text_string(&line, rules_seen ? "no rule for " : "no rule");
	text_string(&line, rules_seen ? program : "");
	log_end(&line);
}

/* "active: 3 rules of lmdb.policy, sqlite.policy" */
static void say_active(const struct policy *policy, bool dry_run)
{
	struct text line;
	if (!log_begin(&line, LOG_INFO))
		return;
	text_string(&line, "active: ");
	text_number(&line, policy->rule_count);
	text_string(&line, policy->rule_count == 1 ? " rule of " : " rules of ");
	const char *source = NULL;
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = policy->rules[i];
		if (source && strcmp(source, rule->source) == 0)
			continue;
		text_string(&line, source ? ", " : "");
		text_string(&line, rule->source);
		source = rule->source;
	}
	text_string(&line, dry_run ? " (dry run: nothing is advised)" : "");
	log_end(&line);
}

/* Everything that advice needs, before any hook may use it. Returns whether there was memory. */
static bool prepare(const struct policy *policy, struct arena *arena, const char *program, const struct settings *settings)
{
	if (!status_create(policy, program, settings->dry_run, settings->report) ||
	    !advise_start(policy, arena, settings->dry_run))
		return false;
	if (policy->wants_regions && !regions_create())
		return false;
	bool anonymous = policy->kinds & (KIND_BIT(KIND_ANON) | KIND_BIT(KIND_SHARED_ANON));
	mapping_start(anonymous ? system_huge_page() : 0);
	arena_seal(arena);
	return true;
}

/* Reads the policies and goes to sleep or to work. */
static enum library_state begin(struct arena *arena, const struct settings *settings, const struct identity *identity,
				const char *program)
{
	unsigned shown = 0;
	struct parser parser;
	parser_init(&parser, arena, report_error, &shown);
	parser.identity = identity;
	parser.drop_patterns = true;
	read_policies(&parser, settings);
	const struct policy *policy = parser_finish(&parser, memory_limit);
	if (!policy) {
		say_failed(parser.errors);
		return LIBRARY_FAILED;
	}
	if (!policy->rule_count) {
		say_asleep(program, parser.rules_seen);
		return LIBRARY_ASLEEP;
	}
	if (!prepare(policy, arena, program, settings)) {
		say_failed(0);
		return LIBRARY_FAILED;
	}
	say_active(policy, settings->dry_run);
	atomic_store_explicit(&active_policy, policy, memory_order_release);
	atomic_store_explicit(&active_kinds, policy->kinds, memory_order_release);
	existing_advise(policy);
	return LIBRARY_ACTIVE;
}

/* glibc hands the arguments of main to constructors too. */
__attribute__((constructor)) static void start(int argc, const char *const *arguments, const char *const *environment)
{
	static char program[64];
	real_start();
	if (getauxval(AT_SECURE)) {
		fall_asleep(LIBRARY_SECURE);
		return;
	}
	if (getauxval(AT_PAGESZ))
		page_size = getauxval(AT_PAGESZ);
	scratch_create(page_size);
	struct arena arena = { 0 };
	struct settings settings = settings_read(&arena, environment);
	struct identity identity = {
		.path = executable_path(),
		.arguments = argc > 0 ? arguments + 1 : NULL,
	};
	text_copy(program, sizeof(program), base_name(identity.path));
	log_start(settings.log_level, settings.log_silent, program);
	complain_of_settings(&settings);
	enum library_state state = begin(&arena, &settings, &identity, program);
	if (state == LIBRARY_ACTIVE) {
		atomic_store_explicit(&madvisor_status.policy, (uint64_t)settings.policy, memory_order_relaxed);
		atomic_store_explicit(&madvisor_status.rules, (uint64_t)settings.rules, memory_order_relaxed);
		set_state(state);
	} else {
		fall_asleep(state);
		arena_free(&arena);
		scratch_free();
	}
}

/* Only by the process that was started, not by its forks. */
__attribute__((destructor)) static void finish(void)
{
	const struct policy *policy = runtime_policy();
	if (policy && log_wants(LOG_INFO) && status_page() && status_page()->pid == (uint32_t)sys_getpid())
		report_summary(policy);
}
