#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who has the last word about a mapping: the program's own madvise and posix_madvise, with and without "override".

load helpers

# madvise(2)
NORMAL=0 RANDOM_=1 SEQUENTIAL=2 DONTNEED=4 DONTFORK=10 DOFORK=11 MERGEABLE=12 UNMERGEABLE=13 HUGEPAGE=14 NOHUGEPAGE=15
DONTDUMP=16 DODUMP=17

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/zero >a.db
	cp a.db b.db
	cp a.db plain
}

# mapper RULES STATEMENT...: the test host under these rules; its output in $output, the log in $stderr.
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

# holds RULE ADVICE WANTED...: on a mapping of the rule's kind, the program's own advice leaves these VmFlags.
holds() {
	local rule=$1 advice=$2
	shift 2
	if [[ $rule = '[anon]'* ]]; then
		mapper "$rule" "map rw private 4M" "madvise $advice" flags
	else
		mapper "$rule" "open a.db ro" "map r shared 0" "madvise $advice" flags
	fi
	assert_equal "${lines[0]}" "madvise $advice: ok"
	assert_flags 1 "$@"
	assert_equal "$stderr" ""
}

@test "the program's access advice does not last under override" {
	holds "*.db sequential override" $RANDOM_ sr !rr
	holds "*.db sequential override" $NORMAL sr
	holds "*.db random override" $SEQUENTIAL rr !sr
	holds "*.db normal override" $RANDOM_ !rr !sr
	holds "*.db normal override" $SEQUENTIAL !rr !sr
	holds "[anon] sequential override" $RANDOM_ sr !rr
}

@test "the program's thp advice does not last under override" {
	[ -d /sys/kernel/mm/transparent_hugepage ] || skip "this kernel has no transparent huge pages"
	holds "[anon] nohugepage override" $HUGEPAGE nh !hg
	holds "[anon] hugepage override" $NOHUGEPAGE hg !nh
}

@test "the program's ksm advice does not last under override" {
	[ -d /sys/kernel/mm/ksm ] || skip "this kernel has no KSM"
	holds "[anon] mergeable override" $UNMERGEABLE mg
	holds "[anon] unmergeable override" $MERGEABLE !mg
}

@test "the program's dump advice does not last under override" {
	holds "[anon] dontdump override" $DODUMP dd
	holds "*.db dodump override" $DONTDUMP !dd
	holds "*.db nocore override" $DODUMP dd
}

@test "override holds each class by itself, and leaves the classes alone that the rule does not give" {
	holds "*.db sequential override" $DONTDUMP sr dd
	holds "*.db sequential,dontdump override" $DODUMP sr dd
	holds "*.db sequential,dontdump override" $RANDOM_ sr dd
	holds "*.db dontdump override" $RANDOM_ rr dd
}

@test "without override the program has the last word" {
	holds "*.db sequential" $RANDOM_ rr !sr
	holds "*.db sequential,unmap:cold" $RANDOM_ rr !sr
}

@test "where a rule has override, the mappings of other rules and of none keep the program's advice" {
	mapper "a.db sequential override; b.db sequential" "open b.db ro" "map r shared 0" "madvise $RANDOM_" flags \
		"open plain ro" "map r shared 0" "madvise $RANDOM_" flags
	assert_flags 1 rr !sr
	assert_flags 3 rr !sr
}

@test "advice to several mappings at once is answered for each by its own rule" {
	mapper "a.db sequential override; b.db normal,dontdump override" "map none private 256K" \
		"open a.db ro" "at 0 64K" "map r shared,fixed 64K" \
		"open plain ro" "at 64K 64K" "map r shared,fixed 64K" \
		"open b.db ro" "at 128K 64K" "map r shared,fixed 64K" \
		whole "madvise $RANDOM_" "at 0 4K" flags "at 64K 4K" flags "at 128K 4K" flags "at 192K 4K" flags
	assert_equal "${lines[0]}" "madvise 1: ok"
	assert_flags 1 sr !rr
	assert_flags 2 rr !sr
	assert_flags 3 dd !rr !sr
	assert_flags 4 rr !sr
}

@test "advice to a part of a mapping leaves one mapping" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 0" "at 64K 64K" "madvise $RANDOM_" flags size
	assert_flags 1 sr !rr
	assert_equal "${lines[2]}" "1024 kB"
}

@test "posix_madvise returns an error number and leaves errno alone, and does not last either" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 0" "posix 1" flags "posix 99" "at 1 4096" "posix 1" \
		"at 64K 4K" unmap whole "posix 1" flags
	assert_equal "${lines[0]}" "posix_madvise 1: ok"
	assert_flags 1 sr !rr
	assert_equal "${lines[2]}" "posix_madvise 99: EINVAL"
	assert_equal "${lines[3]}" "posix_madvise 1: EINVAL"
	assert_equal "${lines[4]}" "posix_madvise 1: ENOMEM"
	assert_flags 5 sr !rr
	assert_equal "$stderr" ""
}

# Everything that fails, and what is around it.
failures=("map rw private 1M" "madvise 99" "at 1 4096" "madvise 1" "posix 1" unmap "at 0 0" "madvise 1" unmap "remap 4K"
	"at 64K 64K" unmap whole "madvise 1" "posix 1" "madvise 14" "madvise 16" "at 0 15000000T" unmap "madvise 1"
	"at 0 1M" "remap 2M" "remap 2M wrong" "at 64K 4K" "remap 8K" "at 0 4K" "remap 0" detach)

@test "what a call returns and leaves in errno on failure is what it is without the library" {
	local expected
	run "$PROGRAMS/mapper" "${failures[@]}"
	expected=$output
	[[ $expected = *ENOMEM* && $expected = *EINVAL* && $expected = *EFAULT* ]]
	mapper "[anon] sequential,dontdump,hugepage|nohugepage override" "${failures[@]}"
	assert_equal "$output" "$expected"
	refute_regex "$stderr" "EINVAL|ENOMEM"
	mapper "[anon] unmap:cold" "${failures[@]}"
	assert_equal "$output" "$expected"
}

@test "advice that reaches a hole is answered on both sides of it" {
	mapper "[anon] sequential override" "map rw private 1M" "at 64K 64K" unmap whole "madvise $RANDOM_" "at 0 4K" flags \
		"at 128K 4K" flags
	assert_equal "${lines[0]}" "madvise 1: ENOMEM"
	assert_flags 1 sr !rr
	assert_flags 2 sr !rr
}

@test "the program's DONTNEED keeps its meaning under every override" {
	local rule
	for rule in normal random sequential hugepage nohugepage mergeable unmergeable dontdump dodump; do
		mapper "[anon] $rule override" "map rw private,populate 1M" resident "madvise $DONTNEED" resident
		assert_output $'1048576\nmadvise 4: ok\n0'
	done
}

@test "each override is said once per rule and advice, at level info, and counted in the summary" {
	level=info mapper "*.db sequential,dontdump override" "open a.db ro" "map r shared 0" "madvise $RANDOM_" "madvise $RANDOM_" \
		"posix $RANDOM_" "madvise $DODUMP" "open b.db ro" "map r shared 0" "madvise $RANDOM_"
	run grep -c "overridden: the program gave random to .*a.db\" (1.0 MiB), sequential is given again" <<<"$stderr"
	assert_output 1
	run grep -c "overridden: the program gave" <<<"$stderr"
	assert_output 2
	run grep "summary:" <<<"$stderr"
	assert_output --partial "MADVISOR_RULES:1: summary: 2 mappings, 2.0 MiB, 0 failures, overridden 5 times"
	assert_output --partial "summary: the program's own advice: access 4 times dump 1 time"
}

@test "advice that is the rule's own is not overridden" {
	level=info mapper "*.db sequential override" "open a.db ro" "map r shared 0" "madvise $SEQUENTIAL" flags
	assert_flags 1 sr
	refute_regex "$stderr" "overridden"
}

@test "without override the summary counts the program's own advice of the classes that rules give" {
	level=info mapper "*.db random" "open a.db ro" "map r shared 0" "madvise $SEQUENTIAL" "madvise $DONTDUMP" "posix $NORMAL" \
		"madvise $DONTNEED"
	assert_regex "$stderr" "summary: the program's own advice: access 2 times"$'\n'?
	refute_regex "$stderr" "own advice:.*(dump|useless|overridden)"
}

@test "what is unmapped, or mapped over, is no longer held" {
	mapper "a.db sequential override" "open a.db ro" "map r shared 0" "open plain ro" "at 64K 64K" "map r shared,fixed 64K" \
		"at 128K 64K" unmap "map r shared,fixed 64K" whole "madvise $RANDOM_" \
		"at 0 4K" flags "at 64K 4K" flags "at 128K 4K" flags "at 192K 4K" flags
	assert_flags 1 sr
	assert_flags 2 rr
	assert_flags 3 rr
	assert_flags 4 sr
}

@test "MAP_FIXED_NOREPLACE, which replaces nothing, takes nothing away" {
	mapper "a.db sequential override" "open a.db ro" "map r shared 0" "at 64K 64K" "map r shared,fixed,noreplace 64K" whole \
		"madvise $RANDOM_" "at 64K 4K" flags
	assert_equal "${lines[0]}" "mmap: EEXIST"
	assert_flags 2 sr !rr
}

@test "System V segments are held until they are detached" {
	mapper "[shm] sequential override" "shm 1M" "madvise $RANDOM_" flags "at 0 64K" unmap whole detach \
		"map rw private,fixed,noreplace 1M" "madvise $RANDOM_" "at 512K 4K" flags
	assert_flags 1 sr
	assert_flags 3 rr !sr
}

@test "what a segment is attached over, by SHM_REMAP, is no longer held" {
	cat >over.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/mman.h>
		#include <sys/shm.h>
		static void print_flags(const char *address)
		{
			char line[4096], wanted[32];
			FILE *smaps = fopen("/proc/self/smaps", "r");
			int found = 0;
			sprintf(wanted, "%lx-", (unsigned long)address);
			while (fgets(line, sizeof(line), smaps)) {
				found |= strncmp(line, wanted, strlen(wanted)) == 0;
				if (found && strncmp(line, "VmFlags:", 8) == 0) {
					fputs(line + 9, stdout);
					break;
				}
			}
			fclose(smaps);
		}
		int main(void)
		{
			int id = shmget(IPC_PRIVATE, 65536, IPC_CREAT | 0600);
			char *mapping = mmap(NULL, 262144, PROT_READ, MAP_SHARED, open("a.db", O_RDONLY), 0);
			int bad = shmat(id, mapping + 65536, SHM_REMAP | SHM_RDONLY) != mapping + 65536;
			shmctl(id, IPC_RMID, NULL);
			bad |= madvise(mapping, 262144, MADV_RANDOM);
			for (int i = 0; i < 3; i++)
				print_flags(mapping + i * 65536);
			return bad;
		}
	END
	gcc -o over over.c
	run preload MADVISOR_RULES="a.db sequential override" ./over
	assert_success
	assert_flags 0 sr !rr
	assert_flags 1 rr !sr
	assert_flags 2 sr !rr
}

@test "memory that the host keeps from its children is no longer held, in child and parent" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 0" "at 64K 64K" "madvise $DONTFORK" "madvise $DOFORK" whole \
		"madvise $RANDOM_" "at 0 4K" flags "at 64K 4K" flags
	assert_flags 3 sr
	assert_flags 4 rr
}

@test "a forked child and a vforked one are held to the rule as well" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 0" "fork madvise $RANDOM_; flags" \
		"fork at 0 64K; unmap; at 64K 64K; madvise $RANDOM_; flags" "vfork madvise $RANDOM_; at 0 64K; unmap" "madvise $RANDOM_" \
		"at 64K 4K" flags
	assert_flags 1 sr
	assert_flags 3 sr
	assert_equal "${lines[4]}" "madvise 1: ok"
	assert_equal "${lines[5]}" "madvise 1: ENOMEM"
	assert_flags 6 sr
}

@test "a child does not hold what a rule has kept from it" {
	mapper "*.db sequential,dontfork override unsafe" "open a.db ro" "map r shared 0" "madvise $RANDOM_" flags \
		"fork map rw private,anon,fixed,noreplace 1M; madvise $RANDOM_; flags"
	assert_flags 1 sr dc
	assert_flags 3 rr !sr
}

@test "switched off, the library lets the program have its way, and holds on to it when switched on" {
	mapper "*.db sequential override" "open a.db ro" "map r shared 0" "switch off" "madvise $RANDOM_" flags \
		"at 960K 64K" unmap "at 0 960K" "remap 2M" "switch on" "at 512K 1M" "madvise $RANDOM_" flags
	assert_flags 1 rr !sr
	assert_flags 3 sr !rr
}

@test "a dry run overrides nothing" {
	run --separate-stderr preload MADVISOR_DRY_RUN=1 MADVISOR_RULES="*.db sequential override" "$PROGRAMS/mapper" \
		"open a.db ro" "map r shared 0" "madvise $RANDOM_" flags
	assert_flags 1 rr !sr
}

@test "neighbours that are one mapping are one region, so that there is room for all" {
	truncate -s 280M many
	mapper "many sequential override; [anon] sequential override size<=4K" "open many ro" "many 70000 r shared" \
		"madvise $RANDOM_" "at 0 4K" flags "at 140M 4K" flags "at 273M 4K" flags close "many 70000 rw private" \
		"madvise $RANDOM_" "at 0 4K" flags "at 273M 4K" flags
	assert_flags 1 sr !rr
	assert_flags 2 sr !rr
	assert_flags 3 sr !rr
	assert_flags 5 sr !rr
	assert_flags 6 sr !rr
	assert_equal "$stderr" ""
}

# bats test_tags=no-sanitizer
@test "jemalloc's calloc is zero, and its purging has effect, under every override" {
	local jemalloc order rule
	jemalloc=$(ldconfig -p | awk '/libjemalloc\.so\.2/ { print $NF; exit }')
	[ -n "$jemalloc" ] || skip "libjemalloc2 is not installed"
	needs strace
	for order in "$HOST_PRELOAD:$jemalloc" "$jemalloc:$HOST_PRELOAD"; do
		for rule in normal random sequential hugepage nohugepage mergeable unmergeable dontdump dodump; do
			run env LD_PRELOAD="$order" MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0 MADVISOR_RULES="[anon] $rule override" \
				"$PROGRAMS/calloc_zero"
			assert_success
			assert_output "zero"
		done
	done
	run strace -f -e trace=madvise -E LD_PRELOAD="$HOST_PRELOAD:$jemalloc" -E MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0 \
		-E MADVISOR_RULES="[anon] dontdump override" "$PROGRAMS/calloc_zero"
	assert_output --partial MADV_DONTNEED
}
