# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Loaded by every test file: `load helpers`. README.md says how to write one.

bats_require_minimum_version 1.5.0
for library in bats-support bats-assert bats-file; do
	load "/usr/lib/bats/$library/load.bash"
done
unset library

# A hang is a failure: of one command after a minute (bats cannot end what `run` waits for), of a test after two.
COMMAND_TIMEOUT=${COMMAND_TIMEOUT:-60}
BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-120}

# `make check` says where the build is; by hand it is ./build, or the source tree itself.
SOURCE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
BUILD=${top_builddir:-$SOURCE/build}
[ -e "$BUILD/Makefile" ] || BUILD=$SOURCE

MADVISOR=$BUILD/madvisor
LIBRARY=$BUILD/.libs/libmadvisor.so
PROGRAMS=$BUILD/tests/programs
PRESETS=$SOURCE/policy

# Debian's own: what a user has put in front of it in PATH may be a script.
PYTHON=/usr/bin/python3

# What the administrator of this machine has set up is not under test.
unset "${!MADVISOR_@}"
export MADVISOR_POLICY=

# write_policy NAME <<text: the policy $BATS_TEST_TMPDIR/NAME, as an administrator would install it.
write_policy() {
	cat >"$BATS_TEST_TMPDIR/$1"
	chmod 0644 "$BATS_TEST_TMPDIR/$1"
}

HOST_PRELOAD=${SANITIZER_PRELOAD:+$SANITIZER_PRELOAD:}$LIBRARY

# preload [NAME=VALUE]... COMMAND [ARGUMENT]...: the command under the library. bats itself never is.
preload() {
	timeout --signal=KILL "$COMMAND_TIMEOUT" env LD_PRELOAD="$HOST_PRELOAD" "$@"
}

# start [NAME=VALUE]... COMMAND [ARGUMENT]...: the same in the background, until the test ends; its pid in $pid,
# its output in $BATS_TEST_TMPDIR/stdout and $BATS_TEST_TMPDIR/stderr.
start() {
	setpriv --pdeathsig KILL env LD_PRELOAD="$HOST_PRELOAD" "$@" \
		>"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" 3>&- &
	pid=$!
}

# wait_for COMMAND [ARGUMENT]...: until it succeeds, for ten seconds at most.
wait_for() {
	local attempt
	for attempt in {1..200}; do
		"$@" && return
		sleep 0.05
	done
	echo "still fails after ten seconds: $*"
	return 1
}

# madvisor [ARGUMENT]...: the command that was built.
madvisor() {
	timeout --signal=KILL "$COMMAND_TIMEOUT" env ${SANITIZER_PRELOAD:+LD_PRELOAD="$SANITIZER_PRELOAD"} "$MADVISOR" "$@"
}

# vmflags PID PATH|ADDRESS: the VmFlags of the first mapping of the path, or of the one that begins at the address (hexadecimal).
vmflags() {
	awk -v wanted="${2#0x}" '
		/^[0-9a-f]+-[0-9a-f]+ / {
			path = $0
			for (field = 1; field <= 5; field++)
				sub(/^[^ ]+ +/, "", path)
			split($1, range, "-")
			found = path == wanted || range[1] == wanted
		}
		found && $1 == "VmFlags:" { sub(/^VmFlags: */, ""); sub(/ *$/, ""); print; exit }' "/proc/$1/smaps"
}

# drop_cache FILE: its pages leave the page cache, whoever else uses the machine.
drop_cache() {
	dd of="$1" oflag=nocache conv=notrunc,fdatasync count=0 status=none
}

# resident FILE: bytes of it in the page cache. A machine may take the odd page back at any time (DAMON): leave room for 128 KiB.
resident() {
	fincore --bytes --noheadings --output RES "$1" | tr -d ' '
}

# storage_read PID: bytes that the process made the storage read.
storage_read() {
	awk '$1 == "read_bytes:" { print $2 }' "/proc/$1/io"
}

# in_own_segments COMMAND [ARGUMENT]...: one that may leave System V segments behind; where a namespace can be had, they go with it.
in_own_segments() {
	if unshare --ipc true 2>/dev/null; then
		unshare --ipc "$@"
	else
		"$@"
	fi
}

# needs COMMAND...: skips the test where one is not installed.
needs() {
	local command
	for command; do
		command -v "$command" >/dev/null || skip "$command is not installed"
	done
}
