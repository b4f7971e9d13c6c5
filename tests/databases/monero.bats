#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Monero's daemon, offline, under the preset lmdb. It says random about its own database.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages monero curl python3
	prepare nobody
	install -d -o nobody "$DATA/chain"
}

setup() {
	load helpers
	RUN_AS=nobody
	PORT=$(free_ports 1)
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

# start_monerod MODE: with the database that all share, as each chain has blocks of its own.
start_monerod() {
	serve "$1" "${PRESET:-lmdb}" monerod --offline --regtest --keep-fakechain --fixed-difficulty 1 \
		--data-dir "$DATA/chain" --non-interactive --rpc-bind-ip 127.0.0.1 --rpc-bind-port "$PORT" --no-zmq --log-level 0 --log-file "$DATA/chain/log" --no-igd
	wait_until 60 hash_at 0
}

rpc() {
	curl -sf "http://127.0.0.1:$PORT/json_rpc" -d "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"method\":\"$1\",\"params\":$2}"
}

hash_at() {
	rpc on_get_block_hash "[$1]" | sed -n 's/.*"result": *"\([0-9a-f]*\)".*/\1/p' | grep .
}

@test "monerod writes blocks under the preset, and a bare one finds the same" {
	start_monerod advised
	rpc generateblocks '{"amount_of_blocks": 20, "wallet_address":
		"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"}' >/dev/null
	top=$(hash_at 20)
	assert_flag "$pid" " $DATA/chain/.*/data[.]mdb$" 0 rr
	shut_down
	start_monerod bare
	assert_equal "$(hash_at 20)" "$top"
	shut_down
	start_monerod advised
	assert_equal "$(hash_at 20)" "$top"
	shut_down
	assert_quiet 'ERROR|FATAL'
	benefit "monerod: the same 20 blocks with and without lmdb; its own random stays in force"
}

@test "monerod's own random is overridden by the rule that the preset explains (VmFlags without rr)" {
	sed -n 's/^#   \(program monerod\|data.mdb  *normal override\)$/\1/p' "$PRESETS/lmdb.policy" >"$DATA/stage/monerod.policy"
	run grep -c . "$DATA/stage/monerod.policy"
	assert_output 2
	PRESET=$DATA/stage/monerod.policy start_monerod advised
	refute_flag "$pid" " $DATA/chain/.*/data[.]mdb$" 0 rr
	shut_down
	assert_quiet 'ERROR|FATAL'
}
