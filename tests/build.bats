#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What was built and installed, as readelf and nm see it: an unmet need of a preload stops every program.

load helpers

setup() {
	needs readelf nm
}

exported_symbols() {
	nm --dynamic --defined-only "$1" | awk '{ print $3 }' | sort
}

needed_libraries() {
	readelf --wide --dynamic "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# The newest version of the C library that the file asks for, and anything that is not such a version.
needed_versions() {
	readelf --wide --version-info "$1" | sed -n 's/.*  Name: \([^ ]*\)  Flags.*/\1/p' | sort --version-sort --unique
}

make_install() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --silent --directory "$BUILD" DESTDIR="$BATS_TEST_TMPDIR/root" "$@"
}

# The names of the files at or below a directory of that name.
installed() {
	find "$BATS_TEST_TMPDIR/root" ! -type d -path "*/$1/*" -printf '%f\n' | sort
}

@test "the documented symbols are exported, and no other" {
	run exported_symbols "$LIBRARY"
	assert_output "$(printf '%s\n' madvise madvisor_status mmap mmap64 mremap munmap posix_madvise shmat shmdt)"
}

# bats test_tags=no-sanitizer
@test "the library needs the C library and nothing else" {
	local needed
	for needed in $(needed_libraries "$LIBRARY"); do
		assert_regex "$needed" '^(libc\.so\.6|ld-linux.*)$'
	done
}

# bats test_tags=no-sanitizer
@test "nothing is asked of the C library but dlsym, getauxval and errno" {
	local symbol harmless='dlsym|getauxval'
	local compiler='__errno_location|__getauxval|__[a-z]+_chk|__stack_chk_(fail|guard)|__cxa_finalize|__gmon_start__|_ITM_.*'
	for symbol in $(nm --dynamic --undefined-only --format=posix "$LIBRARY" | sed 's/[@ ].*//'); do
		assert_regex "$symbol" "^($harmless|$compiler)\$"
	done
}

# bats test_tags=no-sanitizer
@test "the library's own memcpy, strlen and the like are loops, whatever the compiler knows of them" {
	local compiler level
	for compiler in gcc clang; do
		command -v $compiler >/dev/null || continue
		for level in -Os -O2 -O3; do
			$compiler -std=gnu11 $level -fPIC -c -o "$BATS_TEST_TMPDIR/bytes.o" "$SOURCE/src/bytes.c"
			run objdump --reloc --no-show-raw-insn "$BATS_TEST_TMPDIR/bytes.o"
			assert_success
			# strcmp may go on in strncmp, strrchr in strchr, and strstr asks both.
			refute_output --regexp 'R_[A-Z0-9_]+ +(mem[a-z]+|bcmp|strcmp|strrchr|strstr)\b'
		done
	done
}

# bats test_tags=no-sanitizer
# Hooks run before ld.so has filled any address in: src/real.h.
# bats test_tags=no-sanitizer
@test "hooks reach what is the library's own without an address" {
	local object own
	own=$(nm "$LIBRARY" | awk '$2 ~ /^[a-zB-Z]$/ { print $3 }')
	for object in hooks mapping own_advice real regions; do
		run readelf -rW "$(find "$BUILD/src" -name "lib*_la-$object.o" -path '*/.libs/*')"
		assert_output --regexp 'PLT|CALL|PC32'
		refute_output --regexp "GOT[^ ]* +[0-9a-f]* +($(paste -sd '|' <<<"$own"))( |\$)"
	done
}

@test "no symbol version above GLIBC_2.17 is needed" {
	local version
	for version in $(needed_versions "$LIBRARY"); do
		assert_regex "$version" '^GLIBC_2\.[0-9.]+$'
		run sort --version-sort <<<"$version"$'\n'GLIBC_2.17
		assert_line --index 1 GLIBC_2.17
	done
}

@test "relocations are read-only before the host starts, and all symbols bound" {
	run readelf --wide --dynamic --program-headers "$LIBRARY"
	assert_success
	assert_output --partial GNU_RELRO
	assert_line --regexp '\(FLAGS\) .*BIND_NOW'
	assert_line --regexp '\(FLAGS_1\) .*NOW'
	refute_output --partial TEXTREL
}

@test "dlclose never unmaps the hooks" {
	run readelf --wide --dynamic "$LIBRARY"
	assert_line --regexp '\(FLAGS_1\) .*NODELETE'
}

@test "the stack stays without execute permission" {
	run readelf --wide --program-headers "$LIBRARY"
	assert_line --regexp 'GNU_STACK .* RW +0x'
}

@test "the library has no thread-local storage" {
	run readelf --wide --program-headers --syms "$LIBRARY"
	assert_success
	refute_line --regexp '^ +TLS '
	refute_line --regexp ' TLS .* (GLOBAL|LOCAL|WEAK) '
}

@test "relocations are not packed, which only a new C library could read" {
	run readelf --wide --dynamic "$LIBRARY"
	refute_output --partial RELR
}

@test "the name of the library has no version, and no search path is built in" {
	run readelf --wide --dynamic "$LIBRARY"
	assert_line --regexp '\(SONAME\) .*\[libmadvisor\.so\]$'
	refute_output --regexp '\((RPATH|RUNPATH)\)'
}

# bats test_tags=no-sanitizer
@test "what knows the directories of configure is compiled anew when they change" {
	local needs
	run make -C "$BUILD" --no-print-directory --dry-run --what-if=Makefile all
	assert_success
	for needs in src/directories.h runtime.c paths.c; do
		assert_output --partial "$needs"
	done
}

@test "make install puts the files where they belong, make uninstall leaves none" {
	make_install install
	assert_equal "$(installed bin)" madvisor
	assert_equal "$(installed 'lib*')" libmadvisor.so
	assert_equal "$(installed share/madvisor)" "$(cd "$PRESETS" && printf '%s\n' *.policy | sort)"
	assert_equal "$(installed man)" "$(printf '%s\n' libmadvisor.7 madvisor.1 madvisor.policy.5)"
	# The manual names the directories of this installation.
	run find "$BATS_TEST_TMPDIR/root" -path '*/man/man*' -type f \
		-exec grep -hoE '[^ =]*/(libmadvisor\.so|madvisor/default\.policy)' {} +
	assert_line "$(sed -n 's/^#define LIBDIR "\(.*\)"/\1/p' "$BUILD/src/directories.h")/libmadvisor.so"
	assert_line "$(sed -n 's/^#define SYSCONFDIR "\(.*\)"/\1/p' "$BUILD/src/directories.h")/default.policy"

	make_install uninstall
	run find "$BATS_TEST_TMPDIR/root" ! -type d
	assert_output ''
}
