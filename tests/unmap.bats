#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# unmap:cold and unmap:pageout, given to what goes, just before it goes.

load helpers

RANDOM_=1 SEQUENTIAL=2

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	case $(stat -f -c %T .) in
	tmpfs | ramfs) skip "the test folder is in memory: nothing leaves the page cache" ;;
	esac
}

# file_of NAME MEGABYTES: a file whose pages are not in memory.
file_of() {
	head -c "$2M" /dev/urandom >"$1"
	drop_cache "$1"
}

mapper() {
	local rules=$1
	shift
	run --separate-stderr preload MADVISOR_RULES="$rules" MADVISOR_LOG_LEVEL="${level:-warning}" "$PROGRAMS/mapper" "$@"
	assert_success
}

# traced RULES STATEMENT...: the calls about memory that the host and the library make, from the mark "map" on: the addresses
# as offsets from the mapping's.
traced() {
	local rules=$1
	shift
	needs strace
	run timeout --signal=KILL "$COMMAND_TIMEOUT" strace -f -y -e signal=none -e trace=mmap,munmap,mremap,madvise,shmat,shmdt \
		-o trace -E LD_PRELOAD="$HOST_PRELOAD" -E MADVISOR_RULES="$rules" "$PROGRAMS/mapper" "$@"
	assert_success
	run "$PYTHON" - <<-'END'
		import re
		base = None
		for line in open("trace"):
		    call = re.match(r"\d+ +(\w+)\((.*)\) += (0x\w+|\d+|-1 E\w+)", line)
		    if not call:
		        continue
		    name, words, result = call[1], call[2].split(", "), call[3]
		    if name == "mmap" and words[0] == "NULL" and words[3] == "MAP_SHARED" or name == "shmat":
		        base = int(result, 16)
		    elif base and name in ("munmap", "madvise", "mremap", "shmdt"):
		        at = int(words[0], 16) - base
		        if 0 <= at < 1 << 30:
		            sizes = ["%dK" % (int(word) // 1024) for word in words[1:3] if word.isdigit()]
		            print(name, "%dK" % (at // 1024), *sizes, *(word for word in words[1:] if word.startswith("MADV")))
	END
}

@test "a scan with sequential,unmap:pageout leaves less than 1 % of the file in the page cache" {
	file_of backup 64
	mapper "" "open backup ro" "map r shared 0" touch unmap
	[ "$(resident backup)" -ge $((60 << 20)) ]
	drop_cache backup
	mapper "backup sequential,unmap:pageout" "open backup ro" "map r shared 0" touch unmap
	[ "$(resident backup)" -lt $((64 << 20)) ]
	[ "$(resident backup)" -lt $(((64 << 20) / 100)) ] || fail "$(resident backup) bytes of 64 MiB are left"
	assert_equal "$stderr" ""
}

@test "so does a scan window by window" {
	local window statements=("open backup ro")
	file_of backup 32
	for window in {0..28..4}; do
		statements+=("map r shared 4M ${window}M" touch unmap)
	done
	mapper "backup sequential,unmap:pageout" "${statements[@]}"
	[ "$(resident backup)" -lt $(((32 << 20) / 100)) ] || fail "$(resident backup) bytes of 32 MiB are left"
}

@test "a part that goes takes its pages along, and what stays keeps them" {
	file_of data.db 8
	mapper "*.db unmap:pageout" "open data.db ro" "map r shared 0" touch "at 0 2M" unmap "at 6M 2M" unmap "at 3M 1M" unmap \
		"at 2M 1M" resident "at 4M 2M" resident
	assert_output $'1048576\n2097152'
	# The kernel passes over the odd page that another CPU has just put on a list; and may have taken one that stayed.
	[ "$(resident data.db)" -ge $(((3 << 20) - (128 << 10))) ]
	[ "$(resident data.db)" -lt $(((3 << 20) + (128 << 10))) ] || fail "$(resident data.db) bytes are left, not 3 MiB"
}

@test "without a rule, munmap leaves the pages in memory" {
	file_of data.db 8
	mapper "*.log unmap:pageout" "open data.db ro" "map r shared 0" touch unmap
	[ "$(resident data.db)" -ge $(((8 << 20) - (128 << 10))) ]
}

# bats test_tags=no-sanitizer
@test "the advice comes just before the munmap, for the part that goes, once" {
	file_of data.db 1
	traced "*.db unmap:cold" "open data.db ro" "map r shared 0" "at 64K 64K" unmap "at 0 128K" unmap whole unmap
	assert_output "$(printf '%s\n' "madvise 64K 64K MADV_COLD" "munmap 64K 64K" "madvise 0K 64K MADV_COLD" "munmap 0K 128K" \
		"madvise 128K 896K MADV_COLD" "munmap 0K 1024K")"
}

# bats test_tags=no-sanitizer
@test "a munmap over several mappings and holes advises each piece by its own rule" {
	file_of a.db 1
	file_of b.db 1
	file_of plain 1
	traced "a.db unmap:cold; b.db unmap:pageout" "open plain ro" "map r shared 0" "open a.db ro" "at 0 64K" "map r shared,fixed 64K" \
		"open b.db ro" "at 128K 64K" "map r shared,fixed 64K" "at 192K 64K" unmap whole unmap
	assert_output "$(printf '%s\n' "munmap 192K 64K" "madvise 128K 64K MADV_PAGEOUT" "madvise 0K 64K MADV_COLD" "munmap 0K 1024K")"
}

# bats test_tags=no-sanitizer
@test "an mremap that shrinks and a shmdt unmap too" {
	file_of data.db 1
	traced "*.db unmap:cold" "open data.db ro" "map r shared 0" "remap 256K" "at 128K 128K" "remap 64K"
	assert_output "$(printf '%s\n' "madvise 256K 768K MADV_COLD" "mremap 0K 1024K 256K" "madvise 192K 64K MADV_COLD" \
		"mremap 128K 128K 64K")"
	traced "[shm] unmap:cold" "shm 1M" "at 0 64K" unmap whole detach
	assert_output "$(printf '%s\n' "madvise 0K 64K MADV_COLD" "munmap 0K 64K" "madvise 64K 960K MADV_COLD" "shmdt 0K")"
}

# bats test_tags=no-sanitizer
@test "a mapping that is moved is followed to where it is, one that is mapped over or left at exit gets no advice" {
	file_of data.db 1
	traced "*.db unmap:cold" "open data.db ro" "map r shared 0" "at 0 64K" "map rw private,anon,fixed 64K" unmap
	assert_output "munmap 0K 64K"
	run timeout "$COMMAND_TIMEOUT" strace -e trace=mremap,madvise,munmap -o trace -E LD_PRELOAD="$HOST_PRELOAD" \
		-E MADVISOR_RULES="*.db unmap:cold" "$PROGRAMS/mapper" "open data.db ro" "map r shared 0" "remap 1M fixed" unmap
	run awk '/^mremap/ { moved = $NF } /MADV_COLD/ && !/NULL/ { print (index($0, "(" moved ",") ? "moved" : "elsewhere") }' trace
	assert_output moved
}

@test "what is unmapped in a forked child, or a vforked one, is advised there" {
	file_of data.db 4
	level=info mapper "*.db unmap:cold" "open data.db ro" "map r shared 0" touch "fork at 0 1M; unmap" "vfork at 1M 1M; unmap" whole \
		unmap
	run grep -o 'applied cold to .*' <<<"$stderr"
	# of the child, the vforked child, and the parent, which has lost to the latter what it unmapped
	assert_output --regexp '^[^(]*\(1\.0 MiB\)
[^(]*\(1\.0 MiB\)
[^(]*\(2\.0 MiB\)
[^(]*\(1\.0 MiB\)$'
}

# bats test_tags=no-sanitizer
@test "a munmap that fails for the number of mappings keeps what is followed" {
	[ "$(</proc/sys/vm/max_map_count)" -le 100000 ] || skip "vm.max_map_count is too large to be reached quickly"
	file_of data.db 1
	mapper "*.db sequential,unmap:cold override" "open data.db ro" "map r shared 0" close crowd "at 64K 64K" \
		unmap "madvise $RANDOM_" whole "madvise $RANDOM_" flags
	assert_equal "${lines[0]}" "munmap: ENOMEM"
	assert_equal "${lines[2]}" "madvise $RANDOM_: ok"
	assert_regex " ${lines[3]} " " sr "
}

@test "munmap, mremap and shmdt of a process without regions are the real call alone" {
	needs strace
	file_of data.db 1
	run timeout "$COMMAND_TIMEOUT" strace -o trace -E LD_PRELOAD="$HOST_PRELOAD" -E MADVISOR_RULES="*.log random,unmap:cold override" \
		"$PROGRAMS/mapper" "open data.db ro" "map r shared 0" "unmap" close "map rw private 1M" "remap 512K" "unmap" "shm 64K" detach
	run sed -n '/data.db/,/shmdt/p' trace
	refute_output --partial rt_sigprocmask
	assert_output --partial shmdt
}
