/* SPDX-License-Identifier: MIT */
/* Kinds of attach_target that make no call: a sum, and counters of each CPU that lose increments if a sequence is broken into. */
#define _GNU_SOURCE
#include "attach_target.h"

/* glibc 2.35 and later register them; cppcheck cannot read asm goto. */
#if defined(__x86_64__) && __has_include(<sys/rseq.h>) && !defined(__cppcheck__)
#define HAVE_SEQUENCES
#include <sys/rseq.h>
#endif

void round_sum(struct peer *peer)
{
	(void)peer;
	uint64_t sum = 0;
	for (size_t i = 0; i < mapping_bytes; i += 64)
		sum += mapping[i];
	expect("sum", sum == mapping_bytes / 64 * 7, "is", (long)sum);
}

/* Per-CPU counters without lock, as allocators keep them: lost increments show that a sequence was resumed in the middle. */
static struct { _Alignas(128) volatile uint64_t value; } counters[1024];
_Atomic uint64_t increments;

void round_sequence(struct peer *peer)
{
	(void)peer;
#ifdef HAVE_SEQUENCES
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	for (int i = 0; i < 100000; i++) {
		__asm__ __volatile__ goto(
			".pushsection __rseq_cs, \"aw\"\n\t.balign 32\n"
			"3:\n\t.long 0, 0\n\t.quad 1f, 2f - 1f, 4f\n\t.popsection\n\t"
			"leaq 3b(%%rip), %%rax\n\tmovq %%rax, %[area]\n"
			"1:\n\tmovl %[cpu_now], %%eax\n\tshlq $7, %%rax\n\taddq %[counters], %%rax\n\t"
			"movq (%%rax), %%rcx\n\tincq %%rcx\n\t"
			"movq %%rcx, (%%rax)\n"
			"2:\n\t"
			".pushsection __rseq_failure, \"ax\"\n\t.long 0x53053053\n"
			"4:\n\tjmp %l[again]\n\t.popsection\n\t"
			: : [area] "m" (area->rseq_cs), [cpu_now] "m" (area->cpu_id), [counters] "r" (counters)
			: "rax", "rcx", "memory", "cc" : again);
		increments++;
again:;
	}
#endif
}

void check_sequence(void)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		sum += counters[i].value;
	if (sum != increments)
		complain("sequence", "increments lost", (long)(increments - sum), 0);
}
