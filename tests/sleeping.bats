#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the library costs a host in memory, without work and with many rules: every program on a machine may carry it.

load helpers

# resident [NAME=VALUE]...: kilobytes of a small program that are the library's or nobody's file, as the kernel counts them page by
# page; the median of fifteen. The peak of VmHWM is not that exact: each processor keeps up to 128 kB of it to itself.
resident() {
	local run
	for run in {1..15}; do
		env "$@" cat /proc/self/smaps | awk '
			/^[0-9a-f]+-[0-9a-f]+ / { ours = /libmadvisor|\/dev\/zero/ }
			ours && $1 == "Rss:" || !ours && $1 == "Anonymous:" { sum += $2 }
			END { print sum }'
	done | sort -n | sed -n 8p
}

# bats test_tags=no-sanitizer
@test "a sleeping library takes less than 150 kB of memory" {
	local bare with rules
	bare=$(resident MADVISOR_POLICY=)
	for rules in "" "program other; *.db random" "program other; ** willneed,random,unmap:pageout override size>=1M"; do
		with=$(resident LD_PRELOAD="$LIBRARY" MADVISOR_POLICY= MADVISOR_RULES="$rules")
		echo "bare $bare kB, with the library $with kB under \"$rules\""
		[ "$((with - bare))" -gt 20 ] || fail "the library was not loaded"
		[ "$((with - bare))" -lt 150 ]
	done
}

# bats test_tags=no-sanitizer
@test "a thousand rules take less than 190 kB of memory more than one" {
	local one many
	write_policy one <<<'/data/0/**/n0*.mdb random,dontdump size>=1M'
	seq 1000 | sed 's|.*|/data/&/**/n&*.mdb random,dontdump size>=1M|' | write_policy many
	one=$(resident LD_PRELOAD="$LIBRARY" MADVISOR_POLICY="$BATS_TEST_TMPDIR/one")
	many=$(resident LD_PRELOAD="$LIBRARY" MADVISOR_POLICY="$BATS_TEST_TMPDIR/many")
	echo "one $one kB, a thousand $many kB"
	[ "$((many - one))" -gt 100 ] || fail "the rules are not in force"
	[ "$((many - one))" -lt 190 ]
}

# bats test_tags=no-sanitizer
@test "mlockall locks less than 150 kB of a sleeping library" {
	local bare with
	cat >"$BATS_TEST_TMPDIR/lock.c" <<-'END'
		#include <stdlib.h>
		#include <sys/mman.h>
		int main(void)
		{
			return mlockall(MCL_CURRENT) ? 77 : system("sed -n 's/^VmLck:[^0-9]*//p' /proc/$PPID/status");
		}
	END
	gcc -o "$BATS_TEST_TMPDIR/lock" "$BATS_TEST_TMPDIR/lock.c"
	run "$BATS_TEST_TMPDIR/lock"
	[ "$status" -ne 77 ] || skip "no memory may be locked"
	bare=${output% kB}
	run preload MADVISOR_RULES="program other; *.db random override" "$BATS_TEST_TMPDIR/lock"
	with=${output% kB}
	echo "bare $bare kB, with the library $with kB"
	[ "$((with - bare))" -gt 20 ] || fail "the library was not loaded"
	[ "$((with - bare))" -lt 150 ]
}
