#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# madvisor attach on an older kernel: what ptrace and process_madvise do there.

load ../helpers

setup() {
	export top_builddir=$BUILD
	[ "$(uname -m)" = x86_64 ] || skip "the emulated machine is an x86-64"
	needs qemu-system-x86_64 cpio
}

@test "on Debian's 6.1 a program of one thread sees nothing of attaches, whatever call it sleeps in" {
	mkdir "$BATS_TEST_TMPDIR/attach"
	touch "$BATS_TEST_TMPDIR/attach/policy"
	cat >"$BATS_TEST_TMPDIR/attach/script" <<-'END'
		head -c 1048576 /dev/zero | tr '\0' '\7' >/data/x.db
		for kind in nanosleep clock_nanosleep poll select futex read recv epoll_wait epoll_time ppoll epoll_pwait filtered; do
			/bin/attach_target /data/x.db $kind >/out 2>&1 &
			pid=$!
			sleep 0.3
			for round in 1 2; do
				/bin/madvisor attach -r '/data/x.db normal' $pid >/last || cat /last
				/bin/madvisor attach -r '/data/x.db random,dontdump,willneed' $pid >/last || cat /last
			done
			flags=$(grep -A 30 x.db /proc/$pid/smaps | grep -m 1 VmFlags)
			kill $pid
			wait $pid
			echo "--- $kind: $(tail -n 1 /out) $flags"
		done
	END
	run "$BATS_TEST_DIRNAME/boot" "$BATS_TEST_TMPDIR/attach"
	[ "$status" != 77 ] || skip "Debian's kernel package cannot be had here"
	echo "$output"
	assert_success
	assert_output --partial '=== 6.1.'
	assert_equal "$(grep -c '^--- .* wrong 0 .* rr .*dd' <<<"$output")" 12
}
