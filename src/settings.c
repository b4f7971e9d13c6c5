/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <string.h>

/* Each returns whether the value was understood. */
typedef bool read_value(struct settings *settings, const char *value);

static bool read_policy(struct settings *settings, const char *value)
{
	settings->policy = value;
	return true;
}

static bool read_rules(struct settings *settings, const char *value)
{
	settings->rules = value;
	return true;
}

static bool read_log(struct settings *settings, const char *value)
{
	settings->log_silent = strcmp(value, "none") == 0;
	return settings->log_silent || strcmp(value, "stderr") == 0 || !*value;
}

static bool read_log_level(struct settings *settings, const char *value)
{
	if (!*value)
		return true;
	for (size_t i = 0; log_level_name(i); i++) {
		if (strcmp(value, log_level_name(i)) == 0) {
			settings->log_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static bool read_dry_run(struct settings *settings, const char *value)
{
	settings->dry_run = strcmp(value, "1") == 0;
	return settings->dry_run || strcmp(value, "0") == 0 || !*value;
}

static bool read_report(struct settings *settings, const char *value)
{
	settings->report = value[0] == '/' ? value : NULL;
	return value[0] == '/' || !*value;
}

static const struct setting {
	const char *name;
	read_value *read;
	const char *expected;
} table[] = {
	{ "MADVISOR_POLICY", read_policy, "a list of policies" },
	{ "MADVISOR_RULES", read_rules, "rules" },
	{ "MADVISOR_LOG", read_log, "\"stderr\" or \"none\"" },
	{ "MADVISOR_LOG_LEVEL", read_log_level, "\"error\", \"warning\", \"notice\", \"info\" or \"debug\"" },
	{ "MADVISOR_DRY_RUN", read_dry_run, "\"1\" or \"0\"" },
	{ "MADVISOR_REPORT", read_report, "an absolute path" },
};
#define SETTING_COUNT (sizeof(table) / sizeof(*table))

const char *setting_name(size_t index)
{
	return index < SETTING_COUNT ? table[index].name : NULL;
}

/* The value of an entry "NAME=value" that sets this name; else NULL. */
static const char *value_of(const char *entry, const char *name)
{
	size_t length = strlen(name);
	return strncmp(entry, name, length) == 0 && entry[length] == '=' ? entry + length + 1 : NULL;
}

struct settings settings_read(struct arena *arena, const char *const *environment)
{
	struct settings settings = { .log_level = LOG_WARNING };
	for (; environment && *environment; environment++) {
		if (strncmp(*environment, "MADVISOR_", 9) != 0)
			continue;
		for (size_t i = 0; i < SETTING_COUNT; i++) {
			const char *value = value_of(*environment, table[i].name);
			const char *copy = value ? arena_copy(arena, value, strlen(value)) : NULL;
			if (copy && !table[i].read(&settings, copy) && !settings.bad_name) {
				settings.bad_name = table[i].name;
				settings.bad_value = copy;
				settings.bad_expected = table[i].expected;
			}
		}
	}
	return settings;
}
