#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# OpenLDAP with back-mdb under the preset lmdb.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages slapd ldap-utils lmdb-utils strace
	prepare root
	mkdir "$DATA/built"
	cat >"$DATA/slapd.conf" <<-END
		include /etc/ldap/schema/core.schema
		include /etc/ldap/schema/cosine.schema
		modulepath /usr/lib/ldap
		moduleload back_mdb
		database mdb
		maxsize 4294967296
		suffix "dc=x"
		rootdn "cn=admin,dc=x"
		rootpw secret
		directory $DATA/built
		index uid,objectClass eq
	END
	awk 'BEGIN {
		print "dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n"
		for (i = 0; i < 40000; i++) {
			print "dn: uid=u" i ",dc=x\nobjectClass: account\nobjectClass: simpleSecurityObject"
			print "uid: u" i "\nuserPassword: x"
			printf "description: %d ", i
			for (j = 0; j < 100; j++)
				printf "%012d", (i * 7919 + j * 104729) % 999999999989
			print "\n"
		}
	}' >"$DATA/users.ldif"
	slapadd -q -f "$DATA/slapd.conf" -l "$DATA/users.ldif"
	awk 'BEGIN { for (i = 0; i < 200; i++)
		print "dn: uid=new" i ",dc=x\nobjectClass: account\nuid: new" i "\ndescription: new\n" }' \
		>"$DATA/more.ldif"
	awk 'BEGIN { for (i = 0; i < 1000; i++) print "u" (i * 7919) % 40000 }' >"$DATA/wanted"
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

# start_slapd MODE: with a database of its own.
start_slapd() {
	[ -d "$DATA/$1" ] || {
		cp -r --sparse=always "$DATA/built" "$DATA/$1"
		sed "s,^directory.*,directory $DATA/$1," "$DATA/slapd.conf" >"$DATA/$1.conf"
	}
	serve "$1" lmdb /usr/sbin/slapd -d 0 -f "$DATA/$1.conf" -h "ldapi://${DATA//\//%2f}%2f$1.socket"
	wait_until 20 search "$1" -s base '(objectClass=*)'
}

search() {
	ldapsearch -x -LLL -H "ldapi://${DATA//\//%2f}%2f$1.socket" -b dc=x "${@:2}"
}

contents() {
	search "$1" -E pr=5000/noprompt '(objectClass=account)' uid description | grep -v '^#' | sha256sum
}

@test "slapd holds the same directory under the preset, before and after a restart" {
	local mode
	declare -A before after
	for mode in bare advised; do
		start_slapd $mode
		ldapadd -x -H "ldapi://${DATA//\//%2f}%2f$mode.socket" -D cn=admin,dc=x -w secret -f "$DATA/more.ldif" >/dev/null
		before[$mode]=$(contents $mode)
		shut_down
		start_slapd $mode
		after[$mode]=$(contents $mode)
		shut_down
	done
	assert_equal "${before[advised]}" "${before[bare]}"
	assert_equal "${after[bare]}" "${before[bare]}"
	assert_equal "${after[advised]}" "${before[bare]}"
	assert_quiet
}

@test "slapd's database is random (VmFlags rr) where it is more than half of memory, its lock is not" {
	local mode
	declare -A read resident
	memory_group 96M
	for mode in bare advised; do
		start_slapd $mode
		shut_down
		drop_cache "$DATA/$mode/data.mdb"
		start_slapd $mode
		if [ $mode = advised ]; then
			assert_flag "$pid" " $DATA/advised/data[.]mdb" 0 rr
			refute_flag "$pid" " $DATA/advised/lock[.]mdb" 0 rr
		else
			refute_flag "$pid" " $DATA/bare/data[.]mdb" 0 rr
		fi
		run search $mode -f "$DATA/wanted" '(uid=%s)' dn
		assert_equal "$(grep -c ^dn: <<<"$output")" 1000
		read[$mode]=$(storage_read "$pid")
		resident[$mode]=$(($(status_of "$pid" RssFile) * 1024))
		shut_down
	done
	assert_quiet
	benefit "slapd, 1000 cold searches: $(megabytes "${read[bare]}") read, $(megabytes "${resident[bare]}") of files resident;" \
		"under lmdb: $(megabytes "${read[advised]}"), $(megabytes "${resident[advised]}")"
}

@test "slapd's database is left alone where it is a small part of memory" {
	start_slapd advised
	refute_flag "$pid" " $DATA/advised/data[.]mdb" 0 rr
	shut_down
}

@test "mdb_dump and slapcat write the same under the preset, without random" {
	memory_group 96M
	start_slapd bare
	shut_down
	local tool
	for tool in "mdb_dump -a $DATA/bare" "/usr/sbin/slapcat -f $DATA/bare.conf"; do
		# shellcheck disable=SC2086
		bare=$(launch_and_sum bare $tool)
		# shellcheck disable=SC2086
		advised=$(launch_and_sum advised $tool)
		assert_equal "$advised" "$bare"
	done
	run strace -f -e trace=madvise -o "$BATS_TEST_TMPDIR/trace" \
		"$DATA/stage/madvisor" run -p lmdb -- mdb_dump -n -s nothing "$DATA/bare"
	run grep "madvise(0x.*MADV_RANDOM" "$BATS_TEST_TMPDIR/trace"
	assert_failure
}

launch_and_sum() {
	(echo "$BASHPID" >"$GROUP/cgroup.procs" && launch "$1" lmdb "${@:2}") 2>/dev/null | sha256sum
}
