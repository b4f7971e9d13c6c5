#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# LMDB from Python, under the preset lmdb.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages python3-lmdb
	prepare root
	cat >"$DATA/work.py" <<-'END'
		import hashlib, lmdb, os, sys

		mode, path = sys.argv[1:]
		environment = lmdb.open(path, map_size=4 << 30)
		if mode == "write":
		    for first in range(0, 150000, 5000):
		        with environment.begin(write=True) as transaction:
		            for i in range(first, first + 5000):
		                transaction.put(b"%08d" % (i * 7919 % 150000), b"%d " % i * 60)
		    with environment.begin(write=True) as transaction:
		        for i in range(0, 150000, 97):
		            transaction.delete(b"%08d" % i)
		elif mode == "grow":
		    environment.set_mapsize(8 << 30)
		    with environment.begin(write=True) as transaction:
		        for i in range(150000, 155000):
		            transaction.put(b"%08d" % i, b"%d " % i * 60)
		total = hashlib.sha256()
		with environment.begin() as transaction:
		    if mode == "look-up":
		        for i in range(2000):
		            total.update(transaction.get(b"%08d" % (i * 104729 % 150000)) or b"-")
		    else:
		        for key, value in transaction.cursor():
		            total.update(key + value)
		print(total.hexdigest(), flush=True)
		sys.stdin.readline()
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

# work MODE WHAT: does it, with the checksum in $sum; the process waits for end_work.
work() {
	rm -f "$DATA/in" "$DATA/out"
	mkfifo "$DATA/in" "$DATA/out"
	serve "$1" lmdb sh -c "exec /usr/bin/python3 '$DATA/work.py' $2 '$DATA/$1' <'$DATA/in' >'$DATA/out'"
	exec 8>"$DATA/in" 9<"$DATA/out"
	read -r -t 60 sum <&9
}

end_work() {
	exec 8>&- 9>&-
	wait "$pid"
}

@test "LMDB under Python holds the same keys under the preset, after a restart and after it grew" {
	local mode what
	declare -A sums
	memory_group 96M
	group=$GROUP
	for mode in bare advised; do
		for what in write read grow look-up; do
			# with so little memory the rest takes minutes, with or without advice
			GROUP=
			[ $what != look-up ] || GROUP=$group
			work $mode $what
			sums[$mode]+="$sum "
			end_work
		done
	done
	assert_equal "${sums[advised]}" "${sums[bare]}"
	assert_quiet Error
}

@test "LMDB's map is random (VmFlags rr), also the one made when it grows, and reads less" {
	local mode
	declare -A read
	for mode in bare advised; do
		[ -d "$DATA/$mode" ] || { work $mode write; end_work; }
	done
	memory_group 96M
	for mode in bare advised; do
		drop_cache "$DATA/$mode/data.mdb"
		work $mode look-up
		read[$mode]=$(storage_read "$pid")
		[ $mode = bare ] || assert_flag "$pid" " $DATA/advised/data[.]mdb" 0 rr
		end_work
	done
	work advised grow
	assert_flag "$pid" " $DATA/advised/data[.]mdb" 0 rr
	refute_flag "$pid" " $DATA/advised/lock[.]mdb" 0 rr
	end_work
	assert_quiet Error
	benefit "python3-lmdb, 2000 cold look-ups: $(megabytes "${read[bare]}") read; under lmdb: $(megabytes "${read[advised]}")"
}
