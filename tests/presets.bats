#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The presets as texts. That they do what they say is shown by tests/databases on the real servers.

load helpers

# The rules that a preset explains and leaves out: comments that are indented like a rule.
left_out() {
	sed -n 's/^#   \( *[^ ].*\)$/\1/p' "$1" | grep -vE '^ *(madvisor attach|-s file)'
}

@test "the rules that presets leave out are without error, once taken in" {
	local preset
	for preset in "$PRESETS"/*.policy; do
		left_out "$preset" | write_policy "${preset##*/}"
		run preload MADVISOR_POLICY="$BATS_TEST_TMPDIR/${preset##*/}" true
		assert_success
		refute_output
	done
}

@test "no preset has advice that is unsafe, left out or not" {
	local preset
	for preset in "$PRESETS"/*.policy; do
		run bash -c "grep -v '^#' '$preset'; sed -n 's/^#   //p' '$preset'"
		refute_output --regexp '[[:space:]]unsafe|remove|hwpoison|guard-|dontfork|wipeonfork|dontneed'
	done
}

@test "every preset begins with what it is for, on one line, and says what it was written for" {
	local preset
	for preset in "$PRESETS"/*.policy; do
		run head -n 1 "$preset"
		assert_output --regexp '^# [A-Za-z].{40,118}$'
		grep -q '^# Written for ' "$preset"
		grep -q '^[^#]' "$preset"
	done
}

@test "presets for databases that map no data files say so first" {
	local name
	for name in mariadb postgresql redis mongodb tarantool; do
		run head -n 1 "$PRESETS/$name.policy"
		assert_output --regexp 'not map its data files|map no files|maps no data files'
	done
}

@test "the presets are all installed" {
	run sed -n 's|^	policy/\(.*\.policy\).*|\1|p' "$SOURCE/Makefile.am"
	assert_output "$(cd "$PRESETS" && ls ./*.policy | sed 's|^\./||')"
}
