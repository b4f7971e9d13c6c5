#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A short run of each fuzzer: enough to show that it builds and that its corpus is understood. fuzz/run runs them for long.

load helpers

fuzz() {
	needs "${FUZZ_CC:-clang}"
	printf 'int LLVMFuzzerTestOneInput(void) { return 0; }\n' >"$BATS_TEST_TMPDIR/try.c"
	"${FUZZ_CC:-clang}" -fsanitize=fuzzer,address "$BATS_TEST_TMPDIR/try.c" -o "$BATS_TEST_TMPDIR/try" 2>/dev/null ||
		skip "${FUZZ_CC:-clang} has no libFuzzer (libclang-rt-dev)"
	FUZZ_OUT=$BATS_TEST_TMPDIR/fuzz run "$SOURCE/tests/fuzz/run" 5 "$1"
	assert_success
	assert_output --partial number_of_executed_units
}

# bats test_tags=no-sanitizer
@test "no glob makes the compiler or the matcher go wrong" {
	fuzz glob
}

# bats test_tags=no-sanitizer
@test "no text makes the reader of maps go wrong" {
	fuzz maps
}

# bats test_tags=no-sanitizer
@test "no policy makes the parser or the look-up go wrong" {
	fuzz policy
}

# bats test_tags=no-sanitizer
@test "no environment makes the reader of settings go wrong" {
	fuzz settings
}
