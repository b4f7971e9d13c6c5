#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Tarantool's memtx under the preset tarantool.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages tarantool
	prepare tarantool
	install -d -o tarantool "$DATA/bare" "$DATA/advised"
	cat >"$DATA/work.lua" <<-'END'
		local directory = arg[1]
		box.cfg{ memtx_memory = 128 * 1024 * 1024, wal_mode = 'write',
			memtx_dir = directory, wal_dir = directory, vinyl_dir = directory }
		local digest = require('digest')
		if box.space.t == nil then
			local space = box.schema.space.create('t')
			space:create_index('pk')
			space:create_index('v', { parts = { 2, 'string' } })
			for first = 1, 150000, 1000 do
				box.begin()
				for i = first, first + 999 do space:insert{ i, digest.md5_hex(tostring(i)), string.rep('x', 300) } end
				box.commit()
			end
			for i = 1, 150000, 101 do space:delete{ i } end
			box.snapshot()
			for i = 2, 150000, 103 do space:update({ i }, { { '=', 3, 'changed' } }) end
		end
		local sum = digest.crc32.new()
		for _, tuple in box.space.t.index.v:pairs() do sum:update(tuple[1] .. tuple[2] .. tuple[3]) end
		local file = io.open(directory .. '/sum', 'w')
		file:write(sum:result(), ' ', box.space.t:len(), '\n')
		file:close()
	END
}

setup() {
	load helpers
	RUN_AS=tarantool
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

start_tarantool() {
	rm -f "$DATA/$1/sum"
	serve "$1" tarantool tarantool "$DATA/work.lua" "$DATA/$1"
	wait_until 60 test -s "$DATA/$1/sum"
}

@test "Tarantool holds the same tuples under the preset, before and after a restart" {
	local mode
	declare -A before after
	for mode in bare advised; do
		start_tarantool $mode
		before[$mode]=$(<"$DATA/$mode/sum")
		shut_down
		start_tarantool $mode
		after[$mode]=$(<"$DATA/$mode/sum")
		shut_down
	done
	assert_equal "${before[advised]}" "${before[bare]}"
	assert_equal "${after[bare]}" "${before[bare]}"
	assert_equal "${after[advised]}" "${before[bare]}"
	assert_quiet ' E> | F> |[Aa]ssert|[Cc]orrupt'
}

@test "Tarantool's arena gets huge pages (VmFlags hg), and it faults less" {
	local mode
	declare -A faults
	for mode in bare advised; do
		start_tarantool $mode
		if [ $mode = advised ]; then
			assert_flag "$pid" '^rw-p $' 131072 hg
		else
			refute_flag "$pid" '^rw-p $' 131072 hg
		fi
		faults[$mode]=$(faults "$pid" minor)
		shut_down
	done
	benefit "tarantool, 150,000 tuples: ${faults[bare]} minor faults;" \
		"under tarantool: ${faults[advised]} (THP: $(</sys/kernel/mm/transparent_hugepage/enabled))"
}
