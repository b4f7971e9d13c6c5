#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a rule gives is what the kernel has: VmFlags, numa_maps, mincore.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 4M /dev/urandom >data.mdb
	sync data.mdb
}

# mapper RULES STATEMENT...: the test host under these rules; its output without the log.
mapper() {
	local rules=$1
	shift
	run --separate-stderr preload MADVISOR_RULES="$rules" "$PROGRAMS/mapper" "$@"
	assert_success
}

# assert_flags WANTED...: the VmFlags that were printed hold these words; a word with "!" in front is not there.
assert_flags() {
	local word
	for word; do
		case $word in
		!*) refute_regex " $output " " ${word#!} " ;;
		*) assert_regex " $output " " $word " ;;
		esac
	done
}

# advise_each_way ADVICE [OPTION] -- WANTED...: on the three ways to map a file.
on_each_file_mapping() {
	local rule=$1 way
	shift
	for way in "ro r shared" "rw rw shared" "ro rw private"; do
		read -r mode protection flags <<<"$way"
		mapper "*.mdb $rule" "open data.mdb $mode" "map $protection $flags 0" flags
		assert_flags "$@"
		[ -z "$stderr" ] || fail "$rule on $way: $stderr"
	done
}

on_each_memory_mapping() {
	local rule=$1
	shift
	mapper "[anon] $rule" "map rw private 4M" flags
	assert_flags "$@"
	mapper "[shared-anon] $rule" "map rw shared,anon 4M" flags
	assert_flags "$@"
	mapper "[memfd:pool] $rule" "memfd pool 4M" "map rw shared 0" flags
	assert_flags "$@"
	mapper "[shm] $rule" "shm 4M" flags
	assert_flags "$@"
}

@test "random sets rr on each kind of mapping" {
	on_each_file_mapping random rr '!sr'
	on_each_memory_mapping random rr '!sr'
}

@test "sequential sets sr on each kind of mapping" {
	on_each_file_mapping sequential sr '!rr'
	on_each_memory_mapping sequential sr '!rr'
}

@test "hugepage sets hg, nohugepage nh, on each kind of mapping" {
	grep -q CONFIG_TRANSPARENT_HUGEPAGE=y <(zcat /proc/config.gz 2>/dev/null) || [ -d /sys/kernel/mm/transparent_hugepage ] ||
		skip "this kernel has no transparent huge pages"
	on_each_file_mapping hugepage hg '!nh'
	on_each_memory_mapping hugepage hg '!nh'
	on_each_file_mapping nohugepage nh '!hg'
	on_each_memory_mapping nohugepage nh '!hg'
}

@test "dontdump and FreeBSD's nocore set dd on each kind of mapping" {
	on_each_file_mapping dontdump dd
	on_each_memory_mapping dontdump dd
	on_each_file_mapping nocore dd
}

@test "dontfork sets dc, and a forked child does not have the mapping" {
	mapper "*.mdb dontfork unsafe" "open data.mdb ro" "map r shared 0" flags "fork flags"
	assert_equal "${#lines[@]}" 1
	assert_flags dc
}

@test "wipeonfork sets wf on private anonymous memory" {
	mapper "[anon] wipeonfork unsafe" "map rw private 4M" flags
	assert_flags wf
}

@test "mergeable sets mg on private memory" {
	[ -e /sys/kernel/mm/ksm/run ] || skip "this kernel is built without KSM"
	mapper "[anon] mergeable" "map rw private 4M" flags
	assert_flags mg
	mapper "*.mdb mergeable" "open data.mdb ro" "map rw private 0" flags
	assert_flags mg
}

@test "guard-install makes the first access fail, on the named file alone" {
	mapper "$BATS_TEST_TMPDIR/data.mdb guard-install unsafe" "open data.mdb ro" "map r shared 0" flags
	[[ $stderr != *"not supported"* ]] || skip "this kernel has no guard pages"
	run preload MADVISOR_RULES="$BATS_TEST_TMPDIR/data.mdb guard-install unsafe" "$PROGRAMS/mapper" \
		"open data.mdb ro" "map r shared 0" touch
	assert_equal "$status" 139
}

@test "access-many interleaves, access-lwp is local, access-default is the default (numa_maps)" {
	[ -e /proc/self/numa_maps ] || skip "this kernel is built without NUMA"
	mapper "[anon] access-many" "map rw private 4M" numa
	assert_output --regexp '^interleave'
	mapper "[anon] access-lwp" "map rw private 4M" numa
	assert_output local
	mapper "[shared-anon] access-many" "map rw shared,anon 4M" numa
	assert_output --regexp '^interleave'
	mapper "[anon] access-default" "map rw private 4M" numa
	assert_output default
}

@test "several advices of one rule are all in force" {
	mapper "*.mdb random,nohugepage,dontdump" "open data.mdb ro" "map r shared 0" flags
	assert_flags rr nh dd
}

@test "a rule is for what mmap64, offsets and MAP_SHARED_VALIDATE map, too" {
	mapper "*.mdb random" "open data.mdb ro" "map r validate 1M 1M" flags
	assert_flags rr
}

@test "private /dev/zero is [anon], shared /dev/zero [shared-anon], other devices are nothing" {
	mapper "[anon] random; [shared-anon] sequential; [file] dontdump; ** dontdump" "open /dev/zero rw" "map rw private 4M" flags
	assert_flags rr '!dd'
	mapper "[anon] random; [shared-anon] sequential; [file] dontdump; ** dontdump" "open /dev/zero rw" "map rw shared 4M" flags
	assert_flags sr '!dd'
}

@test "a memfd is neither [file] nor a path" {
	mapper "** dontdump; [file] dontdump; [memfd:*] random" "memfd data.mdb 4M" "map rw shared 0" flags
	assert_flags rr '!dd'
}

@test "reservations and stacks are never advised" {
	mapper "[anon] random" "map none private 4M" flags
	assert_flags '!rr'
	mapper "[anon] random" "map rw private,growsdown 64K" flags
	assert_flags '!rr'
}

@test "advice goes to the whole of a mapping of huge pages, whatever length was asked for" {
	local before
	before=$(cat /proc/sys/vm/nr_hugepages)
	echo $((before + 4)) >/proc/sys/vm/nr_hugepages 2>/dev/null || skip "huge pages cannot be reserved here"
	mapper "[anon] dontdump hugetlb" "map rw private,hugetlb 3M" flags
	echo "$before" >/proc/sys/vm/nr_hugepages
	[[ $output != mmap:* ]] || skip "this machine has no huge pages to give"
	assert_flags dd ht
	assert_equal "$stderr" ""
}

@test "a file on hugetlbfs is advised, mapped with MAP_HUGETLB or without" {
	local folder=$BATS_TEST_TMPDIR/huge flags
	mkdir "$folder"
	unshare --mount mount -t hugetlbfs none "$folder" 2>/dev/null || skip "hugetlbfs cannot be mounted here"
	for flags in shared,noreserve shared,noreserve,hugetlb; do
		run --separate-stderr unshare --mount bash -c 'mount -t hugetlbfs none "$0" && truncate -s 4M "$0/file" && exec "$@"' "$folder" \
			env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES="$folder/** dontdump" \
			"$PROGRAMS/mapper" "open $folder/file ro" "map r $flags 4M" flags
		assert_success
		assert_flags dd ht
		assert_equal "$stderr" ""
	done
}

@test "a dry run matches and logs, and advises nothing" {
	run preload MADVISOR_DRY_RUN=1 MADVISOR_LOG_LEVEL=info MADVISOR_RULES="*.mdb random" "$PROGRAMS/mapper" \
		"open data.mdb ro" "map r shared 0" flags
	assert_output --partial "would apply random to \"$BATS_TEST_TMPDIR/data.mdb\" (4.0 MiB)"
	refute_output --regexp ' rr '
}

@test "the file's name is the one it has now: renamed, unlinked, behind a link" {
	ln -s data.mdb link.db
	mapper "*.mdb random" "open link.db ro" "map r shared 0" flags
	assert_flags rr
	mapper "*.new random" "open data.mdb ro" "rename data.mdb data.new" "map r shared 0" flags
	assert_flags rr
	mapper "*.new random deleted" "open data.new ro" "unlink data.new" "map r shared 0" flags
	assert_flags rr
}

@test "a name that really ends in (deleted) is not cut" {
	cp data.mdb 'odd.mdb (deleted)'
	mapper '*.mdb random; "*.mdb (deleted)" sequential' "open data.mdb ro" "map r shared 0" flags
	assert_flags rr
	run --separate-stderr preload MADVISOR_RULES='*.mdb random; "*.mdb (deleted)" sequential' "$PYTHON" -c '
import mmap
file = open("odd.mdb (deleted)")
mapping = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
print([line for line in open("/proc/self/smaps") if line.startswith("VmFlags") and " sr " in line])'
	assert_output --partial ' sr '
}

@test "a name with newline, quotes, blanks and bytes that are no UTF-8 is matched byte by byte" {
	local name=$'a b\n"\\\xff.mdb'
	cp data.mdb "$name"
	run --separate-stderr preload MADVISOR_LOG_LEVEL=info MADVISOR_RULES='a?b*.mdb random' "$PYTHON" -c '
import mmap, os
file = os.open(b"a b\n\"\\\xff.mdb", os.O_RDONLY)
mapping = mmap.mmap(file, 0, prot=mmap.PROT_READ)
print([line for line in open("/proc/self/smaps", errors="replace") if line.startswith("VmFlags") and " rr " in line])'
	assert_output --partial ' rr '
	assert_regex "$stderr" 'a b\\x0a\\x22\\x5c'
}

@test "mappings that exist at start get the same rules, but never unsafe advice" {
	cat >early.c <<-'END'
		#include <fcntl.h>
		#include <stddef.h>
		#include <sys/mman.h>
		#include <unistd.h>
		#include <sys/syscall.h>
		__attribute__((constructor)) static void early(void)
		{
			int fd = open("data.mdb", O_RDONLY);
			syscall(SYS_mmap, (void *)0x700000000000, 4 << 20, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0L);
			syscall(SYS_mmap, (void *)0x710000000000, 4 << 20, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0L);
		}
	END
	gcc -shared -fPIC -o early.so early.c
	run --separate-stderr timeout 60 env LD_PRELOAD="$HOST_PRELOAD:$BATS_TEST_TMPDIR/early.so" \
		MADVISOR_RULES="*.mdb random; [anon] dontdump,wipeonfork size>=4M unsafe" awk '
		/^700000000000/ { file = 1 } /^710000000000/ { anonymous = 1 }
		/^VmFlags/ && file { print; file = 0 } /^VmFlags/ && anonymous { print; anonymous = 0 }' /proc/self/smaps
	assert_line --index 0 --regexp ' rr '
	assert_line --index 1 --regexp ' dd '
	refute_line --index 1 --regexp ' wf '
}

@test "libraries are advised only by their own path, not by a glob" {
	local libc
	libc=$(ldd "$PROGRAMS/mapper" | awk '$1 == "libc.so.6" { print $3 }')
	libc=$(readlink -f "$libc")
	run --separate-stderr preload MADVISOR_RULES="** dontdump; [file] dontdump; [anon] dontdump size<64K" cat /proc/self/smaps
	refute_output --regexp 'VmFlags:.* dd ?$'
	run --separate-stderr preload MADVISOR_RULES="$libc dontdump" cat /proc/self/smaps
	assert_output --regexp 'VmFlags:.* dd '
	bss_flags=$(awk -v libc="$libc" '/^[0-9a-f]+-/ { bss = last && NF == 5; last = $6 == libc && $2 == "rw-p" }
		bss && $1 == "VmFlags:"' <<<"$output")
	assert_regex "$bss_flags" ' dd'
}
