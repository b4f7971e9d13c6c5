#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# npm's lmdb and classic-level (LevelDB) under node, with the presets lmdb and leveldb.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	command -v node >/dev/null || install_packages nodejs npm
	prepare root
	install_modules lmdb classic-level
	cat >"$DATA/work.js" <<-'END'
		const { createHash } = require('crypto');
		const [, , store, mode, path] = process.argv;
		const key = i => String(i * 7919 % 100000).padStart(8, '0');
		const value = i => createHash('sha256').update(String(i)).digest('hex').repeat(8);
		const sum = createHash('sha256');

		async function lmdb() {
			const database = require('lmdb').open({ path, noSubdir: false, compression: false, encoding: 'string' });
			if (mode === 'write')
				for (let i = 0; i < 100000; i += 5000)
					await database.transaction(() => { for (let j = i; j < i + 5000; j++) database.put(key(j), value(j)); });
			if (mode === 'look-up')
				for (let i = 0; i < 1000; i++) sum.update(database.get(key(i * 97 + 1)));
			else
				for (const entry of database.getRange()) sum.update(entry.key + entry.value);
			return () => database.close();
		}

		async function level() {
			const { ClassicLevel } = require('classic-level');
			const database = new ClassicLevel(path, { compression: false, cacheSize: 1 << 20 });
			if (mode === 'write')
				for (let i = 0; i < 100000; i += 1000)
					await database.batch(Array.from({ length: 1000 },
						(_, j) => ({ type: 'put', key: key(i + j), value: value(i + j) })));
			if (mode === 'compact')
				await database.compactRange('0', '9');
			if (mode === 'look-up')
				for (let i = 0; i < 1000; i++) sum.update(await database.get(key(i * 97 + 1)));
			else
				for await (const [k, v] of database.iterator()) sum.update(k + v);
			return () => database.close();
		}

		({ lmdb, level })[store]().then(close => {
			console.log(sum.digest('hex'));
			process.stdin.resume().on('end', async () => { await close(); process.exit(0); });
		});
	END
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

# work MODE STORE WHAT: does it, with the checksum in $sum; the process waits for end_work.
work() {
	local preset=lmdb
	[ "$2" = lmdb ] || preset=leveldb
	mkdir -p "$DATA/$2.$1"
	rm -f "$DATA/in" "$DATA/out"
	mkfifo "$DATA/in" "$DATA/out"
	serve "$1" $preset sh -c "NODE_PATH='$DATA/modules/node_modules' exec node \
		'$DATA/work.js' $2 $3 '$DATA/$2.$1' <'$DATA/in' >'$DATA/out'"
	exec 8>"$DATA/in" 9<"$DATA/out"
	read -r -t 120 sum <&9
}

end_work() {
	exec 8>&- 9>&-
	wait "$pid"
}

cold() {
	local file
	find "$DATA/$2.$1" -type f 2>/dev/null | while read -r file; do
		drop_cache "$file"
	done
}

@test "node's lmdb holds the same keys under the preset; its map is random (VmFlags rr) and reads less" {
	local mode what
	declare -A sums read
	memory_group 128M
	group=$GROUP
	for mode in bare advised; do
		for what in write read look-up; do
			# with so little memory the rest takes minutes, with or without advice
			GROUP=
			[ $what != look-up ] || GROUP=$group
			cold $mode lmdb
			work $mode lmdb $what
			sums[$mode]+="$sum "
			read[$mode]=$(storage_read "$pid")
			if [ $mode.$what = advised.look-up ]; then
				assert_flag "$pid" " $DATA/lmdb.advised/data[.]mdb$" 0 rr
				refute_flag "$pid" " $DATA/lmdb.advised/.*lock" 0 rr
			fi
			end_work
		done
	done
	assert_equal "${sums[advised]}" "${sums[bare]}"
	assert_quiet Error
	benefit "node's lmdb, 1000 cold look-ups: $(megabytes "${read[bare]}") read; under lmdb: $(megabytes "${read[advised]}")"
}

@test "classic-level holds the same keys under the preset; its tables are random (VmFlags rr) and fault less in" {
	local mode what
	declare -A sums read resident
	for mode in bare advised; do
		for what in write compact read look-up; do
			cold $mode level
			work $mode level $what
			sums[$mode]+="$sum "
			read[$mode]=$(storage_read "$pid")
			resident[$mode]=$(status_of "$pid" RssFile)
			if [ $mode.$what = advised.look-up ]; then
				assert_flag "$pid" '[.]ldb$' 256 rr
			elif [ $mode.$what = bare.look-up ]; then
				refute_flag "$pid" '[.]ldb$' 256 rr
			fi
			end_work
		done
	done
	assert_equal "${sums[advised]}" "${sums[bare]}"
	assert_quiet Error
	benefit "classic-level, 1000 cold look-ups: $(megabytes "${read[bare]}") read, ${resident[bare]} kB of files resident;" \
		"under leveldb: $(megabytes "${read[advised]}"), ${resident[advised]} kB"
}
