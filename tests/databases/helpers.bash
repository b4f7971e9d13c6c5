# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # the variables are for the tests
#
# For tests with real servers: each file installs its packages, keeps its data below $DATA, starts the server without
# (bare) and with (advised) a preset, and says in one line what the preset was good for.

top_builddir=${top_builddir:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}
[ -e "$top_builddir/Makefile" ] || top_builddir=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
load ../helpers
SOURCE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PRESETS=$SOURCE/policy
BATS_TEST_TIMEOUT=240

# On a real disk, and open to the servers' own users, which bats' directory is not.
DATA=${DATA-}

# prepare USER: makes $DATA, owned by the user. With a copy of what was built: the build may be out of the user's reach.
prepare() {
	DATA=$(mktemp -d "${TMPDIR:-/var/tmp}/madvisor-databases.XXXXXX")
	export DATA
	mkdir -p "$DATA/stage/.libs"
	cp "$MADVISOR" "$DATA/stage/"
	cp "$LIBRARY" "$DATA/stage/.libs/"
	cp -r "$PRESETS" "$DATA/stage/policy"
	chmod -R u=rwX,go=rX "$DATA"
	chown "$1" "$DATA"
}

# clean_up: what prepare made, and the memory groups.
clean_up() {
	[ -n "$DATA" ] || return 0
	local group
	for group in /sys/fs/cgroup/memory/"${DATA##*/}".* /sys/fs/cgroup/"${DATA##*/}".*; do
		[ ! -d "$group" ] || rmdir "$group" || :
	done
	rm -rf "$DATA"
}

# install_packages PACKAGE...: from Debian, without starting the services that they bring.
install_packages() {
	local package missing=() policy=/usr/sbin/policy-rc.d ours='' failed=''
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || skip "not installed, and installing takes root: ${missing[*]}"
	[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod 0755 $policy && ours=yes; }
	apt-get -qq -o DPkg::Lock::Timeout=300 update &&
		DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
			"${missing[@]}" >"$BATS_FILE_TMPDIR/apt" 2>&1 || failed=yes
	[ -z "$ours" ] || rm -f $policy
	[ -z "$failed" ] || { tail -n 20 "$BATS_FILE_TMPDIR/apt"; return 1; }
}

# install_modules NAME...: npm's modules, below $DATA/modules.
install_modules() {
	command -v npm >/dev/null || skip "npm is not installed"
	mkdir "$DATA/modules"
	npm install --silent --no-audit --no-fund --no-update-notifier --prefix "$DATA/modules" "$@" >&2
}

# launch bare|advised PRESET COMMAND [ARGUMENT]...: replaces the shell by the command. RUN_AS: the user it runs as.
launch() {
	local mode=$1 preset=$2
	shift 2
	[ -z "${RUN_AS-}" ] || set -- setpriv --reuid="$RUN_AS" --regid="$(id -g "$RUN_AS")" --init-groups "$@"
	[ "$mode" = bare ] || set -- "$DATA/stage/madvisor" run -p "$preset" -l info -- "$@"
	exec "$@"
}

# serve bare|advised PRESET COMMAND [ARGUMENT]...: launch in the background; its pid in $pid, its output in
# $DATA/log.MODE. GROUP: a memory group that it starts in. CORES: a directory for its core files.
serve() {
	local log=$DATA/log.$1
	(
		[ -z "${GROUP-}" ] || echo "$BASHPID" >"$GROUP/cgroup.procs"
		ulimit -c "$([ -n "${CORES-}" ] && echo unlimited || echo 0)"
		cd "${CORES:-/}" || exit
		launch "$@"
	) >>"$log" 2>&1 3>&- </dev/null &
	pid=$!
	STARTED+=("$pid")
}

# free_ports NUMBER: so many of 127.0.0.1 that nobody uses just now, on one line.
free_ports() {
	/usr/bin/python3 -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in sockets: each.bind(("127.0.0.1", 0))
print(*[each.getsockname()[1] for each in sockets])' "$1"
}

# wait_until SECONDS COMMAND [ARGUMENT]...: until it succeeds.
wait_until() {
	local attempt seconds=$1
	shift
	for ((attempt = 0; attempt < seconds * 10; attempt++)); do
		"$@" >/dev/null 2>&1 && return
		kill -0 "$pid" || break
		sleep 0.1
	done
	echo "still fails after $seconds seconds, or its server is gone: $*"
	tail -n 20 "$DATA"/log.*
	return 1
}

# shut_down [STATUS]: asks the server to end; it must, in time and with this exit status, or 0.
shut_down() {
	local status=0
	kill -TERM "$pid" 2>/dev/null || :
	timeout 60 tail --pid="$pid" -s 0.1 -f /dev/null
	wait "$pid" || status=$?
	[ "$status" = "${1:-0}" ] || { echo "exit status $status"; tail -n 20 "$DATA"/log.*; return 1; }
}

# kill_servers: for teardown, whatever a failed test left behind.
kill_servers() {
	local each
	for each in "${STARTED[@]}"; do
		kill -KILL "$each" 2>/dev/null || :
	done
	STARTED=()
}

# assert_quiet [PATTERN]: no warning of ours, and nothing of the server's that looks like trouble, in any log. That a server is
# still starting is what a test hears that asks whether it has started.
assert_quiet() {
	local trouble
	trouble=$(grep -hE "^madvisor\[[0-9]+\] [^:]*: (error|warning):|${1:-ERROR|FATAL|PANIC|[Aa]ssert|[Cc]orrupt}" "$DATA"/log.* |
		grep -v 'the database system is starting up' || :)
	assert_equal "$trouble" ""
}

# mappings PID REGEX [KIBIBYTES]: "KIBIBYTES PERMISSIONS PATH : VMFLAGS" of each mapping that is at least so large and
# whose permissions and path match ("rw-p /x", or "rw-p " where there is no path).
mappings() {
	awk -v regex="$2" -v least="${3:-0}" '
		/^[0-9a-f]+-[0-9a-f]+ / { line = $2 " "; $1 = $2 = $3 = $4 = $5 = ""; sub(/^ +/, ""); line = line $0 }
		$1 == "Size:" { size = $2 }
		$1 == "VmFlags:" && size >= least && line ~ regex { $1 = ""; print size, line, ":" $0 " " }' "/proc/$1/smaps"
}

# assert_flag PID REGEX KIBIBYTES FLAG: there are such mappings, and all have the flag.
assert_flag() {
	run mappings "$1" "$2" "$3"
	assert_output || return
	run grep -v " $4 " <<<"$output"
	refute_output
}

# refute_flag PID REGEX KIBIBYTES FLAG: there are such mappings, and none has it.
refute_flag() {
	run mappings "$1" "$2" "$3"
	assert_output || return
	refute_output --partial " $4 "
}

# memory_group BYTES: a control group with so much memory for what is started in it; its directory in $GROUP.
memory_group() {
	local root limit
	if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
		root=/sys/fs/cgroup/memory limit=memory.limit_in_bytes
	else
		root=/sys/fs/cgroup limit=memory.max
		echo +memory 2>/dev/null >$root/cgroup.subtree_control || :
	fi
	GROUP=$root/${DATA##*/}.$BATS_TEST_NUMBER
	mkdir "$GROUP" 2>/dev/null || skip "no control group for memory can be made here"
	echo "$1" >"$GROUP/$limit" || skip "the control group's memory cannot be limited here"
}

# status_of PID FIELD: kB, as /proc/PID/status has it.
status_of() {
	awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# faults PID minor|major
faults() {
	awk -v minor="$2" '{ sub(/^.*\) /, ""); print minor == "minor" ? $8 : $10 }' "/proc/$1/stat"
}

# core_of PID DIRECTORY: kills it so that it dumps, and prints the bytes that the core file occupies; then it is removed.
core_of() {
	local directory=$2 core
	case $(cat /proc/sys/kernel/core_pattern) in
	core) ;;
	*) echo "core files go elsewhere on this machine" >&2; return 1 ;;
	esac
	kill -SEGV "$1"
	timeout 60 tail --pid="$1" -s 0.1 -f /dev/null
	core=$(find "$directory" -maxdepth 1 -name 'core*' -newer "$DATA/stage/madvisor" | head -n 1)
	[ -n "$core" ] || { echo "no core file in $directory" >&2; return 1; }
	du --block-size=1 "$core" | cut -f 1
	rm -f "$core"
}

# megabytes BYTES
megabytes() {
	awk -v bytes="$1" 'BEGIN { printf "%.1f MB", bytes / 1e6 }'
}

# benefit WORDS...: the line that says it.
benefit() {
	echo "# benefit: $*" >&3
}
