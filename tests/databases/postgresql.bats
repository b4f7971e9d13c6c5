#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# PostgreSQL under the preset postgresql.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages postgresql
	prepare postgres
	PATH=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1):$PATH
	export PATH
	local mode
	for mode in bare advised; do
		setpriv --reuid=postgres --regid=postgres --init-groups \
			initdb -D "$DATA/$mode" -A trust -U postgres --no-sync --locale=C --encoding=UTF8 >/dev/null
	done
}

setup() {
	load helpers
	RUN_AS=postgres
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

start_postgres() {
	serve "$1" postgresql postgres -D "$DATA/$1" -k "$DATA" -c listen_addresses= -c shared_buffers=256MB -c fsync=off \
		-c huge_pages=off "${@:2}"
	wait_until 60 sql "select 1"
}

sql() {
	psql -X -q -At -v ON_ERROR_STOP=1 -h "$DATA" -U postgres -c "$1"
}

contents="select count(*), sum(k), md5(string_agg(v, ',' order by k)) from t"

@test "PostgreSQL holds the same table under the preset, before and after a restart" {
	local mode
	declare -A before after
	for mode in bare advised; do
		start_postgres $mode
		sql "create table t (k int primary key, v text);
			insert into t select i, repeat(md5(i::text), 10) from generate_series(1, 100000) i;
			update t set v = 'y' || v where k % 7 = 0; delete from t where k % 101 = 0; create index on t (left(v, 20));"
		before[$mode]=$(sql "$contents")
		# parallel workers map segments in /dev/shm
		sql "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0;
			select count(*) from t where v like '%z%'" >/dev/null
		shut_down
		start_postgres $mode
		after[$mode]=$(sql "$contents")
		shut_down
	done
	assert_equal "${before[advised]}" "${before[bare]}"
	assert_equal "${after[bare]}" "${before[bare]}"
	assert_equal "${after[advised]}" "${before[bare]}"
	assert_quiet
}

@test "PostgreSQL's shared memory stays out of core files (VmFlags dd), in every backend, and a core is smaller" {
	local mode backend
	declare -A size
	CORES=$DATA
	for mode in bare advised; do
		start_postgres $mode
		PGAPPNAME=victim sql "select count(*) from t; select pg_sleep(60)" >/dev/null 2>&1 3>&- &
		wait_until 20 victim_sleeps
		backend=$(sql "select pid from pg_stat_activity where application_name = 'victim'")
		if [ $mode = advised ]; then
			assert_flag "$pid" '^rw-s /dev/zero' 16384 dd
			assert_flag "$backend" '^rw-s /dev/zero' 16384 dd
		else
			refute_flag "$backend" '^rw-s /dev/zero' 16384 dd
		fi
		size[$mode]=$(core_of "$backend" "$DATA/$mode")
		wait_until 30 sql "select 1"
		shut_down
	done
	benefit "postgres, core of a backend with shared_buffers=256MB: $(megabytes "${size[bare]}");" \
		"under postgresql: $(megabytes "${size[advised]}")"
}

victim_sleeps() {
	[ "$(sql "select 1 from pg_stat_activity where application_name = 'victim' and wait_event = 'PgSleep'")" = 1 ]
}
