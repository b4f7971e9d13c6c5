#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 2M /dev/zero >some.db
	head -c 2M /dev/zero >other.sst
	head -c 3M /dev/zero >more.sst
}

teardown() {
	[ -z "${HOST-}" ] || kill "$HOST" "${PID:-$HOST}" 2>/dev/null || true
	[ -z "${CGROUP-}" ] || wait_for rmdir "$CGROUP"
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

@test "explain names the rule that decides, and what failed in each before it" {
	run -0 madvisor explain -r '*.sst random' -r '*.db random size>=1G' -r '*.db random file>=1G' -r '*.db dontdump' -r '*.db normal' some.db
	assert_line --regexp 'MADVISOR_RULES:1 +\*\.sst random +no +the pattern does not match'
	assert_line --regexp 'MADVISOR_RULES:2 .* no +size>=1G: it is 2\.0 MiB'
	assert_line --regexp 'MADVISOR_RULES:3 .* no +file>=1G: the file occupies 2\.0 MiB'
	assert_line --regexp 'MADVISOR_RULES:4 +\*\.db dontdump +yes'
	refute_line --partial 'MADVISOR_RULES:5'
}

@test "explain says on what a rule depends that a path does not tell" {
	run -0 madvisor explain -r '*.db random shared !writable' -r 'program slapd' -r '*.db dontdump' -r 'program *' -r '*.db normal' some.db
	assert_line --regexp ':1 .* if +it is shared and not writable'
	assert_line --regexp ':3 .* if +program slapd'
	assert_line --regexp ':5 .* yes'
}

@test "explain follows links, as the kernel does" {
	ln -s some.db link.db
	run -0 madvisor explain -r '**/link.db none' -r '**/some.db random' link.db
	assert_line --partial "$PWD/some.db (what the kernel calls it)"
	assert_line --regexp ':1 .* no '
	assert_line --regexp ':2 .* yes'
}

@test "explain judges a file that is not there by its name, and says so" {
	run -0 madvisor explain -r '*.db random size<1M' -r '*.db normal file>1M' -r '*.db none' nosuch.db
	assert_line --partial 'judged by its name alone'
	assert_line --regexp ':1 .* if +size<1M'
	assert_line --regexp ':2 .* if +file>1M'
	assert_line --regexp ':3 .* yes'
}

@test "explain says when no rule decides" {
	run -0 madvisor explain -r '*.sst random' some.db
	assert_line --partial 'no other rule decides: no advice'
}

@test "explain --json holds any bytes in a name" {
	local name=$'a\nb\\c\xff"\t.db'
	cp some.db "$name"
	madvisor explain --json -r '*.db random' "$name" >out.json
	run -0 "$PYTHON" -c '
import json, os
path = json.load(open("out.json"))[0]["path"]
assert os.fsencode(os.path.basename(path)) == b"a\nb\\c\xff\"\t.db", path'
}

@test "explain without operands, or with both kinds, is wrong usage" {
	run -2 madvisor explain
	run -2 madvisor explain --pid 1 some.db
	run -2 madvisor explain --pid x
	run -2 madvisor explain --all some.db
}

@test "explain --pid shows kind, size, rule, what it gives, and what is in force" {
	host '*.db random;[anon] dontdump size>=8M' 'open some.db ro' 'map r shared 0' close 'map rw private 8M'
	run -0 madvisor explain --pid "$PID"
	assert_line --regexp "^ *2\.0 MiB .* file +random +MADVISOR_RULES:1 +random +yes +$PWD/some.db\$"
	assert_line --regexp '^ *8\.0 MiB .* anon +dontdump +MADVISOR_RULES:2 +dontdump +yes +\[anon\]$'
}

@test "explain --pid -p shows what another policy would give, and that it is not in force" {
	host '*.db random' 'open some.db ro' 'map r shared 0'
	run -0 madvisor explain --pid "$PID" -r '*.db sequential,dontdump'
	assert_line --regexp "file +random +MADVISOR_RULES:1 +sequential,dontdump +no +$PWD/some.db\$"
}

# bats test_tags=no-sanitizer
@test "explain --pid sorts by size, and leaves the small ones to --all" {
	background "$PROGRAMS/mapper" 'map rw private 64M' 'open some.db ro' 'map r shared 0' pause
	run -0 madvisor explain --pid "$PID"
	assert_line --index 2 --regexp '^64\.0 MiB'
	assert_line --regexp 'and [0-9]+ smaller ones, .* in all \(--all\)'
	refute_line --partial '[vdso]'
	run -0 madvisor explain --pid "$PID" --all
	assert_line --partial '[vdso]'
}

@test "explain --pid of a process that is not preloaded tells what it maps" {
	background "$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0' pause
	run -0 madvisor explain --pid "$PID"
	assert_line --partial '(no policy: what it maps)'
	assert_line --regexp "file +normal +$PWD/some.db\$"
	refute_line --partial RULE
}

@test "explain --pid --json agrees with smaps" {
	host '*.db random' 'open some.db ro' 'map r shared 0'
	madvisor explain --pid "$PID" --json >out.json
	run -0 "$PYTHON" - "$PID" <<'EOF'
import json, re, sys
ours = {m["low"]: m for m in json.load(open("out.json"))["mappings"]}
theirs = {}
for line in open(f"/proc/{sys.argv[1]}/smaps"):
    head = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
    if head:
        low = int(head[1], 16)
        theirs[low] = {"size": int(head[2], 16) - low}
    elif line.startswith("VmFlags:"):
        theirs[low]["vmflags"] = line[8:].strip()
assert set(ours) == set(theirs)
for low, mapping in theirs.items():
    assert ours[low]["size"] == mapping["size"]
    assert ours[low]["vmflags"] == mapping["vmflags"]
random = [m for m in ours.values() if m["name"].endswith("/some.db")]
assert [m["in_force"] for m in random] == ["random"] and random[0]["agrees"] is True
EOF
}

@test "a rule that cannot be judged for a running process says on what it depends" {
	background "$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0' pause
	run -0 madvisor explain --pid "$PID" -r '*.db random populate'
	assert_line --regexp "MADVISOR_RULES:1 \? +random +- +$PWD/some.db \(the rule decides if it is populate\)"
}

@test "hugepage is not in force where the process has switched huge pages off" {
	background "$PYTHON" -c '
import ctypes, mmap, os, time
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)   # PR_SET_THP_DISABLE
m = mmap.mmap(-1, 32 << 20, flags=mmap.MAP_PRIVATE)
m.madvise(14)
print(os.getpid(), flush=True); time.sleep(60)'
	run -0 madvisor explain --pid "$PID" -r '[anon] hugepage size>=32M'
	assert_line --partial 'switched off for it by prctl(2)'
	assert_line --regexp '^32\.0 MiB .* hugepage +MADVISOR_RULES:1 +hugepage +no '
}

@test "explain --pid sees paths as a process in a chroot does" {
	[ "$(id -u)" = 0 ] || skip "needs root for chroot"
	mkdir jail
	echo 'int main(void) { return 0; }' >static.c
	gcc -static -o static static.c 2>/dev/null || skip "no static libc to link with"
	gcc -static -I"$SOURCE/src" -o jail/mapper "$SOURCE/tests/programs/"{mapper,kernel_view}.c
	cp some.db jail/in-jail.db
	background chroot jail /mapper 'open /in-jail.db ro' 'map r shared 0' pause
	run -0 madvisor explain --pid "$PID" -r '/in-jail.db random'
	assert_line --regexp 'MADVISOR_RULES:1 +random +no +/in-jail.db$'
}

@test "explain --pid of a name with a backslash and a newline is right" {
	local name=$'n\nl\\012.db'
	cp some.db "$name"
	background "$PYTHON" -c '
import mmap, os, sys, time
f = open("n\nl\\012.db"); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
print(os.getpid(), flush=True); time.sleep(60)'
	run -0 madvisor explain --pid "$PID"
	assert_line --partial '/n\x0al\x5c012.db'
}

@test "--suggest prints a valid policy, with a glob for a family of files" {
	background "$PYTHON" -c '
import mmap, os, time
m = [mmap.mmap(os.open(n, os.O_RDONLY), 0, prot=mmap.PROT_READ) for n in ("some.db", "other.sst", "more.sst")]
a = mmap.mmap(-1, 64 << 20)
print(os.getpid(), flush=True); time.sleep(60)'
	madvisor explain --pid "$PID" --suggest >suggested.policy
	run -0 cat suggested.policy
	assert_line --regexp '^program python3'
	assert_line "#$PWD/some.db  none"
	assert_line "#$PWD/*.sst  none"
	assert_line --partial "# 2 mappings of $PWD/*.sst, 5.0 MiB"
	assert_line '#[shared-anon]  none size>=64M'
	PATH=/usr/bin:/bin run -0 madvisor check ./suggested.policy
	assert_output --partial 'no rule'
	# With the "#" taken away from the rules it is still valid, and the rules match.
	sed -i 's/^#\([^ ]\)/\1/' suggested.policy
	PATH=/usr/bin:/bin run -0 madvisor check ./suggested.policy
	run -0 madvisor explain -p ./suggested.policy other.sst
	assert_line --regexp '/\*\.sst none +if +program'
}

@test "--suggest says what the presets know" {
	cp some.db data.mdb
	background "$PROGRAMS/mapper" 'open data.mdb ro' 'map r shared 0' pause
	run -0 madvisor explain --pid "$PID" --suggest
	assert_line --regexp '^# the preset "lmdb" \(line [0-9]+\) says: data.mdb random'
}

@test "--suggest quotes what a glob and a policy would take for something else" {
	cp some.db 'a [b]*{c} "d".db'
	background "$PYTHON" -c '
import mmap, os, time
m = mmap.mmap(os.open("a [b]*{c} \"d\".db", os.O_RDONLY), 0, prot=mmap.PROT_READ)
print(os.getpid(), flush=True); time.sleep(60)'
	madvisor explain --pid "$PID" --suggest | sed 's/^#\([^ ]\)/\1/; s/^program .*//' >suggested.policy
	run -0 madvisor explain -p ./suggested.policy 'a [b]*{c} "d".db'
	assert_line --regexp ' yes$'
}

@test "explain --pid of no process, and of another user's, says why" {
	run -2 madvisor explain --pid 4194304
	assert_output --partial 'no such process'
	[ "$(id -u)" = 0 ] || skip "needs root to be somebody else"
	needs setpriv
	background "$PROGRAMS/mapper" pause
	run -2 setpriv --reuid=65534 --regid=65534 --clear-groups "$MADVISOR" explain --pid "$PID"
	assert_output --partial CAP_SYS_PTRACE
}

@test "a percentage is of the memory that the process may use, in explain and in status" {
	[ "$(id -u)" = 0 ] || skip 'making a cgroup needs root'
	local own
	own=/sys/fs/cgroup/memory$(awk -F: '$2 == "memory" { print $3; exit }' /proc/self/cgroup)
	mkdir "$own/madvisor-test-$$" || skip "cannot make a memory cgroup of version 1"
	CGROUP=$own/madvisor-test-$$
	echo 100M >"$CGROUP/memory.limit_in_bytes"
	head -c 60M /dev/zero >large.db
	# shellcheck disable=SC2016 # the inner shell's
	background bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec env "$@"' bash "$CGROUP" \
		LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES='*.db random file>=50%' "$PROGRAMS/mapper" 'open large.db ro' 'map r shared 0' pause
	run -0 madvisor explain --pid "$PID"
	assert_line --regexp '^ *60\.0 MiB .* random +MADVISOR_RULES:1 +random +yes'
	run -0 madvisor status "$PID"
	assert_line --regexp 'MADVISOR_RULES:1 +1 +60\.0 MiB +1 +60\.0 MiB'
}
