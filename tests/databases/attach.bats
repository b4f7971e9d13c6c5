#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# madvisor attach to servers under load: no client sees it, and VmFlags are as the rule says.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	[ "$(uname -m)" = x86_64 ] || skip "madvise is run inside other processes on x86-64 only"
	[ "$(id -u)" = 0 ] || skip "needs root"
	install_packages slapd ldap-utils mariadb-server postgresql redis-server prometheus etcd-server etcd-client curl
	prepare root
	PATH=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1):$PATH
	export PATH
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

# alive PID: false for a process that ends, too, be its parent told of it or not: a backend may do so at any time.
alive() {
	[ -e "/proc/$1/exe" ]
}

# under_load RULE OTHER PIDS CLIENT...: attaches with one rule and the other, turn about, while the client runs; it must
# succeed. PIDS: a command that prints the processes to attach to. Ends with RULE. The number of attaches is in $attached.
under_load() {
	local rule=$1 other=$2 pids=$3 client status=0 each
	shift 3
	attached=0
	"$@" >"$DATA/client" 2>&1 3>&- &
	client=$!
	while kill -0 $client 2>/dev/null || ((attached < 20 || attached % 2)); do
		((++attached % 2)) && rule_now=$other || rule_now=$rule
		for each in $($pids); do
			"$MADVISOR" attach -r "$rule_now" "$each" >"$DATA/attached" 2>&1 || ! alive "$each" || {
				cat "$DATA/attached"
				return 1
			}
		done
	done
	wait $client || status=$?
	[ $status = 0 ] || { echo "the client failed with $status"; tail -n 30 "$DATA/client"; return 1; }
	echo "# $attached rounds of attaches" >&3
}

the_server() {
	echo "$pid"
}

@test "slapd answers every search while it is attached to (VmFlags rr)" {
	mkdir "$DATA/slapd"
	cat >"$DATA/slapd.conf" <<-END
		include /etc/ldap/schema/core.schema
		include /etc/ldap/schema/cosine.schema
		modulepath /usr/lib/ldap
		moduleload back_mdb
		database mdb
		maxsize 1073741824
		suffix "dc=x"
		directory $DATA/slapd
		index uid eq
	END
	awk 'BEGIN {
		print "dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n"
		for (i = 0; i < 2000; i++)
			print "dn: uid=u" i ",dc=x\nobjectClass: account\nuid: u" i "\ndescription: " i * 7919 "\n"
	}' | slapadd -q -f "$DATA/slapd.conf"
	awk 'BEGIN { for (i = 0; i < 2000; i++) print "u" i }' >"$DATA/wanted"
	local url="ldapi://${DATA//\//%2f}%2fslapd.socket"
	serve bare none /usr/sbin/slapd -d 0 -f "$DATA/slapd.conf" -h "$url"
	wait_until 20 ldapsearch -x -H "$url" -b dc=x -s base
	search_all() {
		local round
		for round in 1 2; do
			[ "$(ldapsearch -x -LLL -H "$url" -b dc=x -f "$DATA/wanted" '(uid=%s)' description | grep -c ^description)" = 2000 ] ||
				return 1
		done
	}
	under_load "$DATA/slapd/data.mdb random" "$DATA/slapd/data.mdb normal" the_server search_all
	assert_flag "$pid" " $DATA/slapd/data[.]mdb" 0 rr
	shut_down
	assert_quiet
}

@test "PostgreSQL's backends answer every query while all of them are attached to (VmFlags dd)" {
	install -d -o postgres "$DATA/postgres"
	RUN_AS=postgres
	setpriv --reuid=postgres --regid=postgres --init-groups \
		initdb -D "$DATA/postgres" -A trust -U postgres --no-sync --locale=C --encoding=UTF8 >/dev/null
	serve bare none postgres -D "$DATA/postgres" -k "$DATA/postgres" -c listen_addresses= -c shared_buffers=64MB -c fsync=off \
		-c huge_pages=off
	wait_until 60 psql -X -h "$DATA/postgres" -U postgres -c 'select 1'
	pgbench -q -i -s 3 -h "$DATA/postgres" -U postgres postgres >"$DATA/client" 2>&1
	backends() {
		echo "$pid"
		pgrep -P "$pid"
	}
	under_load '[shared-anon] dontdump size>=16M' '[shared-anon] dodump size>=16M' backends \
		pgbench -h "$DATA/postgres" -U postgres -C -c 4 -T 10 postgres
	run grep 'number of failed transactions' "$DATA/client"
	assert_output --partial ': 0 '
	local backend
	for backend in $(backends); do
		assert_flag "$backend" '^rw-s /dev/zero' 16384 dd || ! alive "$backend"
	done
	shut_down
	assert_quiet
}

@test "MariaDB answers every query while it is attached to (VmFlags dd)" {
	install -d -o mysql "$DATA/mariadb"
	mariadb-install-db --no-defaults --user=mysql --datadir="$DATA/mariadb" --auth-root-authentication-method=normal \
		--skip-test-db >/dev/null
	RUN_AS=mysql
	serve bare none mariadbd --no-defaults --datadir="$DATA/mariadb" --socket="$DATA/mariadb/socket" --skip-networking \
		--innodb-buffer-pool-size=64M --pid-file="$DATA/mariadb/pid"
	wait_until 60 mariadb --no-defaults --socket="$DATA/mariadb/socket" -u root -e 'select 1'
	under_load '[anon] dontdump size>=16M' '[anon] dodump size>=16M' the_server \
		mariadb-slap --no-defaults --socket="$DATA/mariadb/socket" -u root --auto-generate-sql --auto-generate-sql-load-type=mixed \
		--concurrency=4 --number-of-queries=4000
	assert_flag "$pid" '^rw-p $' 16384 dd
	shut_down
	assert_quiet '\[ERROR\]|InnoDB: Assert|[Cc]orrupt'
}

@test "Redis answers every command while it is attached to (VmFlags dd)" {
	serve bare none redis-server --port 0 --unixsocket "$DATA/redis.socket" --dir "$DATA" --save '' --appendonly no
	wait_until 30 redis-cli -s "$DATA/redis.socket" ping
	under_load '[anon] dontdump size>=4M' '[anon] dodump size>=4M' the_server \
		redis-benchmark -s "$DATA/redis.socket" -q -t set,get,lpush,mset -n 150000
	run redis-cli -s "$DATA/redis.socket" info errorstats
	refute_output --partial errorstat_
	run mappings "$pid" '^rw-p $' 4096
	assert_output --partial ' dd '
	shut_down
	assert_quiet 'BUG REPORT|terminated by signal'
}

@test "Prometheus, a Go program, scrapes and answers while it is attached to (VmFlags dd)" {
	local port
	port=$(free_ports 1)
	mkdir "$DATA/prometheus"
	cat >"$DATA/prometheus.yml" <<-END
		global: { scrape_interval: 1s }
		scrape_configs: [ { job_name: self, static_configs: [ { targets: ['127.0.0.1:$port'] } ] } ]
	END
	serve bare none prometheus --config.file="$DATA/prometheus.yml" --storage.tsdb.path="$DATA/prometheus" \
		--web.listen-address="127.0.0.1:$port"
	wait_until 30 curl -sf "http://127.0.0.1:$port/-/ready"
	query_all() {
		local round
		for round in {1..200}; do
			curl -sf "http://127.0.0.1:$port/api/v1/query?query=up" | grep -q '"success"' || return 1
			sleep 0.05
		done
	}
	under_load '[anon] dontdump size>=1M' '[anon] dodump size>=1M' the_server query_all
	run curl -gsf "http://127.0.0.1:$port/api/v1/query?query=min_over_time(up[1m])"
	assert_output --partial '"1"]'
	run mappings "$pid" '^rw-p $' 4096
	assert_output --partial ' dd '
	shut_down
	assert_quiet 'panic|fatal error|level=error'
}

@test "etcd, a Go program that maps its database, answers while it is attached to (VmFlags rr)" {
	local port peer_port
	read -r port peer_port < <(free_ports 2)
	serve bare none etcd --data-dir "$DATA/etcd" --listen-client-urls "http://127.0.0.1:$port" \
		--advertise-client-urls "http://127.0.0.1:$port" --listen-peer-urls "http://127.0.0.1:$peer_port"
	etcd_client() { ETCDCTL_API=3 etcdctl --endpoints="http://127.0.0.1:$port" "$@"; }
	wait_until 30 etcd_client endpoint health
	write_all() {
		local round
		for round in {1..100}; do
			etcd_client put "key$round" "value$round" >/dev/null || return 1
			[ "$(etcd_client get --print-value-only "key$round")" = "value$round" ] || return 1
		done
	}
	under_load '**/member/snap/db random' '**/member/snap/db normal' the_server write_all
	assert_flag "$pid" " $DATA/etcd/member/snap/db" 0 rr
	# it ends by the signal itself
	shut_down 143
	assert_quiet 'panic|fatal error'
}
