/* SPDX-License-Identifier: MIT */
/* Rules written as policies write them. */
#define _GNU_SOURCE
#include "wording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* A number as policies write it, with the largest suffix that leaves it whole. */
static void print_bytes(FILE *out, uint64_t bytes)
{
	static const char suffixes[] = "KMGT";
	int suffix = -1;

	for (; bytes && bytes % 1024 == 0 && suffix < 3; bytes /= 1024)
		suffix++;
	fprintf(out, "%llu", (unsigned long long)bytes);
	if (suffix >= 0)
		fputc(suffixes[suffix], out);
}

static void print_item(FILE *out, const struct item *item)
{
	unsigned index;

	if (item->at_unmap)
		fputs("unmap:", out);
	for (index = 0; index < item->count; index++)
		fprintf(out, "%s%s", index ? "|" : "", advices[item->alternatives[index]].name);
	if (!item->has_range)
		return;
	fputc('@', out);
	if (item->range.min)
		print_bytes(out, item->range.min);
	fputs("..", out);
	if (item->range.max != UINT64_MAX)
		print_bytes(out, item->range.max);
}

static void print_condition(FILE *out, const struct size_condition *condition)
{
	fprintf(out, "%s%s", condition->file ? "file" : "size", condition->operator);
	if (condition->percent)
		fprintf(out, "%llu%%", (unsigned long long)condition->number);
	else
		print_bytes(out, condition->number);
}

static void print_pattern(FILE *out, const char *pattern)
{
	if (*pattern && !pattern[strcspn(pattern, " \t\"\\#")]) {
		fputs(pattern, out);
		return;
	}
	fputc('"', out);
	for (; *pattern; pattern++) {
		if (*pattern == '"' || *pattern == '\\')
			fputc('\\', out);
		fputc(*pattern, out);
	}
	fputc('"', out);
}

static FILE *open_text(char **text, size_t *length)
{
	FILE *out = open_memstream(text, length);

	if (!out) {
		report_error("out of memory");
		exit(EXIT_USAGE);
	}
	return out;
}

char *item_text(const struct item *item)
{
	char *text;
	size_t length;
	FILE *out = open_text(&text, &length);

	print_item(out, item);
	fclose(out);
	return text;
}

char *pattern_text(const char *pattern)
{
	char *text;
	size_t length;
	FILE *out = open_text(&text, &length);

	print_pattern(out, pattern);
	fclose(out);
	return text;
}

char *rule_text(const struct rule *rule)
{
	const struct size_condition *condition;
	char *text;
	size_t length;
	FILE *out = open_text(&text, &length);
	unsigned index;

	print_pattern(out, rule->pattern);
	fputs(rule->terms->item_count ? " " : " none", out);
	for (index = 0; index < rule->terms->item_count; index++) {
		if (index)
			fputc(',', out);
		print_item(out, rule->terms->items[index]);
	}
	for (condition = rule->terms->conditions; condition; condition = condition->next) {
		fputc(' ', out);
		print_condition(out, condition);
	}
	for (index = 0; index < WORD_COUNT; index++)
		if ((rule->terms->must | rule->terms->must_not) & 1u << index)
			fprintf(out, " %s%s", rule->terms->must_not & 1u << index ? "!" : "", word_name(index));
	fprintf(out, "%s%s", rule->terms->override ? " override" : "", rule->terms->unsafe ? " unsafe" : "");
	fclose(out);
	return text;
}

const char *condition_text(const struct size_condition *condition)
{
	static char buffer[64];
	FILE *out = fmemopen(buffer, sizeof(buffer), "w");

	if (!out)
		return "";
	print_condition(out, condition);
	fclose(out);
	return buffer;
}

const char *place_text(const struct rule *rule)
{
	static char *buffer;

	free(buffer);
	buffer = print_string("%s:%u", rule->source, rule->line);
	return buffer;
}
