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

void own_advice_given(void *address, size_t length, int value)
{
	const struct policy *policy = runtime_policy();
	enum advice_id advice = advice_by_value(value);
	if (!policy || advice == ADVICE_COUNT)
		return;
	count(policy, (enum advice_class)advices[advice].class);
	if (!following())
		return;
	/* A forked child will not have the mapping: madvise(2), MADV_DONTFORK. */
	if (advice == ADVICE_DONTFORK)
		following_forget(address, length);
	else if (advices[advice].sticks && !status_is_off())
		following_advised(address, length, advice);
}
