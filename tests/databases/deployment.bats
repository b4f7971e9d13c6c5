#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples of doc/examples, as far as they can be tried without systemd as the first process, a kernel with
# AppArmor, or a cluster.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	install_packages systemd mariadb-server redis-server slapd postgresql apparmor python3-yaml
	prepare root
}

setup() {
	load helpers
	EXAMPLES=$SOURCE/doc/examples
}

teardown() {
	if [ -n "${CLUSTER-}" ]; then
		pg_dropcluster --stop "${CLUSTER% *}" "${CLUSTER#* }" || :
	fi
}

teardown_file() {
	load helpers
	clean_up
}

# verify UNIT FILE DROP-IN: systemd has nothing to say about the packaged unit with the drop-in.
verify() {
	mkdir -p "$BATS_TEST_TMPDIR/$1.d"
	cp "$2" "$BATS_TEST_TMPDIR/$1"
	cp "$3" "$BATS_TEST_TMPDIR/$1.d/madvisor.conf"
	SYSTEMD_UNIT_PATH=$BATS_TEST_TMPDIR: systemd-analyze verify "${4-$1}" 2>&1
}

@test "systemd accepts the drop-ins for the packaged units" {
	local name generated=$BATS_TEST_TMPDIR/generated
	for name in mariadb redis-server; do
		run verify $name.service /lib/systemd/system/$name.service "$EXAMPLES/systemd-$name.conf"
		assert_success
		refute_output
	done
	run verify postgresql@.service /lib/systemd/system/postgresql@.service "$EXAMPLES/systemd-postgresql@.conf" \
		postgresql@15-main.service
	assert_success
	refute_output
	mkdir "$generated"
	/lib/systemd/system-generators/systemd-sysv-generator "$generated" "$generated" "$generated"
	run verify slapd.service "$generated/slapd.service" "$EXAMPLES/systemd-slapd.conf"
	assert_success
	refute_output
}

@test "systemd would name a mistake in a drop-in" {
	sed 's/^Environment=/Environmental=/' "$EXAMPLES/systemd-redis-server.conf" >"$BATS_TEST_TMPDIR/wrong.conf"
	run verify redis-server.service /lib/systemd/system/redis-server.service "$BATS_TEST_TMPDIR/wrong.conf"
	assert_output --partial Environmental
}

@test "a cluster of Debian's PostgreSQL takes the variables from its environment file" {
	local version
	version=$(printf '%s\n' /usr/lib/postgresql/* | sort -V | tail -n 1)
	version=${version##*/}
	CLUSTER="$version madvisor$$"
	pg_createcluster -d "$DATA/cluster" "$version" "madvisor$$" >/dev/null
	echo "listen_addresses = ''" >>"/etc/postgresql/$version/madvisor$$/postgresql.conf"
	sed "s|/usr/local/lib|$DATA/stage/.libs|; s|'postgresql'|'$DATA/stage/policy/postgresql.policy'|" \
		"$EXAMPLES/postgresql-environment" >>"/etc/postgresql/$version/madvisor$$/environment"
	pg_ctlcluster --skip-systemctl-redirect "$version" "madvisor$$" start
	pid=$(head -n 1 "$DATA/cluster/postmaster.pid")
	assert_flag "$pid" '^rw-s /dev/zero' 16384 dd
	pg_ctlcluster --skip-systemctl-redirect "$version" "madvisor$$" stop
	run grep -c 'applied dontdump' "/var/log/postgresql/postgresql-$version-madvisor$$.log"
	assert_output 1
}

@test "AppArmor's parser accepts the lines for mysqld" {
	{
		printf '#include <tunables/global>\nprofile mysqld /usr/sbin/mysqld {\n#include <abstractions/base>\n'
		cat "$EXAMPLES/apparmor-mysqld"
		echo '}'
	} >"$BATS_TEST_TMPDIR/profile"
	run apparmor_parser --skip-kernel-load --skip-cache "$BATS_TEST_TMPDIR/profile"
	assert_success
}

@test "the pod is YAML, and its policies are without error" {
	/usr/bin/python3 - "$EXAMPLES/kubernetes.yaml" "$BATS_TEST_TMPDIR" <<-'END'
		import sys, yaml

		configuration, pod = yaml.safe_load_all(open(sys.argv[1]))
		name = pod["spec"]["containers"][0]["env"][1]["value"].rsplit("/", 1)[1]
		open(sys.argv[2] + "/pod.policy", "w").write(configuration["data"][name])
	END
	chmod 0644 "$BATS_TEST_TMPDIR/pod.policy"
	run madvisor check "$BATS_TEST_TMPDIR/pod.policy"
	assert_success
	run madvisor check -r "$(sed -n 's/.*{name: MADVISOR_RULES, value: "\(.*\)"}/\1/p' "$EXAMPLES/kubernetes.yaml")"
	assert_success
}

@test "make install makes what the Containerfile copies" {
	local out=$DATA/out
	make -s -C "$BUILD" install DESTDIR="$out" >/dev/null 2>&1
	run find "$out" -name libmadvisor.so -o -path '*/bin/madvisor' -o -name lmdb.policy
	assert_equal "${#lines[@]}" 3
	run grep '^COPY --from' "$EXAMPLES/Containerfile"
	assert_equal "${#lines[@]}" 3
}
