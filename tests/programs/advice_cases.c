/* SPDX-License-Identifier: MIT */
/*
 * The table of advices, and what is asked of it, for advice-table.bats:
 *   advice_cases table                          ID NAME VALUE CALL CLASS SINCE SYSTEMS, with tabs
 *   advice_cases flags                          what VmFlags says once each sticking advice is given: NAME ok, or what is wrong
 *   advice_cases probe NAME                     what the probe answers, and how that is explained
 *   advice_cases explain NAME ERRNO RELEASE
 *   advice_cases nearest WORD
 *   advice_cases constant WORD
 *   advice_cases value VALUE
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "advice.h"

#define LENGTH ((size_t)4 << 20)

static const char *const ids[] = {
#define ADVICE(id, ...) #id,
#include "advice.def"
#undef ADVICE
};

static int print_table(void)
{
	static const char *const calls[] = { [CALL_MADVISE] = "madvise", [CALL_MBIND] = "mbind", [CALL_NONE] = "none" };
	for (unsigned id = 0; id < ADVICE_COUNT; id++)
		printf("%s\t%s\t%d\t%s\t%s\t%s\t%s\n", ids[id], advices[id].name, advices[id].value, calls[advices[id].call],
		       advice_class_name((enum advice_class)advices[id].class), advices[id].since ? advices[id].since : "-",
		       advices[id].systems);
	return 0;
}

/* " rd wr ... " of the mapping that begins there. */
static void read_flags(const void *address, char *flags, size_t size)
{
	char line[512], wanted[32];
	bool found = false;
	FILE *smaps = fopen("/proc/self/smaps", "r");
	snprintf(wanted, sizeof(wanted), "%lx-", (unsigned long)address);
	while (smaps && fgets(line, sizeof(line), smaps)) {
		found = found || strncmp(line, wanted, strlen(wanted)) == 0;
		if (found && strncmp(line, "VmFlags:", 8) == 0) {
			snprintf(flags, size, "%s", line + 8);
			break;
		}
	}
	if (smaps)
		fclose(smaps);
}

/* Whether all the letters are among the flags, or none. */
static bool flags_are(const char *flags, const char *letters, bool wanted)
{
	for (; letters && *letters; letters += strspn(letters + 2, " ") + 2) {
		char flag[] = { ' ', letters[0], letters[1], ' ', '\0' };
		if ((strstr(flags, flag) != NULL) != wanted)
			return false;
	}
	return true;
}

/* The advice of the class that sets the flag; NULL if there is none. */
static const struct advice *find_setter(unsigned class, const char *letters)
{
	for (const struct advice *advice = advices; advice < advices + ADVICE_COUNT; advice++)
		if (advice->class == class && advice->sets && strncmp(advice->sets, letters, 2) == 0)
			return advice;
	return NULL;
}

/* Gives the advice where all that it clears is there, one after the other; returns whether VmFlags comes out right. */
static bool flags_follow(const struct advice *advice, void *memory, char *flags, size_t size)
{
	const char *letters = advice->clears;
	do {
		const struct advice *setter = letters ? find_setter(advice->class, letters) : NULL;
		if (letters && (!setter || madvise(memory, LENGTH, setter->value) != 0))
			return false;
		read_flags(memory, flags, size);
		if (setter && !flags_are(flags, setter->sets, true))
			return false;
		if (madvise(memory, LENGTH, advice->value) != 0)
			return false;
		read_flags(memory, flags, size);
		if (!flags_are(flags, advice->sets, true) || !flags_are(flags, advice->clears, false))
			return false;
		letters = letters && letters[2] ? letters + 3 : NULL;
	} while (letters);
	return true;
}

static void check_flags(const struct advice *advice)
{
	char flags[512] = "";
	/* Between two pages that differ, so that the kernel does not merge it with its neighbours. */
	char *around = mmap(NULL, LENGTH + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *memory = mmap(around + 4096, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (around == MAP_FAILED || memory == MAP_FAILED)
		exit(1);
	if (flags_follow(advice, memory, flags, sizeof(flags)))
		printf("%s ok\n", advice->name);
	else
		printf("%s: %s", advice->name, flags);
	munmap(around, LENGTH + 8192);
}

static int print_flags(void)
{
	for (enum advice_id id = 0; id < ADVICE_COUNT; id++)
		if (advices[id].sticks && advices[id].call == CALL_MADVISE && advice_probe(id) == 0)
			check_flags(&advices[id]);
	return 0;
}

static int print_explanation(enum advice_id id, int error, const char *release)
{
	char buffer[256];
	struct text text;
	text_init(&text, buffer, sizeof(buffer));
	if (error)
		advice_explain_unsupported(&text, id, error, release);
	puts(error ? buffer : "supported");
	return 0;
}

static int print_name(const char *name)
{
	puts(name ? name : "-");
	return 0;
}

int main(int count, char **arguments)
{
	const char *what = count > 1 ? arguments[1] : "";
	const char *word = count > 2 ? arguments[2] : "";
	size_t length = strlen(word);
	if (strcmp(what, "table") == 0)
		return print_table();
	if (strcmp(what, "flags") == 0)
		return print_flags();
	if (strcmp(what, "nearest") == 0)
		return print_name(nearest_word(word, length, advice_name_at));
	if (strcmp(what, "constant") == 0)
		return print_name(advice_name_at(advice_by_constant(word, length)));
	if (strcmp(what, "value") == 0)
		return print_name(advice_name_at(advice_by_value(atoi(word))));
	enum advice_id id = advice_by_name(word, length);
	if (id == ADVICE_COUNT)
		return 2;
	if (strcmp(what, "probe") == 0) {
		int error = advice_probe(id);
		return print_explanation(id, error, NULL);
	}
	return count > 4 ? print_explanation(id, atoi(arguments[3]), arguments[4]) : 2;
}
