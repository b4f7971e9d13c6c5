#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Memcheck over the hooks: nothing is read that was not written, in the library's own memory or the host's.

load helpers

setup() {
	needs valgrind
	valgrind --error-exitcode=9 -q true >/dev/null 2>&1 || skip "valgrind cannot run here (libc6-dbg)"
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/urandom >data.mdb
}

# checked RULES STATEMENT...: the test host under memcheck.
checked() {
	local rules=$1
	shift
	run --separate-stderr timeout -s KILL 100 valgrind --quiet --error-exitcode=9 --log-file=report --vgdb=no \
		--trace-children=yes env LD_PRELOAD="$LIBRARY" MADVISOR_LOG_LEVEL=debug MADVISOR_RULES="$rules" "$PROGRAMS/mapper" "$@"
	assert_success
	assert_regex "$stderr" 'mapper: info: active'
	assert_equal "$(cat report)" ""
}

# bats test_tags=no-sanitizer
@test "memcheck finds no error where files are mapped, moved, advised and unmapped" {
	checked "*.db none; *.{mdb,sst} populate-read|willneed,random,unmap:pageout override file>=0%" "open data.mdb ro" "map r shared 0" \
		"madvise 2" "at 0 512K" "remap 256K" unmap "map r private 0" "posix 2" "fork unmap" unmap
	assert_regex "$stderr" 'applied .*random'
}

# bats test_tags=no-sanitizer
@test "memcheck finds no error in policies with errors, nor in memory of every kind" {
	checked "[anon] dontdump size>=1M; [shm] dontdump override; [memfd:p*] random; [shared-anon] dontdump,unmap:cold" \
		"map rw private 4M" unmap "shm 1M" detach "memfd pool 1M" "map rw shared 0" unmap close "map rw shared,anon 1M" unmap
	run --separate-stderr valgrind --quiet --error-exitcode=9 --log-file=report --trace-children=yes env LD_PRELOAD="$LIBRARY" \
		MADVISOR_RULES="*.mdb bogus; /a/[z-a] random; [anon] normal size>=x" "$PROGRAMS/mapper" "map rw private 4M"
	assert_success
	assert_regex "$stderr" 'running without advice'
	assert_equal "$(cat report)" ""
}
