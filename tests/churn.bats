#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A real host that maps, cuts, moves, forks and is interrupted at random: VmFlags say that overrides hold just where a rule covers.
#
# STRESS_ROUNDS=1000 makes it a run of many minutes; STRESS_SEED repeats one.

load helpers

rounds=${STRESS_ROUNDS:-12}
seed=${STRESS_SEED:-$RANDOM}
COMMAND_TIMEOUT=$((60 + rounds * 6))
BATS_TEST_TIMEOUT=$((COMMAND_TIMEOUT + 60))

setup() {
	mkdir "$BATS_TEST_TMPDIR/covered" "$BATS_TEST_TMPDIR/plain"
	cd "$BATS_TEST_TMPDIR" || return
	rules="$PWD/covered/* sequential override; [shm] sequential override size>=32K"
	echo "seed $seed"
}

@test "overrides hold on just what the rules cover, whatever threads, handlers and children do" {
	run preload MADVISOR_RULES="$rules" "$PROGRAMS/churn" "$rounds" 5000 "$seed"
	assert_success
	assert_output --regexp "operations [0-9]{6,} .* failures 0"
	refute_output --regexp "(signals|forks|vforks) 0 "
}

# covered_only: of what strace -y saw of a host that never says SEQUENTIAL itself, each MADV_SEQUENTIAL lies in covered memory.
covered_only() {
	"$PYTHON" - "$1" <<-'END'
		import re, sys
		page_bytes = 4096
		owner, sizes, seen = {}, {}, 0   # owner: of each covered page

		def pages(address, length):
		    return range(address // page_bytes, (address + length + page_bytes - 1) // page_bytes)

		def give(where, who):
		    for page in where:
		        owner.pop(page, None)
		        if who:
		            owner[page] = who

		for line in open(sys.argv[1]):
		    call = re.match(r"\d+ +(\w+)\((.*)\) += (0x\w+|\d+)", line)
		    if not call:
		        continue
		    name, words, result = call[1], call[2].split(", "), int(call[3], 0)
		    number = lambda index: 0 if words[index] == "NULL" else int(words[index], 0)
		    if name == "mmap":
		        give(pages(result, number(1)), "file" if "/covered/" in words[4] else None)
		    elif name == "munmap":
		        give(pages(number(0), number(1)), None)
		    elif name == "mremap":
		        who = owner.get(number(0) // page_bytes)
		        if "DONTUNMAP" not in words[3]:
		            give(pages(number(0), number(1)), None)
		        give(pages(result, number(2)), who)
		    elif name == "shmget":
		        sizes[result] = number(1)
		    elif name == "shmat":
		        size = sizes[number(0)]
		        give(pages(result, size), result if size >= 8 * page_bytes else None)
		    elif name == "shmdt":
		        give([page for page in owner if owner[page] == number(0)], None)
		    elif name == "madvise" and "MADV_SEQUENTIAL" in words[2]:
		        seen += 1
		        if not all(page in owner for page in pages(number(0), number(1))):
		            sys.exit("not covered: " + line)
		print(seen)
	END
}

# bats test_tags=no-sanitizer
@test "no madvise reaches memory that no rule covers (strace)" {
	needs strace
	run timeout --signal=KILL "$COMMAND_TIMEOUT" strace -f -y -e signal=none \
		-e trace=mmap,munmap,mremap,shmget,shmat,shmdt,madvise -o "$BATS_TEST_TMPDIR/trace" \
		-E LD_PRELOAD="$HOST_PRELOAD" -E MADVISOR_RULES="$rules" "$PROGRAMS/churn" 1 3000 "$seed" calm
	assert_success
	run covered_only "$BATS_TEST_TMPDIR/trace"
	assert_success
	[ "$output" -gt 100 ] || fail "only $output calls of ours"
}
