#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Names that only few files have: too long, like another kind's, of a file without a name or with two.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 64K /dev/urandom >data.mdb
}

# mapped RULES STATEMENTS: by Python; "file" is what is mapped, and the VmFlags of its mapping are printed.
mapped() {
	run --separate-stderr preload MADVISOR_LOG_LEVEL="${level:-warning}" MADVISOR_RULES="$1" "$PYTHON" -c "
import mmap, os
$2
mapping = mmap.mmap(file, 4096, prot=mmap.PROT_READ)
wanted, here = os.fstat(file).st_ino, False
for line in open('/proc/self/smaps', errors='replace'):
    words = line.split()
    if '-' in words[0]:
        here = words[4] == str(wanted)
    elif here and words[0] == 'VmFlags:':
        print(line, end='')"
	assert_success
}

# deep LENGTH: statements that open a file whose path is that many bytes long, through folders of the same kind.
deep() {
	cat <<-END
		path = os.getcwd()
		while $1 - len(path) > 220:
		    os.mkdir("d" * 100); os.chdir("d" * 100); path += "/" + "d" * 100
		file = os.open("x" * ($1 - len(path) - 5) + ".mdb", os.O_RDWR | os.O_CREAT)
		os.ftruncate(file, 4096)
	END
}

@test "a path of 4095 bytes, the longest that the kernel tells, is matched" {
	mapped "*.mdb random" "$(deep 4095)"
	assert_output --regexp ' rr '
	assert_equal "$stderr" ""
}

@test "a longer path cannot be had: said once, left alone by rules with names, advised by those without" {
	mapped "*.mdb random" "$(deep 6000); mmap.mmap(file, 4096, prot=mmap.PROT_READ)"
	refute_output --regexp ' rr '
	assert_equal "$(grep -c 'name cannot be had' <<<"$stderr")" 1
	assert_equal "$(wc -l <<<"$stderr")" 1
}

@test "where no rule asks for names, none is needed, whatever the level of the log" {
	local level
	for level in warning debug; do
		mapped "[file] random" "$(deep 6000)"
		assert_output --regexp ' rr '
		rm -rf ./ddd*
	done
	assert_regex "$stderr" 'applied random to \[file\]'
}

@test "a file whose path looks like a memfd is a file, and a memfd whose name looks like a path is a memfd" {
	touch /madvisor.try 2>/dev/null || skip "only root can write in /"
	rm /madvisor.try
	local name=/memfd:madvisor.$$
	mapped "[memfd:*] sequential; /memfd:madvisor.* random" "
file = os.open('$name', os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 4096)"
	rm -f "$name"
	assert_output --regexp ' rr '
	mapped "[memfd:*] sequential; /memfd:madvisor.* random" "
file = os.open('$name', os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 4096)
os.unlink('$name')"
	assert_output --regexp ' rr '
	mapped "[memfd:/srv/data.mdb] sequential; ** random" "
file = os.memfd_create('/srv/data.mdb')
os.ftruncate(file, 4096)"
	assert_output --regexp ' sr '
}

@test "a file that never had a name is matched by [file] and its folder alone" {
	local open='
file = os.open(".", os.O_RDWR | os.O_TMPFILE)
os.ftruncate(file, 4096)'
	mapped "*.mdb random; [file] sequential" "$open"
	assert_output --regexp ' sr '
	mapped "$PWD/* random deleted; [file] sequential" "$open"
	assert_output --regexp ' rr '
}

@test "of two hard links the one that was opened counts, also once it is unlinked" {
	ln data.mdb data.db
	mapped "*.mdb random" "file = os.open('data.db', os.O_RDONLY)"
	refute_output --regexp ' rr '
	mapped "*.db none; *.mdb random" "file = os.open('data.mdb', os.O_RDONLY)"
	assert_output --regexp ' rr '
	mapped "*.db none; *.mdb random deleted" "file = os.open('data.mdb', os.O_RDONLY); os.unlink('data.mdb')"
	assert_output --regexp ' rr '
}

@test "a policy whose name has a line end and looks deleted is read, and its errors begin no line of their own" {
	local name=$'odd\nmadvisor error (deleted).policy'
	write_policy "$name" <<<"*.mdb random"
	MADVISOR_POLICY="$PWD/$name" mapped "" "file = os.open('data.mdb', os.O_RDONLY)"
	assert_output --regexp ' rr '
	write_policy "$name" <<<"*.mdb bogus"
	MADVISOR_POLICY="$PWD/$name" mapped "" "file = os.open('data.mdb', os.O_RDONLY)"
	assert_regex "$stderr" 'error: odd\?madvisor'
	[ -z "$(grep -v '^madvisor\[' <<<"$stderr")" ] || fail "a line that is not ours: $stderr"
}

@test "a file with the inode of one that was deleted is judged by its own name" {
	run preload MADVISOR_RULES="*.mdb random" "$PYTHON" -c '
import mmap, os
last, again, wrong = 0, 0, 0
for turn in range(100):
    name = "%d.%s" % (turn, "log" if turn % 2 else "mdb")
    file = os.open(name, os.O_RDWR | os.O_CREAT)
    os.ftruncate(file, 4096)
    inode, here, random = os.fstat(file).st_ino, False, False
    mapping = mmap.mmap(file, 4096, prot=mmap.PROT_READ)
    for line in open("/proc/self/smaps"):
        words = line.split()
        here = words[4] == str(inode) if "-" in words[0] else here
        random |= here and words[0] == "VmFlags:" and "rr" in words
    again, wrong, last = again + (inode == last), wrong + (random != name.endswith("mdb")), inode
    mapping.close()
    os.close(file)
    os.unlink(name)
print("again", again)
print("wrong", wrong)'
	assert_success
	assert_line "wrong 0"
	[ "${lines[0]}" != "again 0" ] || skip "this file system does not give an inode again so soon"
}

# A handler that never returns into the hook leaves its page taken: nothing tells that the hook is gone.
@test "where hooks were left by siglongjmp until no page is free, that is said, and the host runs on" {
	cat >leave.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <linux/filter.h>
		#include <linux/seccomp.h>
		#include <setjmp.h>
		#include <signal.h>
		#include <stddef.h>
		#include <stdio.h>
		#include <sys/mman.h>
		#include <sys/prctl.h>
		#include <sys/syscall.h>
		static sigjmp_buf out;
		static volatile int left, mapped;
		static void leave(int number)
		{
			left++;
			siglongjmp(out, number);
		}
		int main(void)
		{
			struct sock_filter filter[] = {
				BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
				BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_readlinkat, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
			};
			struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };
			int fd = open("data.mdb", O_RDONLY);
			signal(SIGSYS, leave);
			if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
				return 2;
			for (int turn = 0; turn < 40; turn++)
				if (sigsetjmp(out, 1) == 0)
					mapped += mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED;
			printf("left %d, mapped %d\n", left, mapped);
			return 0;
		}
	END
	gcc -o leave leave.c
	run --separate-stderr preload MADVISOR_RULES="*.mdb random" ./leave
	assert_success
	assert_output 'left 32, mapped 8'
	assert_regex "$stderr" 'leave: warning: a mapping is left alone: no scratch page is free$'
	assert_equal "$(wc -l <<<"$stderr")" 1
}

# The name is the one of the main thread's descriptor; that costs advice, never data.
@test "a thread with descriptors of its own has nothing destroyed by the name of another's file" {
	cat >own.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <pthread.h>
		#include <sched.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/mman.h>
		#include <unistd.h>
		static void *thread(void *arg)
		{
			char text[9] = "";
			if (unshare(CLONE_FILES) || dup2(open("mine.dat", O_RDWR), 50) != 50)
				return NULL;
			char *address = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, 50, 0);
			pread(50, text, 8, 0);
			printf("%s %d\n", text, strcmp(text, "PRECIOUS") == 0 && memcmp(address, text, 8) == 0);
			return arg;
		}
		int main(void)
		{
			pthread_t id;
			dup2(open("other.dat", O_RDWR), 50);
			pthread_create(&id, NULL, thread, NULL);
			pthread_join(id, NULL);
			unlink("other.dat");
			pthread_create(&id, NULL, thread, NULL);
			pthread_join(id, NULL);
			char *address = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, 50, 0);
			printf("%d\n", address[0]);
			return 0;
		}
	END
	gcc -o own own.c -pthread
	head -c 64K /dev/urandom >mine.dat
	printf PRECIOUS | dd of=mine.dat conv=notrunc status=none
	head -c 64K /dev/zero | tr '\0' '\7' >other.dat
	run --separate-stderr preload MADVISOR_RULES="$PWD/other.dat remove unsafe" ./own
	# The file that the rule means has its bytes removed, as it says.
	assert_output "PRECIOUS 1
PRECIOUS 1
0"
	assert_regex "$stderr" "own: warning: a mapping is left alone: its name may be another file's, and the rule is unsafe\$"
}
