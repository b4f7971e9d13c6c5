# SPDX-License-Identifier: MIT
# Where policies are found, and which files may hold one.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir etc data
	chmod 0755 . etc data
}

# loads LIST [SETTING]...: reads the policies of a list, names looked up in ./etc and ./data.
loads() {
	run timeout 10 "$PROGRAMS/policy_cases" "load=$1" sysconf=etc data=data "${@:2}"
}

@test "a name is looked up among the administrator's policies, then among the presets" {
	write_policy data/lmdb.policy <<<'a none'
	write_policy data/sqlite.policy <<<'a none'
	write_policy etc/lmdb.policy <<<$'a none\nb none'
	loads lmdb
	assert_output '2 of 2 rules'
	loads sqlite
	assert_output '1 of 1 rules'
}

@test "a list is read in its order, empty elements are skipped" {
	write_policy data/one.policy <<<'a none'
	write_policy data/two.policy <<<'b none'
	loads :two::one: list
	assert_output $'0 two.policy:1 b none\n1 one.policy:1 a none\nrules 2 items 0 names'
	loads :: list
	assert_output 'rules 0 items 0'
}

@test "the program of one policy is not in force in the next" {
	write_policy data/one.policy <<<'program slapd'
	write_policy data/two.policy <<<'b none'
	loads one:two program=/bin/true
	assert_output '1 of 1 rules'
}

@test "an element with a slash is a file" {
	write_policy mine.txt <<<'a none'
	loads ./mine.txt list
	assert_line --index 0 '0 mine.txt:1 a none'
	loads "$BATS_TEST_TMPDIR/mine.txt" list whole-names
	assert_line --index 0 "0 $BATS_TEST_TMPDIR/mine.txt:1 a none"
	loads lmdb:./mine.txt list whole-names
	assert_failure 2
}

@test "a directory gives its *.policy files in byte order" {
	mkdir d
	write_policy d/b.policy <<<'b none'
	write_policy d/a.policy <<<'a none'
	write_policy d/B.policy <<<'B none'
	write_policy d/README <<<'not a policy'
	write_policy d/.hidden.policy <<<'not a policy'
	ln -s nowhere d/c.policy~
	for name in d/ ./d "$BATS_TEST_TMPDIR/d"; do
		loads "$name" list
		assert_output $'0 B.policy:1 B none\n1 a.policy:1 a none\n2 b.policy:1 b none\nrules 3 items 0 names'
	done
	loads ./d list whole-names
	assert_line --index 0 '0 ./d/B.policy:1 B none'
}

@test "a directory of hundreds is read in order too" {
	mkdir d
	local i
	for i in {1..500}; do
		echo "f$i none" >"d/$i.policy"
	done
	loads ./d list
	assert_success
	assert_equal "$(printf '%s\n' "${lines[@]}" | sed '$d' | awk '{ print $2 }')" \
		"$(cd d && printf '%s:1\n' * | LC_ALL=C sort)"
}

@test "symbolic links are followed, what was opened is judged" {
	write_policy real.policy <<<'a none'
	ln -s ../real.policy etc/link.policy
	loads link
	assert_output '1 of 1 rules'
	chmod 0666 real.policy
	loads link
	assert_output 'link.policy: refused: group or others can write it (mode 0666): chmod go-w etc/link.policy'
}

@test "a name that is nowhere is an error that says where was looked, and suggests" {
	write_policy data/lmdb.policy <<<'a none'
	loads lmbd
	assert_failure 2
	assert_output 'lmbd: no such policy: there is neither etc/lmbd.policy nor data/lmbd.policy (did you mean "lmdb"?)'
	loads mine.policy
	assert_output 'mine.policy: no such policy: there is neither etc/mine.policy.policy nor data/mine.policy.policy (for a file write "./mine.policy")'
	loads x data=nowhere
	assert_output 'x: no such policy: there is neither etc/x.policy nor nowhere/x.policy'
}

@test "a file that is missing is an error" {
	loads ./nowhere.policy
	assert_failure 2
	assert_output 'nowhere.policy: cannot be read: no such file or directory: ./nowhere.policy'
	ln -s nowhere.policy dangling.policy
	loads ./dangling.policy
	assert_failure 2
}

@test "a loop of links is an error" {
	ln -s two.policy one.policy
	ln -s one.policy two.policy
	loads ./one.policy
	assert_failure 2
	assert_output 'one.policy: cannot be read: ELOOP: ./one.policy'
}

@test "a policy is read once: what is written to it, or takes its place, is for those that start later" {
	write_policy test.policy <<<'*.db random'
	write_policy later.policy <<<'*.db sequential'
	truncate -s 4096 some.db
	run preload MADVISOR_POLICY="$PWD/test.policy" "$PROGRAMS/mapper" 'open some.db ro' 'rename later.policy test.policy' \
		'map r shared 0' flags 'fork map r shared 0; flags'
	assert_equal "$(grep -c ' rr ' <<<"$output")" 2
	run preload MADVISOR_POLICY="$PWD/test.policy" "$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0' flags
	assert_output --regexp ' sr '
}

@test "a directory without policies is an error" {
	mkdir d
	touch d/x.txt
	loads ./d
	assert_failure 2
	assert_output 'd: a directory without *.policy: ./d'
}

@test "what is no regular file is an error, and does not block" {
	mkfifo fifo.policy
	loads ./fifo.policy
	assert_failure 2
	assert_output 'fifo.policy: not a regular file'
	loads /dev/null
	assert_output 'null: not a regular file'
	mkdir -p d/sub.policy
	loads ./d
	assert_output 'sub.policy: not a regular file'
	mkdir etc/dir.policy
	loads dir
	assert_output 'dir.policy: not a regular file'
	needs python3
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket.policy")'
	loads ./socket.policy
	assert_failure 2
	assert_output 'socket.policy: cannot be read: not a regular file: ./socket.policy'
}

@test "a policy that group or others can write is refused" {
	write_policy p <<<'a none'
	chmod 0664 p
	loads ./p
	assert_failure 2
	assert_output 'p: refused: group or others can write it (mode 0664): chmod go-w ./p'
	chmod 0602 p
	loads ./p
	assert_output 'p: refused: group or others can write it (mode 0602): chmod go-w ./p'
	chmod 0755 p
	loads ./p
	assert_output '1 of 1 rules'
}

@test "a policy of another user is refused" {
	[ "$(id -u)" = 0 ] || skip 'only root can give a file away'
	write_policy p <<<'a none'
	chown 12345 p
	loads ./p
	assert_failure 2
	assert_output 'p: refused: it belongs to user 12345, neither to root nor to user 0 who runs this: chown root ./p'
}

@test "a policy of root or of the user who runs is read" {
	[ "$(id -u)" = 0 ] || skip 'only root can become another user'
	chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" .
	cp "$PROGRAMS/policy_cases" .
	write_policy p <<<'a none'
	run setpriv --reuid 12345 --regid 12345 --clear-groups ./policy_cases load=./p
	assert_output '1 of 1 rules'
	chown 12345 p
	run setpriv --reuid 12345 --regid 12345 --clear-groups ./policy_cases load=./p
	assert_output '1 of 1 rules'
	chown 12346 p
	run setpriv --reuid 12345 --regid 12345 --clear-groups ./policy_cases load=./p
	assert_failure 2
	chown 65534 p
	run setpriv --reuid 12345 --regid 12345 --clear-groups ./policy_cases load=./p
	assert_failure 2
	chown 0 p
	chmod 0600 p
	run setpriv --reuid 12345 --regid 12345 --clear-groups ./policy_cases load=./p
	assert_failure 2
	assert_output 'p: cannot be read: permission denied: ./p'
}

@test "in a user namespace files of users without a mapping are read" {
	unshare --user true 2>/dev/null || skip 'no user namespaces here'
	[ "$(id -u)" = 0 ] || skip 'only root can give a file away'
	write_policy p <<<'a none'
	run unshare --user --map-root-user "$PROGRAMS/policy_cases" load=./p
	assert_output '1 of 1 rules'
	chown 12345 p
	run unshare --user --map-root-user "$PROGRAMS/policy_cases" load=./p
	assert_output '1 of 1 rules'
	run unshare --user "$PROGRAMS/policy_cases" load=./p
	assert_output '1 of 1 rules'
	chmod 0646 p
	run unshare --user --map-root-user "$PROGRAMS/policy_cases" load=./p
	assert_failure 2
}

@test "a file over 4 MiB is an error" {
	head -c 4194304 /dev/zero | tr '\0' '\n' >p
	chmod 0644 p
	loads ./p
	assert_output '0 of 0 rules'
	echo >>p
	loads ./p
	assert_failure 2
	assert_output 'p: cannot be read: larger than 4 MiB: ./p'
}

@test "errors of several policies are all reported, and none of them is used" {
	write_policy one <<<'a randon'
	write_policy two <<<'b none'
	write_policy three <<<$'\nc nome'
	loads ./one:./two:nowhere:./three
	assert_failure 2
	assert_output 'one:1:3: unknown advice "randon" (did you mean "random"?)
nowhere: no such policy: there is neither etc/nowhere.policy nor data/nowhere.policy
three:2:3: unknown advice "nome": "madvisor advice" lists them'
}

@test "the default policy is read if there is one" {
	run "$PROGRAMS/policy_cases" default sysconf=etc
	assert_output $'no default policy\n0 of 0 rules'
	run "$PROGRAMS/policy_cases" default sysconf=nowhere
	assert_output $'no default policy\n0 of 0 rules'
	write_policy etc/default.policy <<<'a none'
	run "$PROGRAMS/policy_cases" default sysconf=etc
	assert_output '1 of 1 rules'
	chmod 0666 etc/default.policy
	run "$PROGRAMS/policy_cases" default sysconf=etc
	assert_failure 2
}

# The sanitizer closes descriptors of its own.
# bats test_tags=no-sanitizer
@test "no descriptor stays open" {
	needs strace
	mkdir d
	write_policy d/a.policy <<<'a none'
	write_policy d/b.policy <<<'b none'
	chmod 0666 d/b.policy
	run strace -e trace=openat,close -o trace "$PROGRAMS/policy_cases" load=./d:./nowhere:nowhere:/dev/null sysconf=etc data=data
	assert_failure 2
	assert_equal "$(awk '/^openat.*= [0-9]+$/ { open[$NF]++ } /^close\(/ { split($0, a, /[()]/); open[a[2]]-- }
		END { for (fd in open) left += open[fd]; print left + 0 }' trace)" 0
}
