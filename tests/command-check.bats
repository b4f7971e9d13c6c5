#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "a policy that would do what it says exits 0, and each advice was tried" {
	run -0 madvisor check -r '*.db random,dontdump file>=50%'
	assert_line --regexp '^    random +works here \(tried: VmFlags rr\)'
	assert_line --regexp '^    dontdump +works here \(tried: VmFlags dd\)'
	assert_line 'the rule would do what it says here'
}

@test "each advice that sticks is seen on each kind of mapping that it is for" {
	run -0 madvisor check -r '[file] random,nohugepage,dontdump size>=1G' -r '[anon] random,nohugepage,dontdump size>=1G' \
		-r '[shared-anon] sequential,nohugepage,dontdump' -r '[shm] random,nohugepage,dontdump' \
		-r '[memfd:*] random,nohugepage,dontdump' -r '[anon] wipeonfork,dontdump size>1G unsafe'
	assert_equal "$(grep -c 'works here (tried: VmFlags' <<<"$output")" 17
}

@test "all errors are printed, with 2" {
	printf '*.db randon\n/a//b random\n' | write_policy bad.policy
	run -2 madvisor check ./bad.policy
	assert_line --partial 'bad.policy:1:6: unknown advice "randon" (did you mean "random"?)'
	assert_line --partial 'bad.policy:2:'
}

@test "an advice that this kernel does not know exits 1 and says why" {
	madvisor advice | grep -q '^hwpoison .* no ' || skip "this kernel has hwpoison"
	run -1 madvisor check -r '/some/file hwpoison unsafe'
	assert_output --regexp 'hwpoison +not supported by this kernel \(Linux .*CONFIG_MEMORY_FAILURE\)'
	assert_line '1 of 1 rules would do less than it says here'
}

@test "a fallback is named, and is enough" {
	madvisor advice | grep -q '^hwpoison .* no ' || skip "this kernel has hwpoison"
	run -0 madvisor check -r '/some/file hwpoison|soft-offline|guard-install unsafe'
	assert_output --regexp 'hwpoison: not supported by this kernel .*; using guard-install: '
}

@test "an advice of another system is not an advice of Linux" {
	run -1 madvisor check -r '*.db nosync'
	assert_output --partial 'not an advice of Linux (FreeBSD, DragonFly)'
}

@test "a literal prefix that is a link is said, with what it is a link to" {
	mkdir -p data/mysql
	ln -s "$PWD/data" link
	run -1 madvisor check -r "$PWD/link/mysql/*.ibd random file>=1G"
	assert_output --partial "never matches: $PWD/link is a link to $PWD/data" ||
		assert_output --partial "never matches: $PWD/link/mysql is a link to $PWD/data/mysql"
	run -0 madvisor check -r "$PWD/data/mysql/*.ibd random file>=1G"
	run -0 madvisor check -r "$PWD/data/not/yet/there/*.ibd random file>=1G"
}

@test "a number of bytes below a page is noted: its suffix may be missing" {
	run -0 madvisor check -r '*.db normal override file>=50'
	assert_output --partial 'note: file>=50 is in bytes'
	run -0 madvisor check -r '*.db normal override file>=50% size>=4K size>0'
	refute_output --partial 'in bytes'
}

@test "a program line with the name of a script is said to name none" {
	printf '#!/bin/sh\nexec true\n' >"$BATS_TEST_TMPDIR/script"
	chmod +x "$BATS_TEST_TMPDIR/script"
	run -1 env PATH="$BATS_TEST_TMPDIR:$PATH" "$MADVISOR" check -r 'program script; *.db normal override'
	assert_output --partial "$BATS_TEST_TMPDIR/script is a script of "
}

@test "a program line that never matches is said, with the name that would" {
	cp /usr/bin/true real-name
	ln -s real-name link-name
	printf 'program link-name\n*.db random file>=1G\n' | write_policy link.policy
	PATH=$PWD:$PATH run -1 madvisor check ./link.policy
	assert_output --partial "\"program link-name\" does not match $PWD/real-name: \"program real-name\" would"
}

@test "notes do not change the exit status" {
	run -0 madvisor check -r '*.db normal'
	assert_output --partial 'note: a new mapping has nothing to undo'
	run -0 madvisor check -r '*.db normal override'
	refute_output --partial 'note: a new mapping'
	run -0 madvisor check -r '*.db dofork'
	assert_output --partial 'override does not answer'
	refute_output --partial 'only with override'
	run -0 madvisor check -r '[anon] dontdump'
	assert_output --partial 'note: advice keeps the kernel from merging'
	run -0 madvisor check -r '[anon] dontdump size>=64M'
	assert_output --partial 'MAP_FIXED'
}

@test "random without a file condition is noted where the kernel forgets recency" {
	[ "$(printf '6.3\n%s\n' "$(uname -r)" | sort -V | head -1)" = 6.3 ] || skip "Linux before 6.3 keeps it"
	run -0 madvisor check -r '*.db random'
	assert_output --partial 'since Linux 6.3'
	run -0 madvisor check -r '*.db random file>=50%'
	refute_output --partial 'since Linux 6.3'
}

@test "what the system has switched off is no effect, with 1" {
	grep -q '^1' /sys/kernel/mm/ksm/run && skip "KSM runs here"
	run -1 madvisor check -r '[anon] mergeable size>=1G'
	assert_output --partial 'no effect: KSM'
}

@test "an advice that the kernel accepts and forgets is ignored, with 1" {
	run -1 "$PROGRAMS/deny" madvise=1 nothing -- "$MADVISOR" check -r '*.db random,dontdump file>=1G'
	assert_line --regexp '^    random +accepted, but ignored by this kernel$'
	assert_line --regexp '^    dontdump +works here'
	run -1 "$PROGRAMS/deny" madvise=1 nothing -- "$MADVISOR" check -r '*.db normal override'
	assert_line --regexp '^    normal +accepted, but ignored by this kernel$'
}

@test "an advice that a sandbox refuses is said to be refused, with its error" {
	run -1 "$PROGRAMS/deny" madvise=1 EPERM -- "$MADVISOR" check -r '*.db random file>=1G'
	assert_line --regexp '^    random +refused by a sandbox \(EPERM\)$'
	run -0 "$PROGRAMS/deny" madvise=1 EPERM -- "$MADVISOR" advice
	assert_line --regexp '^random +access +2\.4 +refused '
}

@test "an advice for another kind of mapping is no effect" {
	run -1 madvisor check -r '*.db wipeonfork unsafe'
	assert_output --partial 'no effect: not for this kind of mapping'
}

@test "an empty policy is valid, and said to be empty" {
	echo '# nothing' | write_policy empty.policy
	run -0 madvisor check ./empty.policy
	assert_output 'no rule: the policy is empty; the library would sleep'
}

@test "without arguments it checks what the library would read" {
	MADVISOR_RULES='*.db random file>=50%' run -0 madvisor check
	assert_output --partial 'MADVISOR_RULES:1: *.db random file>=50%'
	echo '*.x none' | write_policy mine.policy
	MADVISOR_POLICY=$PWD/mine.policy run -0 madvisor check
	assert_output --partial 'mine.policy:1: *.x none'
}

@test "a rule is shown as it could be written again" {
	local rule='"/a b/{x,y}/**/*.db" populate-read|willneed@1M..2G,random,unmap:cold size>=64M file<50% shared !locked override'
	printf '%s\n' "$rule" | write_policy one.policy
	run madvisor check ./one.policy
	local shown=${lines[0]#*one.policy:1: }
	printf '%s\n' "$shown" | write_policy two.policy
	run madvisor check ./two.policy
	assert_equal "${lines[0]#*two.policy:1: }" "$shown"
	local word
	for word in $rule; do
		[[ $shown == *"$word"* ]] || fail "\"$word\" is not in: $shown"
	done
}

@test "every preset is valid" {
	local policy
	for policy in "$PRESETS"/*.policy; do
		run madvisor check "$policy"
		[ "$status" -lt 2 ] || fail "$output"
	done
}

@test "policies lists every preset with its first comment" {
	run -0 madvisor policies
	local policy
	for policy in "$PRESETS"/*.policy; do
		assert_line --regexp "^$(basename "$policy" .policy) "
		assert_line --partial "$(head -1 "$policy" | sed 's/^# *//')"
	done
}
