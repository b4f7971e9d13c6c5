# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests of broken policies share: `load broken`.

load helpers

# broken POLICY ERROR...: the policy has exactly these errors. OPTIONS: settings of policy_cases.
broken() {
	local policy=$1 expected
	shift
	expected=$(printf 'test.policy:%s\n' "$@")
	# shellcheck disable=SC2086 # settings are words
	run "$PROGRAMS/policy_cases" ${OPTIONS-} <<<"$policy"
	assert_failure 2
	assert_output "$expected"
}

# broken_bytes FORMAT ERROR...: the same of what printf makes of a format, without newline behind it.
broken_bytes() {
	local expected
	# shellcheck disable=SC2059 # the format is the policy
	printf "$1" >"$BATS_TEST_TMPDIR/bytes"
	shift
	expected=$(printf 'test.policy:%s\n' "$@")
	# shellcheck disable=SC2086
	run "$PROGRAMS/policy_cases" ${OPTIONS-} <"$BATS_TEST_TMPDIR/bytes"
	assert_failure 2
	assert_output "$expected"
}
