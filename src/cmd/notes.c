/* SPDX-License-Identifier: MIT */
/* What "madvisor check" says of a rule besides: why it never matches, and what it costs. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "command.h"
#include "program.h"
#include "target.h"
#include "verdict.h"

/* Mappings are matched by the path that the kernel gives, in which no link is left. */
static bool print_link(const struct rule *rule, FILE *out)
{
	struct glob_anchors anchors;
	char *prefix, *real, *slash;
	bool is_link;

	if (!rule->glob || rule->pattern[0] != '/')
		return false;
	anchors = glob_anchors(rule->glob);
	prefix = strndup(anchors.prefix, anchors.prefix_length);
	if (!prefix)
		return false;
	/* The part that exists here: what a rule is for may be created later. */
	while (!(real = realpath(prefix, NULL)) && (slash = strrchr(prefix, '/')) && slash > prefix)
		*slash = '\0';
	slash = prefix + strlen(prefix);
	while (slash > prefix + 1 && slash[-1] == '/')
		*--slash = '\0';
	is_link = real && strcmp(prefix, real);
	if (is_link)
		fprintf(out, "    never matches: %s is a link to %s\n", prefix, real);
	free(real);
	free(prefix);
	return is_link;
}

/* A script's process is its interpreter's, and may become another by and by. */
static bool is_script(const struct target *target)
{
	char *real = target->path ? realpath(target->path, NULL) : NULL;
	bool script = real && strcmp(real, target->identity.path);

	free(real);
	return script;
}

/* "program NAME" with a name that is found here, but behind a link or a script has another that its line lacks. */
static bool print_program(const struct glob_list *program, const struct glob_list *line, FILE *out)
{
	char *const words[] = { (char *)program->text, NULL };
	struct scope scope = { .programs = line };
	struct target target;
	const char *base;

	if (program->text[strcspn(program->text, "*?[{\\")])
		return false;
	find_target(words, &target);
	if (target.error || !*target.identity.path || scope_applies(&scope, &target.identity))
		return false;
	base = strrchr(target.identity.path, '/') + 1;
	if (is_script(&target))
		fprintf(out, "    \"program %s\" does not match: %s is a script of %s; name the program that it starts\n",
			program->text, target.path, target.identity.path);
	else
		fprintf(out, "    \"program %s\" does not match %s: \"program %s\" would\n", program->text,
			target.identity.path, program->whole_path ? target.identity.path : base);
	return true;
}

bool print_obstacles(const struct rule *rule, FILE *out)
{
	const struct glob_list *line = rule->scope ? rule->scope->programs : NULL, *program;
	bool found = print_link(rule, out);

	for (program = line; program; program = program->next)
		found |= print_program(program, line, out);
	return !found;
}

static bool has_condition(const struct rule *rule, bool file)
{
	const struct size_condition *condition;

	for (condition = rule->terms->conditions; condition; condition = condition->next)
		if (condition->file == file)
			return true;
	return false;
}

static bool gives(const struct rule *rule, bool (*is_such)(enum advice_id id))
{
	unsigned index, place;

	for (index = 0; index < rule->terms->item_count; index++)
		for (place = 0; place < rule->terms->items[index]->count; place++)
			if (is_such(rule->terms->items[index]->alternatives[place]))
				return true;
	return false;
}

static bool is_without_recency(enum advice_id id)
{
	return id == ADVICE_RANDOM || id == ADVICE_SEQUENTIAL;
}

/* What only undoes another advice. */
static bool is_undoing(enum advice_id id)
{
	return advices[id].clears && !advices[id].sets && advices[id].class != CLASS_FORK;
}

/* The same, of a class that override does not hold. */
static bool is_undoing_for_nothing(enum advice_id id)
{
	return advices[id].clears && !advices[id].sets && advices[id].class == CLASS_FORK;
}

static bool sticks(enum advice_id id)
{
	return advices[id].sticks;
}

static bool kernel_forgets_recency(void)
{
	unsigned major = 0, minor = 0;
	struct utsname name;

	return !uname(&name) && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 3));
}

/* "file>=50" where "file>=50%" was meant. */
static void print_small_numbers(const struct rule *rule, FILE *out)
{
	const struct size_condition *condition;

	for (condition = rule->terms->conditions; condition; condition = condition->next)
		if (!condition->percent && condition->number > 1 && condition->number < 4096)
			fprintf(out, "    note: %s%s%llu is in bytes, and less than a page; K, M, G, T or %% may be missing\n",
				condition->file ? "file" : "size", condition->operator, (unsigned long long)condition->number);
}

void print_notes(const struct rule *rule, FILE *out)
{
	bool anon = rule->kinds & KIND_BIT(KIND_ANON);

	print_small_numbers(rule, out);
	if (gives(rule, is_without_recency) && !has_condition(rule, true) && !anon && kernel_forgets_recency())
		fputs("    note: since Linux 6.3 use of such a mapping no longer keeps its pages in memory, which\n"
		      "          harms files that fit into it; a condition such as file>=50% leaves those alone\n",
		      out);
	if (anon && gives(rule, sticks) && !has_condition(rule, false))
		fputs("    note: advice keeps the kernel from merging neighbouring mappings; a condition such as\n"
		      "          size>=64M leaves the many small ones alone\n", out);
	else if (anon && gives(rule, sticks))
		fputs("    note: where a program maps with MAP_FIXED, or calls mremap(2) over several mappings,\n"
		      "          advice by size parts what it takes for one, and the mremap(2) fails\n", out);
	if (gives(rule, is_undoing) && !rule->terms->override)
		fputs("    note: a new mapping has nothing to undo; only with override does this answer the\n"
		      "          program's own advice\n", out);
	if (gives(rule, is_undoing_for_nothing))
		fputs("    note: a new mapping has nothing to undo, and override does not answer the program's own\n"
		      "          advice of class fork\n", out);
}
