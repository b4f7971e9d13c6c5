#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# RocksDB's db_bench with mmap reads, under the preset rocksdb: its own random advice is overridden.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages rocksdb-tools time
	prepare root
}

setup() {
	load helpers
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

# bench MODE NAME OPTION...: db_bench on the database NAME.
bench() {
	(launch "$1" rocksdb db_bench --db="$DATA/$2" --num=400000 --value_size=450 --compression_type=none --seed=5 \
		--disable_wal=1 "${@:3}") 2>>"$DATA/log.$1"
}

cold_reads=(--use_existing_db=1 --mmap_read=1 --open_files=-1 --verify_checksum=0 --cache_size=0)

cold() {
	local file
	for file in "$DATA/$1"/*.sst; do
		drop_cache "$file"
	done
}

@test "RocksDB writes the same tables under the preset, and reads them back" {
	local mode
	declare -A keys
	for mode in bare advised; do
		bench $mode $mode --benchmarks=fillrandom,compact --num=100000 >/dev/null
		run bench $mode $mode --benchmarks=readseq,verifychecksum "${cold_reads[@]}" --num=100000
		assert_success
		keys[$mode]=$( (launch $mode rocksdb ldb --db="$DATA/$mode" scan --hex) 2>>"$DATA/log.$mode" | sha256sum)
		run ldb --db="$DATA/$mode" checkconsistency
		assert_output --partial OK
	done
	assert_equal "${keys[advised]}" "${keys[bare]}"
	assert_quiet
	grep -E "ERROR|Corruption" "$DATA"/{bare,advised}/LOG && return 1
	rm -r "$DATA/bare" "$DATA/advised"
}

@test "RocksDB's tables are sequential (VmFlags sr) though it says random, and a cold scan faults less" {
	local mode
	declare -A faults
	bench bare tables --benchmarks=fillseq,compact >/dev/null
	for mode in bare advised; do
		cold tables
		serve $mode rocksdb db_bench --db="$DATA/tables" --num=400000 --compression_type=none --seed=5 \
			--benchmarks=readrandom --duration=30 "${cold_reads[@]}"
		wait_until 20 tables_are_mapped
		if [ $mode = advised ]; then
			wait_until 10 assert_flag "$pid" '[.]sst$' 1024 sr
			wait_until 10 refute_flag "$pid" '[.]sst$' 1024 rr
		else
			wait_until 10 assert_flag "$pid" '[.]sst$' 1024 rr
		fi
		kill "$pid"
		cold tables
		(launch $mode rocksdb env time -f %F -o "$DATA/faults" db_bench --db="$DATA/tables" --num=400000 \
			--compression_type=none --seed=5 --benchmarks=readseq "${cold_reads[@]}") >/dev/null 2>>"$DATA/log.$mode"
		faults[$mode]=$(tail -n 1 "$DATA/faults")
	done
	assert_quiet
	((faults[advised] * 5 < faults[bare]))
	benefit "db_bench readseq of 190 MB, cold: ${faults[bare]} major faults; under rocksdb: ${faults[advised]}"
}

tables_are_mapped() {
	[ -n "$(mappings "$pid" '[.]sst$' 1024)" ]
}
