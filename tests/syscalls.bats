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

# strict [CALL]...: ./strict, a host that uses every hook under a filter that kills for all calls but its own and those named. What
# it needs besides is opened before. It prints what the kernel says of its mappings.
strict() {
	local own="exit_group mmap mremap munmap madvise read shmat shmctl shmdt shmget wait4 write clone set_robust_list"
	cat >strict.c <<-END
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <linux/filter.h>
		#include <linux/seccomp.h>
		#include <stddef.h>
		#include <sys/mman.h>
		#include <sys/prctl.h>
		#include <sys/shm.h>
		#include <sys/syscall.h>
		#include <sys/wait.h>
		#include <unistd.h>
		#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)
		#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), RETURN(ALLOW)
		static struct sock_filter filter[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			$(printf 'ALLOW(SYS_%s), ' $own "$@") RETURN(KILL_PROCESS),
		};
		static struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };
		static char buffer[65536];
	END
	cat >>strict.c <<-'END'
		static char *map(size_t length, int protection, int flags, int fd)
		{
			return mmap(NULL, length, protection, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
		}
		static int lives(int data, int memfd)
		{
			int segment = shmget(IPC_PRIVATE, 1 << 20, IPC_CREAT | 0600);
			char *file = map(1 << 20, PROT_READ, MAP_SHARED, data), *shared = map(2 << 20, PROT_READ, MAP_SHARED, -1);
			char *plain = map(2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1), *attached = shmat(segment, NULL, 0);
			int bad = shmctl(segment, IPC_RMID, NULL) || map(1 << 20, PROT_READ, MAP_SHARED, memfd) == MAP_FAILED;
			bad |= madvise(file, 1 << 20, MADV_SEQUENTIAL) | posix_madvise(file, 1 << 20, POSIX_MADV_NORMAL);
			bad |= mremap(file, 1 << 20, 2 << 20, MREMAP_MAYMOVE) == MAP_FAILED || map(1 << 20, PROT_READ, MAP_SHARED, data) == MAP_FAILED;
			return bad | munmap(shared, 1 << 20) | munmap(plain, 2 << 20) | shmdt(attached);
		}
		int main(void)
		{
			int data = open("data.db", O_RDWR), memfd = memfd_create("name", 0), smaps = open("/proc/self/smaps", O_RDONLY), status;
			long length;
			if (ftruncate(memfd, 1 << 20) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
				return 2;
			int bad = lives(data, memfd);
			pid_t child = fork();
			if (child == 0)
				_exit(lives(data, memfd));
			bad |= waitpid(child, &status, 0) != child || status;
			while ((length = read(smaps, buffer, sizeof(buffer))) > 0)
				bad |= write(1, buffer, (size_t)length) != length;
			return bad;
		}
	END
	gcc -o strict strict.c
}

# flags: of data.db, in what strict printed.
flags() {
	awk '/data\.db$/ { found = 1 } found && $1 == "VmFlags:" { print; found = 0 }' <<<"$output"
}

every_path='*.db willneed,random,dontdump,unmap:pageout override file>=0%; [anon] hugepage,access-many size>=1M
[shared-anon] dontdump,unmap:cold; [shm] dontdump; [memfd:*] nosync,random'

# bats test_tags=no-sanitizer
@test "a filter may kill for all that the host does not call and the manual does not list for hooks and lines" {
	local where
	# shellcheck disable=SC2046
	strict $(documented | sed -n 's/^\(hook\|line\) //p')
	mkfifo pipe
	exec 9<>pipe 8>pipe 9<&-
	for where in '2>>log' '2>/dev/null' '2>&8'; do
		run timeout -s KILL 60 env LD_PRELOAD="$LIBRARY" MADVISOR_LOG_LEVEL=debug MADVISOR_RULES="$every_path" bash -c "exec ./strict $where"
		assert_success
		assert_regex "$(flags)" ' rr .*dd'
	done
	assert_regex "$(cat log)" 'strict: .*summary'
}

# bats test_tags=no-sanitizer
@test "a filter may kill for all that the host does not call where the library sleeps; where it does not, the host would die of it" {
	local rules
	strict
	run ./strict
	assert_success
	for rules in '' "program other
$every_path"; do
		run env LD_PRELOAD="$LIBRARY" MADVISOR_RULES="$rules" ./strict
		assert_success
	done
	run in_own_segments env LD_PRELOAD="$LIBRARY" MADVISOR_LOG=none MADVISOR_RULES="$every_path" ./strict
	assert_equal "$status" $((128 + $(kill -l SYS)))
}
