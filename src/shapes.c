/* SPDX-License-Identifier: MIT */
#include "bounds.h"
#include "index.h"

static bool shapes_equal(const struct shape *one, const struct shape *other)
{
	return one->kinds == other->kinds && one->must == other->must && one->must_not == other->must_not &&
	       one->size.min == other->size.min && one->size.max == other->size.max;
}

static void widen(struct shape *shape, const struct shape *other)
{
	shape->must &= other->must;
	shape->must_not &= other->must_not;
	if (other->size.min < shape->size.min)
		shape->size.min = other->size.min;
	if (other->size.max > shape->size.max)
		shape->size.max = other->size.max;
}

/* Too many: one shape a kind is left, as wide as all of that kind. */
static void merge_shapes(struct policy_index *index)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < index->shape_count; i++) {
		uint32_t k = 0;
		while (k < kept && index->shapes[k].kinds != index->shapes[i].kinds)
			k++;
		if (k == kept)
			index->shapes[kept++] = index->shapes[i];
		else
			widen(&index->shapes[k], &index->shapes[i]);
	}
	index->shape_count = kept;
}

static void add_shape(struct policy_index *index, const struct rule *rule)
{
	struct shape shape = { rule->kinds, rule->terms->must, rule->terms->must_not, rule->terms->size };
	for (uint32_t i = 0; i < index->shape_count; i++) {
		if (shapes_equal(&index->shapes[i], &shape))
			return;
	}
	if (index->shape_count == SHAPES_MAX)
		merge_shapes(index);
	index->shapes[index->shape_count++] = shape;
}

void index_shapes(struct policy_index *index, const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->rule_count; i++)
		add_shape(index, policy->rules[i]);
}
