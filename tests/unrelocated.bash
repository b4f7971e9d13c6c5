# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# `load unrelocated`: a program that calls every hook while ld.so has not relocated the library. ld.so relocates a preloaded library
# after all others; what is bound at once, and chosen by code of a library (STT_GNU_IFUNC), runs before that.

# build_unrelocated COMPILER: ./main, and three libraries beside it. It prints 42 if each call did what it must: all functions are
# called once so that they succeed, and once so that they fail.
build_unrelocated() {
	cat >calls.c <<-'END'
		#define _GNU_SOURCE
		#include <stddef.h>
		#include <sys/mman.h>
		#include <sys/shm.h>
		int work(void)
		{
			char *address = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (address == MAP_FAILED || madvise(address, 65536, MADV_NORMAL) || posix_madvise(address, 65536, POSIX_MADV_RANDOM))
				return 0;
			address = mremap(address, 65536, 131072, MREMAP_MAYMOVE);
			if (address == MAP_FAILED || munmap(address, 131072))
				return 0;
			int id = shmget(IPC_PRIVATE, 4096, 0600);
			address = shmat(id, NULL, 0);
			shmctl(id, IPC_RMID, NULL);
			if (address == MAP_FAILED || shmdt(address))
				return 0;
			char *odd = (char *)1;
			return mmap64(NULL, 4096, PROT_READ, MAP_SHARED, -1, 0) == MAP_FAILED && madvise(odd, 4096, MADV_NORMAL) == -1 &&
			       posix_madvise(odd, 4096, POSIX_MADV_RANDOM) > 0 && mremap(odd, 4096, 8192, 0) == MAP_FAILED &&
			       munmap(odd, 4096) == -1 && shmat(-1, NULL, 0) == MAP_FAILED && shmdt(odd) == -1;
		}
	END
	cat >chosen.c <<-'END'
		int work(void);
		static int good(void)
		{
			return 42;
		}
		static void *choose(void)
		{
			return work() ? good : (void *)0;
		}
		int chosen(void) __attribute__((ifunc("choose")));
	END
	cat >bound.c <<-'END'
		int chosen(void);
		int answer(void)
		{
			return chosen();
		}
	END
	cat >main.c <<-'END'
		#include <stdio.h>
		int answer(void);
		int main(void)
		{
			printf("%d\n", answer());
		}
	END
	local shared=(-shared -fPIC '-Wl,-z,now')
	"$1" -o calls.so "${shared[@]}" calls.c
	"$1" -o chosen.so "${shared[@]}" chosen.c "$PWD/calls.so"
	"$1" -o bound.so "${shared[@]}" bound.c "$PWD/chosen.so" "$PWD/calls.so"
	"$1" -o main main.c "$PWD/bound.so" "$PWD/chosen.so" "$PWD/calls.so"
}
