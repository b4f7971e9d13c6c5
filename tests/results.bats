#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the host's calls return and what they leave in errno is the kernel's word, under whatever rules.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/urandom >data.mdb
	cat >results.c <<-'END'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <fcntl.h>
		#include <stdint.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/mman.h>
		#include <sys/shm.h>
		#include <unistd.h>
		#define LENGTH (64l << 10)
		#define UNTOUCHED 77
		#define CALL(call) (errno = UNTOUCHED, last = (intptr_t)(call), tell(#call))
		static intptr_t last;
		static void *tell(const char *call)
		{
			int error = errno;
			printf("%s: ", call);
			if (last > -4096 && last < 4096)
				printf("%ld, ", (long)last);
			printf("%s\n", error == UNTOUCHED ? "errno untouched" : strerrorname_np(error));
			return (void *)last;
		}
		static void *map(void *address, size_t length, int protection, int flags, int fd, off_t offset)
		{
			return mmap(address, length, protection, flags, fd, offset);
		}
		static void map_files(int file)
		{
			char *first = CALL(map(NULL, LENGTH, PROT_READ, MAP_SHARED, file, 0));
			CALL(mmap64(NULL, LENGTH, PROT_READ, MAP_PRIVATE, file, 4096));
			CALL(map(NULL, 0, PROT_READ, MAP_SHARED, file, 0));
			CALL(map(NULL, LENGTH, PROT_READ, MAP_SHARED, file, 1));
			CALL(map(NULL, LENGTH, PROT_READ, 0, file, 0));
			CALL(map(NULL, 1l << 60, PROT_READ, MAP_SHARED, file, 0));
			CALL(map(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
			CALL(map(first + 1, LENGTH, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0));
			CALL(map(first, LENGTH, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0));
			CALL(map(NULL, LENGTH, PROT_READ, MAP_SHARED, -1, 0));
			CALL(map(NULL, LENGTH, PROT_READ, MAP_SHARED, 999, 0));
			CALL(map(NULL, LENGTH, PROT_READ, MAP_SHARED, open("data.mdb", O_WRONLY), 0));
			CALL(map(NULL, LENGTH, PROT_READ, MAP_SHARED, open(".", O_RDONLY), 0));
			CALL(map(NULL, LENGTH, PROT_READ, MAP_SHARED, open("/dev/zero", O_RDONLY), 0));
			CALL(map(NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, file, 0));
			CALL(map(NULL, LENGTH, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, 999, 0));
		}
		static void change(char *mapping)
		{
			CALL(madvise(mapping, LENGTH, MADV_SEQUENTIAL));
			CALL(madvise(mapping + 1, LENGTH, MADV_SEQUENTIAL));
			CALL(madvise(mapping, LENGTH, 99));
			CALL(madvise(mapping, 0, MADV_NORMAL));
			CALL(posix_madvise(mapping, LENGTH, POSIX_MADV_NORMAL));
			CALL(posix_madvise(mapping, LENGTH, 99));
			CALL(mremap(mapping, LENGTH, 0, MREMAP_MAYMOVE));
			CALL(mremap(mapping + 1, LENGTH, LENGTH, MREMAP_MAYMOVE));
			CALL(mremap(mapping, LENGTH, LENGTH, 1 << 20));
			mapping = CALL(mremap(mapping, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE));
			mapping = CALL(mremap(mapping, 2 * LENGTH, LENGTH, 0));
			CALL(munmap(mapping + 1, LENGTH));
			CALL(munmap(mapping, 0));
			CALL(munmap(mapping, LENGTH));
			CALL(munmap(mapping, LENGTH));
			CALL(mremap(mapping, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE));
			CALL(madvise(mapping, LENGTH, MADV_NORMAL));
		}
		int main(void)
		{
			int file = open("data.mdb", O_RDONLY), segment = shmget(IPC_PRIVATE, LENGTH, IPC_CREAT | 0600);
			map_files(file);
			change(mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, file, 0));
			change(mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0));
			char *attached = CALL(shmat(segment, NULL, 0));
			CALL(shmat(-1, NULL, 0));
			CALL(shmat(segment, attached + 1, 0));
			CALL(shmdt(attached + 4096));
			CALL(shmdt(attached));
			CALL(shmdt(attached));
			shmctl(segment, IPC_RMID, NULL);
			return 0;
		}
	END
	gcc -o results results.c
}

@test "every hooked call returns what it does without the library, and leaves errno alone where it succeeds" {
	local bare rules where
	run ./results
	assert_success
	bare=$output
	for error in EACCES EBADF EEXIST EFAULT EINVAL ENODEV ENOMEM; do
		grep -q "$error" <<<"$bare"
	done
	assert [ "$(grep -c 'errno untouched' <<<"$bare")" -gt 20 ]
	# Advice that succeeds, advice that the kernel refuses, and lines that cannot be written.
	for rules in '*.mdb populate-read|willneed,random,dontdump,unmap:cold override; [anon] dontdump override; [shm] dontdump,unmap:cold' \
		'*.mdb wipeonfork,unmap:pageout unsafe; [anon] mergeable; [shared-anon] wipeonfork unsafe; [shm] wipeonfork unsafe' \
		'** random override; [anon] random override'; do
		for where in '2>log' '2>&-' '2>/dev/full' '2<.'; do
			run bash -c "exec \"\$@\" $where" bash timeout -s KILL 60 env LD_PRELOAD="$HOST_PRELOAD" MADVISOR_LOG_LEVEL=debug \
				MADVISOR_RULES="$rules" ./results
			assert_success
			assert_output "$bare"
		done
		grep -q 'results: info: active' log
		rm log
	done
}
