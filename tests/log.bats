#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is said, how often, and that saying it cannot hurt the host.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/urandom >data.mdb
	write_policy test.policy <<<"*.mdb random"
}

# logged LEVEL RULES STATEMENT...: the lines on standard error, in $stderr.
logged() {
	local level=$1 rules=$2
	shift 2
	run --separate-stderr preload MADVISOR_LOG_LEVEL="$level" MADVISOR_RULES="$rules" "$PROGRAMS/mapper" "$@"
}

@test "a host without a matching mapping gets not a line at the default level" {
	run --separate-stderr preload MADVISOR_POLICY="$BATS_TEST_TMPDIR/test.policy" "$PROGRAMS/mapper" "map rw private 1M"
	assert_equal "$stderr" ""
}

@test "a line names process, program, level, policy and line" {
	run --separate-stderr preload MADVISOR_LOG_LEVEL=info MADVISOR_POLICY="$BATS_TEST_TMPDIR/test.policy" \
		"$PROGRAMS/mapper" "open data.mdb ro" "map r shared 0"
	assert_regex "$stderr" 'madvisor\[[0-9]+\] mapper: info: test\.policy:1: applied random to ".*/data\.mdb" \(1\.0 MiB\)'
	assert_regex "$stderr" 'mapper: info: active: 1 rule of test\.policy'
	assert_regex "$stderr" 'info: test\.policy:1: summary: 1 mapping, 1\.0 MiB, 0 failures'
}

@test "an advice that this kernel lacks is said once, with the option it is built without" {
	zgrep -q '# CONFIG_MEMORY_FAILURE is not set' /proc/config.gz 2>/dev/null || skip "this kernel may have soft-offline"
	logged warning "$BATS_TEST_TMPDIR/data.mdb soft-offline unsafe" "open data.mdb ro" "map r shared 0" "map r shared 0" \
		"fork map r shared 0"
	assert_regex "$stderr" "MADVISOR_RULES:1: soft-offline: not supported by this kernel \(Linux .* is built without CONFIG_MEMORY_FAILURE\)"
	assert_equal "$(wc -l <<<"$stderr")" 1
}

@test "an advice of another system is said to be one" {
	logged warning "*.mdb zero-wired-pages" "open data.mdb ro" "map r shared 0"
	assert_regex "$stderr" 'zero-wired-pages: not an advice of Linux \(Darwin\)'
}

@test "mergeable for shared memory is said to have no effect, whether KSM runs or not" {
	logged notice "*.mdb mergeable" "open data.mdb ro" "map r shared 0" flags
	refute_regex "$output" '\<mg\>'
	assert_regex "$stderr" 'MADVISOR_RULES:1: mergeable: no effect: only for private mappings'
}

@test "unmap:pageout of a file that another user alone may write is said to have no effect, once" {
	[ "$(id -u)" = 0 ] || skip "only root can become another user"
	chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" .
	chmod 0644 data.mdb
	cp "$PROGRAMS/mapper" "$LIBRARY" .
	pages_out() {
		run --separate-stderr setpriv --reuid 12345 --regid 12345 --clear-groups env LD_PRELOAD=./libmadvisor.so \
			MADVISOR_LOG_LEVEL=notice MADVISOR_RULES="*.mdb unmap:pageout" \
			./mapper "open data.mdb ro" "map r shared 0" unmap "map r shared 0" unmap
	}
	pages_out
	assert_regex "$stderr" "MADVISOR_RULES:1: pageout: no effect: the file is another user's, who alone may write it"
	assert_equal "$(wc -l <<<"$stderr")" 1
	chown 12345 data.mdb
	pages_out
	assert_equal "$stderr" ""
}

@test "the summary counts mappings whose only advice is given when they go" {
	logged info "*.mdb unmap:cold" "open data.mdb ro" "map r shared 0" unmap "map r shared 0" "at 0 256K" unmap
	assert_regex "$stderr" 'summary: 2 mappings, 1\.3 MiB, 0 failures'
	logged info "*.mdb random,unmap:cold" "open data.mdb ro" "map r shared 0" unmap
	assert_regex "$stderr" 'summary: 1 mapping, 1\.0 MiB, 0 failures'
}

@test "200 forked children that fail alike add no line" {
	run --separate-stderr preload MADVISOR_RULES="*.mdb wipeonfork unsafe" "$PYTHON" -c '
import mmap, os
file = os.open("data.mdb", os.O_RDONLY)
for child in range(200):
    if os.fork() == 0:
        mmap.mmap(file, 0, prot=mmap.PROT_READ)
        os._exit(0)
    os.wait()'
	assert_regex "$stderr" 'wipeonfork on ".*data.mdb" \(1.0 MiB\): EINVAL: only for private anonymous mappings'
	assert_equal "$(wc -l <<<"$stderr")" 1
}

@test "control bytes, quotes and backslashes in the names of program and policy are escaped" {
	cp "$PROGRAMS/mapper" $'a"b\\c\nd'
	write_policy $'x"y.policy' <<<"*.mdb random"
	run --separate-stderr preload MADVISOR_LOG_LEVEL=info MADVISOR_POLICY=$'./x"y.policy' $'./a"b\\c\nd' "open data.mdb ro" "map r shared 0"
	assert_regex "$stderr" '\] a\\x22b\\x5cc\\x0ad: info: x\\x22y\.policy:1: applied random'
}

@test "the first ten errors are shown, then how many more; the host runs on without advice" {
	local rules=
	for number in {1..13}; do rules+="*.mdb bogus$number; "; done
	logged warning "$rules *.mdb random" "open data.mdb ro" "map r shared 0" flags
	assert_success
	refute_output --partial ' rr '
	assert_equal "$(grep -c 'unknown advice' <<<"$stderr")" 10
	assert_regex "$stderr" 'error: and 3 more'
	assert_regex "$stderr" 'error: running without advice'
}

@test "MADVISOR_LOG=none says nothing at all" {
	run --separate-stderr preload MADVISOR_LOG=none MADVISOR_RULES="*.mdb bogus" "$PROGRAMS/mapper" "map rw private 1M"
	assert_success
	assert_equal "$stderr" ""
}

@test "a setting that is not understood is told, with what was expected" {
	run --separate-stderr preload MADVISOR_LOG_LEVEL=loud "$PROGRAMS/mapper" "map rw private 1M"
	assert_success
	assert_regex "$stderr" 'MADVISOR_LOG_LEVEL: "loud" is not understood \(expected "error", "warning"'
}

@test "the program's name is that of the start, whatever the host makes of its arguments" {
	run --separate-stderr preload MADVISOR_LOG_LEVEL=info MADVISOR_RULES="*.mdb random" "$PYTHON" -c '
import ctypes, mmap
ctypes.CDLL(None).prctl(15, b"renamed")
file = open("data.mdb")
mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)'
	assert_regex "$stderr" '\] python3[.0-9]*: info: MADVISOR_RULES:1: applied'
}

# survives COMMAND: the host's own exit status and output are those of a host without us.
survives() {
	run bash -c "$1"
	assert_success
	assert_output --regexp ' rr .*'
}

noisy() {
	echo "env LD_PRELOAD='$HOST_PRELOAD' MADVISOR_LOG_LEVEL=debug MADVISOR_RULES='*.mdb random' '$PROGRAMS/mapper' 'open data.mdb ro' 'map r shared 0' flags"
}

@test "standard error closed: the host runs on" {
	survives "$(noisy) 2>&-"
}

@test "standard error is /dev/full: the host runs on" {
	survives "$(noisy) 2>/dev/full"
}

@test "standard error is a pipe without reader: no SIGPIPE reaches the host" {
	mkfifo pipe
	survives "exec 9<>pipe 8>pipe 9<&-; $(noisy) 2>&8"
}

@test "standard error is a full pipe: the host does not wait" {
	mkfifo pipe
	survives "exec 9<>pipe; timeout 2 cat /dev/zero >&9; timeout -s KILL 20 $(noisy) 2>&9"
}

@test "standard error is a terminal that nobody reads: the host does not wait" {
	cat >unread.py <<-'END'
		import os, pty, subprocess, sys
		terminal, stderr = pty.openpty()
		sys.exit(subprocess.run(sys.argv[1:], stderr=stderr).returncode)
	END
	# Lines of every length, so that some end where the terminal's buffer does.
	cat >lines.py <<-'END'
		import mmap, os
		for turn in range(20000):
		    name = "x" * (turn % 211) + "data.mdb"
		    if turn % 211 and turn < 211:
		        os.link("data.mdb", name)
		    file = os.open(name, os.O_RDONLY)
		    mmap.mmap(file, 4096, prot=mmap.PROT_READ).close()
		    os.close(file)
	END
	run timeout -s KILL 60 "$PYTHON" unread.py env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_LOG_LEVEL=info MADVISOR_RULES='*.mdb random' "$PYTHON" lines.py
	assert_success
}

# Of the kernel's log each write is a record; /dev/full is a device of the same kind.
# bats test_tags=no-sanitizer
@test "children that fill a terminal nobody reads at the same moment do not wait for each other's room" {
	cat >unread.py <<-'END'
		import os, pty, subprocess, sys
		for turn in range(12):
		    terminal, stderr = pty.openpty()
		    if subprocess.run(sys.argv[1:], stderr=stderr).returncode:
		        sys.exit(1)
		    os.close(terminal), os.close(stderr)
	END
	cat >children.py <<-'END'
		import mmap, os
		file = os.open("data.mdb", os.O_RDONLY)
		for child in range(8):
		    if os.fork() == 0:
		        for turn in range(300):
		            mmap.mmap(file, 4096, prot=mmap.PROT_READ).close()
		        os._exit(0)
		for child in range(8):
		    os.wait()
	END
	run timeout -s KILL 60 "$PYTHON" unread.py env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_LOG_LEVEL=info MADVISOR_RULES='*.mdb random' "$PYTHON" children.py
	assert_success
}

@test "a terminal that makes capital letters, and that nobody reads: the host does not wait" {
	cat >capital.py <<-'END'
		import pty, subprocess, sys, termios
		terminal, stderr = pty.openpty()
		modes = termios.tcgetattr(stderr)
		modes[1] |= termios.OLCUC
		termios.tcsetattr(stderr, termios.TCSANOW, modes)
		sys.exit(subprocess.run(sys.argv[1:], stderr=stderr).returncode)
	END
	cat >maps.py <<-'END'
		import mmap, os
		file = os.open("data.mdb", os.O_RDONLY)
		for turn in range(2000):
		    mmap.mmap(file, 4096, prot=mmap.PROT_READ).close()
	END
	run timeout -s KILL 60 "$PYTHON" capital.py env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_LOG_LEVEL=info MADVISOR_RULES='*.mdb random' "$PYTHON" maps.py
	assert_success
}

@test "a line to a device that is no terminal is one write" {
	needs strace
	run strace -o trace -s 400 -e trace=write,pwritev2 bash -c "exec env LD_PRELOAD='$LIBRARY' MADVISOR_LOG_LEVEL=info \
		MADVISOR_RULES='*.mdb random' '$PROGRAMS/mapper' 'open data.mdb ro' 'map r shared 0' 2>/dev/full"
	assert_success
	run grep -E '^(write|pwritev2)\(2, ' trace
	assert [ "${#lines[@]}" -ge 3 ]
	for line in "${lines[@]}"; do
		[[ $line == *'"madvisor['*'\n"'* ]] || fail "part of a line: $line"
	done
}

@test "standard error is a file at RLIMIT_FSIZE: no SIGXFSZ reaches the host" {
	survives "ulimit -f 0; $(noisy) 2>>limited | cat"
}

@test "not a byte goes to a data file that has become descriptor 2" {
	run --separate-stderr preload MADVISOR_LOG_LEVEL=debug MADVISOR_RULES="*.mdb random" "$PYTHON" -c '
import mmap, os
os.close(2)
table = os.open("table.db", os.O_RDWR | os.O_CREAT)
assert table == 2
os.write(2, b"data")
mapping = mmap.mmap(os.open("data.mdb", os.O_RDONLY), 0, prot=mmap.PROT_READ)'
	assert_success
	assert_equal "$(cat table.db)" data
}

@test "a thread that is to be cancelled is not cancelled inside a hook" {
	cat >cancel.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <pthread.h>
		#include <stdio.h>
		#include <sys/mman.h>
		#include <sys/shm.h>
		static const char *reached = "nothing";
		static void *thread(void *arg)
		{
			int fd = open("data.mdb", O_RDONLY), segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
			pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
			pthread_cancel(pthread_self());
			pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
			void *mapping = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), *attached = shmat(segment, NULL, 0);
			reached = "mapped";
			madvise(mapping, 4096, MADV_SEQUENTIAL);
			posix_madvise(mapping, 4096, POSIX_MADV_SEQUENTIAL);
			reached = "advised";
			mapping = mremap(mapping, 4096, 65536, MREMAP_MAYMOVE);
			munmap(mapping, 65536);
			shmdt(attached);
			reached = "unmapped";
			shmctl(segment, IPC_RMID, NULL);
			pthread_testcancel();
			reached = "what is behind the cancellation";
			return arg;
		}
		int main(void)
		{
			pthread_t id;
			pthread_create(&id, NULL, thread, NULL);
			pthread_join(id, NULL);
			return puts(reached) < 0;
		}
	END
	gcc -o cancel cancel.c -pthread
	mkfifo pipe
	exec 9<>pipe
	run --separate-stderr preload MADVISOR_LOG_LEVEL=debug MADVISOR_RULES="*.mdb random,unmap:cold override; [shm] dontdump,unmap:cold" ./cancel
	assert_output unmapped
	assert_regex "$stderr" 'applied random'
	run bash -c "timeout -s KILL 60 env LD_PRELOAD='$HOST_PRELOAD' MADVISOR_LOG_LEVEL=debug MADVISOR_RULES='*.mdb random override' ./cancel 2>&9"
	assert_output unmapped
}

@test "standard error is a terminal that stops who writes in the background: the host is not stopped" {
	cat >background.py <<-'END'
		import os, pty, sys, termios
		session, terminal = pty.fork()
		if session == 0:
		    attributes = termios.tcgetattr(2)
		    attributes[3] |= termios.TOSTOP
		    termios.tcsetattr(2, termios.TCSANOW, attributes)
		    host = os.fork()
		    if host == 0:
		        os.setpgid(0, 0)
		        os.execvp(sys.argv[1], sys.argv[1:])
		    status = os.waitpid(host, os.WUNTRACED)[1]
		    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 99)
		try:
		    while os.write(1, os.read(terminal, 4096)):
		        pass
		except OSError:
		    pass
		sys.exit(os.WEXITSTATUS(os.waitpid(session, 0)[1]))
	END
	run timeout -s KILL 60 "$PYTHON" background.py sh -c 'echo stopped >&2'
	assert_equal "$status" 99
	# Longer than what a terminal is given at once.
	local name
	name=$(printf 'x%.0s' {1..240}).mdb
	ln data.mdb "$name"
	run timeout -s KILL 60 "$PYTHON" background.py env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_LOG_LEVEL=debug MADVISOR_RULES='*.mdb random' \
		"$PROGRAMS/mapper" "open $name ro" 'map r shared 0'
	assert_success
	assert_line --regexp "applied random to \"$PWD/$name\" \(1.0 MiB\)"
}

# The sanitizers' runtime leaves an errno of its own.
# bats test_tags=no-sanitizer
@test "errno is 0 when main begins" {
	run preload MADVISOR_LOG_LEVEL=error MADVISOR_RULES="*.mdb random" "$PROGRAMS/mapper" errno
	assert_output "errno 0"
}
