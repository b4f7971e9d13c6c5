#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mappings that grow, shrink and move: what sticks stays, what fits the new size is given, prefetch goes to the new part.

load helpers

RANDOM_=1

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 4M /dev/zero >a.db
	cp a.db plain
}

mapper() {
	local rules=$1
	shift
	run --separate-stderr preload MADVISOR_RULES="$rules" MADVISOR_LOG_LEVEL="${level:-warning}" "$PROGRAMS/mapper" "$@"
	assert_success
}

# assert_flags LINE WANTED...: the VmFlags in that line of the output hold these words; a word with "!" in front is not there.
assert_flags() {
	local line=${lines[$1]} word
	shift
	for word; do
		case $word in
		!*) refute_regex " $line " " ${word#!} " ;;
		*) assert_regex " $line " " $word " ;;
		esac
	done
}

@test "what sticks covers what grew, in one mapping, whether it moved or not" {
	local how
	for how in "" " fixed" " inplace"; do
		mapper "*.db random,dontdump" "open a.db ro" "map r shared 4M" "remap 1M" "remap 4M$how" flags size "at 3M 4K" flags
		assert_flags 0 rr dd
		assert_equal "${lines[1]}" "4096 kB"
		assert_flags 2 rr dd
	done
}

@test "a mapping is judged by its size again when it grows, with the descriptor closed" {
	mapper "*.db random size>=1M" "open a.db ro" "map r shared 8K" close flags "remap 512K" flags "remap 2M" flags
	assert_flags 0 '!rr'
	assert_flags 1 '!rr'
	assert_flags 2 rr
}

@test "what mmap's flags said is remembered until it grows" {
	mapper "*.db random size>=1M shared readonly" "open a.db ro" "map r shared 8K" "remap 2M" flags
	assert_flags 0 rr
	mapper "*.db random size>=1M !readonly" "open a.db ro" "map r shared 8K" "remap 2M" flags
	assert_flags 0 '!rr'
	mapper "*.db random size>=1M private" "open a.db ro" "map r shared 8K" "remap 2M" flags
	assert_flags 0 '!rr'
}

@test "the first rule that matches the new size decides" {
	mapper "*.db sequential size>=2M; *.db random" "open a.db ro" "map r shared 8K" "remap 1M" flags "remap 2M" flags
	assert_flags 0 rr
	assert_flags 1 sr
	mapper "*.db sequential size>=2M override; *.db random override" "open a.db ro" "map r shared 8K" "madvise $RANDOM_" \
		"remap 2M" "madvise $RANDOM_" flags
	assert_flags 2 sr
}

@test "a rule that no longer matches leaves what it gave" {
	mapper "*.db random size<1M" "open a.db ro" "map r shared 8K" "remap 2M" flags
	assert_flags 0 rr
}

@test "a mapping that grew under a rule of its size is held from then on" {
	mapper "*.db sequential size>=1M override" "open a.db ro" "map r shared 8K" "madvise $RANDOM_" flags "remap 2M" \
		"madvise $RANDOM_" flags
	assert_flags 1 rr '!sr'
	assert_flags 3 sr '!rr'
}

@test "the name is judged again: a file that was renamed has the new one, another file has none" {
	mapper "*.db random size>=1M" "open plain ro" "map r shared 8K" "rename plain new.db" "remap 2M" flags
	assert_flags 0 rr
	cp a.db plain
	mapper "*.db random size>=1M" "open plain ro" "map r shared 8K" "remap 2M" flags
	assert_flags 0 '!rr'
	mapper "*.db random size>=1M deleted" "open a.db ro" "map r shared 8K" "unlink a.db" "remap 2M" flags
	assert_flags 0 rr
}

@test "a memfd is judged again as well" {
	mapper "[memfd:pool] random size>=1M" "memfd pool 4M" "map rw shared 8K" close "remap 2M" flags
	assert_flags 0 rr
}

@test "private anonymous memory keeps what sticks; what was too small for a rule stays without, as it has no name" {
	mapper "[anon] nohugepage,dontdump" "map rw private 1M" "remap 4M" flags "at 3M 4K" flags
	assert_flags 0 dd
	assert_flags 1 dd
	mapper "[anon] dontdump size>=2M" "map rw private 1M" "remap 4M" flags
	assert_flags 0 '!dd'
	mapper "[anon] dontdump override size>=2M; [anon] dodump override" "map rw private 1M" "remap 4M" flags
	assert_flags 0 dd
}

@test "what is cut off is no longer held, what is left is" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 4M" "remap 1M" "open plain ro" "at 1M 1M" \
		"map r shared,fixed,noreplace 1M" "at 0 2M" "madvise $RANDOM_" "at 0 4K" flags "at 1M 4K" flags
	assert_equal "${lines[0]}" "madvise 1: ok"
	assert_flags 1 sr '!rr'
	assert_flags 2 rr '!sr'
}

@test "what is moved is held where it is now, and not where it was" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 4M" "remap 4M fixed" "madvise $RANDOM_" flags old \
		"open plain ro" "map r shared,fixed,noreplace 4M" "madvise $RANDOM_" flags
	assert_flags 1 sr '!rr'
	assert_equal "${lines[2]}" "madvise 1: ok"
	assert_flags 3 rr '!sr'
}

@test "a part that is moved is held in both places" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 4M" "at 1M 1M" "remap 2M fixed" "madvise $RANDOM_" flags old \
		"at 0 1M" "madvise $RANDOM_" flags "at 2M 2M" "madvise $RANDOM_" flags
	assert_flags 1 sr
	assert_flags 3 sr
	assert_flags 5 sr
}

@test "what is mapped over by a move is no longer held" {
	mapper "a.db sequential override" "open a.db ro" "map r shared 4M" "open plain ro" "map r shared 4M" "at 0 1M" \
		"remap 1M over" "madvise $RANDOM_" flags "at 1M 1M" "madvise $RANDOM_" flags
	assert_flags 1 rr '!sr'
	assert_flags 3 sr '!rr'
}

@test "with MREMAP_DONTUNMAP the old mapping and the new one are held" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 4M" "remap 4M dontunmap" "madvise $RANDOM_" flags old \
		"madvise $RANDOM_" flags
	assert_flags 1 sr
	assert_flags 3 sr
}

@test "with old size 0 both mappings are held, and the second one is judged by its size" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 4M" "remap 1M again" "madvise $RANDOM_" flags old \
		"madvise $RANDOM_" flags
	assert_flags 1 sr
	assert_flags 3 sr
	mapper "*.db random size>=1M" "open a.db ro" "map r shared 8K" "remap 2M again" flags old flags
	assert_flags 0 rr
	assert_flags 1 '!rr'
}

@test "an mremap that fails leaves what is held, and errno, as they were" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 4M" "remap 8M wrong" "remap 1M wrong" "remap 0" \
		"at 64T 4K" "remap 8K" whole "madvise $RANDOM_" flags
	assert_equal "${lines[0]} ${lines[1]} ${lines[2]}" "mremap: EINVAL mremap: EINVAL mremap: EINVAL"
	assert_flags -1 sr '!rr'
}

# bats test_tags=no-sanitizer
@test "prefetch is given to the new part alone" {
	needs strace
	local advice
	for advice in populate-read willneed; do
		run timeout "$COMMAND_TIMEOUT" strace -e trace=madvise,mremap -o trace -E LD_PRELOAD="$HOST_PRELOAD" \
			-E MADVISOR_RULES="*.db $advice" "$PROGRAMS/mapper" "open a.db ro" "map r shared 1M" "remap 2M"
		assert_success
		run awk '/^mremap/ { moved = 1; next } moved && /MADV_(WILLNEED|POPULATE_READ)/ { sub(/.*, /, "", $2); split($0, word, ", "); sum += word[2] }
			END { print sum }' trace
		assert_output 1048576
	done
}

@test "populate-read has brought the new part into memory when mremap returns, of a mapping that grew into a rule all of it" {
	case $(stat -f -c %T .) in
	tmpfs | ramfs) skip "the test folder is in memory" ;;
	esac
	drop_cache a.db
	mapper "*.db populate-read" "open a.db ro" "map r shared 1M" "remap 4M" resident
	assert_output 4194304
	drop_cache a.db
	mapper "*.db populate-read size>=2M" "open a.db ro" "map r shared 1M" "remap 4M" resident
	assert_output 4194304
}

@test "growth counts: one mapping, and the bytes that were added" {
	level=info mapper "*.db random" "open a.db ro" "map r shared 1M" "remap 4M"
	assert_regex "$stderr" "summary: 1 mapping, 4.0 MiB, 0 failures"
}

# sqlite maps 8 KiB and lets the mapping grow with the file.
has_flags() {
	local word flags
	flags=" $(vmflags "$pid" "$PWD/look.db") "
	for word; do
		[[ $flags = *" $word "* ]] || return
	done
}

@test "sqlite's database is advised when the mapping has grown large enough" {
	needs sqlite3
	mkfifo statements
	start MADVISOR_RULES="*.db random,dontdump size>=1M" sh -c 'exec sqlite3 look.db <statements'
	exec 4>statements
	echo "pragma mmap_size=1073741824; create table t(v); insert into t values(randomblob(100)); select count(*) from t;" >&4
	wait_for grep -q '^1$' "$BATS_TEST_TMPDIR/stdout"
	run -1 has_flags rr
	echo "insert into t select randomblob(100000) from generate_series(1, 50); select count(*) from t;" >&4
	wait_for grep -q '^51$' "$BATS_TEST_TMPDIR/stdout"
	echo "select sum(length(v)) > 0 from t;" >&4
	wait_for has_flags rr dd
	exec 4>&-
}
