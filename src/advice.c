/* SPDX-License-Identifier: MIT */
#include "advice.h"

#include <errno.h>
#include <string.h>

#include "sys.h"

#define EVERYWHERE "Linux, illumos, FreeBSD, DragonFly, NetBSD, OpenBSD, Darwin"

#define FILES KIND_BIT(KIND_FILE)
#define PRIVATE_ANON KIND_BIT(KIND_ANON)
#define SHARED_MEMORY (KIND_BIT(KIND_SHARED_ANON) | KIND_BIT(KIND_SHM) | KIND_BIT(KIND_MEMFD))
/* Files and memfds mapped with MAP_PRIVATE have private copies of what was written. */
#define PRIVATE_PAGES (KIND_BIT(KIND_ANON) | KIND_BIT(KIND_FILE) | KIND_BIT(KIND_MEMFD))

const struct advice advices[ADVICE_COUNT] = {
#define ADVICE(id_, name_, value_, class_, call_, moments_, danger_, kinds_, sticks_, since_, config_, sets_, clears_,	\
	       systems_, einval_, summary_)										\
	[ADVICE_##id_] = {												\
		.name = name_, .systems = systems_, .since = since_, .config = config_, .sets = sets_,			\
		.clears = clears_, .summary = summary_, .einval = einval_, .value = value_, .class = CLASS_##class_,	\
		.call = CALL_##call_, .moments = moments_, .danger = DANGER_##danger_, .kinds = kinds_,			\
		.sticks = sticks_,											\
	},
#include "advice.def"
#undef ADVICE
};

const char *advice_class_name(enum advice_class class)
{
	static const char names[CLASS_COUNT][9] = {
		[CLASS_ACCESS] = "access", [CLASS_PREFETCH] = "prefetch", [CLASS_THP] = "thp", [CLASS_KSM] = "ksm",
		[CLASS_DUMP] = "dump", [CLASS_FORK] = "fork", [CLASS_RECLAIM] = "reclaim", [CLASS_NUMA] = "numa",
		[CLASS_CONTENT] = "content", [CLASS_USELESS] = "useless", [CLASS_FOREIGN] = "foreign",
	};
	return names[class];
}

const char *advice_name_at(size_t index)
{
	return index < ADVICE_COUNT ? advices[index].name : NULL;
}

enum advice_id advice_by_name(const char *name, size_t length)
{
	unsigned id = 0;
	for (; length > 0 && id < ADVICE_COUNT; id++) {
		const char *known = advices[id].name;
		/* Mostly the first byte decides: a policy of thousands of rules is read at every start. */
		if (known[0] == name[0] && strlen(known) == length && memcmp(known, name, length) == 0)
			return (enum advice_id)id;
	}
	return ADVICE_COUNT;
}

enum advice_id advice_by_value(int value)
{
	unsigned id = 0;
	while (id < ADVICE_COUNT && !(advices[id].call == CALL_MADVISE && advices[id].value == value))
		id++;
	return (enum advice_id)id;
}

int advice_probe(enum advice_id id)
{
	const struct advice *advice = &advices[id];
	long result = -ENOSYS;
	if (advice->call == CALL_MADVISE)
		result = sys_madvise(NULL, 0, advice->value);
	else if (advice->call == CALL_MBIND)
		result = sys_mbind(NULL, 0, advice->value, NULL, 0);
	/* A kernel without NUMA lacks the whole call. */
	if (result == -ENOSYS && advice->call == CALL_MBIND)
		return EINVAL;
	return (int)-result;
}

/* Whether version begins with numbers that are at least those of wanted: "6.1.0-50-amd64" and "5.14". */
static bool version_reaches(const char *version, const char *wanted)
{
	for (;;) {
		uint64_t here = 0, there = 0;
		size_t read_here = text_parse_number(version, strlen(version), &here);
		size_t read_there = text_parse_number(wanted, strlen(wanted), &there);
		if (here != there)
			return here > there;
		version += read_here;
		wanted += read_there;
		if (*wanted != '.' || *version != '.')
			return *wanted != '.';
		version++;
		wanted++;
	}
}

void advice_explain_unsupported(struct text *text, enum advice_id id, int error, const char *release)
{
	const struct advice *advice = &advices[id];
	char own_release[65];

	if (advice->call == CALL_NONE) {
		text_string(text, "not an advice of Linux (");
		text_string(text, advice->systems);
		text_string(text, ")");
		return;
	}
	if (error != EINVAL) {
		text_string(text, "refused by a sandbox (");
		text_errno(text, error);
		text_string(text, ")");
		return;
	}
	if (!release)
		release = sys_release(own_release, sizeof(own_release)) < 0 ? "of unknown version" : own_release;
	text_string(text, "not supported by this kernel (Linux ");
	text_string(text, release);
	if (!version_reaches(release, advice->since)) {
		text_string(text, "; needs Linux ");
		text_string(text, advice->since);
	} else if (advice->config) {
		text_string(text, " is built without ");
		text_string(text, advice->config);
	}
	text_string(text, ")");
}

const char *advice_explain_einval(enum advice_id id)
{
	return advices[id].einval ? advices[id].einval : "not for this kind of mapping";
}
