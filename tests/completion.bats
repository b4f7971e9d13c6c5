#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

# complete WORD...: what bash would offer for the last of these words.
complete_words() {
	cat >complete.bash <<'EOF'
compopt() { :; }
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_madvisor "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
EOF
	run -0 bash complete.bash "$SOURCE/doc/madvisor.bash-completion" "$MADVISOR" "$@"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "completion knows every command" {
	complete_words ''
	local command
	while read -r command; do
		assert_line "$command"
	done < <(madvisor --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
	complete_words che
	assert_output check
}

@test "completion knows the options of each command" {
	complete_words explain --s
	assert_output -- --suggest
	complete_words run --
	assert_line -- --report
	refute_line -- --json
}

@test "completion knows presets and files as policies" {
	touch local.policy
	complete_words check lmd
	assert_output lmdb
	complete_words run -p ''
	assert_line sqlite
	assert_line local.policy
}

@test "completion knows processes" {
	complete_words status $$
	assert_line $$
	complete_words explain --pid $$
	assert_line $$
}

@test "completion knows the levels of the log" {
	complete_words run -l i
	assert_output info
}
