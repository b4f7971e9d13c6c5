/* SPDX-License-Identifier: MIT */
/* All that stands behind a pattern, where it was read before: see reading.h. */
#include <string.h>

#include "hash.h"
#include "reading.h"

/* By a hash of their text; of two with the same place the newer one stays. */
#define KNOWN_BITS 10
struct known_terms {
	struct span text;
	const struct rule *rule;   /* has been read with them, without an error; NULL: a free place */
};

/* What is allowed behind a pattern depends on its kind, and on whether it is literal. */
static bool same_sort(const struct rule *rule, const struct rule *other)
{
	return rule->kinds == other->kinds && rule->literal == other->literal;
}

static struct known_terms *place_of(const struct reading *reading, const struct rule *rule, struct span text)
{
	uint64_t hash = hash_byte(HASH_START, (char)(rule->kinds << 1 | rule->literal));
	for (size_t i = 0; i < text.length; i++)
		hash = hash_byte(hash, text.bytes[i]);
	return &reading->known[hash >> (64 - KNOWN_BITS)];
}

struct terms *find_terms(const struct reading *reading, const struct rule *rule, struct span text)
{
	if (!reading->known || reading->parser->errors)
		return NULL;
	const struct known_terms *known = place_of(reading, rule, text);
	bool same = known->rule && same_sort(rule, known->rule) && text.length == known->text.length &&
		    memcmp(text.bytes, known->text.bytes, text.length) == 0;
	return same ? known->rule->terms : NULL;
}

void remember_terms(struct reading *reading, const struct rule *rule, struct span text)
{
	if (!reading->known)
		reading->known = arena_alloc(&reading->terms, sizeof(reading->known[0]) << KNOWN_BITS);
	if (reading->known)
		*place_of(reading, rule, text) = (struct known_terms){ text, rule };
}
