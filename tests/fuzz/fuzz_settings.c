/* SPDX-License-Identifier: MIT */
/* Input: an environment, its entries separated by NUL. What is read is what they say, and outlives them. */
#include <stdlib.h>
#include <string.h>

#include "settings.h"

#define CHECK(what) do { if (!(what)) abort(); } while (0)
#define ENTRIES_MAX 64

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct environment {
	char *entries[ENTRIES_MAX + 1];
};

/* Each entry in a block of its own, so that the sanitizer sees a byte beyond it. */
static struct environment make_environment(const char *text, size_t size)
{
	struct environment made = { { NULL } };
	for (size_t at = 0, count = 0; at < size && count < ENTRIES_MAX; count++) {
		made.entries[count] = strndup(text + at, size - at);
		CHECK(made.entries[count]);
		at += strlen(made.entries[count]) + 1;
	}
	return made;
}

static void free_environment(struct environment *environment)
{
	for (char **entry = environment->entries; *entry; entry++)
		free(*entry);
}

static bool same(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool sets(const char *entry, const char *name)
{
	size_t length = strlen(name);
	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* Of several entries the last one counts. */
static const char *last_value(const struct environment *environment, const char *name)
{
	const char *value = NULL;
	for (char *const *entry = environment->entries; *entry; entry++)
		if (sets(*entry, name))
			value = *entry + strlen(name) + 1;
	return value;
}

static bool has_entry(const struct environment *environment, const char *name, const char *value)
{
	for (char *const *entry = environment->entries; *entry; entry++)
		if (sets(*entry, name) && same(*entry + strlen(name) + 1, value))
			return true;
	return false;
}

/* What names no level is passed by. */
static const char *last_level(const struct environment *environment)
{
	const char *level = log_level_name(LOG_WARNING);
	for (char *const *entry = environment->entries; *entry; entry++)
		for (size_t i = 0; sets(*entry, "MADVISOR_LOG_LEVEL") && log_level_name(i); i++)
			if (same(*entry + strlen("MADVISOR_LOG_LEVEL="), log_level_name(i)))
				level = log_level_name(i);
	return level;
}

static void check_values(const struct settings *settings, const struct environment *environment)
{
	const char *report = last_value(environment, "MADVISOR_REPORT");
	CHECK(same(settings->policy, last_value(environment, "MADVISOR_POLICY")));
	CHECK(same(settings->rules, last_value(environment, "MADVISOR_RULES")));
	CHECK(same(settings->report, report && *report == '/' ? report : NULL));
	CHECK(settings->dry_run == same(last_value(environment, "MADVISOR_DRY_RUN"), "1"));
	CHECK(settings->log_silent == same(last_value(environment, "MADVISOR_LOG"), "none"));
	CHECK(settings->log_level < LOG_LEVEL_COUNT);
	CHECK(same(log_level_name(settings->log_level), last_level(environment)));
}

static bool is_setting(const char *name)
{
	for (size_t i = 0; setting_name(i); i++)
		if (same(name, setting_name(i)))
			return true;
	return false;
}

static void check_complaint(const struct settings *settings, const struct environment *environment)
{
	const char *level = last_value(environment, "MADVISOR_LOG_LEVEL");
	if (settings->bad_name) {
		CHECK(is_setting(settings->bad_name));
		CHECK(settings->bad_expected && *settings->bad_expected);
		CHECK(*settings->bad_value && has_entry(environment, settings->bad_name, settings->bad_value));
	} else {
		CHECK(!settings->bad_value && !settings->bad_expected);
		CHECK(!level || !*level || same(level, last_level(environment)));
	}
}

/* Of several that are not understood the first one is told: without it and what follows there is nothing to tell. */
static void check_first(const struct settings *settings, struct environment *environment)
{
	struct arena arena = { 0 };
	char **entry = environment->entries;
	while (!sets(*entry, settings->bad_name) || !same(*entry + strlen(settings->bad_name) + 1, settings->bad_value))
		entry++;
	char *bad = *entry;
	*entry = NULL;
	CHECK(!settings_read(&arena, (const char *const *)environment->entries).bad_name);
	*entry = bad;
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena arena = { 0 };
	struct environment kept = make_environment((const char *)data, size);
	struct environment gone = make_environment((const char *)data, size);
	struct settings settings = settings_read(&arena, (const char *const *)gone.entries);
	free_environment(&gone);
	check_values(&settings, &kept);
	check_complaint(&settings, &kept);
	if (settings.bad_name)
		check_first(&settings, &kept);
	free_environment(&kept);
	arena_free(&arena);
	return 0;
}
