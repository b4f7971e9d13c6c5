# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests of attach share: `load attach`.

load helpers

# attach_target says of itself whether any of its calls returned what it must not.

setup() {
	[ "$(uname -m)" = x86_64 ] || skip "madvise is run inside other processes on x86-64 only"
	[ "$(id -u)" = 0 ] || skip "needs root"
	data=$BATS_TEST_TMPDIR/data
	head -c 8M /dev/zero | tr '\0' '\7' >"$data"
}

# target [WORD]...: starts it, its pid in $pid.
target() {
	setpriv --pdeathsig KILL "$PROGRAMS/attach_target" "$data" "$@" >"$BATS_TEST_TMPDIR/stdout" 2>&1 3>&- &
	pid=$!
	wait_for grep -q ready "$BATS_TEST_TMPDIR/stdout"
}

# host STATEMENT...: starts the tests' host, without the library, which waits after the statements; its pid in $pid.
host() {
	mkfifo "$BATS_TEST_TMPDIR/hold"
	setpriv --pdeathsig KILL "$PROGRAMS/mapper" "$@" pause <>"$BATS_TEST_TMPDIR/hold" >"$BATS_TEST_TMPDIR/stdout" 2>&1 3>&- &
	pid=$!
	wait_for grep -q "^$pid\$" "$BATS_TEST_TMPDIR/stdout"
}

# finish: ends it, with what it says in $output and whether anything went wrong in $status.
finish() {
	kill "$pid"
	wait "$pid" && status=0 || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout")
}

# unharmed: it still runs, and nothing went wrong.
unharmed() {
	finish
	assert_success
	assert_output --partial 'wrong 0'
}

# attach_often TIMES [ARGUMENT]...: turn about, one advice and its opposite; ends with the first.
attach_often() {
	local round times=$1 rule
	for ((round = times; round > 0; round--)); do
		rule="$data random,dontdump"
		((round % 2)) || rule="$data normal,dodump"
		run -0 madvisor attach -r "$rule" "$pid"
	done
}

has_flag() {
	local flags
	flags=" $(vmflags "$1" "$2") "
	[[ $flags == *" $3 "* ]]
}
