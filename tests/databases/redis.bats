#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Redis under the preset redis.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages redis-server
	prepare redis
	install -d -o redis "$DATA/bare" "$DATA/advised"
}

setup() {
	load helpers
	RUN_AS=redis
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

start_redis() {
	serve "$1" redis redis-server --port 0 --unixsocket "$DATA/$1.socket" --dir "$DATA/$1" --save '' \
		--enable-debug-command yes --appendonly no
	wait_until 30 answers "$1"
}

answers() {
	[ "$(redis "$1" ping)" = PONG ]
}

redis() {
	redis-cli -s "$DATA/$1.socket" "${@:2}"
}

saved() {
	redis "$1" info persistence | grep -q 'rdb_bgsave_in_progress:0'
}

@test "Redis holds the same keys under the preset, saves them in a child, and loads them after a restart" {
	local mode
	declare -A before after
	for mode in bare advised; do
		start_redis $mode
		redis $mode debug populate 200000 key 400 >/dev/null
		redis $mode eval "for i = 1, 1000 do redis.call('zadd', 'z', i, i); redis.call('hset', 'h', i, i) end" 0 >/dev/null
		before[$mode]=$(redis $mode debug digest)
		redis $mode bgsave >/dev/null
		wait_until 60 saved $mode
		run redis $mode info persistence
		assert_output --partial rdb_last_bgsave_status:ok
		shut_down
		start_redis $mode
		after[$mode]=$(redis $mode debug digest)
		shut_down
	done
	assert_equal "${before[advised]}" "${before[bare]}"
	assert_equal "${after[bare]}" "${before[bare]}"
	assert_equal "${after[advised]}" "${before[bare]}"
	assert_quiet 'BUG REPORT|Background saving error|terminated by signal|Short read|Bad file format'
}

@test "Redis's data stays out of core files (VmFlags dd), and a core is smaller" {
	local mode
	declare -A size
	CORES=$DATA
	for mode in bare advised; do
		start_redis $mode
		if [ $mode = advised ]; then
			# thread stacks are mapped inside libc
			run mappings "$pid" '^rw-p $' 10240
			assert_output
			run grep -v ' dd ' <<<"$output"
			refute_output
		else
			refute_flag "$pid" '^rw-p $' 10240 dd
		fi
		size[$mode]=$(core_of "$pid" "$DATA/$mode")
	done
	benefit "redis-server, core with 200,000 keys of 400 bytes: $(megabytes "${size[bare]}");" \
		"under redis: $(megabytes "${size[advised]}")"
}
