#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# LMDB, unmodified: a rule is worth what its own option is worth.

load helpers

setup_file() {
	[ -x "$PROGRAMS/lmdb_lookups" ] || return 0
	mkdir "$BATS_FILE_TMPDIR/db"
	"$PROGRAMS/lmdb_lookups" fill "$BATS_FILE_TMPDIR/db" 400
}

setup() {
	[ -x "$PROGRAMS/lmdb_lookups" ] || skip "built without liblmdb"
	DATABASE=$BATS_FILE_TMPDIR/db
	case $(stat -f -c %T "$DATABASE") in
	tmpfs | ramfs) skip "the test folder is in memory: nothing to read from storage" ;;
	esac
}

# look_up RULES [nordahead]: 500 look-ups from a cold cache; in $bytes what storage was read, in $found what was found.
look_up() {
	drop_cache "$DATABASE/data.mdb"
	run --separate-stderr preload MADVISOR_RULES="$1" "$PROGRAMS/lmdb_lookups" get "$DATABASE" 500 ${2:+"$2"}
	assert_success
	read -r bytes found <<<"$output"
}

@test "look-ups read from storage what MDB_NORDAHEAD reads, within 5 %, and find the same" {
	look_up ""  nordahead
	local own=$bytes own_found=$found
	look_up "data.mdb random"
	assert_equal "$found" "$own_found"
	[ $((bytes * 100)) -le $((own * 105)) ] || fail "$bytes bytes with advice, $own with MDB_NORDAHEAD"
	[ $((bytes * 100)) -ge $((own * 95)) ] || fail "$bytes bytes with advice, $own with MDB_NORDAHEAD"
}

@test "look-ups read less than a tenth of what they read without advice, where the device reads 1 MiB ahead" {
	local device readahead
	device=$(stat -c '%Hd:%Ld' "$DATABASE/data.mdb")
	readahead=$(cat "/sys/dev/block/$device/queue/read_ahead_kb" 2>/dev/null || echo 0)
	[ "$readahead" -ge 1024 ] || skip "the device reads $readahead KiB ahead"
	look_up ""
	local plain=$bytes
	look_up "data.mdb random"
	[ $((bytes * 10)) -le "$plain" ] || fail "$bytes bytes with advice, $plain without"
}

@test "the preset names LMDB's data, and not its lock file" {
	# The preset's condition is for databases that do not fit into memory: here it is told that little is there.
	local cgroup=/sys/fs/cgroup/memory/madvisor-lmdb-$$
	mkdir "$cgroup" 2>/dev/null || skip "no memory cgroup (v1) can be made here"
	echo $((500 << 20)) >"$cgroup/memory.limit_in_bytes"
	run bash -c "echo \$\$ >$cgroup/cgroup.procs
		MADVISOR_LOG_LEVEL=info MADVISOR_POLICY='$PRESETS/lmdb.policy' LD_PRELOAD='$HOST_PRELOAD' exec '$PROGRAMS/lmdb_lookups' get '$DATABASE' 1 2>&1"
	rmdir "$cgroup"
	assert_output --regexp 'applied random.* to ".*/data\.mdb"'
	refute_output --partial 'lock.mdb'
}

@test "a copy made under a rule is the copy made without" {
	needs mdb_copy
	mkdir "$BATS_TEST_TMPDIR/bare" "$BATS_TEST_TMPDIR/advised"
	mdb_copy -c "$DATABASE" "$BATS_TEST_TMPDIR/bare"
	preload MADVISOR_RULES="*.mdb sequential,dontdump,unmap:pageout" mdb_copy -c "$DATABASE" "$BATS_TEST_TMPDIR/advised"
	cmp "$BATS_TEST_TMPDIR/bare/data.mdb" "$BATS_TEST_TMPDIR/advised/data.mdb"
}
