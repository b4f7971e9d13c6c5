#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a library without work costs a host in memory: every program on a machine may carry it.

load helpers

# resident [NAME=VALUE]...: kilobytes of a small program that are the library's or nobody's file, as the kernel counts them page by
# page; the median of fifteen. The peak of VmHWM is not that exact: each processor keeps up to 128 kB of it to itself.
resident() {
	local run
	for run in {1..15}; do
		env "$@" cat /proc/self/smaps | awk '
			/^[0-9a-f]+-[0-9a-f]+ / { ours = $NF ~ /libmadvisor/ }
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
