#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

# attach_target says of itself whether any of its calls returned what it must not.

setup() {
	[ "$(uname -m)" = x86_64 ] || skip "madvise is run inside other processes on x86-64 only"
	[ "$(id -u)" = 0 ] || skip "needs root"
	data=$BATS_TEST_TMPDIR/data
	head -c 8M /dev/zero | tr '\0' '\7' >"$data"
}

# target [WORD]...: starts it, its pid in $pid.
target() {
	setpriv --pdeathsig KILL "$PROGRAMS/attach_target" "$data" "$@" >"$BATS_TEST_TMPDIR/stdout" 2>&1 3>&- &
	pid=$!
	wait_for grep -q ready "$BATS_TEST_TMPDIR/stdout"
}

# host STATEMENT...: starts the tests' host, without the library, which waits after the statements; its pid in $pid.
host() {
	mkfifo "$BATS_TEST_TMPDIR/hold"
	setpriv --pdeathsig KILL "$PROGRAMS/mapper" "$@" pause <>"$BATS_TEST_TMPDIR/hold" >"$BATS_TEST_TMPDIR/stdout" 2>&1 3>&- &
	pid=$!
	wait_for grep -q "^$pid\$" "$BATS_TEST_TMPDIR/stdout"
}

# finish: ends it, with what it says in $output and whether anything went wrong in $status.
finish() {
	kill "$pid"
	wait "$pid" && status=0 || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout")
}

# unharmed: it still runs, and nothing went wrong.
unharmed() {
	finish
	assert_success
	assert_output --partial 'wrong 0'
}

# attach_often TIMES [ARGUMENT]...: turn about, one advice and its opposite; ends with the first.
attach_often() {
	local round times=$1 rule
	for ((round = times; round > 0; round--)); do
		rule="$data random,dontdump"
		((round % 2)) || rule="$data normal,dodump"
		run -0 madvisor attach -r "$rule" "$pid"
	done
}

has_flag() {
	local flags
	flags=" $(vmflags "$1" "$2") "
	[[ $flags == *" $3 "* ]]
}

# --- what it does ---

@test "a rule makes a mapping of a static program that runs already random (VmFlags rr)" {
	target
	run -1 has_flag "$pid" "$data" rr
	run -0 madvisor attach -r "$data random" "$pid"
	assert_output --regexp "random +MADVISOR_RULES:1 +random +done +$data"
	has_flag "$pid" "$data" rr
	unharmed
}

@test "all advice of a rule that sticks is given, and once more costs no stop" {
	target
	run -0 madvisor attach -r "$data sequential,dontdump,nohugepage" "$pid"
	for flag in sr dd nh; do
		has_flag "$pid" "$data" "$flag"
	done
	run -0 strace -f -e trace=ptrace -o "$BATS_TEST_TMPDIR/trace" "$MADVISOR" attach -r "$data sequential,dontdump,nohugepage" "$pid"
	assert_output --partial 'in force already'
	run -1 grep -q ptrace "$BATS_TEST_TMPDIR/trace"
}

@test "a dry run says what would be done, and does nothing" {
	target
	run -0 madvisor attach -n -r "$data willneed,random" "$pid"
	assert_output --partial 'would be given from outside'
	assert_output --partial 'would be given inside one of its threads'
	run -1 has_flag "$pid" "$data" rr
}

@test "willneed brings the file into memory, without stopping the process" {
	host "open $data ro" 'map r shared 0'
	drop_cache "$data"
	assert_equal "$(resident "$data")" 0
	run -0 strace -f -e trace=ptrace -o "$BATS_TEST_TMPDIR/trace" "$MADVISOR" attach -r "$data willneed" "$pid"
	assert_output --partial 'done: 8.0 MiB'
	run -1 grep -q ptrace "$BATS_TEST_TMPDIR/trace"
	whole() { [ "$(resident "$data")" = 8388608 ]; }
	wait_for whole
}

@test "willneed with a range reads that range of the file" {
	host "open $data ro" 'map r shared 0'
	drop_cache "$data"
	run -0 madvisor attach -r "$data willneed@4M..5M" "$pid"
	assert_output --partial 'done: 1.0 MiB'
	part() { local bytes; bytes=$(resident "$data"); ((bytes >= 1048576 && bytes < 4194304)); }
	wait_for part
}

@test "willneed leaves the holes of a file alone" {
	truncate -s 1G "$data"
	host "open $data ro" 'map r shared 0'
	run -0 madvisor attach -r "$data willneed" "$pid"
	assert_output --partial 'done: 8.0 MiB'
	(($(resident "$data") <= 8388608 + 131072))
}

@test "pageout takes the pages of a mapping from it" {
	sync "$data"
	host "open $data ro" 'map r shared,populate 0'
	rss() { awk -v path="$data" '/^[0-9a-f]+-/ { f = $NF == path } f && $1 == "Rss:" { print $2 }' "/proc/$pid/smaps"; }
	assert_equal "$(rss)" 8192
	run -0 madvisor attach -r "$data pageout" "$pid"
	(($(rss) < 1024))
}

@test "of alternatives the first that attach can give is given" {
	target
	run -0 madvisor attach -r "$data populate-read|willneed" "$pid"
	assert_output --regexp 'willneed +done'
}

@test "populate-read and numa advice are not given, and it is said why" {
	target
	run -1 madvisor attach -r "$data populate-read" -r '[anon] access-many' "$pid"
	assert_output --partial 'not by attach: one of its threads would have to wait for it; use willneed'
	assert_output --partial 'not by attach: where memory lies'
	unharmed
}

@test "unsafe advice is an error of the policy" {
	target
	run -2 madvisor attach -r "$data dontfork unsafe" "$pid"
	assert_output --partial 'attach never gives "dontfork": it is unsafe'
	run -2 madvisor attach -r "$data remove unsafe" "$pid"
	unharmed
}

@test "stacks, PROT_NONE reservations and what the kernel maps are never advised" {
	host 'map none private 4194304' 'map rw private 4194304'
	run -0 madvisor attach -r '[anon] dontdump' "$pid"
	run awk '/^[0-9a-f]+-/ { line = $0; never = $2 ~ /^---/ || $6 ~ /^\[(stack|vdso|vvar|vsyscall)/ }
		$1 == "VmFlags:" && / dd/ && !/ io / { if (never) { print line, $0; bad = 1 } else given = 1 }
		END { exit bad || !given }' "/proc/$pid/smaps"
	assert_success
}

@test "libraries and their bss are advised by their literal path only" {
	host 'map rw private 4096'
	local libc
	libc=$(awk '$6 ~ /\/libc\.so\.6$/ { print $6; exit }' "/proc/$pid/maps")
	run -0 madvisor attach -r '*.so* random' -r '[file] random' -r '[anon] random size<1K' "$pid"
	run -1 has_flag "$pid" "$libc" rr
	run -0 madvisor attach -r "$libc random" "$pid"
	has_flag "$pid" "$libc" rr
}

@test "a rule that asks how mmap was called leaves a mapping alone" {
	target
	run -0 madvisor attach -r "$data random !locked" "$pid"
	assert_output --partial 'no mapping that the policy has advice for'
	run -1 has_flag "$pid" "$data" rr
}

@test "rules of other programs are not applied" {
	target
	run -0 madvisor attach -r 'program slapd' -r "$data random" "$pid"
	assert_output --partial 'no rule for'
	run -1 has_flag "$pid" "$data" rr
	run -0 madvisor attach -r 'program attach_target' -r "$data random" "$pid"
	has_flag "$pid" "$data" rr
}

@test "--undo sets access and dump advice back, and thp advice to what comes to the same" {
	target
	run -0 madvisor attach -r "$data random,dontdump,hugepage" "$pid"
	has_flag "$pid" "$data" hg
	run -0 madvisor attach --undo -r "$data random,dontdump,hugepage" "$pid"
	for flag in rr sr dd; do
		run -1 has_flag "$pid" "$data" "$flag"
	done
	if grep -q '\[always\]' /sys/kernel/mm/transparent_hugepage/enabled; then
		has_flag "$pid" "$data" hg
	else
		has_flag "$pid" "$data" nh
	fi
	unharmed
}

@test "--undo leaves what the program asked for itself" {
	host "open $data ro" 'map r shared 0' 'madvise 2'
	run -0 madvisor attach --undo -r "$data random" "$pid"
	assert_output --partial 'not in force'
	has_flag "$pid" "$data" sr
}

@test "--repeat finds mappings that are made later, and ends with the process" {
	needs python3
	cat >"$BATS_TEST_TMPDIR/host.py" <<-'END'
		import mmap, sys, time
		file = open(sys.argv[1], "rb")
		time.sleep(1.5)
		mapping = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
		time.sleep(3)
	END
	python3 "$BATS_TEST_TMPDIR/host.py" "$data" 3>&- &
	pid=$!
	sleep 0.3
	timeout 30 "$MADVISOR" attach --repeat 1 -r "$data random" "$pid" >"$BATS_TEST_TMPDIR/attach" 2>&1 3>&- &
	local attach=$!
	wait_for has_flag "$pid" "$data" rr
	wait "$pid"
	wait "$attach"
	run -0 cat "$BATS_TEST_TMPDIR/attach"
	assert_equal "$(grep -c ' done ' "$BATS_TEST_TMPDIR/attach")" 1
}

@test "--repeat gives what override holds again, and nothing else" {
	target nanosleep
	timeout 30 "$MADVISOR" attach --repeat 1 -r "$data random,willneed override" "$pid" >"$BATS_TEST_TMPDIR/attach" 2>&1 3>&- &
	local attach=$!
	wait_for has_flag "$pid" "$data" rr
	run -0 madvisor attach -r "$data normal" "$pid"
	wait_for has_flag "$pid" "$data" rr
	kill "$pid"
	wait "$attach"
	run -0 cat "$BATS_TEST_TMPDIR/attach"
	assert_equal "$(grep -c 'random  *done ' "$BATS_TEST_TMPDIR/attach")" 2
	assert_equal "$(grep -c 'willneed  *done' "$BATS_TEST_TMPDIR/attach")" 1
}

@test "--json tells the same" {
	needs python3
	target
	run -0 --separate-stderr madvisor attach --json -r "$data random,willneed" "$pid"
	run -0 python3 -c '
import json, sys
report = json.loads(sys.argv[1])
assert report["pid"] == int(sys.argv[2])
rows = {row["advice"]: row for row in report["advice"]}
assert rows["random"]["done"] and rows["random"]["in_force"] == "random", rows
assert rows["willneed"]["result"] == "done: 8.0 MiB", rows
assert rows["random"]["name"] == sys.argv[3] and rows["random"]["size"] == 8 << 20' "$output" "$pid" "$data"
}

# a sanitizer keeps the target from being static
# bats test_tags=no-sanitizer
@test "the paths of a process in a chroot and namespaces of its own are those that it sees" {
	local jail=$BATS_TEST_TMPDIR/jail
	mkdir -p "$jail/data"
	cp "$PROGRAMS/attach_target" "$jail/"
	mv "$data" "$jail/data/x.mdb"
	setpriv --pdeathsig KILL unshare --pid --mount --fork --kill-child chroot "$jail" /attach_target /data/x.mdb \
		>"$BATS_TEST_TMPDIR/stdout" 2>&1 3>&- &
	wait_for grep -q ready "$BATS_TEST_TMPDIR/stdout"
	pid=$(pgrep -P $!)
	run -0 madvisor attach -r '/data/x.mdb random' "$pid"
	assert_output --partial ' /data/x.mdb'
	assert_output --partial ', /attach_target:'
	has_flag "$pid" "$jail/data/x.mdb" rr
	kill "$pid"
	wait_for grep -q 'wrong 0' "$BATS_TEST_TMPDIR/stdout"
}

@test "a Go program's memory can be advised" {
	needs prometheus
	mkdir "$BATS_TEST_TMPDIR/prometheus"
	echo 'global: {}' >"$BATS_TEST_TMPDIR/prometheus.yml"
	setpriv --pdeathsig KILL prometheus --config.file="$BATS_TEST_TMPDIR/prometheus.yml" --web.listen-address=127.0.0.1:0 \
		--storage.tsdb.path="$BATS_TEST_TMPDIR/prometheus" >"$BATS_TEST_TMPDIR/stdout" 2>&1 3>&- &
	pid=$!
	wait_for grep -q 'Server is ready' "$BATS_TEST_TMPDIR/stdout"
	local round
	for round in {1..20}; do
		run -0 madvisor attach -r '[anon] nohugepage,dontdump size>=1M' "$pid"
		run -0 madvisor attach -r '[anon] hugepage,dodump size>=1M' "$pid"
	done
	kill "$pid"
	wait "$pid"
	run -1 grep -E 'panic|fatal|SIG[A-Z]+ ' "$BATS_TEST_TMPDIR/stdout"
}

# --- what it does not do ---

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
	needs python3
	target epoll_wait
	setpriv --pdeathsig KILL python3 -c '
import os, signal, sys
while True:
	os.kill(int(sys.argv[1]), signal.SIGWINCH)' "$pid" 2>/dev/null 3>&- &
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

@test "a 32-bit program is refused" {
	needs gcc
	cat >"$BATS_TEST_TMPDIR/small.c" <<-'END'
		void _start(void) { for (;;) __asm__ volatile("int $0x80" : : "a"(29)); }
	END
	gcc -m32 -nostdlib -static -fno-pie -no-pie -o "$BATS_TEST_TMPDIR/small" "$BATS_TEST_TMPDIR/small.c" 2>/dev/null ||
		skip "this compiler makes no 32-bit programs"
	setpriv --pdeathsig KILL "$BATS_TEST_TMPDIR/small" 3>&- &
	pid=$!
	sleep 0.2
	kill -0 "$pid" 2>/dev/null || skip "this kernel runs no 32-bit programs"
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
	sleep 0.2
	kill -0 "$pid" 2>/dev/null || skip "this kernel has no int 0x80"
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
