#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# MariaDB under the preset mariadb.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages mariadb-server
	prepare mysql
	local mode
	for mode in bare advised; do
		mariadb-install-db --no-defaults --user=mysql --datadir="$DATA/$mode" --auth-root-authentication-method=normal \
			--skip-test-db >/dev/null
	done
}

setup() {
	load helpers
	RUN_AS=mysql
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

start_mariadb() {
	serve "$1" mariadb mariadbd --no-defaults --datadir="$DATA/$1" --socket="$DATA/$1.socket" --skip-networking \
		--innodb-buffer-pool-size=256M --innodb-log-file-size=32M --performance-schema=on --pid-file="$DATA/$1/pid" "${@:2}"
	wait_until 60 sql "$1" "select 1"
}

sql() {
	mariadb --no-defaults --socket="$DATA/$1.socket" -u root -N -e "$2"
}

@test "MariaDB holds the same tables under the preset, before and after a restart" {
	local mode
	declare -A before after
	for mode in bare advised; do
		start_mariadb $mode
		sql $mode "create database x; use x; create table t (k int primary key, v varchar(400), key (v(20))) engine=innodb;
			insert into t select seq, concat(md5(seq), repeat('x', 300)) from seq_1_to_50000;
			update t set v = concat('y', v) where k % 7 = 0; delete from t where k % 101 = 0;"
		before[$mode]=$(sql $mode "use x; checksum table t; select count(*), sum(k) from t where v like 'y%'")
		shut_down
		start_mariadb $mode
		after[$mode]=$(sql $mode "use x; check table t; checksum table t; select count(*), sum(k) from t where v like 'y%'")
		shut_down
	done
	assert_equal "${before[advised]}" "${before[bare]}"
	assert_equal "${after[advised]}" "${after[bare]}"
	[[ ${after[advised]} == *OK*"${before[bare]}" ]]
	assert_quiet '\[ERROR\]|InnoDB: Assert|[Cc]orrupt'
}

@test "MariaDB's large regions stay out of core files (VmFlags dd), and a core is smaller" {
	local mode
	declare -A size kept
	CORES=$DATA
	for mode in bare advised; do
		start_mariadb $mode --core-file
		sql $mode "use x; create or replace table a engine=aria as select seq k, repeat('x', 1000) v from seq_1_to_80000;
			select count(*) from t; select sum(length(v)) from a" >/dev/null
		# MariaDB's own dontdump covers InnoDB's pool, the preset the page cache of Aria.
		kept[$mode]=$(mappings "$pid" '^rw-p $' 16384 | awk '/ dd / { kib += $1 } END { printf "%.0f\n", kib * 1024 }')
		size[$mode]=$(core_of "$pid" "$DATA/$mode")
	done
	((kept[advised] > kept[bare]))
	benefit "mariadbd, core with 80 MB in the page cache of Aria: $(megabytes "${size[bare]}");" \
		"under mariadb: $(megabytes "${size[advised]}")"
}
