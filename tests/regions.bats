#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The table of regions by itself, under threads, signals, forks and vforks; the kernel and a shadow copy say what must be in it.
#
# STRESS_ROUNDS=1000 makes it a run of many minutes; STRESS_SEED repeats one.

load helpers

rounds=${STRESS_ROUNDS:-10}
seed=${STRESS_SEED:-$RANDOM}
COMMAND_TIMEOUT=$((60 + rounds * 6))
BATS_TEST_TIMEOUT=$((COMMAND_TIMEOUT + 60))

# value NAME: of the numbers that were printed.
value() {
	sed -n "s/.*\<$1 \([0-9]*\).*/\1/p" <<<"$output"
}

# stress ROUNDS OPERATIONS COMMAND...: the program, which exits with 1 after any difference.
stress() {
	local rounds=$1 operations=$2
	shift 2
	echo "seed $seed"
	run timeout --signal=KILL "$COMMAND_TIMEOUT" "$@" "$rounds" "$operations" "$seed"
	assert_success
	assert_output --partial "failures 0"
	[ "$(value signals)" -gt 100 ] || fail "too few signals: $output"
	[ "$(value forks)" -gt 10 ] || fail "too few forks: $output"
}

@test "nothing wrong, missing or left over after hundreds of thousands of operations" {
	stress "$rounds" 10000 "$PROGRAMS/regions_stress"
	[ "$(value operations)" -gt $((rounds * 40000)) ] || fail "too few operations: $output"
	[ "$(value vforks)" -gt 10 ] || fail "too few vforks: $output"
}

@test "a full table takes no more and loses nothing else; one whose lock is stuck is off for good, and says so once" {
	run --separate-stderr timeout --signal=KILL "$COMMAND_TIMEOUT" "$PROGRAMS/regions_full"
	assert_success
	assert_output ok
	assert_regex "$stderr" "^madvisor\[[0-9]+\] test: warning: the table of regions is stuck: override and unmap: are off$"
}

# bats test_tags=no-sanitizer
@test "the thread sanitizer finds no race in the table" {
	local sources=() name
	${CC:-cc} -fsanitize=thread -o "$BATS_TEST_TMPDIR/any" -x c - <<<'int main(void) { return 0; }' ||
		skip "nothing can be built with -fsanitize=thread"
	for name in log log_target regions scratch status sys text; do
		sources+=("$SOURCE/src/$name.c")
	done
	${CC:-cc} -std=gnu11 -O1 -g -fsanitize=thread -pthread -DPACKAGE_VERSION='"test"' -I"$SOURCE/src" \
		"$SOURCE/tests/programs/regions_stress.c" "$SOURCE/tests/programs/stress.c" "${sources[@]}" \
		-o "$BATS_TEST_TMPDIR/stress"
	setarch -R true 2>/dev/null || skip "setarch -R is refused here"
	stress "$(((rounds + 4) / 5))" 5000 setarch -R "$BATS_TEST_TMPDIR/stress"
	refute_output --partial "WARNING: ThreadSanitizer"
}

@test "the table, of which most is never used, takes no huge page" {
	run preload MADVISOR_RULES='*.db random override' cat /proc/self/smaps
	assert_success
	awk '/^Size:/ { size = $2 } /^VmFlags:/ && size == 2048 && / nh / { found = 1 } END { exit !found }' <<<"$output"
}
