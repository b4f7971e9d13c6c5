/* SPDX-License-Identifier: MIT */
#include "own_advice.h"

#include <sys/mman.h>

#include "following.h"
#include "runtime.h"
#include "status.h"

static void count(const struct policy *policy, enum advice_class class)
{
	struct status_page *page = status_page();
	if (page && policy->classes & 1u << class)
		atomic_fetch_add_explicit(&page->own_advice[class], 1, memory_order_relaxed);
}

/* A child that is forked from now on will not have the mapping: madvise(2), MADV_DONTFORK. */
void own_advice_coming(void *address, size_t length, int value)
{
	if (value == advices[ADVICE_DONTFORK].value && following())
		following_forget(address, length);
}

void own_advice_given(void *address, size_t length, int value)
{
	const struct policy *policy = runtime_policy();
	enum advice_id advice = advice_by_value(value);
	if (!policy || advice == ADVICE_COUNT)
		return;
	count(policy, (enum advice_class)advices[advice].class);
	if (following() && advices[advice].sticks && !status_is_off())
		following_advised(address, length, advice);
}
