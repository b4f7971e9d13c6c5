#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The other machine that the library is written for: built by a cross compiler, run by qemu's emulation of a user's program. That gives
# no advice to the kernel; what the library asks of it is told by -strace.

# bats file_tags=no-sanitizer

load helpers
load unrelocated

COMPILER=aarch64-linux-gnu-gcc
EMULATOR=qemu-aarch64-static
export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu

# As distributions compile: a guarded function may not run before ld.so has told where the guard is.
setup_file() {
	WITHOUT=''
	for command in $COMPILER $EMULATOR; do
		command -v $command >/dev/null || WITHOUT="$command is not installed"
	done
	export WITHOUT
	[ -z "$WITHOUT" ] || return 0
	cd "$BATS_FILE_TMPDIR" || return
	"$SOURCE/configure" -q --host=aarch64-linux-gnu CFLAGS='-g -O2 -fstack-protector-strong' >log 2>&1 &&
		make -j2 libmadvisor.la tests/programs/mapper >>log 2>&1 ||
		{ cat log && return 1; }
}

setup() {
	[ -z "$WITHOUT" ] || skip "$WITHOUT"
	cd "$BATS_TEST_TMPDIR" || return
	library=$BATS_FILE_TMPDIR/.libs/libmadvisor.so
	programs=$BATS_FILE_TMPDIR/tests/programs
	head -c 1M /dev/zero >data.mdb
}

# emulate [NAME=VALUE]... COMMAND [ARGUMENT]...
emulate() {
	timeout -s KILL "$COMMAND_TIMEOUT" env ${preloads:+QEMU_SET_ENV="LD_PRELOAD=$preloads"} "$@"
}

@test "aarch64: hooks work for what chooses a function while ld.so has not relocated us" {
	local preloads rules
	build_unrelocated $COMPILER
	for preloads in "" "$library" "$library:$PWD/chosen.so" "$PWD/chosen.so:$library"; do
		for rules in "" "** normal" "** random override; [anon] dontdump override"; do
			run --separate-stderr emulate MADVISOR_RULES="$rules" $EMULATOR ./main
			assert_success
			assert_output 42
		done
	done
}

@test "aarch64: a mapping is advised when it is made, and before it goes (madvise)" {
	local preloads=$library
	run --separate-stderr emulate MADVISOR_RULES='*.mdb random,unmap:cold' $EMULATOR -strace "$programs/mapper" \
		"open data.mdb ro" "map r shared 0" unmap "map rw private 1M" errno
	assert_success
	assert_output 'errno 0'
	assert_regex "$stderr" 'madvise\([^,]*,1048576,(1|MADV_RANDOM)\)'
	assert_regex "$stderr" 'madvise\([^,]*,1048576,(20|MADV_COLD)\)'
}

@test "aarch64: hooks return what they return without the library" {
	local preloads statements=("open data.mdb ro" "map r shared 0" "madvise 2" "posix 2" "remap 2M" "remap 4K wrong"
		"at 0 4K" unmap close "shm 1M" detach "map rw private 4M" "fork map rw shared 64K" errno)
	run --separate-stderr emulate $EMULATOR "$programs/mapper" "${statements[@]}"
	local bare=$output
	preloads=$library
	run --separate-stderr emulate MADVISOR_RULES='** random,unmap:cold override; [anon] dontdump override; [shm] dontdump' $EMULATOR \
		"$programs/mapper" "${statements[@]}"
	assert_success
	assert_output "$bare"
	assert_output --partial 'errno 0'
}
