#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Varnish with file storage under the preset varnish: its own random advice is overridden.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages varnish curl python3
	prepare varnish
	mkdir "$DATA/objects"
	local number
	for number in {1..150}; do
		head -c 300000 < <(yes "object $number") >"$DATA/objects/$number"
	done
	chmod -R go+rX "$DATA/objects"
}

setup() {
	load helpers
	RUN_AS=varnish
	read -r ORIGIN FRONT < <(free_ports 2)
	/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$DATA/objects" "$ORIGIN" >/dev/null 2>&1 3>&- &
	STARTED+=("$!")
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

start_varnish() {
	rm -rf "$DATA/$1.storage"
	serve "$1" varnish varnishd -F -j none -n "$DATA/$1.work" -a "127.0.0.1:$FRONT" -b "127.0.0.1:$ORIGIN" \
		-s "file,$DATA/$1.storage,128M" -t 3600 -p thread_pool_min=20
	wait_until 30 curl -sf "http://127.0.0.1:$FRONT/1" -o /dev/null
	worker=$(pgrep -P "$pid" cache-main)
}

# objects: all of them, through Varnish; one checksum.
objects() {
	curl -sf "http://127.0.0.1:$FRONT/[1-150]" | sha256sum
}

hits() {
	varnishstat -n "$DATA/$1.work" -1 -f MAIN.cache_hit | awk '{ print $2 }'
}

@test "Varnish serves the same objects under the preset, from its store too, and after a restart" {
	local mode
	origin=$(for number in {1..150}; do cat "$DATA/objects/$number"; done | sha256sum)
	for mode in bare advised; do
		start_varnish $mode
		assert_equal "$(objects)" "$origin"
		assert_equal "$(objects)" "$origin"
		[ "$(hits $mode)" -ge 150 ]
		shut_down
		start_varnish $mode
		assert_equal "$(objects)" "$origin"
		shut_down
	done
	assert_quiet 'Panic|Assert|died signal'
}

@test "Varnish's store is not random (VmFlags rr) though it says so, and faults less from a cold page cache" {
	local mode
	declare -A faults
	memory_group 1G
	for mode in bare advised; do
		start_varnish $mode
		if [ $mode = advised ]; then
			refute_flag "$worker" "^rw-s $DATA/advised.storage" 131072 rr
		else
			assert_flag "$worker" "^rw-s $DATA/bare.storage" 131072 rr
		fi
		objects >/dev/null
		sync "$DATA/$mode.storage"
		empty_group
		faults[$mode]=$(faults "$worker" major)
		objects >/dev/null
		faults[$mode]=$(($(faults "$worker" major) - faults[$mode]))
		shut_down
	done
	assert_quiet 'Panic|Assert|died signal'
	benefit "varnishd, 150 objects of 300 kB from a store whose pages were reclaimed: ${faults[bare]} major faults;" \
		"under varnish: ${faults[advised]}"
}

# empty_group: what can be reclaimed of the memory group is.
empty_group() {
	if [ -e "$GROUP/memory.force_empty" ]; then
		echo 0 >"$GROUP/memory.force_empty"
	else
		echo 1G >"$GROUP/memory.reclaim"
	fi 2>/dev/null || :
}
