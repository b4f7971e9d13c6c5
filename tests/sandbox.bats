#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Odd places: filters that refuse what the host itself never calls, no /proc or a poor one, nothing to write to, no memory, no
# descriptors.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/urandom >data.mdb
	rules="*.mdb random,dontdump,unmap:pageout override; [anon] hugepage size>=1M"
}

# host [NAME=VALUE]...: the statements of a host that uses each hook, under rules that use each path.
statements=("open data.mdb ro" "map r shared 0" flags "madvise 0" "posix 2" "remap 2M" "at 0 4K" unmap close "map rw private 4M" "shm 1M" detach)
host() {
	timeout -s KILL 60 env "$@" "$PROGRAMS/mapper" "${statements[@]}"
}

# without_flags: the output with VmFlags left out, which advice may change.
without_flags() {
	grep -v '^rd' <<<"$output"
}

@test "each system call that only we make may be refused: the host's results stay the same" {
	local call error
	run host A=1
	local bare
	bare=$(without_flags)
	# Not newfstatat, openat, mprotect: the dynamic loader needs them.
	for call in fstat readlinkat ioctl madvise=1 madvise=16 mbind pwritev2 ppoll prctl rt_sigpending rt_sigtimedwait \
		getpid geteuid sysinfo uname fstatfs get_mempolicy shmctl statx; do
		for error in EPERM ENOSYS EINVAL; do
			# The host itself calls these.
			[ "$call$error" != shmctlEPERM ] || continue
			run --separate-stderr in_own_segments "$PROGRAMS/deny" "$call" "$error" -- \
				timeout -s KILL 60 env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES="$rules" "$PROGRAMS/mapper" "${statements[@]}"
			assert_success
			assert_equal "$(without_flags)" "$bare"
		done
	done
}

@test "blocking signals may be refused: nothing is logged, and the host runs on" {
	run --separate-stderr "$PROGRAMS/deny" rt_sigprocmask EPERM -- \
		env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES="*.mdb random" MADVISOR_LOG_LEVEL=debug "$PROGRAMS/mapper" \
		"open data.mdb ro" "map r shared 0" flags
	assert_success
	assert_output --regexp ' rr '
	assert_equal "$stderr" ""
}

@test "a filter may trap what only we call, as browsers' sandboxes do: the host's handler answers, and nobody is killed" {
	cat >trap.c <<-'END'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <fcntl.h>
		#include <linux/filter.h>
		#include <linux/seccomp.h>
		#include <signal.h>
		#include <stddef.h>
		#include <stdio.h>
		#include <sys/mman.h>
		#include <sys/prctl.h>
		#include <sys/syscall.h>
		#include <ucontext.h>
		static volatile int traps;
		static void on_trap(int number, siginfo_t *info, void *data)
		{
			ucontext_t *context = data;
			(void)number, (void)info;
			traps++;
		#ifdef __x86_64__
			context->uc_mcontext.gregs[REG_RAX] = -EPERM;
		#else
			context->uc_mcontext.regs[0] = -EPERM;
		#endif
		}
		int main(void)
		{
			struct sock_filter filter[] = {
				BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
				BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
			};
			struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };
			struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
			int fd = open("data.mdb", O_RDONLY);
			sigaction(SIGSYS, &action, NULL);
			if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
				return 2;
			char *mapping = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
			int bad = madvise(mapping, 65536, MADV_SEQUENTIAL);
			mapping = mremap(mapping, 65536, 131072, MREMAP_MAYMOVE);
			bad |= mapping == MAP_FAILED || munmap(mapping, 131072);
			fprintf(stderr, "traps %d\n", traps);
			return bad;
		}
	END
	local call
	for call in fstat getpid ioctl ppoll pwritev2 readlinkat rt_sigpending statx; do
		gcc -o trap trap.c -DCALL="SYS_$call"
		run --separate-stderr ./trap
		assert_equal "$stderr" "traps 0"
		preload MADVISOR_RULES="*.mdb willneed,random,unmap:cold override" MADVISOR_LOG_LEVEL=debug ./trap 2>log
		# A file takes a line without waiting: nobody asks whether it would.
		[ "$call" = ppoll ] || grep -q 'traps [1-9]' log
	done
	# Blocked by the host, it stays so.
	run preload MADVISOR_RULES="*.mdb random" MADVISOR_LOG_LEVEL=debug "$PYTHON" -c '
import mmap, os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGSYS])
os.kill(os.getpid(), signal.SIGSYS)
mmap.mmap(os.open("data.mdb", os.O_RDONLY), 0, prot=mmap.PROT_READ)
print("alive", signal.sigpending() == {signal.SIGSYS})'
	assert_success
	assert_output --partial 'alive True'
}

# bats test_tags=no-sanitizer
@test "in a chroot without /proc: no match, said once, and the host runs on" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	local file
	mkdir -p root/lib64
	for file in "$PROGRAMS/mapper" "$LIBRARY" $(ldd "$PROGRAMS/mapper" | grep -o '/[^ ]*'); do
		mkdir -p "root$(dirname "$file")"
		cp "$file" "root$file"
	done
	cp data.mdb root/
	run --separate-stderr env LD_PRELOAD="$LIBRARY" MADVISOR_RULES="*.mdb random" "$PROGRAMS/in_root" root "$PROGRAMS/mapper" \
		"open data.mdb ro" "map r shared 0" flags "map r shared 0"
	assert_success
	refute_output --partial mmap:
	assert_equal "$(grep -c 'name cannot be had' <<<"$stderr")" 1
}

# for_everybody: $folder, with copies of host, library and data that a user without rights can read.
for_everybody() {
	folder=$(mktemp -d /tmp/madvisor.XXXXXX)
	cp data.mdb "$PROGRAMS/mapper" "$folder"
	cp "$LIBRARY" "$folder/library.so"
	chmod -R a+rX,go-w "$folder"
}

teardown() {
	[ -z "${folder:-}" ] || rm -rf "$folder"
}

# in_namespace SCRIPT COMMAND...: a command in mount and pid namespaces of its own, once the script has changed what is mounted;
# the shell stays, as process 1.
in_namespace() {
	timeout -s KILL 60 unshare --mount --propagation private --pid --fork bash -c "$1"'; "$@"; exit $?' bash "${@:2}"
}

can_mount() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	in_namespace 'mount -t proc proc /proc' true 2>/dev/null || skip "mounting is refused here"
}

@test "a /proc that shows a user nothing but itself is enough" {
	can_mount
	for_everybody
	local options user=(setpriv --reuid 65533 --regid 65533 --clear-groups --inh-caps=-all)
	for options in hidepid=2 hidepid=2,subset=pid; do
		in_namespace "mount -t proc -o $options proc /proc" true 2>/dev/null || continue
		run in_namespace "mount -t proc -o $options proc /proc" "${user[@]}" cat /proc/1/comm
		assert_failure
		run --separate-stderr in_namespace "mount -t proc -o $options proc /proc" "${user[@]}" \
			env LD_PRELOAD="${SANITIZER_PRELOAD:+$SANITIZER_PRELOAD:}$folder/library.so" \
			MADVISOR_RULES="$folder/*.mdb random override" "$folder/mapper" "open $folder/data.mdb ro" "map r shared 64K" flags \
			"map r shared 0" "at 0 64K" "remap 1M" flags "madvise 2" flags
		assert_success
		assert_equal "$(grep -c ' rr ' <<<"$output")" 3
		assert_equal "$stderr" ""
	done
}

# All that is mounted, /tmp too; the rest of /proc and /sys is nobody's to write.
read_only='findmnt -rno TARGET | tac | while IFS= read -r mount; do mount -o remount,bind,ro "$(printf %b "$mount")" 2>/dev/null; done
	mount -t proc -o ro proc /proc'

@test "where nothing can be written the host's results are the same, with a folder for reports too" {
	can_mount
	local bare report
	run in_namespace "$read_only" touch "$BATS_TEST_TMPDIR/file" /tmp/file /var/tmp/file /dev/shm/file /run/file
	assert_failure
	assert_equal "$(grep -c 'Read-only file system' <<<"$output")" 5
	run in_namespace "$read_only" "$PROGRAMS/mapper" "${statements[@]}"
	assert_success
	bare=$(without_flags)
	for report in "" "$BATS_TEST_TMPDIR" /proc /nowhere; do
		run --separate-stderr in_namespace "$read_only" env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_RULES="$rules" MADVISOR_REPORT="$report" \
			"$PROGRAMS/mapper" "${statements[@]}"
		assert_success
		assert_output --regexp ' rr '
		assert_equal "$(without_flags)" "$bare"
		assert_equal "$stderr" ""
	done
}

# limited COUNT STATEMENT...: the test host with no more descriptors than that.
limited() {
	local count=$1
	shift
	run --separate-stderr bash -c 'exec prlimit --nofile="$0" env "$@" 3>&- 4>&- 5>&-' "$count" LD_PRELOAD="$HOST_PRELOAD" \
		MADVISOR_POLICY="$BATS_TEST_TMPDIR/test.policy" MADVISOR_LOG_LEVEL=info "$PROGRAMS/mapper" "$@"
}

@test "with one descriptor to spare the policy is read; with none the host runs on" {
	write_policy test.policy <<<"*.mdb random"
	limited 4 "open data.mdb ro" "map r shared 0"
	assert_success
	assert_regex "$stderr" 'applied random'
	# Without a descriptor the dynamic loader itself cannot open the C library.
	limited 3 errno
	assert_equal "$status" 127
}

# bats test_tags=no-sanitizer
@test "no room in the address space: the host runs on without advice" {
	local limit
	for limit in 3000 4000 5000 6000 8000; do
		run --separate-stderr bash -c "ulimit -v $limit; LD_PRELOAD='$LIBRARY' MADVISOR_RULES='$rules' exec '$PROGRAMS/mapper' errno"
		local with=$status
		run --separate-stderr bash -c "ulimit -v $limit; exec '$PROGRAMS/mapper' errno"
		[ "$status" != 0 ] || [ "$with" = 0 ] || [ "$limit" -lt 4000 ] || fail "at $limit KiB the host ends with $with under the library"
	done
}

@test "a core limit, a file size limit of 0 and a locked-memory limit of 0 change nothing" {
	run --separate-stderr bash -c "ulimit -f 0 -c 0 -l 0; LD_PRELOAD='$HOST_PRELOAD' MADVISOR_RULES='*.mdb random' \
		exec '$PROGRAMS/mapper' 'open data.mdb ro' 'map r shared 0' flags"
	assert_success
	assert_output --regexp ' rr '
}

@test "a file for the report that is larger than the host's files may be is none: no SIGXFSZ reaches the host" {
	run --separate-stderr bash -c "ulimit -f 0; LD_PRELOAD='$HOST_PRELOAD' MADVISOR_RULES='*.mdb random' MADVISOR_REPORT='$PWD' \
		exec '$PROGRAMS/mapper' 'open data.mdb ro' 'map r shared 0' flags"
	assert_success
	assert_output --regexp ' rr '
	assert_equal "$stderr" ""
}

@test "a policy of root's is trusted in a user namespace, where its owner shows as the overflow user" {
	[ "$(id -u)" = 0 ] || skip "needs root to make a file of root's"
	local user=(setpriv --reuid 65533 --regid 65533 --clear-groups unshare -U)
	"${user[@]}" true || skip "user namespaces are not for everyone here"
	for_everybody
	echo "*.mdb random" >"$folder/test.policy"
	chmod 0644 "$folder/test.policy"
	run --separate-stderr "${user[@]}" env LD_PRELOAD="${SANITIZER_PRELOAD:+$SANITIZER_PRELOAD:}$folder/library.so" \
		MADVISOR_POLICY="$folder/test.policy" "$folder/mapper" "open $folder/data.mdb ro" "map r shared 0" flags
	assert_output --regexp ' rr '
	assert_equal "$stderr" ""
}

# bats test_tags=no-sanitizer
@test "at the limit of mappings advice fails and is told; the host's calls do what they did" {
	cat >limit.c <<-'END'
		#include <errno.h>
		#include <fcntl.h>
		#include <stdio.h>
		#include <sys/mman.h>
		#define LENGTH 65536
		static char *map(char *address, size_t length, int protection)
		{
			return mmap(address, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | (address ? MAP_FIXED : 0), -1, 0);
		}
		int main(void)
		{
			int fd = open("data.mdb", O_RDONLY), count = 0;
			char *first = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, fd, 0), *last = MAP_FAILED, *next;
			char *plain = map(map(NULL, 8 * LENGTH, PROT_NONE), LENGTH, PROT_READ | PROT_WRITE);
			while ((next = map(NULL, 4096, count++ % 2 ? PROT_READ : PROT_NONE)) != MAP_FAILED)
				last = next;
			printf("at the limit: errno %d\n", errno);
			int result = munmap(first + 4096, 4096);
			printf("munmap of a part: %d, errno %d\n", result, result ? errno : 0);
			/* One less: what becomes part of its neighbour may be mapped, and cannot be advised by itself. */
			munmap(last, 4096);
			printf("mmap beside another: %d\n", map(plain + LENGTH, 4 * LENGTH, PROT_READ | PROT_WRITE) == plain + LENGTH);
			printf("munmap of all: %d\n", munmap(first, LENGTH));
			return 0;
		}
	END
	gcc -o limit limit.c
	run --separate-stderr ./limit
	local bare=$output
	assert_output --partial 'mmap beside another: 1'
	run --separate-stderr preload MADVISOR_RULES="*.mdb random override; [anon] dontdump size>=256K" ./limit
	assert_output "$bare"
	assert_regex "$stderr" 'dontdump on \[anon\] \(256.0 KiB\): EAGAIN: .*\(vm.max_map_count\)'
}
