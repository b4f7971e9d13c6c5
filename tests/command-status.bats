#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 2M /dev/zero >some.db
}

teardown() {
	[ -z "${HOST-}" ] || kill "$HOST" "${PID:-$HOST}" 2>/dev/null || true
}

# background [NAME=VALUE]... COMMAND [ARGUMENT]...: with an input that does not end, until it has printed its pid.
background() {
	[ -p hold ] || mkfifo hold
	setpriv --pdeathsig KILL env "$@" <>hold >host.out 2>host.err 3>&- &
	HOST=$!
	wait_for test -s host.out
	PID=$(tail -1 host.out)
}

# host RULES STATEMENT...: the tests' host, which waits after the statements.
host() {
	local rules=$1
	shift
	background LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES="$rules" "$PROGRAMS/mapper" "$@" pause
}

# garbage: the program that writes garbage where the library writes its status, one kind for each number it reads.
garbage() {
	coproc SPOILER { exec "$PROGRAMS/garbage"; }
	HOST=$SPOILER_PID
	read -r -u "${SPOILER[0]}" PID
}

spoil() {
	echo "$1" >&"${SPOILER[1]}"
	read -r -t 20 -u "${SPOILER[0]}" _
}

@test "status counts for each rule the mappings and bytes that it advised" {
	host '*.db random;[anon] dontdump size>=8M size<9M' 'open some.db ro' 'map r shared 0' 'map r shared 0' close 'map rw private 8M'
	run -0 madvisor status "$PID"
	assert_line --regexp "^process $PID, mapper: active, 2 rules"
	assert_line --regexp '^  MADVISOR_RULES:1 +2 +4\.0 MiB +2 +4\.0 MiB +0 +-$'
	assert_line --regexp '^  MADVISOR_RULES:2 +1 +8\.0 MiB +1 +8\.0 MiB +0 +-$'
}

@test "status counts what is mapped now by the process's maps" {
	host '*.db random' 'open some.db ro' 'map r shared 0' unmap 'map r shared 0'
	run -0 madvisor status "$PID"
	assert_line --regexp '^  MADVISOR_RULES:1 +2 +4\.0 MiB +1 +2\.0 MiB '
}

@test "status and explain know the policy of a server that overwrote its environment" {
	background LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES='*.db random' "$PYTHON" -c '
import ctypes, mmap, os, time
ctypes.CDLL(None)
fields = open("/proc/self/stat").read().rsplit(")", 1)[1].split()
start, end = int(fields[47]), int(fields[48])   # env_start, env_end: proc_pid_stat(5)
ctypes.memset(start, 0, end - start)
m = mmap.mmap(os.open("some.db", os.O_RDONLY), 0, prot=mmap.PROT_READ)
print(os.getpid(), flush=True); time.sleep(60)'
	refute grep -q MADVISOR "/proc/$PID/environ"
	run -0 madvisor status "$PID"
	assert_line --regexp '^  MADVISOR_RULES:1 +1 +2\.0 MiB +1 +2\.0 MiB '
	run -0 madvisor explain --pid "$PID"
	assert_line --regexp 'random +MADVISOR_RULES:1 +random +yes '
}

@test "status does not guess what is mapped when the policy has changed" {
	printf '*.db random\n' | write_policy mine.policy
	background LD_PRELOAD="$HOST_PRELOAD" MADVISOR_POLICY="$PWD/mine.policy" "$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0' pause
	run -0 madvisor status "$PID"
	assert_line --regexp '^  mine\.policy:1 +1 +2\.0 MiB +1 +2\.0 MiB '
	printf '\n*.db random\n' | write_policy mine.policy
	run -0 madvisor status "$PID"
	assert_line --regexp '^  mine\.policy:1 +1 +2\.0 MiB +\? +\? '
}

@test "rules of more policies than have names of their own are not taken for another policy's" {
	mkdir many
	for number in {100..199}; do write_policy "many/$number.policy" <<<"*.x$number none"; done
	write_policy many/200.policy <<<'*.db random'
	MADVISOR_POLICY=$PWD/many host '' 'open some.db ro' 'map r shared 0'
	run -0 madvisor status "$PID"
	assert_line --regexp '^  \(another policy\):1 +1 +2\.0 MiB '
	refute_line --regexp '^  1[0-9]+\.policy:1 +1 '
}

@test "status names failures by errno" {
	host '*.db wipeonfork unsafe' 'open some.db ro' 'map r shared 0' 'map r shared 0'
	run -0 madvisor status "$PID"
	assert_line --regexp '^  MADVISOR_RULES:1 .* EINVAL 2$'
	assert_line --partial 'last lines of the log'
	assert_line --partial 'wipeonfork on'
}

@test "status says how often a rule answered the program's own advice" {
	host '*.db sequential override' 'open some.db ro' 'map r shared 0' 'madvise 1'
	run -0 madvisor status "$PID"
	assert_line --regexp '^  MADVISOR_RULES:1 +1 +2\.0 MiB +1 +2\.0 MiB +1 +-$'
}

@test "status --json is valid and says the same" {
	host '*.db random' 'open some.db ro' 'map r shared 0'
	madvisor status --json "$PID" >out.json
	run -0 "$PYTHON" -c '
import json
s = json.load(open("out.json"))
assert s["state"] == "active" and s["program"] == "mapper" and not s["off"]
rule = s["rules"][0]
assert (rule["mappings"], rule["bytes"], rule["live_mappings"], rule["live_bytes"]) == (1, 2097152, 1, 2097152), rule'
}

@test "status without a PID lists all processes that have the library" {
	host '*.db random' 'open some.db ro' 'map r shared 0'
	local first=$HOST first_pid=$PID
	rm host.out
	host '*.other random' 'open some.db ro' 'map r shared 0'
	madvisor status --json >out.json
	kill "$first"
	run -0 "$PYTHON" - "$first_pid" "$PID" <<'EOF'
import json, sys
pids = [s["pid"] for s in json.load(open("out.json"))]
assert all(int(pid) in pids for pid in sys.argv[1:]), pids
EOF
}

@test "what a service did is counted once, however many it has forked" {
	host '*.db random' 'open some.db ro' 'map r shared 0' 'fork pause'
	run -0 madvisor status
	assert_line --regexp "^process $PID: forked, and counted with process [0-9]+\$"
	madvisor status --openmetrics >out.prom
	assert [ "$(grep -c "^madvisor_rule_mappings{pid=\"$HOST\"" out.prom)" = 1 ]
	refute grep -q "^madvisor_rule_mappings{pid=\"$PID\"" out.prom
	assert grep -q "^madvisor_rule_live_mappings{pid=\"$PID\"" out.prom
	run -0 madvisor status "$PID"
	assert_line --regexp '^  MADVISOR_RULES:1 +1 +2\.0 MiB '
}

@test "status of a process whose rules are for other programs says asleep" {
	background LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES='program nosuch;*.db random' "$PROGRAMS/mapper" pause
	run -0 madvisor status "$PID"
	assert_output --partial asleep
}

@test "status --openmetrics is taken by promtool and by an OpenMetrics parser" {
	needs promtool
	local name=$'quote"backslash\\.policy'
	printf '*.db random\n*.db wipeonfork unsafe\n' >"$name"
	background LD_PRELOAD="$HOST_PRELOAD" MADVISOR_POLICY="$PWD/$name" "$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0' pause
	madvisor status --openmetrics "$PID" >out.prom
	run -0 promtool check metrics <out.prom
	refute_output
	run -0 grep -F 'madvisor_rule_advised_bytes{' out.prom
	assert_output --regexp '^madvisor_rule_advised_bytes\{pid="[0-9]+",program="mapper",rule=".*:1"\} 2097152'
	"$PYTHON" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null || return 0
	run -0 "$PYTHON" -c '
from prometheus_client.openmetrics.parser import text_string_to_metric_families
assert list(text_string_to_metric_families(open("out.prom").read()))'
}

@test "status --watch looks again until the process is gone" {
	host '*.db random' 'open some.db ro' 'map r shared 0'
	madvisor status --watch 1 "$PID" >watch 2>&1 3>&- &
	local watch=$!
	twice() { [ "$(grep -c '^process ' watch)" -ge 2 ]; }
	wait_for twice
	kill "$HOST"
	wait "$watch" && status=0 || status=$?
	assert_equal "$status" 2
	grep 'no such process' watch
}

@test "off makes the hooks do nothing, and on wakes them" {
	mkfifo steps
	preload MADVISOR_RULES='*.db random' "$PYTHON" -u -c '
import mmap, os
f = os.open("some.db", os.O_RDONLY)
print(os.getpid(), flush=True)
kept = []
for line in open("steps"):
    kept.append(mmap.mmap(f, 0, prot=mmap.PROT_READ))
    open("done." + line.strip(), "w").close()' >host.out 3>&- &
	HOST=$!
	exec 8>steps
	wait_for test -s host.out
	local pid
	pid=$(tail -1 host.out)
	run -0 madvisor off "$pid"
	echo 1 >&8
	wait_for test -e done.1
	refute grep -qw rr <(vmflags "$pid" "$PWD/some.db")
	run -0 madvisor status "$pid"
	assert_line --partial 'switched off'
	run -0 madvisor on "$pid"
	echo 2 >&8
	wait_for test -e done.2
	run -0 grep -c '^VmFlags:.*\brr\b' "/proc/$pid/smaps"
	assert_output 1
	exec 8>&-
}

@test "status does not stop the process" {
	needs strace
	host '*.db random' 'open some.db ro' 'map r shared 0'
	run -0 strace -f -e trace=ptrace,kill,tgkill,pidfd_send_signal "$MADVISOR" status "$PID"
	refute_output --regexp '^(ptrace|kill|tgkill|pidfd_send_signal)\('
}

@test "status, off and on say what is wrong" {
	background "$PROGRAMS/mapper" pause
	local command
	for command in status off on; do
		run -2 madvisor "$command" "$PID"
		assert_output "madvisor: process $PID: the library is not loaded in it"
		run -2 madvisor "$command" 4194304
		assert_output 'madvisor: process 4194304: no such process'
		run -2 madvisor "$command" nonsense
		assert_output --partial '"nonsense"'
	done
	run -2 madvisor off
}

@test "status of another user's process names the capability" {
	[ "$(id -u)" = 0 ] || skip "needs root to be somebody else"
	needs setpriv
	host '*.db random' 'open some.db ro' 'map r shared 0'
	local command
	for command in status off; do
		run -2 setpriv --reuid=65534 --regid=65534 --clear-groups "$MADVISOR" "$command" "$PID"
		assert_output --partial CAP_SYS_PTRACE
	done
}

@test "status reads what the library writes, also from another program (the garbage program, unspoilt)" {
	garbage
	spoil 0
	run -0 madvisor status "$PID"
	assert_line --partial 'garbage: active, 3 rules'
	assert_line --regexp '^  sound.policy:3 '
}

@test "status survives any bytes where the status should be" {
	garbage
	local round format sound=0
	for ((round = 1; round <= 120; round++)); do
		spoil "$round"
		for format in '' --json --openmetrics; do
			# shellcheck disable=SC2086 # no word where there is no format
			run timeout 20 "$MADVISOR" status $format "$PID"
			[ "$status" = 0 ] || [ "$status" = 2 ] || fail "round $round, $format: $status: $output"
			refute_output --partial Sanitizer
			[ "$status" = 0 ] && sound=$((sound + 1))
			if [ "$status" = 0 ] && [ "$format" = --json ]; then
				printf '%s' "$output" | "$PYTHON" -m json.tool >/dev/null || fail "round $round: $output"
			fi
		done
	done
	# Some garbage is a sound page with odd numbers in it: both ways were taken.
	[ "$sound" -gt 10 ] && [ "$sound" -lt 350 ] || fail "$sound of 360 were read"
}
