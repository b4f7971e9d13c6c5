#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs with rights that their caller lacks: asleep, nothing read, nothing written. Policies: judged by what was opened.

load helpers

setup() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	needs setpriv strace
	unshare --mount true 2>/dev/null || skip "mount namespaces are refused here"
	folder=$(mktemp -d /tmp/madvisor.XXXXXX)
	[[ $(findmnt -n -o OPTIONS -T "$folder") != *nosuid* ]] || skip "/tmp is mounted nosuid"
	cp "$PROGRAMS/mapper" "$folder/mapper"
	cp "$LIBRARY" "$folder/library.so"
	head -c 64K /dev/urandom >"$folder/data.mdb"
	echo "*.mdb random" >"$folder/test.policy"
	chmod 0755 "$folder"
	chmod 0644 "$folder"/{library.so,data.mdb,test.policy}
}

teardown() {
	[ -z "${folder:-}" ] || rm -rf "$folder"
}

# as_user PROGRAM: by a user without rights, with the library named in a /etc/ld.so.preload that nobody else sees; strace
# follows, and writes to $folder/trace what is opened and written from the moment when the program itself runs.
as_user() {
	cp -a /etc "$folder/etc"
	echo "$folder/library.so" >"$folder/etc/ld.so.preload"
	run --separate-stderr timeout -s KILL 60 unshare --mount --propagation private bash -c '
		mount --bind "$0/etc" /etc
		cd "$0"
		export MADVISOR_POLICY="$0/test.policy" MADVISOR_LOG_LEVEL=debug
		exec strace -f -o "$0/trace" setpriv --reuid 65533 --regid 65533 --clear-groups --inh-caps=-all "$0/mapper" \
			"open data.mdb ro" "map r shared 0" flags' "$folder"
	assert_success
	assert_output --regexp '^rd '
	# What strace saw of setpriv, which the library is loaded into like into all, is not of interest.
	sed -i '1,/execve(.*mapper"/d' "$folder/trace"
	stderr=$(grep '\] mapper: ' <<<"$stderr" || true)
}

# asleep: nothing of ours was opened, written, asked or advised.
asleep() {
	refute_output --regexp ' rr '
	assert_equal "$stderr" ""
	run grep -E 'policy|pwritev2|readlinkat|rt_sigprocmask|/proc/self/exe|madvise' "$folder/trace"
	refute_output
	run grep -c 'open.*library.so' "$folder/trace"
	assert_output 1
}

# bats test_tags=no-sanitizer
@test "an ordinary program under /etc/ld.so.preload is advised: what the other tests compare with" {
	as_user
	assert_output --regexp ' rr '
	assert_regex "$stderr" 'applied random'
	run grep -c 'test.policy' "$folder/trace"
	assert_output 1
}

# bats test_tags=no-sanitizer
@test "a set-user-ID program sleeps: nothing is read or written" {
	chmod 4755 "$folder/mapper"
	as_user
	asleep
}

# bats test_tags=no-sanitizer
@test "a set-group-ID program sleeps: nothing is read or written" {
	chmod 2755 "$folder/mapper"
	as_user
	asleep
}

# bats test_tags=no-sanitizer
@test "a program with file capabilities sleeps: nothing is read or written" {
	needs setcap
	setcap cap_net_raw+ep "$folder/mapper" 2>/dev/null || skip "file capabilities cannot be set here"
	as_user
	asleep
}

# bats test_tags=no-sanitizer
@test "owner and mode of a policy are asked of its descriptor, and its path is used once: nobody can swap it between" {
	ln -s test.policy "$folder/link.policy"
	run strace -f -o "$folder/trace" env LD_PRELOAD="$LIBRARY" MADVISOR_POLICY="$folder/link.policy" \
		"$folder/mapper" "open $folder/data.mdb ro" "map r shared 0" flags
	assert_output --regexp ' rr '
	run grep -A 1 'policy"' <(sed -n '/execve(.*mapper"/,$p' "$folder/trace" | grep -v execve)
	assert_line --index 0 --regexp 'openat\(AT_FDCWD, ".*link\.policy", .*O_CLOEXEC\) = [0-9]+$'
	local fd=${lines[0]##* }
	assert_line --index 1 --regexp "fstat\\($fd, "
	assert_equal "${#lines[@]}" 2
}

# starts COUNT [COMMAND...]: the library, so often, by that command, under the policy that is swapped; what the kernel and the log
# say is added to files in the folder.
starts() {
	local turn
	for ((turn = 0; turn < $1; turn++)); do
		"${@:2}" env LD_PRELOAD="$LIBRARY" MADVISOR_POLICY="$folder/test.policy" MADVISOR_LOG_LEVEL=info \
			"$folder/mapper" "open $folder/data.mdb ro" "map r shared 0" flags
	done >>"$folder/flags" 2>>"$folder/log"
}

# bats test_tags=no-sanitizer
@test "while policies that must not be trusted take the place of one that may, again and again, no rule of theirs is in force" {
	echo "*.mdb random" >"$folder/mine"
	echo "*.mdb sequential" | tee "$folder/writable" >"$folder/foreign"
	chmod 0644 "$folder"/{mine,foreign}
	chmod 0666 "$folder/writable"
	chown 65533 "$folder/foreign"
	# A file of several names is swapped in by one of them.
	setpriv --pdeathsig KILL "$PYTHON" -c '
import itertools, os, sys
os.chdir(sys.argv[1])
for name in itertools.cycle(["mine", "writable", "mine", "foreign"]):
    os.link(name, "next")
    os.rename("next", "test.policy")' "$folder" 3>&- &
	local swapper=$! trusted refused
	starts 300
	# With time enough for a swap before it is opened, and before anything else is asked, on one processor too.
	starts 100 strace -o /dev/null -P "$folder/test.policy" -e inject=openat:delay_enter=1000:delay_exit=1000
	kill $swapper
	trusted=$(grep -c 'info: active: 1 rule of test.policy' "$folder/log") || :
	refused=$(grep -c 'error: test.policy: refused' "$folder/log") || :
	echo "trusted $trusted times, refused $refused times"
	run grep -c ' sr ' "$folder/flags"
	assert_output 0
	assert_equal "$(grep -c ' rr ' "$folder/flags")" "$trusted"
	assert_equal $((trusted + refused)) 400
	[ "$trusted" -gt 0 ] && [ "$refused" -gt 0 ] || skip "only one of the policies was ever met"
}
