# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What advice brings: real databases from a cold cache.

# seconds COMMAND...: how long it took; its output is thrown away.
seconds() {
	/usr/bin/time -f %e -o "$work/time" "$@" >/dev/null 2>&1
	cat "$work/time"
}

# with_readahead KILOBYTES FILE COMMAND...: the device that holds the file reads that far ahead meanwhile. Needs root.
with_readahead() {
	local kilobytes=$1 device setting before status=0
	device=$(stat -c '%Hd:%Ld' "$2")
	shift 2
	setting=/sys/dev/block/$device/queue/read_ahead_kb
	[ -w "$setting" ] || setting=/sys/dev/block/$device/../queue/read_ahead_kb
	before=$(cat "$setting")
	echo "$kilobytes" >"$setting"
	"$@" || status=$?
	echo "$before" >"$setting"
	return "$status"
}

# seconds_in_memory BYTES COMMAND...: the same with that much memory, in a cgroup of its own.
seconds_in_memory() {
	local group=/sys/fs/cgroup/memory/madvisor-bench-$$ status=0
	mkdir -p "$group"
	echo "$1" >"$group/memory.limit_in_bytes"
	shift
	seconds bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group" "$@" || status=$?
	rmdir "$group"
	return "$status"
}

needs_root_and_cgroup() {
	[ "$(id -u)" = 0 ] && [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ] && return
	echo "  left out: needs root and a memory cgroup (v1)"
	return 1
}

# lmdb_run RULES [nordahead]: seconds for 12000 look-ups in 600 MB with 60 MB of memory, 128 KiB of readahead.
lmdb_run() {
	drop_cache "$work/lmdb/data.mdb"
	with_readahead 128 "$work/lmdb/data.mdb" seconds_in_memory $((60 << 20)) \
		env LD_PRELOAD="$library" MADVISOR_RULES="$1" "$build/tests/programs/lmdb_lookups" get "$work/lmdb" 12000 ${2:+"$2"}
}

bench_lmdb() {
	needs_root_and_cgroup || return 0
	[ -d "$work/lmdb" ] || { mkdir "$work/lmdb" && "$build/tests/programs/lmdb_lookups" fill "$work/lmdb" 600; }
	local rounds=5
	heading "LMDB, 12000 look-ups in 600 MB with 60 MB of memory" s
	in_turn lmdb_run "" nordahead -- lmdb_run "data.mdb random"
	judge lmdb "with random, against MDB_NORDAHEAD" "$(quotient "$second" "$first")" at-most 1.03
	in_turn lmdb_run "" -- lmdb_run "data.mdb random"
	judge lmdb "times as fast as plain" "$(quotient "$first" "$second")" at-least 3
}

# sqlite_run COLUMN [COMMAND...]: seconds or bytes of the demonstration's look-ups, in a larger database.
sqlite_rows=4000000
sqlite_run() {
	local field=$1
	shift
	local database=$build/demo/look-ups-$sqlite_rows.db
	drop_cache "$database"
	/usr/bin/time -f '%e %I' -o "$work/time" "$@" sqlite3 "$database" ".read ${database%.db}.sql" >/dev/null
	awk -v field="$field" '{ if (field == 2) printf "%.0f\n", $2 * 512; else print $1 }' "$work/time"
}

bench_sqlite() {
	DEMO_ROWS=$sqlite_rows "$source/tests/demo/sqlite" >/dev/null
	local rounds=3
	heading "SQLite, 3000 look-ups in 2 GB, cold" "s, bytes"
	in_turn sqlite_run 1 -- sqlite_run 1 "$madvisor" run -p sqlite --
	judge sqlite "times as fast as plain" "$(quotient "$first" "$second")" at-least 3
	in_turn sqlite_run 2 -- sqlite_run 2 "$madvisor" run -p sqlite --
	judge sqlite "times fewer bytes from storage" "$(quotient "$first" "$second")" at-least 20
}

# resident_after RULES STEP: seconds until 2 GB are in memory, by a rule or by hand in steps of STEP bytes (0: not by hand).
resident_after() {
	drop_cache "$work/prefetch.db"
	env LD_PRELOAD="$library" MADVISOR_RULES="$1" "$programs/prefetch" "$work/prefetch.db" "$2"
}

bench_prefetch() {
	[ -s "$work/prefetch.db" ] || head -c 2G /dev/urandom >"$work/prefetch.db"
	local rounds=3 step best=1000
	heading "willneed over 2 GB, until all of it is in memory" s
	for step in $((128 << 10)) $((512 << 10)) $((2 << 20)); do
		in_turn resident_after "" "$step" -- resident_after "*.db willneed@0.." 0
		best=$(printf '%s\n' "$first" "$best" | sort -g | head -n 1)
	done
	first=$best
	judge prefetch "against the best step size by hand" "$(quotient "$second" "$first")" at-most 2
}

bench_rocksdb() {
	command -v db_bench >/dev/null || {
		echo "  rocksdb left out: db_bench is not installed (Debian: rocksdb-tools)"
		return 0
	}
	local rounds=3
	heading "RocksDB, cold scan that it says random about" s
	"$source/tests/demo/rocksdb" >"$work/rocksdb.txt"
	first=$(awk "/^RocksDB's own random/ { print \$(NF - 2) }" "$work/rocksdb.txt")
	second=$(awk '/^madvisor run/ { print $(NF - 2) }' "$work/rocksdb.txt")
	judge rocksdb "times as fast as plain" "$(quotient "$first" "$second")" at-least 8
}
