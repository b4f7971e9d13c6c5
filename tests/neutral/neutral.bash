# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A program must not notice the library: each test runs it bare, with an empty policy, with one that gives everything `normal`,
# and with overrides, and compares exit status, standard output and standard error, byte by byte.

top_builddir=${top_builddir:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}
[ -e "$top_builddir/Makefile" ] || top_builddir=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
load ../helpers
COMMAND_TIMEOUT=${NEUTRAL_TIMEOUT:-200}
BATS_TEST_TIMEOUT=$((4 * COMMAND_TIMEOUT + 60))

# What the library adds to the environment of each way, one NAME=VALUE a line; "bare" is without it.
declare -A rules=(
	[empty]=''
	[normal]='[file] normal; [anon] normal; [shared-anon] normal; [shm] normal; [memfd:*] normal'
	[override]='[file] random,dontdump,unmap:cold override; [anon] dontdump override size>=64K; [shared-anon] random override; [shm] dontdump override'
)

# begin_anew: what a test needs afresh before each way; it says so by another function of that name.
begin_anew() {
	:
}

# same FILTER COMMAND...: FILTER is a sed script for what differs from one bare run to the next, such as times.
same() {
	local filter=$1 way status
	shift
	for way in bare empty normal override; do
		begin_anew
		status=0
		if [ $way = bare ]; then
			timeout -s KILL "$COMMAND_TIMEOUT" "$@" >out 2>err || status=$?
		else
			preload MADVISOR_RULES="${rules[$way]}" "$@" >out 2>err || status=$?
		fi
		{ echo "status $status" && sed -E "$filter" out && echo "-- standard error" && sed -E "$filter" err; } >"$BATS_TEST_TMPDIR/$way"
		diff -u "$BATS_TEST_TMPDIR/bare" "$BATS_TEST_TMPDIR/$way"
	done
	grep -qx 'status 0' "$BATS_TEST_TMPDIR/bare" || fail "it fails without the library: $(cat "$BATS_TEST_TMPDIR/bare")"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}
