#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# libmadvisor(7) lists what the library asks of the kernel, for those who write seccomp filters: nothing else may be called.

load helpers

# The phases' lists in the manual, as "PHASE CALL" lines.
documented() {
	PYTHONDONTWRITEBYTECODE=1 python3 "$SOURCE/tests/manual.py" entries "$SOURCE/doc/libmadvisor.7" 'system calls' |
		awk -F '\t' '/^== / { sub(/^== /, ""); phase = $0; next }
			{ count = split($1, calls, /, */); for (i = 1; i <= count; i++) print phase, calls[i] }' | sort -u
}

# trace STATEMENT...: what the library itself calls while the host runs, as "PHASE CALL" lines. By the stack of each call: in the
# library, sys.c makes them all; the program's own calls pass through elsewhere.
trace() {
	run strace -f -k -o trace env LD_PRELOAD="$LIBRARY" "$PROGRAMS/mapper" "$@"
	assert_success
	awk '
		function close_call() {
			if (own)
				print (line ? "line" : start ? "start" : "hook"), call
			own = line = start = 0
		}
		/^[0-9]+ / { close_call(); call = $2; sub(/\(.*/, "", call); next }
		/libmadvisor\.so\(sys_/ { own = 1 }
		/libmadvisor\.so\((log_begin|log_end|write_line|advice_explain)/ { line = 1 }
		/libmadvisor\.so\(start[+]/ { start = 1 }
		END { close_call() }' trace | sort -u >>called
}

# allowed: the calls of a phase, and those that it may make besides.
allowed() {
	documented | sed -E 'p; s/^(hook|line) /start /' | sort -u
}

# called_only_documented: each call is in the list of its phase.
called_only_documented() {
	assert [ -s called ]
	run comm -23 <(sort -u called) <(allowed)
	assert_success
	refute_output
}

setup() {
	strace -V | grep -q stack-trace || skip "this strace cannot show stacks"
	cd "$BATS_TEST_TMPDIR" || return
	dd if=/dev/urandom of=data.db bs=1M count=2 status=none
	export MADVISOR_LOG_LEVEL=info
}

# bats test_tags=no-sanitizer
@test "the library calls nothing that the manual does not list: files" {
	MADVISOR_RULES='*.db willneed|populate-read,random override file>=0%' \
		trace 'open data.db ro' 'map r shared 0' 'madvise 2' 'posix 1' unmap 'map r shared,populate 1M 4096' 'remap 1536K' \
		'fork unmap' 'unlink data.db' 'map r private 0'
	grep -q 'hook ioctl' called
	grep -q 'hook rt_sigprocmask' called
	called_only_documented
}

# bats test_tags=no-sanitizer
@test "the library calls nothing that the manual does not list: memory of every kind" {
	MADVISOR_RULES='[anon] hugepage,access-many size>=1M; [shared-anon] dontdump,unmap:cold; [shm] dontdump; [memfd:*] nosync,random' \
		trace 'map rw private 2M' unmap 'map rw shared 2M' unmap 'shm 1M' detach 'memfd name 1M' 'map rw shared 0' unmap
	grep -q 'hook shmctl' called
	grep -q 'hook mbind' called
	grep -q 'line pwritev2' called
	called_only_documented
}

# bats test_tags=no-sanitizer
@test "the library calls nothing that the manual does not list: policies, and errors in them" {
	mkdir directory
	printf '*.db random\n' >directory/a.policy
	chmod 0644 directory/a.policy
	MADVISOR_POLICY="$BATS_TEST_TMPDIR/directory" trace 'open data.db ro' 'map r shared 0'
	grep -q 'start getdents64' called
	MADVISOR_POLICY=nosuchpolicy trace 'open data.db ro' 'map r shared 0'
	called_only_documented
}

# bats test_tags=no-sanitizer
@test "no system call of the library's list is missing in the manual, and none is there that it cannot make" {
	grep -oE 'SYS_[a-z0-9_]+' "$SOURCE/src/sys.c" | sed 's/^SYS_//' | sort -u >sources
	documented | cut -d ' ' -f 2 | sort -u >page
	diff -u sources page
}

# bats test_tags=no-sanitizer
@test "a sleeping library calls nothing once main has begun" {
	MADVISOR_RULES='program other
*.db random' trace 'open data.db ro' 'map r shared 0' 'remap 4K' unmap 'madvise 0'
	run grep -v '^start\|^line' called
	refute_output
}

# bats test_tags=no-sanitizer
@test "where no rule can match, a mapping costs no system call" {
	MADVISOR_LOG_LEVEL=warning MADVISOR_RULES='*.db random size>=1G; [shm] dontdump' \
		trace 'map rw private 1M' unmap 'open data.db ro' 'map r shared 0' unmap 'map none private 1M' unmap
	run grep '^hook' called
	refute_output
}
