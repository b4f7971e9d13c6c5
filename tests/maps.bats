#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Lines of /proc/PID/maps, and names as the kernel gives them.

load helpers

understood() {
	run "$PROGRAMS/maps_cases" <<<"$1"
	assert_success
	assert_output "$2"
}

bad() {
	understood "$1" bad
}

@test "a line says range, permissions, offset, device, inode and name" {
	understood '7f0c1000-7f0c2000 r--p 00001000 08:01 123                        /lib/x.so' \
		'7f0c1000-7f0c2000 r--p 00001000 08:01 123 /lib/x.so'
	understood '1000-2000 rwxs ffffffffffffffff fd:100 18446744073709551615 /a b ' \
		'1000-2000 rwxs ffffffffffffffff fd:100 18446744073709551615 /a b '
	understood 'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]' \
		'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]'
	understood '1000-2000 rw-p 00000000 00:00 0 ' '1000-2000 rw-p 00000000 00:00 0'
	understood '1000-2000 rw-p 00000000 00:00 0' '1000-2000 rw-p 00000000 00:00 0'
}

@test "a name with a backslash is marked: it may stand for a line end" {
	understood '1000-2000 r--s 00000000 08:01 12 /a\012b.mdb' '1000-2000 r--s 00000000 08:01 12 /a\012b.mdb (escaped)'
}

@test "what the kernel never writes is no line" {
	bad ''
	bad '/lib/x.so'
	bad '1000-1000 r--p 00000000 08:01 12 /x'
	bad '2000-1000 r--p 00000000 08:01 12 /x'
	bad '10000000000000000-10000000000001000 r--p 00000000 08:01 12 /x'
	bad '1000-2000 r--p 10000000000000000 08:01 12 /x'
	bad '1000-2000 r--p 00000000 100000000:01 12 /x'
	bad '1000-2000 r--p 00000000 08:01 18446744073709551616 /x'
	bad '1000-2000 r--p 00000000 08:01 12/x'
	bad '1000-2000 r--p 00000000 08:01'
	bad '1000-2000 r--p 00000000 08 12 /x'
	bad '1000-2000 r--p 08:01 12 /x'
	bad '1000-2000 r--x 00000000 08:01 12 /x'
	bad '1000-2000 rw- 00000000 08:01 12 /x'
	bad '1000 r--p 00000000 08:01 12 /x'
	bad ' 1000-2000 r--p 00000000 08:01 12 /x'
	bad '1000-20G0 r--p 00000000 08:01 12 /x'
}

@test "a last line without line end counts" {
	run "$PROGRAMS/maps_cases" < <(printf '1000-2000 r--p 00000000 08:01 1 /x\n2000-3000 r--p 00000000 08:01 12 /y')
	assert_line --index 0 '1000-2000 r--p 00000000 08:01 1 /x'
	assert_line --index 1 '2000-3000 r--p 00000000 08:01 12 /y'
}

@test "all that this kernel writes is understood" {
	run "$PROGRAMS/maps_cases" own
	assert_success
	refute_line bad
	assert_output --partial "/maps_cases"
	assert_output --partial '[stack]'
	# What maps says of init, if it may be read, comes out as it went in.
	cat /proc/1/maps /proc/self/maps >"$BATS_TEST_TMPDIR/maps" 2>/dev/null || true
	run diff <(sed -E 's/ +/ /g; s/ $//' "$BATS_TEST_TMPDIR/maps") <("$PROGRAMS/maps_cases" <"$BATS_TEST_TMPDIR/maps" | sed -E 's/ +/ /g')
	assert_output ''
}

@test "the kernel's (deleted) goes once, and only from a file without links" {
	name() { "$PROGRAMS/maps_cases" name "$@"; }
	assert_equal "$(name '/a/x.db (deleted)' 0)" '/a/x.db'
	assert_equal "$(name '/a/x.db (deleted) (deleted)' 0)" '/a/x.db (deleted)'
	assert_equal "$(name '/a/x.db' 0)" '/a/x.db'
	assert_equal "$(name '/a/x.db (deleted)' 1)" '/a/x.db (deleted)?'
	assert_equal "$(name '/a/x.db' 1)" '/a/x.db'
	assert_equal "$(name ' (deleted)' 0)" ' (deleted)'
	assert_equal "$(name '' 0)" ''
}

@test "a memfd's text holds its name" {
	memfd() { "$PROGRAMS/maps_cases" memfd "$1"; }
	assert_equal "$(memfd '/memfd:pool (deleted)')" 'memfd pool'
	assert_equal "$(memfd '/memfd: (deleted)')" 'memfd '
	assert_equal "$(memfd '/memfd:a (deleted) (deleted)')" 'memfd a (deleted)'
	assert_equal "$(memfd '/memfd:/var/x.mdb (deleted)')" 'memfd /var/x.mdb'
	assert_equal "$(memfd '/memfd:pool')" -
	assert_equal "$(memfd '/memfd:')" -
	assert_equal "$(memfd '/x/memfd:pool (deleted)')" -
}
