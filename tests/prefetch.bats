#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What prefetch brings into memory, judged by mincore and fincore.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	case $(stat -f -c %T .) in
	tmpfs | ramfs) skip "the test folder is in memory: nothing to read from storage" ;;
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
	run --separate-stderr preload MADVISOR_RULES="$rules" "$PROGRAMS/mapper" "$@"
	assert_success
}

is_resident() {
	[ "$(resident "$1")" -ge "$2" ]
}

@test "willneed brings a whole file of 1 GB, not the 4 MB of one call" {
	file_of big.db 1024
	start MADVISOR_RULES="*.db willneed@0.." sh -c "exec '$PROGRAMS/mapper' 'open big.db ro' 'map r shared 0' 'sleep 30'"
	# All but what the machine takes back meanwhile; a slow disk may need long.
	wait_for is_resident big.db $((900 << 20)) || wait_for is_resident big.db $((900 << 20))
	kill "$pid"
}

@test "populate-read has brought all of it when mmap returns" {
	file_of data.db 64
	mapper "*.db populate-read" "open data.db ro" "map r shared 0" resident
	assert_output $((64 << 20))
}

@test "a range is of the file, whatever part of it is mapped" {
	file_of data.db 64
	mapper "*.db populate-read@60M..61M" "open data.db ro" "map r shared 60M 4M" "at 56M 1M" resident "at 0 1M" resident
	assert_line --index 0 $((1 << 20))
	assert_line --index 1 0
}

@test "a range that the mapping does not hold prefetches nothing" {
	file_of data.db 16
	mapper "*.db populate-read@12M..13M" "open data.db ro" "map r shared 4M 0" resident
	assert_output 0
}

@test "prefetch comes before random, whatever order the rule is written in" {
	file_of data.db 8
	run timeout 60 strace -f -qq -e trace=madvise -o trace env LD_PRELOAD="$HOST_PRELOAD" \
		MADVISOR_RULES="*.db random,populate-read" "$PROGRAMS/mapper" "open data.db ro" "map r shared 0"
	run awk '/madvise\(0x/ && !/WIPEONFORK/ { print /MADV_RANDOM/ ? "random" : "prefetch" }' trace
	assert_equal "$(uniq <<<"$output" | xargs)" "prefetch random"
}

@test "holes stay holes: of a sparse file only what is allocated is read" {
	truncate -s 1G sparse.db
	dd if=/dev/urandom of=sparse.db bs=1M seek=512 count=4 conv=notrunc status=none
	drop_cache sparse.db
	mapper "*.db populate-read" "open sparse.db ro" "map r shared 0" resident
	[ "$output" -ge $((4 << 20)) ]
	[ "$output" -le $((40 << 20)) ]   # the device's readahead goes on behind the end of what is allocated
}

@test "a mapping longer than its file is no error" {
	file_of data.db 4
	mapper "*.db populate-read,random" "open data.db ro" "map r shared 64M" flags "at 0 4M" resident
	assert_line --index 0 --regexp ' rr '
	assert_line --index 1 $((4 << 20))
	assert_equal "$stderr" ""
}

@test "prefetch stops at a quarter of the memory, and says once what it left out" {
	local cgroup=/sys/fs/cgroup/memory/madvisor-test-$$
	mkdir "$cgroup" 2>/dev/null || skip "no memory cgroup (v1) can be made here"
	echo $((64 << 20)) >"$cgroup/memory.limit_in_bytes"
	file_of data.db 64
	run --separate-stderr bash -c "echo \$\$ >$cgroup/cgroup.procs; LD_PRELOAD='$HOST_PRELOAD' MADVISOR_LOG_LEVEL=notice \
		MADVISOR_RULES='*.db populate-read' exec '$PROGRAMS/mapper' 'open data.db ro' 'map r shared 0' resident 'map r shared 0'"
	rmdir "$cgroup"
	[ "$output" -ge $((16 << 20)) ]
	[ "$output" -le $((32 << 20)) ]
	assert_equal "$(grep -c 'left out 48.0 MiB' <<<"$stderr")" 1
}

@test "populate-write makes a file mapping's pages, and only with unsafe" {
	file_of data.db 4
	mapper "*.db populate-write unsafe" "open data.db rw" "map rw shared 0" resident
	assert_output $((4 << 20))
	mapper "*.db populate-write" "open data.db rw" "map rw shared 0" resident
	assert_regex "$stderr" 'needs the option "unsafe"'
}

@test "populate-write allocates a memfd, which is empty at first" {
	mapper "[memfd:*] populate-write" "memfd pool 4M" "map rw shared 0" resident
	assert_output $((4 << 20))
}

@test "holes of a file of memory stay holes: populate-read takes no memory for them" {
	run --separate-stderr preload MADVISOR_RULES="[memfd:*] populate-read" "$PYTHON" -c '
import mmap, os
file = os.memfd_create("pool")
os.ftruncate(file, 64 << 20)
os.pwrite(file, b"x" * (4 << 20), 32 << 20)
mapping = mmap.mmap(file, 0)
print(os.fstat(file).st_blocks // 2048)'
	assert_output 4
}

@test "prefetch moves no descriptor and leaves none open" {
	file_of data.db 4
	cat >host.py <<-'END'
		import mmap, os
		file = os.open("data.db", os.O_RDONLY)
		os.lseek(file, 12345, os.SEEK_SET)
		mapping = mmap.mmap(file, 0, prot=mmap.PROT_READ)
		print(os.lseek(file, 0, os.SEEK_CUR), os.listdir("/proc/self/fd"))
	END
	run --separate-stderr "$PYTHON" host.py
	local bare=$output
	run --separate-stderr preload MADVISOR_RULES="*.db populate-read" "$PYTHON" host.py
	assert_output "$bare"
	assert_output --regexp '^12345 '
}
