/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include "bounds.h"
#include "index.h"

bool policy_may_match(const struct policy *policy, unsigned kinds, uint16_t words, uint16_t known, uint64_t size)
{
	if (!(policy->kinds & kinds))
		return false;
	unsigned held = words & known, missing = known & ~words;
	const struct policy_index *index = policy->index;
	for (uint32_t i = 0; i < index->shape_count; i++) {
		const struct shape *shape = &index->shapes[i];
		if ((shape->kinds & kinds) && !(shape->must & missing) && !(shape->must_not & held) &&
		    bounds_hold(shape->size, size))
			return true;
	}
	return false;
}

/* A look-up under way. */
struct search {
	const struct policy *policy;
	const struct facts *facts;
	uint32_t found;        /* the lowest rule so far that is not ruled out; CHAIN_END: none */
	enum match match;      /* what it said */
};

/* Words and size are compared before the name, which costs more. */
static bool is_ruled_out(const struct rule *rule, const struct facts *facts)
{
	unsigned wrong = (rule->terms->must & ~facts->words) | (rule->terms->must_not & facts->words);
	return (wrong & facts->known) || !bounds_hold(rule->terms->size, facts->size);
}

static void try_rule(struct search *search, uint32_t number)
{
	const struct rule *rule = search->policy->rules[number];
	if (is_ruled_out(rule, search->facts))
		return;
	enum match match = rule_match(rule, search->facts, NULL);
	if (match != MATCH_NO) {
		search->found = number;
		search->match = match;
	}
}

/* Tries a chain up to where it can no longer make a difference: it is in the rules' order. */
static void search_chain(struct search *search, uint32_t number)
{
	for (; number < search->found; number = search->policy->index->next[number])
		try_rule(search, number);
}

/* As search_chain. */
static void search_loose(struct search *search, const struct loose_rules *loose)
{
	uint64_t bytes = 0;
	for (size_t i = 0; loose->count && search->facts->name && i < search->facts->name_length; i++)
		bytes |= glob_byte(search->facts->name[i]);
	for (uint32_t i = 0; i < loose->count && loose->rules[i].number < search->found; i++) {
		if (!(loose->rules[i].bytes & ~bytes))
			try_rule(search, loose->rules[i].number);
	}
}

/* A prefix is whole components, or all of the name. */
static void search_prefixes(struct search *search, const struct policy_index *index)
{
	const char *name = search->facts->name;
	size_t length = search->facts->name_length;
	uint64_t hash = HASH_START;
	for (size_t i = 0; i < length && i < index->prefix_longest; i++) {
		hash = hash_byte(hash, name[i]);
		if (name[i] == '/' || i + 1 == length)
			search_chain(search, chain_slot(&index->prefixes, hash >> 32)->first);
	}
}

/* A suffix lies within the last component. */
static void search_suffixes(struct search *search, const struct policy_index *index)
{
	const char *at = search->facts->name + search->facts->name_length;
	uint64_t hash = HASH_START;
	for (unsigned length = 1; length <= index->suffix_longest && at > search->facts->name && at[-1] != '/'; length++) {
		hash = hash_byte(hash, *--at);
		if (index->suffix_lengths[length / 64] & 1ull << length % 64)
			search_chain(search, chain_slot(&index->suffixes, hash >> 32)->first);
	}
}

const struct rule *policy_find(const struct policy *policy, const struct facts *facts)
{
	struct search search = { .policy = policy, .facts = facts, .found = CHAIN_END };
	const struct policy_index *index = policy->index;
	if (!(policy->kinds & KIND_BIT(facts->kind)))
		return NULL;
	if (facts->kind == KIND_FILE && facts->name) {
		if (index->prefixes.slots)
			search_prefixes(&search, index);
		if (index->suffixes.slots)
			search_suffixes(&search, index);
	}
	search_loose(&search, &index->loose[facts->kind]);
	return search.found != CHAIN_END && search.match == MATCH_YES ? policy->rules[search.found] : NULL;
}

bool policy_may_grow(const struct policy *policy, uint16_t words, uint16_t known, uint64_t size, uint64_t file)
{
	unsigned held = words & known, missing = known & ~words;
	for (uint32_t i = 0; i < policy->growable_count; i++) {
		const struct rule *rule = policy->growable[i];
		if (!(rule->terms->must & missing) && !(rule->terms->must_not & held) &&
		    (size < rule->terms->size.min || file < rule->terms->file.min))
			return true;
	}
	return false;
}
