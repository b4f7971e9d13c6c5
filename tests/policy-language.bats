# SPDX-License-Identifier: MIT
# What a policy says once it is read: policy_cases prints the rules as they were understood.

load helpers

# read_as POLICY LINE...: the rules, in the form
#   NUMBER SOURCE:LINE PATTERN ITEM#SLOT:COLUMN,... CONDITIONS OPTIONS
# and the sum over all of them. OPTIONS: settings of policy_cases.
read_as() {
	local policy=$1 expected
	shift
	expected=$(printf '%s\n' "$@")
	# shellcheck disable=SC2086 # settings are words
	run "$PROGRAMS/policy_cases" list ${OPTIONS-} <<<"$policy"
	assert_success
	assert_output "$expected"
}

@test "an empty policy is valid" {
	read_as '' 'rules 0 items 0'
	read_as $'# nothing\n\n   \t# but comments\n' 'rules 0 items 0'
	run "$PROGRAMS/policy_cases" </dev/null
	assert_output '0 of 0 rules'
}

@test "a rule is a pattern and a list" {
	read_as '/var/lib/ldap/data.mdb random' \
		'0 test.policy:1 /var/lib/ldap/data.mdb random#0 literal' \
		'rules 1 items 1 names'
}

@test "tabs and blanks separate, comments end a line, the last newline may be missing" {
	read_as $'  *.mdb\t \trandom  # comment "\n#*.x random\n/data/#innodb_redo none #' \
		'0 test.policy:1 *.mdb random#0' \
		'1 test.policy:3 /data/#innodb_redo none literal' \
		'rules 2 items 1 names'
	run "$PROGRAMS/policy_cases" < <(printf '*.mdb random')
	assert_output '1 of 1 rules'
}

@test "lines may end with CR LF" {
	run "$PROGRAMS/policy_cases" list < <(printf 'a.mdb random\r\n\r\n# x\r\nb.mdb none\r\n')
	assert_line --index 0 '0 test.policy:1 a.mdb random#0'
	assert_line --index 1 '1 test.policy:4 b.mdb none'
}

@test "quotes hold blanks, hashes, and escaped quotes" {
	read_as '"/a b/#c" none' \
		'0 test.policy:1 /a b/#c none literal' \
		'rules 1 items 0 names'
	read_as '"/a\"b\\\\c" none' \
		'0 test.policy:1 /a"b\\c none literal' \
		'rules 1 items 0 names'
}

@test "a backslash quotes what is special in a glob, inside quotes it is written twice" {
	read_as $'/a\\*b none\n"/a\\\\*b" none' \
		'0 test.policy:1 /a\*b none literal' \
		'1 test.policy:2 /a\*b none literal' \
		'rules 2 items 0 names'
}

@test "a keyword is unquoted, in quotes it is a glob" {
	read_as $'[file] none\n"[file]" none' \
		'0 test.policy:1 [file] none' \
		'1 test.policy:2 [file] none' \
		'rules 2 items 0 names'
	run "$PROGRAMS/policy_cases" kind=file name=/tmp/e < <(printf '"[file]" none\n')
	assert_output $'1: matches\ndecides: 1'
	run "$PROGRAMS/policy_cases" kind=file name=/tmp/x < <(printf '"[file]" none\n')
	assert_output $'1: name\ndecides: none'
}

@test "program and argument are patterns where they are quoted or not first" {
	read_as $'"program" none\n"argument" none\nx.mdb none # program' \
		'0 test.policy:1 program none' \
		'1 test.policy:2 argument none' \
		'2 test.policy:3 x.mdb none' \
		'rules 3 items 0 names'
}

@test "prefetch is carried out first, the rest as written" {
	read_as '*.x dontdump,random,unmap:cold,willneed,hugepage' \
		'0 test.policy:1 *.x willneed#0,dontdump#1,random#2,unmap:cold#3,hugepage#4' \
		'rules 1 items 5 names memory regions'
}

@test "alternatives are kept in their order" {
	read_as '*.x populate-read|willneed|sequential' \
		'0 test.policy:1 *.x populate-read|willneed|sequential#0' \
		'rules 1 items 1 names memory'
}

@test "unmap: is for all alternatives of its item" {
	read_as '*.x sequential,unmap:pageout|cold' \
		'0 test.policy:1 *.x sequential#0,unmap:pageout|cold#1' \
		'rules 1 items 2 names regions'
}

@test "a range is in bytes of the file, and either end may be missing" {
	read_as $'a willneed@1K..2M\nb willneed|populate-read@..1G\nc willneed@4096..\nd willneed@0..1' \
		'0 test.policy:1 a willneed@1024..2097152#0' \
		'1 test.policy:2 b willneed|populate-read@0..1073741824#1' \
		'2 test.policy:3 c willneed@4096..18446744073709551615#2' \
		'3 test.policy:4 d willneed@0..1#3' \
		'rules 4 items 4 names'
}

@test "every condition word is understood, and its negation" {
	read_as 'a normal shared writable executable deleted hugetlb noreserve locked populate stack' \
		'0 test.policy:1 a normal#0 shared writable executable deleted hugetlb noreserve locked populate stack' \
		'rules 1 items 1 names'
	read_as 'a normal private readonly !executable !deleted !hugetlb !noreserve !locked !populate !stack' \
		'0 test.policy:1 a normal#0 private readonly !executable !deleted !hugetlb !noreserve !locked !populate !stack' \
		'rules 1 items 1 names'
	read_as 'a normal private !shared readonly !writable' \
		'0 test.policy:1 a normal#0 private readonly !shared !writable' \
		'rules 1 items 1 names'
}

@test "size and file are bytes with K M G T" {
	read_as $'a none size>=1K\nb none size>1M\nc none size<=1G file<1T\nd none size>=5 size<7\ne none size>=0' \
		'0 test.policy:1 a none size 1024..18446744073709551615' \
		'1 test.policy:2 b none size 1048577..18446744073709551615' \
		'2 test.policy:3 c none size 0..1073741824 file 0..1099511627775' \
		'3 test.policy:4 d none size 5..6' \
		'4 test.policy:5 e none' \
		'rules 5 items 0 names'
	read_as 'a none size<=18446744073709551615 size>=16777215T' \
		'0 test.policy:1 a none size 18446742974197923840..18446744073709551615' \
		'rules 1 items 0 names'
}

@test "a percentage is of the memory that may be used, rounded down" {
	OPTIONS='memory=1000' read_as $'a none file>=50%\nb none size>50%\nc none file<33%\nd none size<=200%' \
		'0 test.policy:1 a none file 500..18446744073709551615' \
		'1 test.policy:2 b none size 501..18446744073709551615' \
		'2 test.policy:3 c none file 0..329' \
		'3 test.policy:4 d none size 0..2000' \
		'rules 4 items 0 names memory'
	OPTIONS='memory=999' read_as 'a none size>=1%' \
		'0 test.policy:1 a none size 9..18446744073709551615' \
		'rules 1 items 0 names memory'
	OPTIONS='memory=18446744073709551615' read_as 'a none size<=300%' \
		'0 test.policy:1 a none' \
		'rules 1 items 0 names memory'
}

@test "bounds of bytes and of memory are combined" {
	OPTIONS='memory=1000' read_as 'a none size>=100 size>=50% size<800 size<=90%' \
		'0 test.policy:1 a none size 500..799' \
		'rules 1 items 0 names memory'
	read_as 'a none size>50% size<51%' \
		'0 test.policy:1 a none size 536870913..547608329' \
		'rules 1 items 0 names memory'
}

@test "rules that share conditions have the same bounds, others their own" {
	OPTIONS='memory=1000' read_as $'a none size>=50%\nb none size>=50%\nc none size>=50% file<7\nd none size>=50%\ne none\nf none size>50%' \
		'0 test.policy:1 a none size 500..18446744073709551615' \
		'1 test.policy:2 b none size 500..18446744073709551615' \
		'2 test.policy:3 c none size 500..18446744073709551615 file 0..6' \
		'3 test.policy:4 d none size 500..18446744073709551615' \
		'4 test.policy:5 e none' \
		'5 test.policy:6 f none size 501..18446744073709551615' \
		'rules 6 items 0 names memory'
}

@test "memory is asked for only by percentages and by prefetch without a range" {
	read_as '[anon] hugepage size>=64M' '0 test.policy:1 [anon] hugepage#0 size 67108864..18446744073709551615' \
		'rules 1 items 1'
	read_as '[file] willneed@..1M' '0 test.policy:1 [file] willneed@0..1048576#0' 'rules 1 items 1'
	read_as '[file] willneed' '0 test.policy:1 [file] willneed#0' 'rules 1 items 1 memory'
}

@test "override holds access, thp, ksm and dump, and nothing that is given at unmap" {
	read_as '*.sst sequential,willneed,dontdump,unmap:cold override' \
		'0 test.policy:1 *.sst willneed#0,sequential#1,dontdump#2,unmap:cold#3 override holds-access holds-dump' \
		'rules 1 items 4 names memory regions'
	read_as '[anon] hugepage|random,mergeable override' \
		'0 test.policy:1 [anon] hugepage|random#0,mergeable#1 override holds-access holds-thp holds-ksm' \
		'rules 1 items 2 regions'
	read_as '*.x normal override' '0 test.policy:1 *.x normal#0 override holds-access' 'rules 1 items 1 names regions'
}

@test "unsafe lets dangerous advice pass" {
	read_as $'*.x dontfork unsafe\n/a/b remove unsafe\n[anon] wipeonfork unsafe\n*.mdb wipeonfork unsafe' \
		'0 test.policy:1 *.x dontfork#0 unsafe' \
		'1 test.policy:2 /a/b remove#1 literal unsafe' \
		'2 test.policy:3 [anon] wipeonfork#2 unsafe' \
		'3 test.policy:4 *.mdb wipeonfork#3 unsafe' \
		'rules 4 items 4 names'
}

@test "populate-write needs unsafe only where a file would become dirty" {
	read_as $'[anon] populate-write\n[shm] populate-write\n[memfd:*] populate-write@..1M\n[file] populate-write unsafe' \
		'0 test.policy:1 [anon] populate-write#0' \
		'1 test.policy:2 [shm] populate-write#1' \
		'2 test.policy:3 [memfd:*] populate-write@0..1048576#2' \
		'3 test.policy:4 [file] populate-write#3 unsafe' \
		'rules 4 items 4 names memory'
}

@test "advice of other systems is understood" {
	read_as '*.x nosync,spaceavail,zero,nocore' \
		'0 test.policy:1 *.x nosync#0,spaceavail#1,zero#2,nocore#3' \
		'rules 1 items 4 names'
}

@test "attach takes what a mapping in use can be given" {
	OPTIONS=attach read_as '*.x cold,collapse,random,unmap:pageout' \
		'0 test.policy:1 *.x cold#0,collapse#1,random#2,unmap:pageout#3' \
		'rules 1 items 4 names regions'
}

@test "slots number the items of all rules" {
	read_as $'a random,dontdump\nb none\nc hugepage' \
		'0 test.policy:1 a random#0,dontdump#1' \
		'1 test.policy:2 b none' \
		'2 test.policy:3 c hugepage#2' \
		'rules 3 items 3 names'
}

@test "a semicolon ends a line of MADVISOR_RULES, but not inside quotes" {
	OPTIONS='source=MADVISOR_RULES semicolons' read_as '*.mdb random;"/a;b" none; # c; [anon] hugepage ;;' \
		'0 MADVISOR_RULES:1 *.mdb random#0' \
		'1 MADVISOR_RULES:2 /a;b none literal' \
		'2 MADVISOR_RULES:4 [anon] hugepage#1' \
		'rules 3 items 2 names'
}

@test "rules of other programs are checked, counted, and not kept" {
	local policy=$'a none\nprogram slapd mdb_*\nb none\nprogram /usr/bin/python3.*\nc none\nprogram *\nd none'
	run "$PROGRAMS/policy_cases" program=/usr/sbin/slapd <<<"$policy"
	assert_output '3 of 4 rules'
	OPTIONS='program=/usr/sbin/slapd' read_as "$policy" \
		'0 test.policy:1 a none' '1 test.policy:3 b none program=slapd program=mdb_*' '2 test.policy:7 d none' 'rules 3 items 0 names'
	OPTIONS='program=/opt/bin/mdb_stat' read_as "$policy" \
		'0 test.policy:1 a none' '1 test.policy:3 b none program=slapd program=mdb_*' '2 test.policy:7 d none' 'rules 3 items 0 names'
	OPTIONS='program=/usr/bin/python3.11' read_as "$policy" \
		'0 test.policy:1 a none' '1 test.policy:5 c none program=/usr/bin/python3.*(path)' '2 test.policy:7 d none' 'rules 3 items 0 names'
	OPTIONS='program=/usr/local/bin/python3.11' read_as "$policy" \
		'0 test.policy:1 a none' '1 test.policy:7 d none' 'rules 2 items 0 names'
	run "$PROGRAMS/policy_cases" program=/bin/true <<<$'program slapd\n*.mdb randon'
	assert_failure 2
	assert_output 'test.policy:2:7: unknown advice "randon" (did you mean "random"?)'
}

@test "a program is named by its whole base name" {
	run "$PROGRAMS/policy_cases" program=/usr/bin/python3.11 <<<$'program python3\na none'
	assert_output '0 of 1 rules'
	run "$PROGRAMS/policy_cases" program=/usr/bin/python3.11 <<<$'program "python3*" \na none'
	assert_output '1 of 1 rules'
	run "$PROGRAMS/policy_cases" program=/usr/bin/python3.11 <<<$'program **/bin/python*\na none'
	assert_output '1 of 1 rules'
}

@test "argument lines narrow the program above, to any of them, as whole arguments" {
	local policy=$'program java\nargument *.Elasticsearch\na none\nargument -Dx=/srv/*\nb none\nprogram java\nc none'
	local c='test.policy:7 c none program=java' b='test.policy:5 b none program=java argument=-Dx=/srv/* argument=*.Elasticsearch'
	OPTIONS='program=/usr/bin/java' read_as "$policy" "0 $c" 'rules 1 items 0 names'
	OPTIONS='program=/usr/bin/java argument=-Xmx1g argument=org.elasticsearch.bootstrap.Elasticsearch' read_as "$policy" \
		'0 test.policy:3 a none program=java argument=*.Elasticsearch' "1 $b" "2 $c" 'rules 3 items 0 names'
	OPTIONS='program=/usr/bin/java argument=-Dx=/srv/data/1' read_as "$policy" "0 $b" "1 $c" 'rules 2 items 0 names'
	OPTIONS='program=/usr/bin/java argument=org.Elasticsearch.Tool' read_as "$policy" "0 $c" 'rules 1 items 0 names'
	OPTIONS='program=/usr/bin/jshell argument=x.Elasticsearch' read_as "$policy" 'rules 0 items 0'
}

@test "without a program in question all rules are kept, with their lines in order" {
	read_as $'program slapd /usr/bin/mdb_*\na none\nargument -h x\nb none\nargument y\nc none\nprogram *\nd none' \
		'0 test.policy:2 a none program=slapd program=/usr/bin/mdb_*(path)' \
		'1 test.policy:4 b none program=slapd program=/usr/bin/mdb_*(path) argument=-h argument=x' \
		'2 test.policy:6 c none program=slapd program=/usr/bin/mdb_*(path) argument=y argument=-h argument=x' \
		'3 test.policy:8 d none' \
		'rules 4 items 0 names'
}

@test "every preset is valid, with all its rules" {
	local preset
	for preset in "$PRESETS"/*.policy; do
		run "$PROGRAMS/policy_cases" source="${preset##*/}" <"$preset"
		assert_success
		refute_output --regexp '^0 of'
	done
}

@test "rules with the same words behind their patterns are what each would be alone" {
	local patterns=('*.mdb' /srv/data.mdb '/srv/*/x' '[file]' '[anon]' '[shm]' '[memfd:a*]' '*.sst') pattern terms
	local known=('random' 'normal,nohugepage|hugepage size>=1M' 'sequential,dontdump override !shared' 'none' 'unmap:pageout,random'
		'willneed@..16M file<50% readonly' 'dontfork|wipeonfork unsafe' 'hugepage size>1M size<=1G')
	: >"$BATS_TEST_TMPDIR/policy"
	for pattern in "${patterns[@]}" "${patterns[@]}"; do
		for terms in "${known[@]}"; do
			"$PROGRAMS/policy_cases" <<<"$pattern $terms" >/dev/null || continue
			echo "$pattern $terms" >>"$BATS_TEST_TMPDIR/policy"
			"$PROGRAMS/policy_cases" list <<<"$pattern $terms" | head -n 1
		done
	done | sed -E 's/^0 test.policy:1 //; s/#[0-9]+//g' >"$BATS_TEST_TMPDIR/alone"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/alone")" -gt 60 ]
	"$PROGRAMS/policy_cases" list <"$BATS_TEST_TMPDIR/policy" | sed -E '$d; s/^[0-9]+ test.policy:[0-9]+ //; s/#[0-9]+//g' \
		>"$BATS_TEST_TMPDIR/together"
	diff "$BATS_TEST_TMPDIR/alone" "$BATS_TEST_TMPDIR/together"
	# read behind a program line that does not apply, and then for this program
	{ echo 'program other'; cat "$BATS_TEST_TMPDIR/policy"; echo 'program *'; cat "$BATS_TEST_TMPDIR/policy"; } |
		"$PROGRAMS/policy_cases" list program=/bin/true | sed -E '$d; s/^[0-9]+ test.policy:[0-9]+ //; s/#[0-9]+//g' \
		>"$BATS_TEST_TMPDIR/together"
	diff "$BATS_TEST_TMPDIR/alone" "$BATS_TEST_TMPDIR/together"
}
