/* SPDX-License-Identifier: MIT */
#include "growth.h"

#include "advise.h"
#include "following.h"
#include "mapping.h"
#include "name.h"
#include "runtime.h"
#include "status.h"

/* What a mapping is now that mremap(2) has changed it. */
struct grown {
	struct facts facts;
	struct range range;
	struct name name;
};

/* From its name and, where it was a region, from what was known then. Returns whether there is enough to judge it by. */
static bool look_at(struct grown *grown, const struct policy *policy, uintptr_t low, size_t length,
		    const struct region *region)
{
	struct facts *facts = &grown->facts;
	struct name *name = &grown->name;
	*grown = (struct grown){ .range = { .low = low, .high = low + length, .fd = -1, .facts = facts } };
	facts->size = length;
	facts->file = FILE_UNKNOWN;
	if (region) {
		facts->kind = (enum kind)region->kind;
		facts->words = region->words;
		facts->known = region->known;
		grown->range.offset = low - region->origin;
	}
	if (!name_of_range(name, low, low + length))
		return region && !kind_has_file(facts->kind);
	if (name->kind == KIND_COUNT)
		return false;
	facts->kind = name->kind;
	facts->name = name->text;
	facts->name_length = name->length;
	facts->known |= WORD_DELETED;
	facts->words = (uint16_t)((facts->words & ~WORD_DELETED) | (name->deleted ? WORD_DELETED : 0));
	if (name->file_known) {
		grown->range.file_end = name->file_end;
		grown->range.allocated = name->allocated;
		facts->file = file_occupies(name->file_end, name->allocated);
	}
	return policy->kinds & KIND_BIT(facts->kind);
}

/* What the mapping was judged by when it was shorter has been carried out then. */
static const struct rule *rule_before(const struct policy *policy, const struct facts *facts, size_t old_length)
{
	struct facts before = *facts;
	before.size = old_length;
	return policy_find(policy, &before);
}

static void advise_new_part(const struct rule *rule, const struct range *whole, size_t old_length)
{
	struct range part = *whole;
	part.low += old_length;
	part.offset += old_length;
	advise_grown(rule, &part);
}

void growth_judge(void *address, size_t old_length, size_t new_length)
{
	const struct policy *policy = runtime_policy();
	if (!policy || status_is_off() || !policy_may_match(policy, policy->kinds, 0, 0, new_length))
		return;
	struct grown grown;
	if (look_at(&grown, policy, (uintptr_t)address, new_length, NULL)) {
		const struct rule *rule = policy_find(policy, &grown.facts);
		if (rule && rule == rule_before(policy, &grown.facts, old_length))
			advise_new_part(rule, &grown.range, old_length);
		else
			mapping_decide(policy, &grown.facts, &grown.range);
	}
	name_free(&grown.name);
}

void growth_follow(void *address, size_t old_length, size_t new_length, struct region *region)
{
	const struct policy *policy = runtime_policy();
	struct grown grown;
	bool judged = look_at(&grown, policy, (uintptr_t)address, new_length, region);
	const struct rule *had = region->rule < policy->rule_count ? policy->rules[region->rule] : NULL;
	const struct rule *found = judged ? policy_find(policy, &grown.facts) : NULL;
	bool off = status_is_off();
	if (found && found != had && !off) {
		mapping_decide(policy, &grown.facts, &grown.range);
	} else {
		regions_add(region);
		if (had && !off)
			advise_new_part(had, &grown.range, old_length);
	}
	name_free(&grown.name);
}
