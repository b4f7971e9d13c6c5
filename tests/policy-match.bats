# SPDX-License-Identifier: MIT
# Which rule decides about a mapping, and why the ones before it do not.

load helpers

# decided POLICY FACTS LINE...: what policy_cases prints of each rule up to the one that decides, then "decides: LINE".
decided() {
	local policy=$1 facts=$2 expected
	shift 2
	expected=$(printf '%s\n' "$@")
	# shellcheck disable=SC2086 # facts are words
	run "$PROGRAMS/policy_cases" $facts <<<"$policy"
	assert_success
	assert_output "$expected"
}

@test "the first rule that matches decides" {
	decided $'/data/**/x.mdb random\n*.mdb normal\n[file] none' 'kind=file name=/data/a/b/x.mdb' '1: matches' 'decides: 1'
	decided $'/data/**/x.mdb random\n*.mdb normal\n[file] none' 'kind=file name=/srv/x.mdb' \
		'1: name' '2: matches' 'decides: 2'
	decided $'/data/**/x.mdb random\n*.mdb normal\n[file] none' 'kind=file name=/srv/x.sst' \
		'1: name' '2: name' '3: matches' 'decides: 3'
}

@test "none exempts from the rules that follow" {
	decided $'lock.mdb none\n*.mdb random' 'kind=file name=/d/lock.mdb' '1: matches' 'decides: 1'
}

@test "no rule decides where none matches" {
	decided '*.mdb random' 'kind=file name=/d/x' '1: name' 'decides: none'
	decided '' 'kind=anon' 'decides: none'
}

@test "a rule is for the kind of its pattern" {
	local policy=$'[file] none\n[anon] none\n[shared-anon] none\n[shm] none\n[memfd:*] none\n/** none'
	decided "$policy" 'kind=file name=/x' '1: matches' 'decides: 1'
	decided "$policy" 'kind=anon' '1: kind' '2: matches' 'decides: 2'
	decided "$policy" 'kind=shared-anon' '1: kind' '2: kind' '3: matches' 'decides: 3'
	decided "$policy" 'kind=shm' '1: kind' '2: kind' '3: kind' '4: matches' 'decides: 4'
	decided "$policy" 'kind=memfd name=x' '1: kind' '2: kind' '3: kind' '4: kind' '5: matches' 'decides: 5'
}

@test "memfds are matched by name, in which a slash is nothing special" {
	decided '[memfd:jit*x] none' 'kind=memfd name=jit/a/x' '1: matches' 'decides: 1'
	decided '[memfd:jit] none' 'kind=memfd name=jit-2' '1: name' 'decides: none'
	decided $'/** none\n**/x none\nx none' 'kind=memfd name=x' '1: kind' '2: kind' '3: kind' 'decides: none'
}

@test "all conditions must hold" {
	local rule='*.mdb random shared !writable size>=1M'
	decided "$rule" 'kind=file name=/x.mdb words=shared,readonly size=2097152' '1: matches' 'decides: 1'
	decided "$rule" 'kind=file name=/x.mdb words=private,readonly size=2097152' '1: word shared' 'decides: none'
	decided "$rule" 'kind=file name=/x.mdb words=shared,writable size=2097152' '1: word writable' 'decides: none'
	decided "$rule" 'kind=file name=/x.mdb words=shared,readonly size=1048575' '1: size size>=1048576' 'decides: none'
}

@test "each condition word is looked at by itself" {
	local word
	for word in shared private writable readonly executable deleted hugetlb noreserve locked populate stack; do
		decided "x none $word" "kind=file name=/x words=$word" '1: matches' 'decides: 1'
		decided "x none $word" 'kind=file name=/x' "1: word $word" 'decides: none'
		decided "x none !$word" 'kind=file name=/x' '1: matches' 'decides: 1'
		decided "x none !$word" "kind=file name=/x words=$word" "1: word $word" 'decides: none'
	done
}

@test "bounds hold at their edges" {
	decided 'x none size>=4096' 'kind=file name=/x size=4096' '1: matches' 'decides: 1'
	decided 'x none size>4096' 'kind=file name=/x size=4096' '1: size size>4096' 'decides: none'
	decided 'x none size<=4096' 'kind=file name=/x size=4096' '1: matches' 'decides: 1'
	decided 'x none size<4096' 'kind=file name=/x size=4096' '1: size size<4096' 'decides: none'
	decided 'x none file>=0' 'kind=file name=/x file=0' '1: matches' 'decides: 1'
	decided 'x none file>0' 'kind=file name=/x file=0' '1: file file>0' 'decides: none'
}

@test "a percentage is of the memory that the process may use" {
	decided 'x none file>=50%' 'memory=1000000 kind=file name=/x file=500000' '1: matches' 'decides: 1'
	decided 'x none file>=50%' 'memory=1000000 kind=file name=/x file=499999' '1: file file>=50%' 'decides: none'
	decided 'x none file>=1K file<25%' 'memory=1000000 kind=file name=/x file=250000' '1: file file<25%' 'decides: none'
	decided 'x none file>=1K file<25%' 'memory=1000000 kind=file name=/x file=1000' '1: file file>=1024' 'decides: none'
}

@test "bounds that only this machine's memory makes contradict match nothing" {
	decided 'x none size>=1G size<10%' 'memory=1000000 kind=file name=/x size=1073741824' '1: size size<10%' 'decides: none'
}

@test "a file whose size is unknown is left alone by a rule that asks, and by those behind it" {
	decided $'x none file>=1M\nx random' 'kind=file name=/x' '1: unknown file file>=1048576' 'decides: none'
	decided $'x none file<1M\nx random' 'kind=file name=/x' '1: unknown file file<1048576' 'decides: none'
	decided $'y none file>=1M\nx random' 'kind=file name=/x' '1: name' '2: matches' 'decides: 2'
}

@test "a rule whose word cannot be known leaves the mapping alone, unless something else rules it out" {
	local known='known=shared,private,writable,readonly,executable,deleted'
	decided $'x none populate\nx random' "kind=file name=/x $known" '1: unknown word populate' 'decides: none'
	decided $'x none !populate\nx random' "kind=file name=/x $known" '1: unknown word populate' 'decides: none'
	decided $'x none populate shared\nx random' "kind=file name=/x $known words=private" \
		'1: word shared' '2: matches' 'decides: 2'
	decided $'x none populate size>=1M\nx random' "kind=file name=/x $known" '1: size size>=1048576' '2: matches' 'decides: 2'
}

@test "libraries and the executable only by a path without wildcard" {
	local facts='kind=file name=/usr/lib/libx.so library'
	decided $'*.so random\n/usr/lib/* random\n[file] random\n/usr/lib/libx.so normal' "$facts" \
		'1: library' '2: library' '3: library' '4: matches' 'decides: 4'
	decided '/usr/lib/\libx.so none' "$facts" '1: matches' 'decides: 1'
	decided '[anon] none' 'kind=anon library' '1: library' 'decides: none'
}

@test "a mapping without a name matches no glob" {
	decided $'* none\n/** none\n[file] random' 'kind=file' '1: name' '2: name' '3: matches' 'decides: 3'
	decided '[memfd:*] none' 'kind=memfd' '1: name' 'decides: none'
}

@test "rules with more shapes than are kept apart are all found" {
	local policy='' i
	for i in {1..40}; do
		policy+="f$i none size>=${i}M size<$((i + 1))M"$'\n'
	done
	policy+=$'[anon] hugepage size>=1G\nlast none shared'
	for i in 1 17 40; do
		run "$PROGRAMS/policy_cases" kind=file name=/d/f$i size=$((i << 20)) words=private <<<"$policy"
		assert_line --index -1 "decides: $i"
		refute_line 'ruled out beforehand'
	done
	run "$PROGRAMS/policy_cases" kind=anon size=$((1 << 30)) words=private <<<"$policy"
	assert_line --index -1 'decides: 41'
	run "$PROGRAMS/policy_cases" kind=file name=/last size=4096 words=shared <<<"$policy"
	assert_line --index -1 'decides: 42'
}

@test "globs: how patterns and paths meet" {
	local pattern path answer
	while read -r pattern path answer; do
		run "$PROGRAMS/policy_cases" kind=file "name=$path" <<<"$pattern none"
		assert_line --index -1 "decides: $answer" || fail "$pattern on $path"
	done <<-'END'
		*.mdb              /a/b/data.mdb        1
		*.mdb              /a/b.mdb/data        none
		*.mdb              /.mdb                1
		data.mdb           /a/data.mdb          1
		data.mdb           /a/xdata.mdb         none
		/a/*/c             /a/b/c               1
		/a/*/c             /a/b/b/c             none
		/a/?/c             /a/b/c               1
		/a?b               /a/b                 none
		/a/**/b            /a/b                 1
		/a/**/b            /a/x/y/b             1
		/a/**/b            /ab                  none
		/a/**              /a                   none
		/a/**              /a/x/y               1
		**/b/*.x           /b/1.x               1
		**/b/*.x           /q/b/1.x             1
		**/b/*.x           /q/bb/1.x            none
		/[a-c]x            /bx                  1
		/[!a-c]x           /bx                  none
		/[!a-c]x           /dx                  1
		/{ab,c}x           /abx                 1
		/{ab,c}x           /cx                  1
		/{ab,c}x           /bx                  none
		/a\*b              /a*b                 1
		/a\*b              /axb                 none
		/a*                /.a                  none
		/*a                /.a                  1
	END
}

@test "the look-up decides as a plain loop over the rules would" {
	run "$PROGRAMS/policy_search" 1 300 1000
	assert_success
	assert_output --regexp '^[0-9]{5,} decided [0-9]{5,} undecided$'
	local seed=$RANDOM
	run "$PROGRAMS/policy_search" $seed 100 1000
	assert_success || fail "seed $seed"
}
