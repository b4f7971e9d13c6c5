#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# SQLite with mmap_size, under the preset sqlite.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages sqlite3
	prepare root
	sqlite3 "$DATA/built.db" "pragma journal_mode=off; pragma synchronous=off;
		create table t(k integer primary key, v blob);
		with recursive c(x) as (select 1 union all select x+1 from c where x<700000)
		insert into t select x, zeroblob(200) || hex(x * 7919 % 999983) || printf('%.200c', 'x') from c;" >/dev/null
}

setup() {
	load helpers
}

teardown() {
	exec 8>&- 9>&-
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

# open_database MODE: sqlite3 with a database of its own, mapped; it takes what is written to descriptor 8.
open_database() {
	[ -e "$DATA/$1.db" ] || cp "$DATA/built.db" "$DATA/$1.db"
	drop_cache "$DATA/$1.db"
	rm -f "$DATA/$1.in" "$DATA/$1.out"
	mkfifo "$DATA/$1.in" "$DATA/$1.out"
	serve "$1" sqlite sh -c "exec sqlite3 -batch '$DATA/$1.db' <'$DATA/$1.in' >'$DATA/$1.out'"
	exec 8>"$DATA/$1.in" 9<"$DATA/$1.out"
	ask "pragma mmap_size=4294967296; select count(*) from t where k=1;" >/dev/null
}

# ask SQL: its answer.
ask() {
	local line
	printf '%s\nselect %s;\n' "$1" "'the end'" >&8
	while read -r -t 60 line <&9; do
		[ "$line" != "the end" ] || return 0
		echo "$line"
	done
	return 1
}

close_database() {
	echo .quit >&8
	exec 8>&- 9>&-
	wait "$pid"
}

look_ups="with recursive c(i) as (select 1 union all select i+1 from c where i<2000)
	select sum(length(v)), sum(k) from c cross join t on t.k = i*104729%700000+1;"

@test "SQLite looks up, writes, grows and is whole under the preset as without it" {
	local mode
	declare -A sum
	for mode in bare advised; do
		open_database $mode
		sum[$mode]=$(ask "$look_ups")
		ask "pragma journal_mode=wal; begin; update t set v = 'y' || v where k % 97 = 0; delete from t where k % 1009 = 0;
			insert into t select k + 700000, v from t where k < 50000; commit; pragma wal_checkpoint(truncate);" >/dev/null
		sum[$mode]+=$(ask "$look_ups")
		close_database
		open_database $mode
		sum[$mode]+=$(ask "pragma integrity_check; $look_ups")
		close_database
		sum[$mode]+=$(sqlite3 "$DATA/$mode.db" .dump | sha256sum)
	done
	assert_equal "${sum[advised]}" "${sum[bare]}"
	[[ ${sum[advised]} == *ok* ]]
	assert_quiet
}

@test "SQLite's database is random (VmFlags rr), and its write-ahead log's index is not" {
	local mode
	declare -A read faults
	for mode in bare advised; do
		rm -f "$DATA/$mode.db"*
		open_database $mode
		ask "$look_ups" >/dev/null
		read[$mode]=$(storage_read "$pid")
		faults[$mode]=$(faults "$pid" major)
		if [ $mode = advised ]; then
			assert_flag "$pid" " $DATA/advised.db$" 0 rr
			ask "pragma journal_mode=wal; update t set v = 'y' || v where k = 1; select count(*) from t where k = 5;" >/dev/null
			refute_flag "$pid" "[.]db-shm" 0 rr
			assert_flag "$pid" " $DATA/advised.db$" 0 rr
		else
			refute_flag "$pid" " $DATA/bare.db$" 0 rr
		fi
		close_database
	done
	assert_quiet
	benefit "sqlite3, 2000 cold look-ups: $(megabytes "${read[bare]}") read in ${faults[bare]} major faults;" \
		"under sqlite: $(megabytes "${read[advised]}") in ${faults[advised]}"
}

@test "a database below 256 MB is left alone" {
	sqlite3 "$DATA/small.db" "create table t(k integer primary key, v blob);
		with recursive c(x) as (select 1 union all select x+1 from c where x<20000)
		insert into t select x, zeroblob(400) from c;"
	mv "$DATA/small.db" "$DATA/advised.db"
	rm -f "$DATA"/advised.db-*
	open_database advised
	refute_flag "$pid" " $DATA/advised.db$" 0 rr
	close_database
}
