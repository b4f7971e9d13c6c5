#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# How much memory a process may use, in real memory cgroups.

load helpers

V1=/sys/fs/cgroup/memory
MIB=1048576

# own CONTROLLER: this process's cgroup; "": of version 2.
own() {
	awk -F: -v controller="$1" '$2 == controller { print $3; exit }' /proc/self/cgroup
}

setup() {
	CGROUPS=()
}

teardown() {
	local i
	for ((i = ${#CGROUPS[@]} - 1; i >= 0; i--)); do
		rmdir "${CGROUPS[i]}"
	done
}

make_cgroup() {
	mkdir "$1" 2>/dev/null || skip "cannot make a cgroup in ${1%/*}"
	CGROUPS+=("$1")
}

# limit_in CGROUP...: what the program says in these cgroups.
limit_in() {
	bash -c 'program=$1; shift; for cgroup; do echo $$ >"$cgroup/cgroup.procs" || exit 77; done; exec "$program"' \
		bash "$PROGRAMS/memory_limit" "$@"
}

# version_1: a cgroup of ours under our own, or the reason why not.
version_1() {
	[ "$(id -u)" = 0 ] || skip 'making a cgroup needs root'
	[ -e "$V1/memory.limit_in_bytes" ] || skip 'no memory cgroups of version 1 here'
	OUTER=$V1$(own memory)/madvisor-test-$$
	make_cgroup "$OUTER"
}

version_2() {
	[ "$(id -u)" = 0 ] || skip 'making a cgroup needs root'
	local mount
	mount=$(awk '$9 == "cgroup2" || $10 == "cgroup2" || $8 == "cgroup2" { print $5; exit }' /proc/self/mountinfo)
	[ -n "$mount" ] || skip 'cgroups of version 2 are not mounted'
	OUTER=$mount/madvisor-test-$$
	make_cgroup "$OUTER"
}

@test "without a limit it is the machine's memory" {
	run "$PROGRAMS/memory_limit"
	assert_success
	assert [ "$output" -le "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)" ]
	assert [ "$output" -gt $((16 * MIB)) ]
}

@test "the limit of a cgroup of version 1 holds" {
	version_1
	echo $((300 * MIB)) >"$OUTER/memory.limit_in_bytes"
	run limit_in "$OUTER"
	assert_output $((300 * MIB))
}

@test "the smallest limit on the way to the root holds, whichever is nearer" {
	version_1
	make_cgroup "$OUTER/middle"
	make_cgroup "$OUTER/middle/inner"
	echo $((300 * MIB)) >"$OUTER/memory.limit_in_bytes"
	run limit_in "$OUTER/middle/inner"
	assert_output $((300 * MIB))
	echo $((100 * MIB)) >"$OUTER/middle/inner/memory.limit_in_bytes"
	run limit_in "$OUTER/middle/inner"
	assert_output $((100 * MIB))
	echo $((200 * MIB)) >"$OUTER/middle/memory.limit_in_bytes"
	run limit_in "$OUTER/middle"
	assert_output $((200 * MIB))
}

@test "where only a part of the hierarchy is mounted, its limits hold, as in a container" {
	version_1
	make_cgroup "$OUTER/in side"
	echo $((300 * MIB)) >"$OUTER/memory.limit_in_bytes"
	echo $((250 * MIB)) >"$OUTER/in side/memory.limit_in_bytes"
	mkdir "$BATS_TEST_TMPDIR/m p"
	# Only the part is left, under a name that mountinfo has to quote.
	contained() {
		unshare --mount bash -ec '
			mount --bind "$1" "$2"
			umount -l "$3"
			echo $$ >"$2/$4/cgroup.procs"
			exec "$5"' bash "$1" "$BATS_TEST_TMPDIR/m p" "$V1" "$2" "$PROGRAMS/memory_limit"
	}
	run contained "$OUTER" 'in side'
	assert_output $((250 * MIB))
	echo -1 >"$OUTER/in side/memory.limit_in_bytes"
	run contained "$OUTER" 'in side'
	assert_output $((300 * MIB))
	# A part that the process is not in says nothing of it.
	make_cgroup "$OUTER/in"
	echo $((50 * MIB)) >"$OUTER/in/memory.limit_in_bytes"
	elsewhere() {
		unshare --mount bash -ec '
			echo $$ >"$1/in side/cgroup.procs"
			mount --bind "$1/in" "$2"
			umount -l "$3"
			exec "$4"' bash "$OUTER" "$BATS_TEST_TMPDIR/m p" "$V1" "$PROGRAMS/memory_limit"
	}
	run elsewhere
	assert [ "$output" -gt $((300 * MIB)) ]
}

@test "in a cgroup namespace whose root is not mounted the limits above it hold" {
	version_1
	echo $((300 * MIB)) >"$OUTER/memory.limit_in_bytes"
	make_cgroup "$OUTER/inner"
	spaced() {
		unshare --mount bash -ec '
			mount --bind "$1" "$2"
			umount -l "$3"
			echo $$ >"$2/inner/cgroup.procs"
			exec unshare --cgroup "$4"' bash "$OUTER" "$BATS_TEST_TMPDIR" "$V1" "$PROGRAMS/memory_limit"
	}
	run spaced
	assert_output $((300 * MIB))
}

@test "memory.max of version 2 holds, and \"max\" is no limit" {
	version_2
	make_cgroup "$OUTER/inner"
	limits() {
		local way=$OUTER/inner
		if [ -e "$OUTER/memory.max" ]; then
			echo +memory >"$OUTER/cgroup.subtree_control"
			echo "$1" >"$OUTER/memory.max"
			echo "$2" >"$OUTER/inner/memory.max"
			limit_in "$OUTER/inner"
			return
		fi
		# Memory is limited by version 1 here: files of the same names stand in for what version 2 would show.
		unshare --mount bash -ec '
			mount=${1%/*} inner=$1/inner
			echo $$ >"$inner/cgroup.procs"
			mount -t tmpfs none "$mount"
			mkdir -p "$inner"
			echo "$2" >"$1/memory.max"
			echo "$3" >"$inner/memory.max"
			exec "$4"' bash "$OUTER" "$1" "$2" "$PROGRAMS/memory_limit"
	}
	run limits $((300 * MIB)) max
	assert_output $((300 * MIB))
	run limits $((300 * MIB)) $((200 * MIB))
	assert_output $((200 * MIB))
	run limits max max
	assert_output "$("$PROGRAMS/memory_limit")"
}

# The sanitizers' runtimes need /proc.
# bats test_tags=no-sanitizer
@test "without /proc it is the machine's memory" {
	[ "$(id -u)" = 0 ] || skip 'a mount namespace needs root'
	run unshare --mount bash -ec 'mount -t tmpfs none /proc; exec "$1"' bash "$PROGRAMS/memory_limit"
	assert_success
	assert [ "$output" -gt $((16 * MIB)) ]
}
