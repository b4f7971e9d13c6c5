#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# etcd, a Go program: a preload does not see its mappings, attach does. With the preset undo-random, as it says random.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages etcd-server etcd-client python3
	prepare nobody
}

setup() {
	load helpers
	RUN_AS=nobody
	read -r CLIENT PEER < <(free_ports 2)
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

start_etcd() {
	serve "$1" undo-random etcd --data-dir "$DATA/etcd" --log-level warn \
		--listen-client-urls "http://127.0.0.1:$CLIENT" --advertise-client-urls "http://127.0.0.1:$CLIENT" \
		--listen-peer-urls "http://127.0.0.1:$PEER" --initial-advertise-peer-urls "http://127.0.0.1:$PEER" \
		--initial-cluster "default=http://127.0.0.1:$PEER"
	wait_until 30 etcd endpoint health
}

etcd() {
	ETCDCTL_API=3 etcdctl --endpoints "http://127.0.0.1:$CLIENT" "$@"
}

@test "etcd's own random stays under a preload, and goes by attach (VmFlags rr); its keys stay the same" {
	start_etcd advised
	local number
	for number in {1..50}; do
		etcd put "key $number" "$(printf '%01000d' "$number")" >/dev/null
	done
	before=$(etcd get --prefix key | sha256sum)
	assert_flag "$pid" " $DATA/etcd/member/snap/db$" 0 rr
	run madvisor attach -p "$PRESETS/undo-random.policy" "$pid"
	assert_success
	refute_flag "$pid" " $DATA/etcd/member/snap/db$" 0 rr
	assert_equal "$(etcd get --prefix key | sha256sum)" "$before"
	shut_down 143 # it ends by the signal, once it has closed its database
	start_etcd bare
	assert_equal "$(etcd get --prefix key | sha256sum)" "$before"
	shut_down 143 # it ends by the signal, once it has closed its database
	assert_quiet 'panic|fatal|[Cc]orrupt'
	benefit "etcd: its own random is undone by attach -p undo-random; a preload does not see it"
}
