#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The presets as texts, and those for any program at work. Those for one program are shown by tests/databases.

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

# mapper PRESET STATEMENT...: the test host under the preset; what it prints.
mapper() {
	run --separate-stderr preload MADVISOR_POLICY="$PRESETS/$1.policy" "$PROGRAMS/mapper" "${@:2}"
	assert_success
	assert_equal "$stderr" ""
}

@test "undo-random takes a program's own random back (VmFlags without rr)" {
	truncate -s 2M "$BATS_TEST_TMPDIR/file"
	mapper undo-random "open $BATS_TEST_TMPDIR/file ro" "map r shared 0" "madvise 1" flags
	refute_output --regexp ' rr( |$)'
	run preload "$PROGRAMS/mapper" "open $BATS_TEST_TMPDIR/file ro" "map r shared 0" "madvise 1" flags
	assert_output --regexp ' rr( |$)'
}

@test "backup-scan reads ahead (VmFlags sr), and gives cold just before the unmap (strace)" {
	head -c 2M /dev/zero >"$BATS_TEST_TMPDIR/file"
	mapper backup-scan "open $BATS_TEST_TMPDIR/file ro" "map r shared 0" flags
	assert_output --regexp ' sr( |$)'
	mapper backup-scan "open $BATS_TEST_TMPDIR/file rw" "map rw shared 0" flags
	refute_output --regexp ' sr( |$)'
	run strace -f -e trace=madvise,munmap -o "$BATS_TEST_TMPDIR/trace" env LD_PRELOAD="$HOST_PRELOAD" \
		MADVISOR_POLICY="$PRESETS/backup-scan.policy" "$PROGRAMS/mapper" "open $BATS_TEST_TMPDIR/file ro" \
		"map r shared 0" unmap
	assert_success
	run grep -A 1 'madvise(0x[0-9a-f]*, 2097152, MADV_COLD) = 0' "$BATS_TEST_TMPDIR/trace"
	assert_line --index 1 --regexp 'munmap\(0x[0-9a-f]*, 2097152\)'
}

@test "coredump-slim leaves large memory out of core files (VmFlags dd), and small memory in" {
	local kind
	for kind in "map rw shared,anon 16M" "map rw private,anon 64M" "shm 16M"; do
		mapper coredump-slim "$kind" flags
		assert_output --regexp ' dd( |$)'
	done
	mapper coredump-slim "memfd pool 16M" "map rw shared 0" flags
	assert_output --regexp ' dd( |$)'
	mapper coredump-slim "map rw private,anon 32M" flags
	refute_output --regexp ' dd( |$)'
}

@test "no-thp and thp-anon say no and yes to huge pages (VmFlags nh, hg)" {
	mapper no-thp "map rw private,anon 2M" flags
	assert_output --regexp ' nh( |$)'
	mapper no-thp "map rw private,anon 1M" flags
	refute_output --regexp ' nh( |$)'
	mapper thp-anon "map rw private,anon 64M" flags
	assert_output --regexp ' hg( |$)'
}

@test "llama-cpp has a whole model read (page cache), and another file not" {
	cd "$BATS_TEST_TMPDIR"
	head -c 64M /dev/urandom >model.gguf
	cp model.gguf model.bin
	drop_cache model.gguf
	drop_cache model.bin
	start MADVISOR_POLICY="$PRESETS/llama-cpp.policy" "$PROGRAMS/mapper" "open model.bin ro" "map r shared 0" close \
		"open model.gguf ro" "map r shared 0" "sleep 30"
	# Not to the last page: the machine takes the odd one back.
	is_read() { [ "$(resident model.gguf)" -gt 60000000 ]; }
	wait_for is_read
	assert_equal "$(resident model.bin)" 0
}

@test "vector undoes random on inverted lists, and leaves other files of an index to the program" {
	truncate -s 16M "$BATS_TEST_TMPDIR/lists.ivfdata" "$BATS_TEST_TMPDIR/graph.faiss"
	mapper vector "open $BATS_TEST_TMPDIR/lists.ivfdata ro" "map r shared 0" "madvise 1" flags
	refute_output --regexp ' rr( |$)'
	mapper vector "open $BATS_TEST_TMPDIR/graph.faiss ro" "map r shared 0" "madvise 1" flags
	assert_output --regexp ' rr( |$)'
}
