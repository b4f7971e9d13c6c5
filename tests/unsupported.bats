#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Kernels that lack an advice, and sandboxes that refuse one: a seccomp filter answers for them.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/urandom >data.mdb
}

# denied CALL ERROR RULES STATEMENT...: the test host under a filter, and under these rules.
denied() {
	local call=$1 error=$2 rules=$3
	shift 3
	run --separate-stderr "$PROGRAMS/deny" "$call" "$error" -- timeout -s KILL 60 \
		env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_LOG_LEVEL="${level:-warning}" MADVISOR_RULES="$rules" "$PROGRAMS/mapper" "$@"
	assert_success
}

@test "a kernel without populate-read: willneed takes its place, said at level info" {
	level=info denied madvise=22 EINVAL "*.mdb populate-read|willneed" "open data.mdb ro" "map r shared 0" "map r shared 0"
	assert_regex "$stderr" 'populate-read: not supported by this kernel \(.*\); using willneed'
	assert_equal "$(grep -c 'using willneed' <<<"$stderr")" 1
	assert_regex "$stderr" 'applied willneed to'
	denied madvise=22 EINVAL "*.mdb populate-read|willneed" "open data.mdb ro" "map r shared 0"
	assert_equal "$stderr" ""
}

@test "an unsupported advice is a warning with policy and line, once, and the others are given" {
	write_policy old.policy <<-'END'
		# a comment
		*.mdb random,dontdump
	END
	run --separate-stderr "$PROGRAMS/deny" madvise=16 EINVAL -- env LD_PRELOAD="$HOST_PRELOAD" \
		MADVISOR_POLICY="$BATS_TEST_TMPDIR/old.policy" "$PROGRAMS/mapper" \
		"open data.mdb ro" "map r shared 0" flags "map r shared 0" "fork map r shared 0"
	assert_success
	assert_output --regexp ' rr '
	assert_regex "$stderr" 'warning: old\.policy:2: dontdump: not supported by this kernel \(Linux '
	assert_equal "$(wc -l <<<"$stderr")" 1
}

@test "what a sandbox refuses names the errno" {
	denied madvise=1 EPERM "*.mdb random" "open data.mdb ro" "map r shared 0" flags
	refute_output --regexp ' rr '
	assert_regex "$stderr" 'random: .*EPERM'
}

# bats test_tags=no-sanitizer
@test "an advice that no rule wants is not probed" {
	denied madvise=16 kill "*.mdb random" "open data.mdb ro" "map r shared 0" flags
	assert_output --regexp ' rr '
}

@test "the version never decides: what the kernel knows is given, whatever its release says" {
	needs setarch
	run --separate-stderr setarch --uname-2.6 env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES="*.mdb dontdump" \
		"$PROGRAMS/mapper" "open data.mdb ro" "map r shared 0" flags
	assert_output --regexp ' dd '
	assert_equal "$stderr" ""
}

@test "no memory policy under a sandbox: access-many is refused, said once, and the host runs on" {
	denied mbind ENOSYS "[anon] access-many" "map rw private 1M" "map rw private 1M"
	assert_equal "$(grep -c access-many <<<"$stderr")" 1
}
