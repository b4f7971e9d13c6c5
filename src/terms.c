/* SPDX-License-Identifier: MIT */
/* All that stands behind a pattern, where it was read before: see reading.h. */
#include <string.h>

#include "hash.h"
#include "reading.h"

/* By a hash of their text; of two with the same place the newer one stays. */
#define KNOWN_BITS 10
struct known_terms {
	struct span text;      /* no bytes: a free place */
	uint8_t kinds;         /* of the pattern, as in struct rule: what is allowed behind it depends on them */
	bool literal;
	struct terms *terms;   /* NULL: they are right, but the rule was not kept */
};

/* A short policy is read faster without. */
#define RULES_MIN 8

static struct known_terms *place_of(const struct reading *reading, const struct rule *rule, struct span text)
{
	uint64_t hash = hash_byte(HASH_START, (char)(rule->kinds << 1 | rule->literal));
	for (size_t i = 0; i < text.length; i++)
		hash = hash_byte(hash, text.bytes[i]);
	return &reading->known[hash >> (64 - KNOWN_BITS)];
}

bool find_terms(const struct reading *reading, struct rule *rule, struct span text)
{
	if (!reading->known)
		return false;
	const struct known_terms *known = place_of(reading, rule, text);
	bool same = known->text.bytes && known->kinds == rule->kinds && known->literal == rule->literal &&
		    known->text.length == text.length && memcmp(known->text.bytes, text.bytes, text.length) == 0;
	rule->terms = same ? known->terms : NULL;
	return same && (rule->terms || !keeps_rules(reading));
}

void remember_terms(struct reading *reading, const struct rule *rule, struct span text)
{
	if (!reading->known && reading->parser->rules_seen >= RULES_MIN)
		reading->known = arena_alloc(&reading->terms, sizeof(reading->known[0]) << KNOWN_BITS);
	if (reading->known)
		*place_of(reading, rule, text) = (struct known_terms){
			text, rule->kinds, rule->literal, keeps_rules(reading) ? rule->terms : NULL,
		};
}
