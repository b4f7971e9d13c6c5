#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Hooks called before our constructor, after our destructor, by allocators and other preloads, and by hosts with odd lives.

load helpers
load unrelocated

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/urandom >data.mdb
	rules="*.mdb random,unmap:cold override; [anon] dontdump override; ** normal"
	libraries=/usr/lib/$(gcc -print-multiarch)
}

# build NAME [FLAG]... <<SOURCE
build() {
	local name=$1
	shift
	{ echo '#define _GNU_SOURCE' && cat; } >"$name.c"
	gcc -o "$name" "$name.c" "$@"
}

# with PRELOADS COMMAND...: several libraries, in that order, under rules that match nearly all.
with() {
	local preloads=$1
	shift
	run --separate-stderr timeout -s KILL 60 env LD_PRELOAD="${SANITIZER_PRELOAD:+$SANITIZER_PRELOAD:}$preloads" MADVISOR_RULES="$rules" \
		MADVISOR_LOG_LEVEL=debug "$@"
	assert_success
}

# host PRELOADS: programs that allocate, map, fork and have threads, before and behind the other library.
hosts() {
	local preloads
	for preloads in "$1:$LIBRARY" "$LIBRARY:$1"; do
		with "$preloads" "$PROGRAMS/mapper" "open data.mdb ro" "map r shared 0" flags "fork map rw private 4M" "map rw private 4M"
		# An allocator that has a mmap of its own and comes first hides the program's from us.
		[[ $preloads == *tcmalloc*:* ]] || assert_output --regexp ' rr '
		with "$preloads" "$PROGRAMS/storm" 1 data.mdb
		assert_output --partial 'failures 0'
		with "$preloads" "$PYTHON" -c '
import mmap, subprocess, threading
data = open("data.mdb", "rb")
def work():
    for turn in range(20):
        blocks = [bytearray(300000) for block in range(20)]
        mmap.mmap(data.fileno(), 0, prot=mmap.PROT_READ).close()
threads = [threading.Thread(target=work) for number in range(4)]
for thread in threads: thread.start()
print(subprocess.run(["cat", "/proc/self/comm"], capture_output=True, text=True).stdout, end="")
for thread in threads: thread.join()'
		assert_output cat
	done
}

# bats test_tags=no-sanitizer
@test "jemalloc may stand before us and behind us" {
	[ -e "$libraries/libjemalloc.so.2" ] || skip "libjemalloc2 is not installed"
	hosts "$libraries/libjemalloc.so.2"
}

# bats test_tags=no-sanitizer
@test "tcmalloc may stand before us and behind us" {
	[ -e "$libraries/libtcmalloc_minimal.so.4" ] || skip "libtcmalloc-minimal4 is not installed"
	hosts "$libraries/libtcmalloc_minimal.so.4"
}

# bats test_tags=no-sanitizer
@test "mimalloc may stand before us and behind us" {
	[ -e "$libraries/libmimalloc.so.2" ] || skip "libmimalloc2.0 is not installed"
	hosts "$libraries/libmimalloc.so.2"
}

# bats test_tags=no-sanitizer
@test "libeatmydata may stand before us and behind us" {
	[ -e "$libraries/libeatmydata.so.1" ] || skip "libeatmydata1 is not installed"
	hosts "$libraries/libeatmydata.so.1"
}

# bats test_tags=no-sanitizer
@test "libfaketime may stand before us and behind us, and both do their work" {
	local faketime=$libraries/faketime/libfaketime.so.1 preloads
	[ -e "$faketime" ] || skip "libfaketime is not installed"
	for preloads in "$faketime:$LIBRARY" "$LIBRARY:$faketime"; do
		with "$preloads" FAKETIME='2001-02-03 04:05:06' "$PYTHON" -c '
import mmap, time
data = open("data.mdb", "rb")
mapping = mmap.mmap(data.fileno(), 0, prot=mmap.PROT_READ)
print(time.gmtime().tm_year, any(" rr " in line for line in open("/proc/self/smaps")))'
		assert_output '2001 True'
	done
}

@test "what a library's constructor and its thread map before our constructor ran is advised at start or when it is made" {
	build early.so -shared -fPIC -pthread <<-'END'
		#include <fcntl.h>
		#include <pthread.h>
		#include <sys/mman.h>
		static void *thread(void *arg)
		{
			int fd = open("data.mdb", O_RDONLY);
			for (int i = 0; i < 20000; i++) {
				void *address = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
				if (address == MAP_FAILED || munmap(address, 65536))
					__builtin_trap();
			}
			return arg;
		}
		__attribute__((constructor)) static void early(void)
		{
			pthread_t id;
			mmap((void *)0x700000000000, 1 << 20, PROT_READ, MAP_SHARED | MAP_FIXED, open("data.mdb", O_RDONLY), 0);
			pthread_create(&id, NULL, thread, NULL);
		}
	END
	with "$LIBRARY:$PWD/early.so" awk '/^700000000000/ { file = 1 } /^VmFlags/ && file { print; file = 0 }' /proc/self/smaps
	assert_output --regexp ' rr '
}

# bats test_tags=no-sanitizer
# ld.so relocates us last of all libraries: what is bound at once runs before that. Every hooked call, one that works and one that fails.
@test "hooks work for what chooses a function while ld.so has not relocated us" {
	local preloads rules
	build_unrelocated gcc
	for preloads in "" "$LIBRARY" "$LIBRARY:$PWD/chosen.so" "$PWD/chosen.so:$LIBRARY"; do
		for rules in "" "** normal" "** random override; [anon] dontdump override"; do
			with "$preloads" ./main
			assert_output 42
		done
	done
}

@test "errno is set for a constructor that runs before ours" {
	build fails.so -shared -fPIC <<-'END'
		#include <errno.h>
		#include <stdio.h>
		#include <sys/mman.h>
		__attribute__((constructor)) static void early(void)
		{
			int unmapped = munmap((char *)1, 4096);
			int error = errno;
			errno = 0;
			int advised = posix_madvise((char *)1, 4096, POSIX_MADV_RANDOM);
			printf("%d %d %d %d\n", unmapped, error == EINVAL, advised == EINVAL, errno);
		}
	END
	with "$LIBRARY:$PWD/fails.so" true
	assert_output '-1 1 1 0'
}

@test "another preload's dlsym, for which we are what comes next, does not make hooks call themselves" {
	local version=GLIBC_2.17
	[ "$(uname -m)" != x86_64 ] || version=GLIBC_2.2.5
	build finder.so -shared -fPIC -O0 -DVERSION="\"$version\"" <<-'END'
		#include <dlfcn.h>
		static int calls;
		void *dlsym(void *handle, const char *name)
		{
			static void *(*real)(void *, const char *);
			if (!real)
				real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", VERSION);
			void *found = real(handle, name);
			calls++;   /* so that the call is no jump */
			return found;
		}
	END
	local preloads rules
	for preloads in "$PWD/finder.so:$LIBRARY" "$LIBRARY:$PWD/finder.so"; do
		for rules in "" "*.mdb random,unmap:cold override; [anon] dontdump override"; do
			with "$preloads" "$PROGRAMS/mapper" "open data.mdb ro" "map r shared 0" "madvise 2" "posix 2" "remap 2M" unmap close \
				"shm 1M" detach "map rw private 4M"
			assert_output $'madvise 2: ok\nposix_madvise 2: ok'
		done
	done
}

@test "a library whose segments have a gap, with something else in it, is still a library at start" {
	build gap.so -shared -fPIC <<-'END'
		#include <fcntl.h>
		#include <sys/mman.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		__attribute__((constructor)) static void early(void)
		{
			int fd = open("data.mdb", O_RDONLY);
			syscall(SYS_mmap, (void *)0x700000000000, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0L);
			syscall(SYS_mmap, (void *)0x700000001000, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0L);
			syscall(SYS_mmap, (void *)0x700000002000, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0L);
		}
	END
	with "$LIBRARY:$PWD/gap.so" awk '/^700000002000/ { file = 1 } /^VmFlags/ && file { print; file = 0 }' /proc/self/smaps
	assert_output --partial VmFlags
	refute_output --regexp ' rr '
}

@test "hooks work in atexit handlers and in destructors that run after ours" {
	build late.so -shared -fPIC <<-'END'
		#include <fcntl.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/mman.h>
		#include <unistd.h>
		static void map(const char *when)
		{
			int fd = open("data.mdb", O_RDONLY);
			char *address = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
			int result = address == MAP_FAILED ? 1 : madvise(address, 65536, MADV_SEQUENTIAL);
			address = mremap(address, 65536, 131072, MREMAP_MAYMOVE);
			dprintf(1, "%s %d %d\n", when, result, address == MAP_FAILED ? 1 : munmap(address, 131072));
		}
		static void at_exit(void)
		{
			map("atexit");
		}
		__attribute__((constructor)) static void begin(void)
		{
			atexit(at_exit);
		}
		__attribute__((destructor)) static void end(void)
		{
			map("destructor");
		}
	END
	local preloads
	for preloads in "$LIBRARY:$PWD/late.so" "$PWD/late.so:$LIBRARY"; do
		with "$preloads" "$PROGRAMS/mapper" "map rw private 1M"
		assert_line 'atexit 0 0'
		assert_line 'destructor 0 0'
	done
}

@test "a main thread that ends by pthread_exit leaves a process that ends when its threads do" {
	build exits -pthread <<-'END'
		#include <fcntl.h>
		#include <pthread.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/mman.h>
		#include <unistd.h>
		static void *thread(void *arg)
		{
			char stat[64] = "";
			while (!strstr(stat, ") Z"))
				pread(*(int *)arg, stat, sizeof(stat) - 1, 0);
			printf("%d\n", mmap(NULL, 4096, PROT_READ, MAP_SHARED, open("data.mdb", O_RDONLY), 0) != MAP_FAILED);
			return arg;
		}
		int main(void)
		{
			static int stat;
			pthread_t id;
			stat = open("/proc/self/stat", O_RDONLY);
			pthread_create(&id, NULL, thread, &stat);
			pthread_exit(NULL);
		}
	END
	with "$LIBRARY" ./exits
	assert_output 1
	assert_regex "$stderr" 'applied .*random'
}

@test "libraries that map in their constructor come and go by dlopen and dlclose" {
	build module.so -shared -fPIC <<-'END'
		#include <fcntl.h>
		#include <sys/mman.h>
		#include <unistd.h>
		static void *address;
		__attribute__((constructor)) static void begin(void)
		{
			int fd = open("data.mdb", O_RDONLY);
			address = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
			close(fd);
		}
		__attribute__((destructor)) static void end(void)
		{
			munmap(address, 65536);
		}
	END
	build loads <<-'END'
		#include <dlfcn.h>
		#include <stdio.h>
		int main(void)
		{
			int good = 0;
			for (int i = 0; i < 300; i++) {
				void *module = dlopen("./module.so", i % 2 ? RTLD_NOW : RTLD_LAZY | RTLD_GLOBAL);
				good += module && dlclose(module) == 0;
			}
			printf("%d\n", good);
			return 0;
		}
	END
	with "$LIBRARY" ./loads
	assert_output 300
	with "" ./loads
	# By dlopen alone, the library hooks nothing, and is never unloaded.
	build alone <<-END
		#include <dlfcn.h>
		int main(void)
		{
			void *library = dlopen("$LIBRARY", RTLD_NOW);
			return !library || dlclose(library);
		}
	END
	with "" ./alone
}

@test "ten thousand forked children map, and all end well" {
	build forks <<-'END'
		#include <fcntl.h>
		#include <stdio.h>
		#include <sys/mman.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int main(void)
		{
			int fd = open("data.mdb", O_RDONLY), good = 0, status;
			char *before = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
			for (int i = 0; i < 10000; i++) {
				pid_t child = fork();
				if (child == 0) {
					char *address = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
					_exit(address == MAP_FAILED || madvise(before, 65536, MADV_NORMAL) || munmap(before, 65536) ? 1 : 7);
				}
				good += child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
			}
			printf("%d\n", good);
			return 0;
		}
	END
	run --separate-stderr preload MADVISOR_RULES="$rules" ./forks
	assert_output 10000
	assert_equal "$stderr" ""
}
