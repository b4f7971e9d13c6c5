#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Tables of patterns and names, one case a line; %XX is a byte. programs/glob_cases.c compiles and matches them.

load helpers

# matches FORM <<table: lines "PATTERN NAME yes|no".
matches() {
	local form=$1 pattern name wanted input='' expected=''
	while read -r pattern name wanted; do
		input+="$form"$'\t'"$pattern"$'\t'"$name"$'\n'
		expected+="$pattern $name $wanted"$'\n'
	done
	local answers
	answers=$("$PROGRAMS/glob_cases" <<<"${input%$'\n'}" | cut -d' ' -f1)
	assert_equal "$(paste -d' ' <(cut -f2,3 <<<"${input%$'\n'}" | tr '\t' ' ') <(echo "$answers"))" "${expected%$'\n'}"
}

# refuses FORM <<table: lines "PATTERN OFFSET MESSAGE".
refuses() {
	local form=$1 pattern rest input='' expected=''
	while read -r pattern rest; do
		[ "$pattern" != EMPTY ] || pattern=
		input+="$form"$'\t'"$pattern"$'\n'
		expected+="error $rest"$'\n'
	done
	assert_equal "$("$PROGRAMS/glob_cases" <<<"${input%$'\n'}")" "${expected%$'\n'}"
}

# tells FORM <<table: lines "PATTERN prefix=... suffix=... literal=...".
tells() {
	local form=$1 pattern rest input='' expected=''
	while read -r pattern rest; do
		input+="$form"$'\t'"$pattern"$'\n'
		expected+="$rest"$'\n'
	done
	assert_equal "$("$PROGRAMS/glob_cases" <<<"${input%$'\n'}")" "${expected%$'\n'}"
}

@test "a path without wildcard matches itself and nothing else" {
	matches path <<-'TABLE'
		/data/x.mdb      /data/x.mdb       yes
		/data/x.mdb      /data/x.mdb2      no
		/data/x.mdb      /data/x.md        no
		/data/x.mdb      /DATA/x.mdb       no
		/data/x.mdb      /srv/data/x.mdb   no
		/data/x.mdb      /data/x%00mdb     no
		/a%20b/c%0ad     /a%20b/c%0ad      yes
		/caf%c3%a9       /caf%c3%a9        yes
		/caf%c3%a9       /cafe             no
		/#innodb_redo/x  /#innodb_redo/x   yes
	TABLE
}

@test "* and ? stand for bytes of one component, and never for a slash" {
	matches path <<-'TABLE'
		/a/*        /a/b        yes
		/a/*        /a/.b       yes
		/a/*        /a/b/c      no
		/a/*        /a          no
		/a/*/c      /a/b/c      yes
		/a/*/c      /a/c        no
		/a/*/c      /a/b/b/c    no
		/a/b*       /a/b        yes
		/a/b*       /a/bcd      yes
		/a/b*       /a/cb       no
		/a/*b       /a/b        yes
		/a/*b       /a/bb       yes
		/a/*b       /a/bc       no
		/a/*b*      /a/abc      yes
		/a/*b*      /a/b        yes
		/a/*b*      /a/acc      no
		/a/b*c*d    /a/bcd      yes
		/a/b*c*d    /a/bxcxcxd  yes
		/a/b*c*d    /a/bd       no
		/a/b*c*d    /a/bdc      no
		/a/a*a      /a/a        no
		/a/a*a      /a/aa       yes
		/a/*ab*ab   /a/ab       no
		/a/*ab*ab   /a/abab     yes
		/a/*ab*ab   /a/aab      no
		/a/?        /a/b        yes
		/a/?        /a/bc       no
		/a/?        /a/%c3%a9   no
		/a/??       /a/%c3%a9   yes
		/a?b        /a/b        no
		/a*b        /a/b        no
		/?/b        /a/b        yes
		/*          /a          yes
		/*          /a/b        no
		/a/*?       /a/b        yes
		/a/?*?      /a/b        no
		/a/?*?      /a/bc       yes
		/a/*.*      /a/b.c      yes
		/a/*.*      /a/b        no
		/a/*.*      /a/.        yes
	TABLE
}

@test "** is any number of components, none too; at the end at least one" {
	matches path <<-'TABLE'
		/a/**           /a/b            yes
		/a/**           /a/b/c/d        yes
		/a/**           /a              no
		/a/**           /ab             no
		/a/**           /b/a/c          no
		/**             /a              yes
		**              /a              yes
		**              /a/b            yes
		/a/**/b         /a/b            yes
		/a/**/b         /a/x/b          yes
		/a/**/b         /a/x/y/z/b      yes
		/a/**/b         /a/xb           no
		/a/**/b         /ab             no
		/a/**/b         /a/b/c          no
		**/b            /b              yes
		**/b            /a/b            yes
		**/b            /a/ab           no
		**/a/b          /a/b            yes
		**/a/b          /x/y/a/b        yes
		**/a/b          /x/a/y/b        no
		**/a/**         /a/b            yes
		**/a/**         /x/a/b/c        yes
		**/a/**         /x/a            no
		/a/**/b/**/c    /a/b/c          yes
		/a/**/b/**/c    /a/x/b/y/z/c    yes
		/a/**/b/**/c    /a/c/b          no
		/a/**/b/**/c    /a/b/b/b/c      yes
		/a/**/*/c       /a/c            no
		/a/**/*/c       /a/x/c          yes
		/a/**/x*/y*/**/z.db  /a/x1/q/x2/y2/z.db     yes
		/a/**/x*/y*/**/z.db  /a/x1/q/y2/z.db        no
		/a/**/**/b      /a/b            yes
		/a/**/**        /a/b            yes
		/a/**/**        /a              no
		/a/**/.*        /a/b/.c         yes
		/a/*/**/b       /a/b            no
		/a/*/**/b       /a/x/b          yes
		/var/lib/ldap/**/data.mdb  /var/lib/ldap/data.mdb       yes
		/var/lib/ldap/**/data.mdb  /var/lib/ldap/a/b/data.mdb   yes
		/var/lib/ldap/**/data.mdb  /var/lib/ldap2/data.mdb      no
		/var/lib/ldap/**/data.mdb  /var/lib/ldap/xdata.mdb      no
	TABLE
}

@test "a pattern without slash is compared with the last component" {
	matches path <<-'TABLE'
		*.mdb      /a/b/x.mdb     yes
		*.mdb      /x.mdb         yes
		*.mdb      /x.mdb/y       no
		*.mdb      /.mdb          yes
		data.mdb   /a/data.mdb    yes
		data.mdb   /a/xdata.mdb   no
		data.mdb   /data.mdb/x    no
		*          /a/b           yes
		x?z        /a/xyz         yes
		x?z        /x/z           no
		*x12*      /var/x12/y     no
		*x12*      /var/y/ax12b   yes
	TABLE
}

@test "sets hold bytes, ranges and quoted bytes; they never match a slash" {
	matches path <<-'TABLE'
		/[abc]        /a      yes
		/[abc]        /d      no
		/[a-c]x       /bx     yes
		/[a-c]x       /dx     no
		/[!a-c]       /d      yes
		/[!a-c]       /b      no
		/a[!x]b       /a/b    no
		/a[+-9]b      /a/b    no
		/a[+-9]b      /a.b    yes
		/[]a]         /]      yes
		/[!]a]        /]      no
		/[!]a]        /b      yes
		/[a-]         /-      yes
		/[a-]         /b      no
		/[-a]         /-      yes
		/[--0]        /.      yes
		/[\]]         /]      yes
		/[a\-c]       /b      no
		/[a\-c]       /-      yes
		/[\!a]        /!      yes
		/[a!]         /!      yes
		/[*?{,]       /*      yes
		/[*?{,]       /a      no
		/[a-c-e]      /-      yes
		/[a-c-e]      /d      no
		/[\^a]        /^      yes
		/[a^]         /^      yes
		/[%80-%ff]    /%c3    yes
		/[%80-%ff]    /z      no
		/[%01-%1f]    /%0a    yes
		/db[0-9][0-9].sst  /db42.sst  yes
		/db[0-9][0-9].sst  /db4.sst   no
		a]            /x/a]   yes
	TABLE
}

@test "braces hold alternatives, which may be empty or hold wildcards" {
	matches path <<-'TABLE'
		*.{mdb,db}       /x/a.mdb   yes
		*.{mdb,db}       /x/a.db    yes
		*.{mdb,db}       /x/a.b     no
		*.{mdb,db}       /x/a.mdb2  no
		/{a,b}/c         /a/c       yes
		/{a,b}/c         /b/c       yes
		/{a,b}/c         /ab/c      no
		/x{,y}z          /xz        yes
		/x{,y}z          /xyz       yes
		/x{,y}z          /xyyz      no
		/{a}             /a         yes
		/{}              /a         no
		/{a,b}{c,d}      /ad        yes
		/{a,b}{c,d}      /ab        no
		/{a*,?b}c        /azzc      yes
		/{a*,?b}c        /zbc       yes
		/{a*,?b}c        /zzc       no
		/{[ab],c}x       /bx        yes
		/{[a,b],c}x      /,x        yes
		/{\,,\}}x        /,x        yes
		/{\,,\}}x        /}x        yes
		/**/{p,q}*/r     /a/q1/r    yes
		/**/{p,q}*/r     /a/z1/r    no
		*.db{,-wal,-shm} /x/a.db-wal  yes
		*.db{,-wal,-shm} /x/a.db      yes
		*.db{,-wal,-shm} /x/a.db-x    no
		a,b              /x/a,b     yes
		a}b              /x/a}b     yes
	TABLE
}

@test "a backslash takes the meaning from the byte behind it" {
	matches path <<-'TABLE'
		/\*       /*      yes
		/\*       /a      no
		/a\?b     /a?b    yes
		/a\?b     /axb    no
		/\[a]     /[a]    yes
		/\[a]     /a      no
		/\{a,b}   /{a,b}  yes
		/\\       /\      yes
		/\\*      /\x     yes
		/\a       /a      yes
		/a\/b     /a/b    yes
		/a\/*     /a/b    yes
		\*.db     /x/*.db yes
		\*.db     /x/a.db no
	TABLE
}

@test "in memfd names and arguments a slash is a byte like any other" {
	matches flat <<-'TABLE'
		*.Elasticsearch   org/x.Elasticsearch  yes
		*.Elasticsearch   x.Elasticsearch2     no
		a*c               a/b/c                yes
		a?c               a/c                  yes
		a[/]c             a/c                  yes
		a[!x]c            a/c                  yes
		{a/b,c}           a/b                  yes
		**                a/b                  yes
		a**b              ab                   yes
		a**b              axxb                 yes
		a**b*             ab                   yes
		a//b/             a//b/                yes
		./x               ./x                  yes
		/x                x                    no
		x                 /x                   no
	TABLE
}

@test "a wrong pattern is refused, with the byte that is wrong and what was expected" {
	refuses path <<-'TABLE'
		EMPTY      0 empty pattern
		a**        1 "**" must be a component of its own, such as in "/a/**/b"
		**a        0 "**" must be a component of its own, such as in "/a/**/b"
		/a/b**/c   4 "**" must be a component of its own, such as in "/a/**/b"
		/a/***     3 "**" must be a component of its own, such as in "/a/**/b"
		/{**,a}    2 "**" must be a component of its own, such as in "/a/**/b"
		a/b        0 a pattern with "/" must begin with "/" or "**/"
		*/b        0 a pattern with "/" must begin with "/" or "**/"
		./b        0 a pattern with "/" must begin with "/" or "**/"
		/a//b      3 empty component: write one "/", not several
		//a        1 empty component: write one "/", not several
		**//a      3 empty component: write one "/", not several
		/a/        2 "/" at the end: leave it out, or write "/**" for all that is below
		/          0 "/" at the end: leave it out, or write "/**" for all that is below
		/**/       3 "/" at the end: leave it out, or write "/**" for all that is below
		/a/./b     3 component ".": leave it out, the paths of mapped files have none
		/a/.       3 component ".": leave it out, the paths of mapped files have none
		/a/\./b    3 component ".": leave it out, the paths of mapped files have none
		/../b      1 component "..": write the path that it leads to
		..         0 component "..": write the path that it leads to
		/a/[b      3 "[" without "]" (write "\[" for the byte itself)
		/a/[]      3 "[" without "]" (write "\[" for the byte itself)
		/a/[!]     3 "[" without "]" (write "\[" for the byte itself)
		/a/[b\     3 "[" without "]" (write "\[" for the byte itself)
		/{[,a}     2 "[" without "]" (write "\[" for the byte itself)
		/[a/b]     3 "/" in a set: a set matches within a component
		/[a\/b]    4 "/" in a set: a set matches within a component
		/[z-a]     2 range that ends before it begins: write the lower byte first
		/[abz-a]   4 range that ends before it begins: write the lower byte first
		/[[:x:]]   2 character classes are not supported: write ranges, such as [a-z]
		/[a[:x:]]  3 character classes are not supported: write ranges, such as [a-z]
		/[^a]      2 "^" does not negate a set: write "[!", or "\^" for the byte itself
		/{a,b      1 "{" without "}" (write "\{" for the byte itself)
		/{a,{b}}   4 "{" inside braces: braces do not nest
		/{a/b,c}   3 "/" inside braces: write a rule for each path
		/a\        2 "\" at the end quotes nothing (write "\\" for the byte itself)
	TABLE
	refuses flat <<-'TABLE'
		EMPTY      0 empty pattern
		[a         0 "[" without "]" (write "\[" for the byte itself)
		a{b        1 "{" without "}" (write "\{" for the byte itself)
		x[b-a]     2 range that ends before it begins: write the lower byte first
	TABLE
}

@test "what is too large is refused" {
	local letters braces
	letters=$(printf 'a%.0s' {1..8192})
	run "$PROGRAMS/glob_cases" <<<"path"$'\t'"$letters"
	assert_output 'error 8191 pattern is too long: at most 8191 bytes'
	braces=$(printf '{a,b}%.0s' {1..10})
	run "$PROGRAMS/glob_cases" <<<"path"$'\t'"/$braces"$'\t/aaaaaaaaab\t/aaaaaaaaac'
	assert_output --partial 'yes no '
	run "$PROGRAMS/glob_cases" <<<"path"$'\t'"/$braces{a,b}"
	assert_output 'error 1 braces stand for too much: at most 1024 alternatives in a component and 65535 bytes in all'
	run "$PROGRAMS/glob_cases" <<<"path"$'\t'"/x/$braces*$(printf 'a%.0s' {1..1000})/*"
	assert_output 'error 3 braces stand for too much: at most 1024 alternatives in a component and 65535 bytes in all'
}

@test "a glob tells what all its names begin and end with" {
	tells path <<-'TABLE'
		/a/b.mdb       prefix=/a/b.mdb suffix=b.mdb literal=/a/b.mdb
		/a\*/b         prefix=/a*/b suffix=b literal=/a*/b
		/a/b/*.mdb     prefix=/a/b/ suffix=.mdb literal=-
		/a/b/c*d       prefix=/a/b/ suffix=d literal=-
		/a/**/b.mdb    prefix=/a/ suffix=b.mdb literal=-
		/a/**          prefix=/a/ suffix= literal=-
		/a/*/b/c       prefix=/a/ suffix=c literal=-
		/a/[x]/b\[     prefix=/a/ suffix=b[ literal=-
		/a/{b,c}       prefix=/a/ suffix= literal=-
		/a/{b,c}d      prefix=/a/ suffix=d literal=-
		/*.db          prefix= suffix=.db literal=-
		*.mdb          prefix= suffix=.mdb literal=-
		data.mdb       prefix= suffix=data.mdb literal=-
		**/data.mdb    prefix= suffix=data.mdb literal=-
		**             prefix= suffix= literal=-
	TABLE
	tells flat <<-'TABLE'
		a/b*c/d        prefix= suffix=d literal=-
		/a             prefix= suffix=a literal=-
	TABLE
}

@test "random patterns match what regular expressions of the same grammar match" {
	needs python3
	run python3 "$SOURCE/tests/glob_reference.py" "$PROGRAMS/glob_cases" 1 5000
	assert_success
	assert_output --partial ' 0 differences'
}

# A matcher that tries all ways needs more steps here than there are atoms in the sun.
@test "no pattern makes a match take long" {
	local name stars globstars input
	name=/$(printf 'a%.0s' {1..4000})
	stars=$(printf '*a%.0s' {1..2000})
	globstars=$(printf '/**/a*%.0s' {1..600})
	input="path"$'\t'"/${stars}b*"$'\t'"$name"$'\n'
	input+="path"$'\t'"/$(printf '*?%.0s' {1..2000})b*"$'\t'"$name"$'\n'
	input+="path"$'\t'"$globstars/b*"$'\t'"$(printf '/ab%.0s' {1..1300})"$'\n'
	input+="path"$'\t'"/$(printf '{a,*a}%.0s' {1..10})b?"$'\t'"$name"$'\n'
	input+="flat"$'\t'"${stars}b*"$'\t'"$name"
	run "$PROGRAMS/glob_cases" <<<"$input"
	assert_success
	refute_output --regexp 'yes|error'
	assert_equal "${#lines[@]}" 5
}
