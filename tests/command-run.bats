#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/zero >some.db
}

# The flags of the whole of some.db, mapped under the rules and options given.
flags_under() {
	madvisor run "$@" "$PROGRAMS/mapper" "open some.db ro" "map r shared 0" flags
}

# nobody_runs COMMAND...: as a user who is not root.
nobody_runs() {
	needs setpriv
	chmod 0755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" 2>/dev/null || true
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "run -r gives the rule's advice (VmFlags rr)" {
	run -0 flags_under -r '*.db random'
	assert_output --regexp '\brr\b'
}

@test "run -p FILE is made absolute, and works from another directory" {
	echo '*.db random' | write_policy mine.policy
	run -0 madvisor run -p ./mine.policy env
	assert_line "MADVISOR_POLICY=$BATS_TEST_TMPDIR/mine.policy"
	run -0 flags_under -p ./mine.policy
	assert_output --regexp '\brr\b'
}

@test "run -p NAME is the preset of that name, by its path" {
	run -0 madvisor run -p lmdb env
	assert_line --regexp '^MADVISOR_POLICY=/.*/lmdb\.policy$'
}

@test "several -p are asked in their order" {
	echo '*.db none' | write_policy first.policy
	echo '*.db random' | write_policy second.policy
	run -0 flags_under -p ./first.policy -p ./second.policy
	refute_output --regexp '\brr\b'
	run -0 flags_under -p ./second.policy -p ./first.policy
	assert_output --regexp '\brr\b'
}

@test "several -r stand before the policies, in their order" {
	echo '*.db none' | write_policy first.policy
	run -0 flags_under -p ./first.policy -r '*.other random # a comment' -r '*.db sequential'
	assert_output --regexp '\bsr\b'
}

@test "each -r is a rule by itself" {
	run -2 madvisor run -r '"a' -r 'b" random' true
	assert_output --partial 'MADVISOR_RULES:1:1: a quote without its end'
	assert_output --partial 'MADVISOR_RULES:2:2: a quote inside a word'
}

@test "with -p or -r the environment's policy is not asked" {
	MADVISOR_RULES='*.db sequential' run -0 flags_under -r '*.db random'
	assert_output --regexp '\brr\b'
	echo '*.x none' | write_policy first.policy
	MADVISOR_RULES='*.db sequential' run -0 flags_under -p ./first.policy
	refute_output --regexp '\bsr\b'
}

@test "without -p and -r the environment's policy is checked and used" {
	MADVISOR_RULES='*.db random' run -0 flags_under
	assert_output --regexp '\brr\b'
	MADVISOR_RULES='*.db randon' run -2 flags_under
	assert_output --partial 'MADVISOR_RULES:1:6: unknown advice "randon" (did you mean "random"?)'
}

@test "an error in the policy is printed with file, line and column, and the program is not started" {
	printf '*.db random\n*.db randon\n/x** random\n' | write_policy bad.policy
	run -2 madvisor run -p ./bad.policy touch started
	assert_line --partial "/bad.policy:2:6: "
	assert_line --partial "/bad.policy:3:"
	assert_file_not_exist started
}

@test "a policy that does not exist keeps the program from being started" {
	run -2 madvisor run -p nosuchpolicy touch started
	assert_output --partial nosuchpolicy
	run -2 madvisor run -p ./nosuch.policy touch started
	assert_file_not_exist started
}

# bats test_tags=no-sanitizer
@test "the pid stays, and the exit status is the program's" {
	# shellcheck disable=SC2016 # for the shell below
	run -0 bash -c 'echo $$; exec "$0" run -r "*.db random" sh -c "echo \$\$"' "$MADVISOR"
	assert_equal "${lines[0]}" "${lines[1]}"
	run -7 madvisor run -r '*.db random' sh -c 'exit 7'
}

@test "options behind the program's name are the program's" {
	run -0 madvisor run -r '*.db random' echo -n -p -r --help
	assert_output -- '-p -r --help'
	run -0 madvisor run -r '*.db random' -- echo yes
	assert_output yes
}

@test "a program that is not found is 127, one that cannot be executed 126" {
	run -127 madvisor run -r '*.db random' ./nosuch
	run -127 madvisor run -r '*.db random' nosuchprogram
	run -126 madvisor run -r '*.db random' ./some.db
	run -126 madvisor run -r '*.db random' /tmp
}

@test "run without a program is wrong usage" {
	run -2 madvisor run -r '*.db random'
	assert_line "try 'madvisor run --help'"
	run -2 madvisor run -l loud true
	assert_output --partial '"loud"'
}

@test "the library comes before what LD_PRELOAD holds, and only once" {
	[ -z "${SANITIZER_PRELOAD-}" ] || skip "a sanitizer's runtime comes first"
	LD_PRELOAD=libm.so.6:libdl.so.2 run -0 "$MADVISOR" run -r '*.db random' env
	assert_line "LD_PRELOAD=$LIBRARY:libm.so.6:libdl.so.2"
	LD_PRELOAD=$LIBRARY run -0 "$MADVISOR" run -r '*.db random' env
	assert_line "LD_PRELOAD=$LIBRARY"
}

@test "a sanitizer's runtime stays the first in LD_PRELOAD" {
	local runtime
	runtime=$(gcc -print-file-name=libasan.so)
	[ -e "$runtime" ] || skip "libasan is not installed"
	cp "$(realpath "$runtime")" libasan.so.8
	ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=$PWD/libasan.so.8 run -0 "$MADVISOR" run -r '*.db random' env
	assert_line "LD_PRELOAD=$PWD/libasan.so.8:$LIBRARY"
}

@test "a library whose path LD_PRELOAD would split is an error" {
	mkdir -p 'two words/.libs'
	cp "$MADVISOR" 'two words/madvisor'
	cp "$LIBRARY" 'two words/.libs/'
	run -2 'two words/madvisor' run -r '*.db random' touch started
	assert_output --partial 'LD_PRELOAD'
	assert_file_not_exist started
}

@test "-n carries out everything but the advice" {
	run -0 flags_under -n -l info -r '*.db random'
	refute_output --regexp '(^| )rr( |$)'
	assert_output --partial random
}

@test "-l sets the level of the log" {
	run -0 madvisor run -l info -r '*.db random' true
	assert_output --partial 'info: active: 1 rule'
	run -0 madvisor run -r '*.db random' true
	refute_output
}

@test "an empty policy is said" {
	write_policy empty.policy </dev/null
	run -0 madvisor run -p ./empty.policy echo started
	assert_line --partial 'warning: no advice will be given: the policy is empty'
	assert_line started
}

@test "no rule for the program is said, with the name that would match" {
	printf 'program slapd\n*.db random\n' | write_policy slapd.policy
	run -0 madvisor run -p ./slapd.policy sh -c 'echo started'
	assert_line --partial "no rule is for \"$(realpath /bin/sh)\": \"program $(basename "$(realpath /bin/sh)")\" would"
	assert_line started
}

@test "a program line with the name of a link is said, with the name that would match" {
	cp /usr/bin/true real-name
	ln -s real-name link-name
	printf 'program link-name\n*.db random\n' | write_policy link.policy
	run -0 madvisor run -p ./link.policy ./link-name
	assert_line --partial "link.policy:2: \"program link-name\" does not match \"$PWD/real-name\": \"program real-name\" would"
	sed -i s/link-name/real-name/ link.policy
	run -0 madvisor run -p ./link.policy ./link-name
	refute_output
}

@test "a script is judged by its interpreter, also behind env" {
	printf '#!/bin/sh\n' >script
	printf '#!/usr/bin/env -S sh\n' >./split
	printf '#!/usr/bin/env sh\n' >by-env
	chmod +x script split by-env
	printf 'program %s\n*.db random\n' "$(basename "$(realpath /bin/sh)")" | write_policy sh.policy
	run -0 madvisor run -p ./sh.policy ./script
	refute_output
	run -0 madvisor run -p ./sh.policy ./by-env
	refute_output
	printf 'program script\n*.db random\n' | write_policy script.policy
	run -0 madvisor run -p ./script.policy ./script
	assert_output --partial 'no rule is for'
}

@test "argument lines are judged by the program's arguments" {
	printf 'program sh dash bash\nargument *.wanted\n*.db random\n' | write_policy argument.policy
	run -0 madvisor run -p ./argument.policy sh -c true sh x.wanted
	refute_output
	run -0 madvisor run -p ./argument.policy sh -c true sh x.other
	assert_output --partial 'with these arguments: no "argument" line matches one'
	run -0 madvisor run -p ./argument.policy true
	assert_output --partial '"program true" would match it'
}

@test "a static program is warned of, and runs" {
	echo 'int main(void) { return 3; }' >static.c
	gcc -static -o static static.c 2>/dev/null || skip "no static libc to link with"
	run -3 madvisor run -r '*.db random' ./static
	assert_output --partial 'is statically linked'
}

@test "a program for another machine is warned of" {
	cp /usr/bin/true other
	printf '\xf3\x00' | dd of=other bs=1 seek=18 conv=notrunc status=none
	run -126 madvisor run -r '*.db random' ./other
	assert_output --partial 'is a program for 64-bit RISC-V'
}

@test "a 32-bit program is warned of" {
	cp /usr/bin/true other
	printf '\x01' | dd of=other bs=1 seek=4 conv=notrunc status=none
	run madvisor run -r '*.db random' ./other
	assert_output --partial 'is a program for 32-bit'
}

@test "a program that musl loads is warned of" {
	local loader=/lib/ld-musl-nowhere.so.1
	echo 'int main(void) { return 0; }' >musl.c
	gcc -o musl musl.c -Wl,--dynamic-linker=$loader
	run -127 madvisor run -r '*.db random' ./musl
	assert_output --partial 'is linked with musl'
}

@test "a Go program is warned of" {
	needs prometheus
	run -0 madvisor run -r '*.db random' prometheus --version
	assert_output --partial 'is a Go program'
}

@test "a set-user-ID program of another user is warned of" {
	[ "$(id -u)" = 0 ] || skip "needs root to make one"
	cp /usr/bin/true setuid
	chmod 4755 setuid
	run -0 nobody_runs "$MADVISOR" run -r '*.db random' ./setuid
	assert_output --partial 'is set-user-ID'
	# For root itself nothing is in its way.
	run -0 madvisor run -r '*.db random' ./setuid
	refute_output
	chmod 2755 setuid
	run -0 nobody_runs "$MADVISOR" run -r '*.db random' ./setuid
	assert_output --partial 'is set-group-ID'
	run -0 madvisor run -r '*.db random' ./setuid
	refute_output
}

@test "a program with file capabilities is warned of" {
	needs setcap
	cp /usr/bin/true capable
	setcap cap_net_raw+ep capable 2>/dev/null || skip "file capabilities cannot be set here"
	run -0 nobody_runs "$MADVISOR" run -r '*.db random' ./capable
	assert_output --partial 'has file capabilities'
}
