#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# An older C library, for real: Debian 11 has glibc 2.31, whose dlsym stands in a library of its own, which not every program loads.

# A runtime of the sanitizers needs the C library that it was built with.
# bats file_tags=no-sanitizer

load helpers

RELEASE=bullseye

# mirror: where apt has Debian's packages from.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | head -n 1
}

# make_root: $ROOT, or $WITHOUT says why there is none. Whatever debootstrap mounts goes with its namespace.
make_root() {
	local mirror
	[ "$(id -u)" = 0 ] || { WITHOUT="needs root" && return; }
	command -v debootstrap >/dev/null || { WITHOUT="debootstrap is not installed" && return; }
	mirror=$(mirror) && [ -n "$mirror" ] || { WITHOUT="apt has no mirror of Debian's" && return; }
	ROOT=$(mktemp -d "${TMPDIR:-/var/tmp}/madvisor-older.XXXXXX")
	timeout -s KILL 600 unshare --mount --propagation private \
		debootstrap --variant=minbase --include=sqlite3 "$RELEASE" "$ROOT" "$mirror" >"$BATS_FILE_TMPDIR/debootstrap" 2>&1 ||
		WITHOUT="no root of $RELEASE: $(tail -n 1 "$BATS_FILE_TMPDIR/debootstrap")"
}

setup_file() {
	WITHOUT='' ROOT=''
	make_root
	export WITHOUT ROOT
	[ -n "$WITHOUT" ] || cp "$LIBRARY" "$ROOT/library.so"
}

teardown_file() {
	[ -z "$ROOT" ] || rm -rf --one-file-system "$ROOT"
}

setup() {
	[ -z "$WITHOUT" ] || skip "$WITHOUT"
	rm -f "$ROOT"/data.db
}

# older [NAME=VALUE]... COMMAND [ARGUMENT]...: there.
older() {
	timeout -s KILL "$COMMAND_TIMEOUT" unshare --mount --propagation private --pid --fork bash -c '
		mount -t proc proc "$0/proc" && exec chroot "$0" /usr/bin/env LC_ALL=C "$@"' "$ROOT" "$@"
}

# advised RULES COMMAND [ARGUMENT]...: there, under the library.
advised() {
	older LD_PRELOAD=/library.so MADVISOR_POLICY= MADVISOR_LOG_LEVEL="${level:-warning}" MADVISOR_RULES="$1" "${@:2}"
}

# flags PATH: of the first mapping of it, in the smaps that were printed.
flags() {
	awk -v path="$1" '$NF == path { found = 1 } found && $1 == "VmFlags:" { print; exit }' <<<"$output"
}

rows="WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO t SELECT i, printf('%0400d', i * i) FROM n"

@test "a rule is carried out on glibc 2.31: the log and the kernel say so" {
	run older getconf GNU_LIBC_VERSION
	assert_output 'glibc 2.31'
	older sqlite3 /data.db 'CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)' "$rows"
	level=info run --separate-stderr advised 'program sqlite3; *.db random,dontdump override' sqlite3 /data.db \
		'PRAGMA mmap_size = 268435456' 'SELECT count(*), sum(length(v)) FROM t' '.shell cat /proc/$PPID/smaps'
	assert_success
	assert_line '30000|12000000'
	assert_regex "$(flags /data.db)" ' rr .*dd'
	assert_regex "$stderr" 'sqlite3: info: MADVISOR_RULES:2: applied random,dontdump to "/data.db"'
}

@test "so it is in a program that has not loaded dlsym" {
	run older ldd /usr/bin/locale
	assert_output --partial libc.so.6
	refute_output --partial libdl
	run older locale -a -v
	local bare=$output
	level=info run --separate-stderr advised '**/LC_IDENTIFICATION random' locale -a -v
	assert_success
	assert_output "$bare"
	assert_regex "$stderr" 'locale: info: MADVISOR_RULES:1: applied random to "/[^"]*/LC_IDENTIFICATION"'
}

# history RULES: a database that grows while it is mapped, byte by byte and in what is found.
history() {
	rm -f "$ROOT"/data.db
	"$@" sqlite3 /data.db 'PRAGMA mmap_size = 268435456' 'CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)' "$rows" \
		'CREATE INDEX i ON t(v)' 'DELETE FROM t WHERE k % 3 = 0' "UPDATE t SET v = v || 'x' WHERE k % 5 = 0" VACUUM \
		'PRAGMA integrity_check' 'SELECT count(*), sum(k), sum(length(v)) FROM t' 2>&1
	echo "status $?"
	sha256sum <"$ROOT/data.db"
}

@test "sqlite3 writes and finds there what it does without the library" {
	local bare rules
	bare=$(history older)
	[[ $bare == *$'\nok\n20000|'*'status 0'* ]] || fail "$bare"
	for rules in '' '** normal; [anon] normal' '*.db willneed,random,unmap:cold override size>=1M; [anon] dontdump override size>=64K'; do
		run history advised "$rules"
		assert_output "$bare"
	done
}
