#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The host's descriptors are its own: their set, what is written to them, where they stand, the locks on their files.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/urandom >data.mdb
	# Closes all there is, opens data files at 0, 1, 2 and up, and maps so that much is logged; tells what differs by its status.
	cat >closing.py <<-'END'
		import mmap, os, sys
		if "delete" in sys.argv:   # the first file that is made next gets the inode: it is to be the one at descriptor 2
		    for number in 0, 1, 3, 4:
		        open("table%d.db" % number, "w").close()
		    os.unlink("log")
		os.closerange(0, 1000)
		for number in range(5):
		    fd = os.open("table%d.db" % number, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
		    assert fd == number
		    os.write(fd, b"row %d" % number)
		data = os.open("data.mdb", os.O_RDWR)
		for turn in range(50):
		    mapping = mmap.mmap(data, 4096 * (1 + turn))
		    mapping.madvise(mmap.MADV_SEQUENTIAL)
		    mapping.close()
		for number in range(5):
		    with open("table%d.db" % number, "rb") as table:
		        if table.read() != b"row %d" % number or os.lseek(number, 0, os.SEEK_CUR) != 5:
		            os._exit(100 + number)
	END
	noisy=(MADVISOR_LOG_LEVEL=debug MADVISOR_RULES="*.mdb random,unmap:cold override; ** none")
}

# closing REDIRECTION [ARGUMENT]: that host under a noisy policy. Neither has it a descriptor of bats', nor another process
# its log open.
closing() {
	rm -f log table?.db
	run timeout -s KILL 60 bash -c "exec $1; exec \"\${@:2}\"" bash "$1" env LD_PRELOAD="$HOST_PRELOAD" "${noisy[@]}" \
		"$PYTHON" closing.py "${@:2}"
	assert_success
	cat table?.db >tables
	assert_equal "$(cat tables)" "row 0row 1row 2row 3row 4"
}

@test "a host that closes all descriptors and opens data files at 0, 1, 2 and up finds no byte of ours in them" {
	closing '2>log'
	assert_regex "$(cat log)" 'info: active'
	closing '2>>log'
	closing '2>&-'
	closing '2>/dev/null'
	closing '0<&- 1>&- 2>&-'
	mkfifo pipe
	closing '9<>pipe 2>&9'
}

@test "a data file with the inode of the deleted log that descriptor 2 was gets no byte of ours" {
	closing '2>log' delete
}

@test "the same where the file system keeps no time of birth" {
	needs mkfs.ext4
	truncate -s 16M image
	mkfs.ext4 -q -I 128 image 2>/dev/null
	mkdir old
	unshare --mount mount -o loop image old || skip "no file may be mounted"
	run timeout -s KILL 60 unshare --mount bash -c 'mount -o loop image old && cp data.mdb closing.py old && cd old && exec 2>log &&
		exec "$@"' bash env LD_PRELOAD="$HOST_PRELOAD" "${noisy[@]}" "$PYTHON" closing.py delete
	assert_success
}

# Of a child: what it writes about an error in its rules. As inetd starts programs, the connection is at 0 too; or a program that
# had closed descriptor 2 before has opened it.
@test "a connection or a device at descriptor 2 that is not for messages gets no byte of ours" {
	cat >targets.py <<-'END'
		import os, pty, socket, subprocess, sys
		environment = dict(os.environ, LD_PRELOAD=sys.argv[1], MADVISOR_RULES="*.mdb rnadom", MADVISOR_LOG_LEVEL="debug")
		def said(reader, target, descriptor_0=subprocess.DEVNULL):
		    subprocess.run(["cat", "/proc/self/comm"], stdin=descriptor_0, stdout=subprocess.DEVNULL, stderr=target, env=environment)
		    os.write(target, b"end\n")
		    read = b""
		    while b"end" not in read:
		        read += os.read(reader, 65536)
		    return b"rnadom" in read
		ours, theirs = socket.socketpair()
		print("inetd", said(ours.fileno(), theirs.fileno(), theirs))
		print("socket", said(ours.fileno(), theirs.fileno()))
		listener = socket.create_server(("127.0.0.1", 0))
		ours, theirs = socket.create_connection(listener.getsockname()), listener.accept()[0]
		print("tcp", said(ours.fileno(), theirs.fileno()))
		master, slave = pty.openpty()
		print("slave", said(master, slave))
		print("master", said(slave, master))
	END
	run timeout -s KILL 60 "$PYTHON" targets.py "$HOST_PRELOAD"
	assert_output "inetd False
socket True
tcp False
slave True
master False"
}

@test "a block device at descriptor 2 gets no byte of ours" {
	head -c 64K /dev/zero >image
	local device
	device=$(losetup -f --show image) || skip "no file may become a block device"
	LD_PRELOAD=$HOST_PRELOAD MADVISOR_RULES="*.mdb rnadom" cat /proc/self/comm 2<>"$device" || true
	cp "$device" after
	losetup -d "$device"
	cmp after <(head -c 64K /dev/zero)
}

# A child of a program whose data file is descriptor 2: a log is opened for writing alone, or appends, or has no name.
@test "a data file that a child inherits as descriptor 2 gets no byte of ours" {
	local mode
	for mode in '2<>' '2>' '2>>'; do
		echo record >table
		bash -c "exec ${mode}table; exec \"\$@\"" bash timeout -s KILL 60 env LD_PRELOAD="$HOST_PRELOAD" \
			MADVISOR_RULES="*.mdb rnadom" MADVISOR_LOG_LEVEL=debug cat /proc/self/comm
		run cat table
		case $mode in
		'2<>') assert_output record ;;
		*) assert_output --partial rnadom ;;
		esac
	done
	run bash -c 'exec 3<>gathered && rm gathered && LD_PRELOAD=$0 MADVISOR_RULES="*.mdb rnadom" cat /proc/self/comm 2>&3; cat /proc/self/fd/3' \
		"$HOST_PRELOAD"
	assert_output --partial rnadom
}

@test "the set of descriptors at main, at exec and at exit is the same with and without the library" {
	cat >set.c <<-'END'
		#include <dirent.h>
		#include <fcntl.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/mman.h>
		#include <unistd.h>
		static void list(const char *when)
		{
			char path[64], target[256];
			for (int fd = 0; fd < 1024; fd++) {
				snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
				ssize_t length = readlink(path, target, sizeof(target) - 1);
				if (length > 0)
					printf("%s: %d %.*s\n", when, fd, fd > 2 ? (int)length : 0, target);
			}
			fflush(stdout);
		}
		static void at_exit(void)
		{
			list("exit");
		}
		int main(int argc, char **argv)
		{
			list("main");
			int fd = open("data.mdb", O_RDONLY);
			char *mapping = mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, fd, 0);
			mapping = mremap(mapping, 1 << 20, 1 << 19, MREMAP_MAYMOVE);
			munmap(mapping, 1 << 19);
			atexit(at_exit);
			if (argc > 1)
				execl(argv[0], argv[0], NULL);
			return 0;
		}
	END
	sed -i '1i #define _GNU_SOURCE' set.c
	gcc -o set set.c
	write_policy test.policy <<<"*.mdb populate-read|willneed,random,unmap:cold override file>=0%"
	run --separate-stderr timeout -s KILL 60 ./set again
	local bare=$output
	run --separate-stderr preload MADVISOR_POLICY="$PWD/test.policy" MADVISOR_LOG_LEVEL=debug ./set again
	assert_output "$bare"
	assert_regex "$stderr" 'applied .*random'
}

@test "the host's POSIX locks and file offsets outlive every kind of rule" {
	cat >locks.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <sys/mman.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int main(void)
		{
			struct flock lock = { .l_type = F_WRLCK, .l_start = 0, .l_len = 100 };
			int data = open("data.mdb", O_RDWR);
			lseek(data, 12345, SEEK_SET);
			if (fcntl(data, F_SETLK, &lock))
				return 1;
			char *mapping = mmap(NULL, 1 << 19, PROT_READ | PROT_WRITE, MAP_SHARED, data, 0);
			madvise(mapping, 1 << 19, MADV_SEQUENTIAL);
			mapping = mremap(mapping, 1 << 19, 1 << 20, MREMAP_MAYMOVE);
			munmap(mapping, 4096);
			munmap(mapping, 1 << 20);
			mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, data, 0);
			if (lseek(data, 0, SEEK_CUR) != 12345)
				return 2;
			pid_t child = fork();
			if (child == 0)
				_exit(fcntl(open("data.mdb", O_RDWR), F_SETLK, &lock) == 0 ? 3 : 0);
			int status;
			waitpid(child, &status, 0);
			return status ? 3 : 0;
		}
	END
	gcc -o locks locks.c
	local advice
	for advice in random dontdump,random willneed populate-read "populate-read@..64K" "populate-write unsafe" "random override" \
		"unmap:pageout" "willneed,random,unmap:cold override" "random file>=1%" "random size>=1M" none; do
		run preload MADVISOR_LOG_LEVEL=debug MADVISOR_RULES="*.mdb $advice" ./locks
		assert_success
	done
	run preload MADVISOR_RULES="[file] normal; $PWD/data.mdb willneed" ./locks
	assert_success
}
