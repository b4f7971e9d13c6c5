/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <errno.h>
#include <string.h>

#include "directory.h"
#include "sys.h"
#include "trust.h"

struct load {
	struct parser *parser;
	const struct policy_path *where;
	bool whole_names;
	struct arena scratch;   /* paths, lists and texts: not needed once parsed */
	struct text message;
	char buffer[512];
};

/* What a policy is part of cannot be left out: no memory is an error like others. */
static void *check_memory(struct load *load, void *memory)
{
	if (!memory)
		parse_complain(load->parser, "policy", "no memory");
	return memory;
}

static char *join(struct load *load, const char *directory, const char *name, const char *suffix)
{
	size_t before = strlen(directory), length = strlen(name), behind = strlen(suffix);
	while (before > 1 && directory[before - 1] == '/')
		before--;
	char *path = check_memory(load, arena_alloc(&load->scratch, before + 1 + length + behind + 1));
	if (!path)
		return NULL;
	memcpy(path, directory, before);
	path[before] = '/';
	memcpy(path + before + 1, name, length);
	memcpy(path + before + 1 + length, suffix, behind);
	return path;
}

/* The name in messages, which rules keep. */
static const char *source_name(struct load *load, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = path;
	if (!load->whole_names && slash && slash[1])
		name = slash + 1;
	const char *kept = arena_copy(load->parser->arena, name, strlen(name));
	return kept ? kept : "policy";
}

static struct text *begin_message(struct load *load)
{
	text_init(&load->message, load->buffer, sizeof(load->buffer));
	return &load->message;
}

static void complain_of(struct load *load, const char *path)
{
	parse_complain(load->parser, source_name(load, path), load->buffer);
}

static const struct {
	int error;
	const char *words;
} error_words[] = {
	{ ENOENT, "no such file or directory" },
	{ ENOTDIR, "no such file or directory" },
	{ EACCES, "permission denied" },
	{ EFBIG, "larger than 4 MiB" },
	{ ENXIO, "not a regular file" },   /* a socket */
};

static void complain_of_error(struct load *load, const char *path, int error)
{
	struct text *text = begin_message(load);
	size_t i = 0, count = sizeof(error_words) / sizeof(error_words[0]);
	while (i < count && error_words[i].error != error)
		i++;
	text_string(text, "cannot be read: ");
	if (i < count)
		text_string(text, error_words[i].words);
	else
		text_errno(text, error);
	text_string(text, ": ");
	text_string(text, path);
	complain_of(load, path);
}

static void load_regular(struct load *load, int fd, const struct stat *status, const char *path)
{
	size_t length;
	int error = EFBIG;
	if (!file_is_trusted(status, path, begin_message(load))) {
		complain_of(load, path);
		return;
	}
	const char *text = NULL;
	if (status->st_size <= POLICY_FILE_MAX)
		text = load_descriptor(&load->scratch, fd, POLICY_FILE_MAX, &length, &error);
	if (text)
		parse_text(load->parser, source_name(load, path), text, length, false);
	else
		complain_of_error(load, path, error);
}

/* Opens a policy or directory and looks at it. Returns the descriptor, or -errno. */
static long open_and_look(const char *path, struct stat *status)
{
	long fd = sys_open_read(path, 0);
	if (fd < 0)
		return fd;
	long result = sys_fstat((int)fd, status);
	if (result >= 0)
		return fd;
	sys_close((int)fd);
	return result;
}

/* Returns false where there is none; every other error is reported. */
static bool load_file_if_there(struct load *load, const char *path)
{
	struct stat status;
	long fd = open_and_look(path, &status);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return false;
	if (fd >= 0) {
		load_regular(load, (int)fd, &status, path);
		sys_close((int)fd);
	} else {
		complain_of_error(load, path, (int)-fd);
	}
	return true;
}

static void load_directory(struct load *load, int fd, const char *path)
{
	size_t count;
	int error;
	const char **names = directory_policies(&load->scratch, fd, &count, &error);
	if (!names) {
		complain_of_error(load, path, error);
	} else if (count == 0) {
		text_string(begin_message(load), "a directory without *" POLICY_SUFFIX ": ");
		text_string(&load->message, path);
		complain_of(load, path);
	}
	for (size_t i = 0; i < count && names; i++) {
		const char *file = join(load, path, names[i], "");
		if (file && !load_file_if_there(load, file))
			complain_of_error(load, file, ENOENT);
	}
}

static void load_path(struct load *load, const char *path)
{
	struct stat status;
	long fd = open_and_look(path, &status);
	if (fd < 0)
		complain_of_error(load, path, (int)-fd);
	else if (S_ISDIR(status.st_mode))
		load_directory(load, (int)fd, path);
	else
		load_regular(load, (int)fd, &status, path);
	if (fd >= 0)
		sys_close((int)fd);
}

/* The presets' names, for nearest_word: only while it runs, which is at start, in one thread. */
static const char **known_names;

static const char *known_name(size_t index)
{
	return known_names[index];
}

/* The preset whose name is nearest, or NULL. */
static const char *nearest_preset(struct load *load, const char *name)
{
	long fd = load->where->data ? sys_open_read(load->where->data, 0) : -ENOENT;
	size_t count;
	int error;
	if (fd < 0)
		return NULL;
	known_names = directory_policies(&load->scratch, (int)fd, &count, &error);
	sys_close((int)fd);
	if (!known_names)
		return NULL;
	for (size_t i = 0; i < count; i++)
		*(strrchr(known_names[i], '.')) = '\0';
	return nearest_word(name, strlen(name), known_name);
}

static void complain_of_name(struct load *load, const char *name, const char *const paths[2])
{
	struct text *text = begin_message(load);
	size_t length = strlen(name), suffix = strlen(POLICY_SUFFIX);
	const char *near = nearest_preset(load, name);
	text_string(text, "no such policy: there is neither ");
	text_string(text, paths[0] ? paths[0] : "-");
	text_string(text, " nor ");
	text_string(text, paths[1] ? paths[1] : "-");
	if (near) {
		text_string(text, " (did you mean \"");
		text_string(text, near);
		text_string(text, "\"?)");
	} else if (length > suffix && strcmp(name + length - suffix, POLICY_SUFFIX) == 0) {
		text_string(text, " (for a file write \"./");
		text_string(text, name);
		text_string(text, "\")");
	}
	complain_of(load, name);
}

static void load_name(struct load *load, const char *name)
{
	const char *const directories[2] = { load->where->sysconf, load->where->data };
	const char *paths[2] = { NULL, NULL };
	for (size_t i = 0; i < 2; i++) {
		if (!directories[i])
			continue;
		paths[i] = join(load, directories[i], name, POLICY_SUFFIX);
		if (!paths[i] || load_file_if_there(load, paths[i]))
			return;
	}
	complain_of_name(load, name, paths);
}

void load_list(struct parser *parser, const char *list, const struct policy_path *where, bool whole_names)
{
	struct load load = { .parser = parser, .where = where, .whole_names = whole_names };
	while (*list) {
		const char *end = strchr(list, ':');
		size_t length = end ? (size_t)(end - list) : strlen(list);
		char *element = length ? check_memory(&load, arena_copy(&load.scratch, list, length)) : NULL;
		if (element && strchr(element, '/'))
			load_path(&load, element);
		else if (element)
			load_name(&load, element);
		arena_free(&load.scratch);
		list += length + (end != NULL);
	}
}

bool load_default(struct parser *parser, const struct policy_path *where, bool whole_names)
{
	struct load load = { .parser = parser, .where = where, .whole_names = whole_names };
	const char *path = where->sysconf ? join(&load, where->sysconf, "default", POLICY_SUFFIX) : NULL;
	bool there = path && load_file_if_there(&load, path);
	arena_free(&load.scratch);
	return there;
}
