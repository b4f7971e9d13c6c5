#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What attach does.

load attach

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
	assert_output --partial '2 of 2 would be done (dry run)'
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
	whole() { (($(resident "$data") >= 8388608 - 131072)); }
	wait_for whole
}

@test "willneed with a range reads that range of the file" {
	host "open $data ro" 'map r shared 0'
	drop_cache "$data"
	run -0 madvisor attach -r "$data willneed@4M..5M" "$pid"
	assert_output --partial 'done: 1.0 MiB'
	part() { local bytes; bytes=$(resident "$data"); ((bytes >= 1048576 - 131072 && bytes < 4194304)); }
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
	mkfifo "$BATS_TEST_TMPDIR/steps"
	cat >"$BATS_TEST_TMPDIR/host.py" <<-'END'
		import mmap, sys
		file = open(sys.argv[1], "rb")
		steps = open(sys.argv[2])
		steps.readline()
		mapping = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
		steps.readline()
	END
	"$PYTHON" "$BATS_TEST_TMPDIR/host.py" "$data" "$BATS_TEST_TMPDIR/steps" 3>&- &
	pid=$!
	exec {steps}<>"$BATS_TEST_TMPDIR/steps"
	timeout 30 "$MADVISOR" attach --repeat 1 -r "$data random" "$pid" >"$BATS_TEST_TMPDIR/attach" 2>&1 3>&- &
	local attach=$!
	wait_for grep -q 'no mapping' "$BATS_TEST_TMPDIR/attach"
	echo >&"$steps"
	wait_for has_flag "$pid" "$data" rr
	echo >&"$steps"
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
