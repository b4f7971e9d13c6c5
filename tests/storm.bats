#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Threads on 16 KiB, handlers on 8 KiB, forks, vforks, spawned and replaced children, all at once, while each hook works and logs.
#
# STORM_SECONDS=60 makes it the long run.

load helpers

seconds=${STORM_SECONDS:-4}
COMMAND_TIMEOUT=$((60 + seconds * 2))
BATS_TEST_TIMEOUT=$((COMMAND_TIMEOUT * 2))

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 64K /dev/urandom >data.mdb
}

# storm [NAME=VALUE]...: under a policy that makes every hook do all it can.
storm() {
	run --separate-stderr preload MADVISOR_RULES="*.mdb populate-read|willneed,random,unmap:cold override; [anon] dontdump,unmap:cold override" \
		"$@" "$PROGRAMS/storm" "$seconds" data.mdb
	assert_success
	assert_output --partial 'failures 0'
	refute_output --regexp ' 0 (signals|forks|vforks|spawns)'
}

# grown: kilobytes, of address space and of memory that is there.
grown() {
	sed -n 's/^grown \(-\?[0-9]*\) kB, resident \(-\?[0-9]*\) kB$/\1 \2/p' <<<"$output"
}

# bats test_tags=no-sanitizer
@test "no thread, handler or child goes wrong, and the library does not grow" {
	storm
	read -r size resident <<<"$(grown)"
	[ "$size" -le 0 ] || fail "the address space grew: $output"
	[ "$resident" -le 64 ] || fail "the memory grew: $output"
	assert_equal "$stderr" ""
}

# bats test_tags=no-sanitizer
@test "nor while every mapping is logged, by handlers too" {
	storm MADVISOR_LOG_LEVEL=debug
	assert_regex "$stderr" 'applied dontdump'
}
