#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The suites of others, and what takes longer than `make check` may.

# A bare run has no sanitizer to be compared with.
# bats file_tags=no-sanitizer

load neutral

@test "CPython's test_mmap: every case ends as it does without the library" {
	"$PYTHON" -c 'import test.test_mmap' 2>/dev/null || skip "libpython3-testsuite is not installed"
	same 's/ in [0-9.]+s$//; s/0x[0-9a-f]+/ADDRESS/g' "$PYTHON" -m unittest -v test.test_mmap
}

# stress STRESSOR OPTION...: nothing but the verdict; numbers and times differ each time.
stress() {
	needs stress-ng
	local stressor=$1
	shift
	same '/fail|error|corrupt|unexpected/!d; s/\[[0-9]+\]//g' \
		stress-ng --"$stressor" 2 --"$stressor-ops" "${ops:-40}" "$@" --verify --timeout 20 --temp-path .
}

@test "stress-ng --mmap --verify" {
	stress mmap --mmap-bytes 4M --mmap-file
}

@test "stress-ng --mremap --verify" {
	stress mremap --mremap-bytes 4M
}

@test "stress-ng --shm --verify" {
	stress shm --shm-bytes 2M --shm-objs 4
}

@test "stress-ng --fork --verify" {
	ops=300 stress fork
}

@test "stress-ng --vfork --verify" {
	ops=300 stress vfork
}

@test "stress-ng --mmapfork --verify" {
	[ "$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)" -gt 2000000 ] || skip "it wants a large part of the memory"
	ops=1 stress mmapfork
}

@test "stress-ng --madvise --verify" {
	stress madvise
}

@test "java starts, runs a program and maps a file" {
	needs java javac
	cat >Host.java <<-'JAVA'
		import java.io.*;
		import java.nio.*;
		import java.nio.channels.*;
		public class Host {
			public static void main(String[] arguments) throws Exception {
				try (RandomAccessFile file = new RandomAccessFile("bytes", "rw")) {
					MappedByteBuffer map = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 8 << 20);
					long sum = 0;
					for (int i = 0; i < 8 << 20; i++) map.put(i, (byte) i);
					for (int i = 0; i < 8 << 20; i++) sum += map.get(i);
					System.out.println(sum);
				}
				Thread[] threads = new Thread[8];
				for (int i = 0; i < 8; i++) (threads[i] = new Thread(() -> { byte[] bytes = new byte[4 << 20]; })).start();
				for (Thread thread : threads) thread.join();
				System.err.println("end");
			}
		}
	JAVA
	javac Host.java
	same '' java -cp . Host
	same '' java -version
}
