#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What attach does not do to a process, and whom it lets alone.

load attach

@test "threads in fifteen kinds of call, sent signals all the while, see nothing of a hundred attaches" {
	target signals
	attach_often 100
	has_flag "$pid" "$data" rr
	unharmed
	refute_output --partial 'handled 0 '
}

@test "threads with all signals blocked see nothing of a hundred attaches" {
	target masked
	attach_often 100
	unharmed
}

@test "a program of one thread sees nothing of attaches, whatever call it sleeps in" {
	local kind
	for kind in nanosleep clock_nanosleep poll select futex read recv epoll_wait epoll_time ppoll epoll_pwait; do
		echo "# $kind"
		target "$kind"
		attach_often 20
		has_flag "$pid" "$data" rr
		unharmed
	done
}

@test "a signal that the program ignores ends no call, though a traced thread stops for it" {
	target epoll_wait
	# Some thousands a second: of a million, one is there whenever the thread is looked at, and attach lets it alone.
	setpriv --pdeathsig KILL "$PYTHON" -c '
import os, signal, sys, time
print("begun", flush=True)
while True:
	os.kill(int(sys.argv[1]), signal.SIGWINCH)
	time.sleep(0.0002)' "$pid" >"$BATS_TEST_TMPDIR/flood" 2>/dev/null 3>&- &
	wait_for grep -q begun "$BATS_TEST_TMPDIR/flood"
	attach_often 40
	kill $!
	unharmed
}

@test "a thread that sleeps in semop is left alone" {
	target semop
	run madvisor attach -r "$data random" "$pid"
	unharmed
}

@test "a program that only computes is let alone, and it is said why" {
	target sum
	run -1 madvisor attach -r "$data random" "$pid"
	assert_output --partial 'has no thread that may be stopped'
	unharmed
}

# a sanitizer calls madvise itself
# bats test_tags=no-sanitizer
@test "a seccomp filter that kills for madvise and restart_syscall lets attach pass" {
	local kind
	for kind in nanosleep poll futex epoll_wait; do
		target filtered "$kind"
		attach_often 4
		has_flag "$pid" "$data" rr
		unharmed
	done
	target filtered signals
	attach_often 20
	unharmed
}

# a sanitizer calls madvise itself
# bats test_tags=no-sanitizer
@test "without CAP_SYS_ADMIN a process with a seccomp filter is let alone" {
	target filtered
	run -1 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$MADVISOR" attach -r "$data random" "$pid"
	assert_output --partial 'to suspend them needs CAP_SYS_ADMIN'
	run -1 has_flag "$pid" "$data" rr
	unharmed
}

@test "a stopped process is left as it is, and what needs no stop is done" {
	target nanosleep
	kill -STOP "$pid"
	stopped() { grep -q '^State:.T' "/proc/$pid/status"; }
	wait_for stopped
	run -1 madvisor attach -r "$data random,willneed" "$pid"
	assert_output --partial 'is stopped by a signal'
	assert_output --regexp 'willneed +done'
	stopped
	kill -CONT "$pid"
	finish
	refute_output --partial 'result 0'
}

@test "a process with a tracer is let alone, and the tracer is named" {
	setpriv --pdeathsig KILL strace -f -o /dev/null "$PROGRAMS/attach_target" "$data" nanosleep >"$BATS_TEST_TMPDIR/stdout" 2>&1 3>&- &
	local tracer=$!
	wait_for grep -q ready "$BATS_TEST_TMPDIR/stdout"
	pid=$(pgrep -P "$tracer" -x attach_target)
	run -1 madvisor attach -r "$data random" "$pid"
	assert_output --partial "is traced by process $tracer already"
	kill "$pid"
	wait "$tracer"
}

# Whether the process has become the program.
runs_small() {
	[ "$(readlink "/proc/$pid/exe")" = "$BATS_TEST_TMPDIR/small" ]
}

@test "a 32-bit program is refused" {
	needs gcc
	cat >"$BATS_TEST_TMPDIR/small.c" <<-'END'
		void _start(void) { for (;;) __asm__ volatile("int $0x80" : : "a"(29)); }
	END
	gcc -m32 -nostdlib -static -fno-pie -no-pie -o "$BATS_TEST_TMPDIR/small" "$BATS_TEST_TMPDIR/small.c" 2>/dev/null ||
		skip "this compiler makes no 32-bit programs"
	setpriv --pdeathsig KILL "$BATS_TEST_TMPDIR/small" 3>&- &
	pid=$!
	wait_for runs_small || skip "this kernel runs no 32-bit programs"
	run -1 madvisor attach -r "$BATS_TEST_TMPDIR/small random" "$pid"
	assert_output --partial 'is a 32-bit program'
	kill -0 "$pid"
}

@test "a call made by int 0x80 in a 64-bit program is not touched" {
	needs gcc
	cat >"$BATS_TEST_TMPDIR/small.c" <<-'END'
		void _start(void) { for (;;) __asm__ volatile("int $0x80" : : "a"(29)); }
	END
	gcc -nostdlib -static -o "$BATS_TEST_TMPDIR/small" "$BATS_TEST_TMPDIR/small.c"
	setpriv --pdeathsig KILL "$BATS_TEST_TMPDIR/small" 3>&- &
	pid=$!
	wait_for runs_small || skip "this kernel runs no such program"
	run -1 madvisor attach -r "$BATS_TEST_TMPDIR/small random" "$pid"
	kill -0 "$pid"
	run -1 has_flag "$pid" "$BATS_TEST_TMPDIR/small" rr
}

@test "no such process, a zombie, a thread and the kernel's threads are told apart" {
	run -2 madvisor attach -r '*.mdb random' 4194305
	assert_output --partial 'no such process'

	bash -c 'sleep 1 & echo $! >"$0"; exec sleep 60' "$BATS_TEST_TMPDIR/zombie" 3>&- &
	local parent=$!
	zombie() { pid=$(cat "$BATS_TEST_TMPDIR/zombie") && grep -q '^State:.Z' "/proc/$pid/status"; }
	wait_for zombie
	run -2 madvisor attach -r '*.mdb random' "$pid"
	assert_output --partial 'a zombie'
	kill "$parent"

	target
	local thread
	thread=$(ls "/proc/$pid/task" | tail -1)
	run -2 madvisor attach -r '*.mdb random' "$thread"
	assert_output --partial "$thread is a thread of process $pid"

	if [ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ]; then
		run -2 madvisor attach -r '*.mdb random' 2
		assert_output --partial 'is a thread of the kernel'
	fi
}

@test "without permission the capability is named" {
	target
	cp "$MADVISOR" "$BATS_TEST_TMPDIR/madvisor"
	chmod 755 "$BATS_TEST_TMPDIR/madvisor"
	run -2 setpriv --reuid 65534 --clear-groups --bounding-set -all "$BATS_TEST_TMPDIR/madvisor" attach -r "$data random" "$pid"
	[[ $output != *'Permission denied'* ]] || skip "the folder of this test is not for others"
	assert_output --partial 'needs root or CAP_SYS_PTRACE'
}

# --- when it dies ---

# killed_at N: attach, killed just before its Nth ptrace call. Returns whether it lived long enough to end by itself.
killed_at() {
	local rule="$data random"
	(($1 % 2)) || rule="$data normal"
	strace -f -qq -o /dev/null -e trace=ptrace -e inject=ptrace:signal=SIGKILL:when="$1" "$MADVISOR" attach -r "$rule" "$pid" \
		>"$BATS_TEST_TMPDIR/killed" 2>&1
}

@test "killed before any of its ptrace calls it leaves a thread that waits for a futex unharmed" {
	needs strace
	target futex
	local call
	for call in {1..14}; do
		killed_at "$call" || true
		run -0 grep -h '^TracerPid:.0$' "/proc/$pid/status"
	done
	unharmed
}

@test "killed while the call is exchanged, and only then, it makes a read return 0, as the manual says" {
	needs strace
	target read
	local call
	for call in {1..14}; do
		killed_at "$call" || true
	done
	finish
	refute_output --regexp 'read: received: result [^0]'
	(($(grep -c 'read: received: result 0' "$BATS_TEST_TMPDIR/stdout") <= 3))
}

@test "a thousand attaches in a row" {
	local round advice=(random normal) failed=0
	target futex
	for ((round = 1000; round >= 0; round--)); do
		"$MADVISOR" attach -r "$data ${advice[round % 2]}" "$pid" >"$BATS_TEST_TMPDIR/last" || ((++failed))
	done
	assert_equal "$failed" 0
	has_flag "$pid" "$data" rr
	unharmed
}
