#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# src/advice.def against the system's headers and the running kernel.

load helpers

setup() {
	TABLE=$BATS_TEST_TMPDIR/table
	"$PROGRAMS/advice_cases" table >"$TABLE"
}

# constants: "NAME VALUE" of every MADV_ constant that the headers define.
constants() {
	printf '#include <%s>\n' sys/mman.h linux/mman.h >"$BATS_TEST_TMPDIR/constants.c"
	${CC:-gcc} -E -dM -D_GNU_SOURCE "$BATS_TEST_TMPDIR/constants.c" | awk '$1 == "#define" && $2 ~ /^MADV_/ { print $2, $3 }'
}

@test "every constant of the system's headers is in the table, with its value" {
	needs "${CC:-gcc}"
	constants >"$BATS_TEST_TMPDIR/constants"
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/constants")" -ge 20 ]
	while read -r constant value; do
		run grep -P "^${constant#MADV_}\t[a-z-]+\t$value\tmadvise\t.*Linux" "$TABLE"
		assert_success
	done <"$BATS_TEST_TMPDIR/constants"
}

@test "an advice has one spelling: its identifier in lower case, with -" {
	run awk -F'\t' '{ spelling = tolower($1); gsub("_", "-", spelling); if (spelling != $2) print $2 }' "$TABLE"
	assert_output ''
	assert_equal "$(cut -f2 "$TABLE" | sort | uniq -d)" ''
}

@test "no two advices of Linux share a value" {
	assert_equal "$(awk -F'\t' '$4 == "madvise" && $7 ~ /Linux/ { print $3 }' "$TABLE" | sort | uniq -d)" ''
}

@test "a value that two names share means the one of Linux" {
	assert_equal "$("$PROGRAMS/advice_cases" value 16)" dontdump
	assert_equal "$("$PROGRAMS/advice_cases" value 17)" dodump
	assert_equal "$("$PROGRAMS/advice_cases" value 5)" -
	assert_equal "$("$PROGRAMS/advice_cases" value 7777)" -
}

@test "every advice of the other systems is in the table" {
	local name
	for name in nocore core nosync autosync protect inval setmap spaceavail access-default access-lwp access-many purge \
		zero-wired-pages free-reusable free-reuse can-reuse zero; do
		run awk -F'\t' -v name="$name" '$2 == name && $7 !~ /Linux/ { print $2 }' "$TABLE"
		assert_output "$name"
	done
}

@test "the kernel sets and clears the VmFlags that the table names" {
	run "$PROGRAMS/advice_cases" flags
	assert_success
	assert_line 'random ok'
	assert_line 'normal ok'
	assert_line 'dontfork ok'
	assert_equal "$(grep -v ' ok$' <<<"$output")" ''
}

@test "an advice that the kernel lacks: the version that has it, or the option it was built without" {
	explain() { "$PROGRAMS/advice_cases" explain "$@"; }
	assert_equal "$(explain guard-install 22 6.1.0-50-cloud-amd64)" \
		'not supported by this kernel (Linux 6.1.0-50-cloud-amd64; needs Linux 6.13)'
	assert_equal "$(explain hwpoison 22 6.18.44)" \
		'not supported by this kernel (Linux 6.18.44 is built without CONFIG_MEMORY_FAILURE)'
	assert_equal "$(explain hwpoison 22 2.6.9)" 'not supported by this kernel (Linux 2.6.9; needs Linux 2.6.32)'
	assert_equal "$(explain cold 22 10.0.1)" 'not supported by this kernel (Linux 10.0.1)'
	assert_equal "$(explain cold 22 5.3)" 'not supported by this kernel (Linux 5.3; needs Linux 5.4)'
	assert_equal "$(explain cold 22 5.10.0)" 'not supported by this kernel (Linux 5.10.0)'
	assert_equal "$(explain collapse 22 6.1-rc3)" \
		'not supported by this kernel (Linux 6.1-rc3 is built without CONFIG_TRANSPARENT_HUGEPAGE)'
	assert_equal "$(explain random 1 6.1)" 'refused by a sandbox (EPERM)'
	assert_equal "$(explain zero 38 6.1)" 'not an advice of Linux (Darwin)'
	assert_equal "$(explain nosync 38 6.1)" 'not an advice of Linux (FreeBSD, DragonFly)'
}

@test "the probe tells what the kernel says" {
	assert_equal "$("$PROGRAMS/advice_cases" probe random)" supported
	assert_equal "$("$PROGRAMS/advice_cases" probe inval)" 'not an advice of Linux (DragonFly)'
	needs strace
	run strace -o /dev/null -e inject=madvise:error=EPERM "$PROGRAMS/advice_cases" probe random
	assert_output 'refused by a sandbox (EPERM)'
	run strace -o /dev/null -e inject=madvise:error=EINVAL "$PROGRAMS/advice_cases" probe cold
	assert_output "not supported by this kernel (Linux $(uname -r))"
	run strace -o /dev/null -e inject=mbind:error=ENOSYS "$PROGRAMS/advice_cases" probe access-lwp
	assert_output "not supported by this kernel (Linux $(uname -r) is built without CONFIG_NUMA)"
	run strace -o "$BATS_TEST_TMPDIR/calls" -e trace=madvise,mbind "$PROGRAMS/advice_cases" probe random
	run grep -c 'madvise(NULL, 0, MADV_RANDOM)' "$BATS_TEST_TMPDIR/calls"
	assert_output 1
}

@test "a misspelt advice has a suggestion, another word has none" {
	local word wanted
	while read -r word wanted; do
		assert_equal "$word $("$PROGRAMS/advice_cases" nearest "$word")" "$word $wanted"
	done <<-'TABLE'
		randon         random
		RANDOM         random
		hugpage        hugepage
		huge_page      hugepage
		dnotdump       dontdump
		dont_dump      dontdump
		sequental      sequential
		populateread   populate-read
		wilneed        willneed
		coold          cold
		xx             -
		n              -
		prefetch       -
		a-word-that-is-longer-than-all-the-advices  -
	TABLE
}

@test "the names of C's constants are understood, to tell the one spelling" {
	local word wanted
	while read -r word wanted; do
		assert_equal "$word $("$PROGRAMS/advice_cases" constant "$word")" "$word $wanted"
	done <<-'TABLE'
		MADV_RANDOM           random
		POSIX_MADV_WILLNEED   willneed
		madv_dontneed_locked  dontneed-locked
		MADV_GUARD_INSTALL    guard-install
		MADV_                 -
		MADV_X                -
		random                -
	TABLE
}
