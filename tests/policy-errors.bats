# SPDX-License-Identifier: MIT
# Broken policies: each error with its line, its column and its words.

load helpers

# broken POLICY ERROR...: the policy has exactly these errors. OPTIONS: settings of policy_cases.
broken() {
	local policy=$1 expected
	shift
	expected=$(printf 'test.policy:%s\n' "$@")
	# shellcheck disable=SC2086 # settings are words
	run "$PROGRAMS/policy_cases" ${OPTIONS-} <<<"$policy"
	assert_failure 2
	assert_output "$expected"
}

# broken_bytes FORMAT ERROR...: the same of what printf makes of a format, without newline behind it.
broken_bytes() {
	local expected
	# shellcheck disable=SC2059 # the format is the policy
	printf "$1" >"$BATS_TEST_TMPDIR/bytes"
	shift
	expected=$(printf 'test.policy:%s\n' "$@")
	# shellcheck disable=SC2086
	run "$PROGRAMS/policy_cases" ${OPTIONS-} <"$BATS_TEST_TMPDIR/bytes"
	assert_failure 2
	assert_output "$expected"
}

@test "a quoted word ends with its quote, and nothing stands behind it" {
	broken '"/data/x random' \
		'1:1: a quote without its end'
	broken '/data/x random "' \
		'1:16: a quote without its end'
	broken '"a\" random' \
		'1:1: a quote without its end'
	broken '"/data/x"y random' \
		'1:10: the word goes on behind its closing quote: quotes go around whole words'
	broken '/da"ta random' \
		'1:4: a quote inside a word: quotes go around whole words'
	broken '*.mdb" random' \
		'1:6: a quote inside a word: quotes go around whole words'
}

@test "inside quotes only the quote and the backslash can be escaped" {
	broken '"a\n.mdb" random' \
		'1:3: unknown escape: inside quotes write \\ for \ and \" for "'
	broken '"\*" random' \
		'1:2: unknown escape: inside quotes write \\ for \ and \" for "'
}

@test "an unknown advice is named, with the nearest known one" {
	broken '*.mdb randon' \
		'1:7: unknown advice "randon" (did you mean "random"?)'
	broken '*.mdb dontdmup' \
		'1:7: unknown advice "dontdmup" (did you mean "dontdump"?)'
	broken '*.mdb RANDOM' \
		'1:7: unknown advice "RANDOM" (did you mean "random"?)'
	broken '*.mdb dont_dump' \
		'1:7: unknown advice "dont_dump" (did you mean "dontdump"?)'
	broken '*.mdb MADV_RANDOM' \
		'1:7: unknown advice "MADV_RANDOM": write "random"'
	broken '*.mdb madv_dontneed_locked' \
		'1:7: unknown advice "madv_dontneed_locked": write "dontneed-locked"'
	broken '*.mdb POSIX_MADV_WILLNEED' \
		'1:7: unknown advice "POSIX_MADV_WILLNEED": write "willneed"'
	broken '*.mdb turbo' \
		'1:7: unknown advice "turbo": "madvisor advice" lists them'
}

@test "every error of a line and of all lines is reported" {
	broken $'*.mdb randon,dontdmup shred size>=1k\n\n# fine\n[fiel] none\n/a// normal' \
		'1:7: unknown advice "randon" (did you mean "random"?)' \
		'1:14: unknown advice "dontdmup" (did you mean "dontdump"?)' \
		'1:23: unknown condition "shred" (did you mean "shared"?)' \
		'1:36: unknown suffix "k": K, M, G, T or %' \
		'4:1: unknown keyword "[fiel]" (did you mean "[file]"?)' \
		'5:4: empty component: write one "/", not several'
}

@test "a list has no blanks and nothing empty" {
	broken '*.mdb random, dontdump' \
		'1:14: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb random ,dontdump' \
		'1:14: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb random , dontdump' \
		'1:14: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb random, dontdmp' \
		'1:14: an advice is missing: a list is joined by "," and "|" without blanks' \
		'1:15: unknown advice "dontdmp" (did you mean "dontdump"?)'
	broken '*.mdb random dontdump' \
		'1:14: "dontdump" is an advice: a list is joined by "," without blanks'
	broken '*.mdb random unmap:cold' \
		'1:14: "unmap:cold" is an advice: a list is joined by "," without blanks'
	broken '*.mdb random,,dontdump' \
		'1:14: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb ,random' \
		'1:7: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb random,' \
		'1:14: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb random|' \
		'1:14: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb populate-read||willneed' \
		'1:21: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb unmap:' \
		'1:13: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb unmap:|cold' \
		'1:13: an advice is missing: a list is joined by "," and "|" without blanks'
	broken '*.mdb ""' \
		'1:8: an advice is missing: a list is joined by "," and "|" without blanks'
}

@test "none stands alone" {
	broken '*.mdb none,random' \
		'1:7: "none" stands alone in its list'
	broken '*.mdb random|none' \
		'1:14: "none" stands alone in its list'
	broken '*.mdb unmap:none' \
		'1:13: "none" stands alone in its list'
	broken '*.mdb none@1M..' \
		'1:7: "none" stands alone in its list'
	broken '*.mdb none none' \
		'1:12: "none" is an advice: a list is joined by "," without blanks'
	broken '*.mdb none override' \
		'1:12: "none" leaves "override" nothing to hold'
}

@test "one advice of a class, before unmap: and behind it" {
	broken '*.mdb random,sequential' \
		'1:14: "random" and "sequential" are both of class access: a rule gives one of a class'
	broken '*.mdb random|normal,hugepage|sequential' \
		'1:21: "random" and "sequential" are both of class access: a rule gives one of a class'
	broken '*.mdb dontdump,nocore' \
		'1:16: "dontdump" and "nocore" are both of class dump: a rule gives one of a class'
	broken '*.mdb willneed@0..1M,willneed@2M..3M' \
		'1:22: "willneed" given twice'
	broken '*.mdb unmap:cold,unmap:pageout' \
		'1:18: "cold" and "pageout" are both of class reclaim: a rule gives one of a class at unmap'
	broken '*.mdb random,random' \
		'1:14: "random" given twice'
	broken '*.mdb random|random' \
		'1:14: "random" given twice'
	broken '*.mdb nosync,nosync' \
		'1:14: "nosync" given twice'
	broken '*.mdb willneed|unmap:cold' \
		'1:16: "unmap:" goes before the first alternative of an item'
}

@test "an advice stands where it can do something" {
	broken '*.mdb cold' \
		'1:7: "cold" does nothing when a mapping is made: write "unmap:cold", or use madvisor attach'
	broken '*.mdb random,pageout' \
		'1:14: "pageout" does nothing when a mapping is made: write "unmap:pageout", or use madvisor attach'
	broken '*.mdb collapse' \
		'1:7: "collapse" does nothing when a mapping is made: use madvisor attach'
	broken '*.mdb unmap:random' \
		'1:13: "random" does nothing at unmap: write it without "unmap:"'
	broken '*.mdb unmap:collapse' \
		'1:13: "collapse" does nothing at unmap: use madvisor attach'
	broken '*.mdb unmap:willneed@..1M' \
		'1:13: "willneed" does nothing at unmap: write it without "unmap:"'
	broken '*.mdb unmap:cold|random' \
		'1:18: "random" does nothing at unmap: write it without "unmap:"'
}

@test "what loses data is refused with the reason" {
	broken '*.mdb dontneed' \
		'1:7: "dontneed" is refused: a new mapping has nothing to drop, and later it would lose what was written to private memory'
	broken '*.mdb free' \
		'1:7: "free" is refused: a new mapping has nothing to free, and later it would lose what the program wrote'
	broken '*.mdb unmap:dontneed-locked' \
		'1:13: "dontneed-locked" is refused: a new mapping has nothing to drop, and later it would lose what was written to private memory'
	broken '*.mdb purge unsafe' \
		'1:7: "purge" is refused: a new mapping has nothing to purge, and later it would lose what the program wrote'
}

@test "a range is of prefetch, in bytes, and not empty" {
	broken '*.mdb random@0..1M' \
		'1:7: only prefetch takes a range: "random" is of class access'
	broken '*.mdb willneed|random@..1M' \
		'1:16: only prefetch takes a range: "random" is of class access'
	broken '*.mdb willneed@..' \
		'1:16: a range needs a START or an END'
	broken '*.mdb willneed@' \
		'1:16: a range is written "@START..END"'
	broken '*.mdb willneed@1M' \
		'1:16: a range is written "@START..END"'
	broken '*.mdb willneed@1M..1M' \
		'1:16: an empty range: START must be less than END, which is exclusive'
	broken '*.mdb willneed@2M..1M' \
		'1:16: an empty range: START must be less than END, which is exclusive'
	broken '*.mdb willneed@..0' \
		'1:16: an empty range: START must be less than END, which is exclusive'
	broken '*.mdb willneed@1m..2M' \
		'1:17: unknown suffix "m": K, M, G or T'
	broken '*.mdb willneed@1K..50%' \
		'1:22: unknown suffix "%": K, M, G or T'
	broken '*.mdb willneed@x..y' \
		'1:16: a number is expected, such as 64M' \
		'1:19: a number is expected, such as 64M'
	broken '*.mdb willneed@-1..' \
		'1:16: a number is expected, such as 64M'
	broken '*.mdb willneed@1..2..3' \
		'1:20: unknown suffix "..3": K, M, G or T'
	broken '*.mdb willneed@99999999999999999999..' \
		'1:16: "99999999999999999999" is too large'
	broken '*.mdb willneed@..16777216T' \
		'1:18: "16777216T" is too large'
}

@test "dangerous advice needs unsafe, and says what it risks" {
	broken '*.mdb dontfork' \
		'1:7: "dontfork" needs the option "unsafe": a forked child does not have the mapping: a child that touches it dies of SIGSEGV'
	broken '[anon] wipeonfork' \
		'1:8: "wipeonfork" needs the option "unsafe": a forked child finds zeros in the mapping'
	broken '*.mdb populate-write' \
		'1:7: "populate-write" needs the option "unsafe": allocates all of it as if it were written; in a shared mapping of a file fills holes and makes pages dirty'
	broken '*.mdb willneed|populate-write' \
		'1:7: "populate-write" needs the option "unsafe": allocates all of it as if it were written; in a shared mapping of a file fills holes and makes pages dirty'
}

@test "advice that destroys needs a path without wildcard too" {
	broken '/data/x remove' \
		'1:9: "remove" needs the option "unsafe" and a path without wildcard: destroys the contents: punches a hole into the file, even through a mapping that is only read'
	broken '*.mdb remove unsafe' \
		'1:7: "remove" needs the option "unsafe" and a path without wildcard: destroys the contents: punches a hole into the file, even through a mapping that is only read'
	broken '/data/*/x guard-install unsafe' \
		'1:11: "guard-install" needs the option "unsafe" and a path without wildcard: makes every access die of SIGSEGV; private contents are lost'
	broken '**/x soft-offline unsafe' \
		'1:6: "soft-offline" needs the option "unsafe" and a path without wildcard: moves the contents elsewhere and takes the pages out of use until the next boot; needs CAP_SYS_ADMIN'
	broken 'x guard-remove unsafe' \
		'1:3: "guard-remove" needs the option "unsafe" and a path without wildcard: undoes guard-install'
	broken '[file] hwpoison unsafe' \
		'1:8: "hwpoison" needs the option "unsafe" and a path without wildcard: destroys the contents: treats the pages as broken memory; needs CAP_SYS_ADMIN'
}

@test "attach never gives unsafe advice" {
	OPTIONS=attach broken '*.mdb dontfork unsafe' \
		'1:7: attach never gives "dontfork": it is unsafe'
	OPTIONS=attach broken '/data/x remove unsafe' \
		'1:9: attach never gives "remove": it is unsafe'
	OPTIONS=attach broken '*.mdb unmap:random' \
		'1:13: "random" does nothing at unmap: write it without "unmap:"'
}

@test "override needs an advice that it can hold" {
	broken '*.mdb willneed override' \
		'1:16: nothing in the list that "override" can hold: it is for access, thp, ksm and dump'
	broken '*.mdb unmap:cold override' \
		'1:18: nothing in the list that "override" can hold: it is for access, thp, ksm and dump'
	broken '*.mdb nosync override' \
		'1:14: nothing in the list that "override" can hold: it is for access, thp, ksm and dump'
	broken '[anon] access-many override' \
		'1:20: nothing in the list that "override" can hold: it is for access, thp, ksm and dump'
}

@test "an option is given once and cannot be negated" {
	broken '*.mdb random override override' \
		'1:23: "override" given twice'
	broken '*.mdb random unsafe unsafe' \
		'1:21: "unsafe" given twice'
	broken '*.mdb random !override' \
		'1:14: "override" is an option: it cannot be negated'
	broken '*.mdb random !unsafe' \
		'1:14: "unsafe" is an option: it cannot be negated'
	broken '*.mdb random overide' \
		'1:14: unknown condition "overide" (did you mean "override"?)'
}

@test "an unknown condition is named, with the nearest known one" {
	broken '*.mdb random shred' \
		'1:14: unknown condition "shred" (did you mean "shared"?)'
	broken '*.mdb random !shred' \
		'1:15: unknown condition "shred" (did you mean "shared"?)'
	broken '*.mdb random writeable' \
		'1:14: unknown condition "writeable" (did you mean "writable"?)'
	broken '*.mdb random Shared' \
		'1:14: unknown condition "Shared" (did you mean "shared"?)'
	broken '*.mdb random quick' \
		'1:14: unknown condition "quick": madvisor.policy(5) lists conditions and options'
	broken '*.mdb random !' \
		'1:15: a condition is expected'
	broken '*.mdb random !!shared' \
		'1:15: unknown condition "!shared" (did you mean "shared"?)'
	broken '*.mdb random !random' \
		'1:15: "random" is an advice: a list is joined by "," without blanks'
}

@test "conditions that exclude each other are errors" {
	broken '*.mdb random shared private' \
		'1:21: "private" contradicts "shared"'
	broken '*.mdb random private shared' \
		'1:22: "shared" contradicts "private"'
	broken '*.mdb random writable readonly' \
		'1:23: "readonly" contradicts "writable"'
	broken '*.mdb random shared !shared' \
		'1:21: "!shared" contradicts "shared"'
	broken '*.mdb random !shared shared' \
		'1:22: "shared" contradicts "!shared"'
	broken '*.mdb random !shared !private' \
		'1:22: "!private" contradicts "!shared"'
	broken '*.mdb random !writable !readonly' \
		'1:24: "!readonly" contradicts "!writable"'
	broken '*.mdb random shared shared' \
		'1:21: "shared" given twice'
	broken '*.mdb random !stack !stack' \
		'1:21: "!stack" given twice'
}

@test "a condition that never holds for the kind of mapping is an error" {
	broken '[anon] hugepage shared' \
		'1:17: "shared" never holds for "[anon]"'
	broken '[anon] hugepage !private' \
		'1:17: "!private" never holds for "[anon]"'
	broken '[shared-anon] hugepage private' \
		'1:24: "private" never holds for "[shared-anon]"'
	broken '[shared-anon] hugepage !shared' \
		'1:24: "!shared" never holds for "[shared-anon]"'
	broken '[shm] hugepage private' \
		'1:16: "private" never holds for "[shm]"'
	broken '[anon] dontdump deleted' \
		'1:17: "deleted" never holds for "[anon]"'
	broken '[shm] dontdump deleted' \
		'1:16: "deleted" never holds for "[shm]"'
	broken '[memfd:*] dontdump deleted' \
		'1:20: "deleted" never holds for "[memfd:*]"'
}

@test "file is an error where there is no file" {
	broken '[anon] hugepage file>=1M' \
		'1:17: "file" has no meaning for "[anon]": there is no file'
	broken '[shared-anon] hugepage file<1G' \
		'1:24: "file" has no meaning for "[shared-anon]": there is no file'
	broken '[shm] hugepage file>=50%' \
		'1:16: "file" has no meaning for "[shm]": there is no file'
}

@test "a rule has a list, and conditions stand behind it" {
	broken '*.mdb' \
		'1:1: no advice behind "*.mdb" ("none" exempts from the rules that follow)'
	broken '"*.mdb" # and a comment' \
		'1:1: no advice behind "*.mdb" ("none" exempts from the rules that follow)'
	broken '*.mdb shared' \
		'1:1: no advice behind "*.mdb" ("none" exempts from the rules that follow)'
	broken '*.mdb shared random' \
		'1:7: "shared" stands before the list of advices: write it behind'
	broken '*.mdb size>=1M !shared random' \
		'1:7: "size>=1M" stands before the list of advices: write it behind'
	broken '*.mdb override random' \
		'1:7: "override" stands before the list of advices: write it behind'
}

@test "a comparison is written without blanks, with one of four operators" {
	broken '*.mdb random size' \
		'1:14: "size" needs a comparison without blanks, such as "size>=64M"'
	broken '*.mdb random file' \
		'1:14: "file" needs a comparison without blanks, such as "file>=64M"'
	broken '*.mdb random !size' \
		'1:15: "size" needs a comparison without blanks, such as "size>=64M"'
	broken '*.mdb random size >= 1M' \
		'1:14: "size" needs a comparison without blanks, such as "size>=64M"'
	broken '*.mdb random size>= 1M private' \
		'1:20: a number is expected, such as 64M'
	broken '*.mdb random size=1M' \
		'1:18: unknown comparison "=": write ">=", "<=", ">" or "<"'
	broken '*.mdb random size==1M' \
		'1:18: unknown comparison "==": write ">=", "<=", ">" or "<"'
	broken '*.mdb random size=>1M' \
		'1:18: unknown comparison "=>": write ">=", "<=", ">" or "<"'
	broken '*.mdb random size<>1M' \
		'1:18: unknown comparison "<>": write ">=", "<=", ">" or "<"'
	broken '*.mdb random >=1M' \
		'1:14: unknown condition ">=1M": madvisor.policy(5) lists conditions and options'
	broken '*.mdb random szie>=1M' \
		'1:14: unknown condition "szie" (did you mean "size"?)'
	broken '*.mdb random length>=1M' \
		'1:14: unknown condition "length": madvisor.policy(5) lists conditions and options'
	broken '*.mdb random shared>=1M' \
		'1:14: "shared" is not compared with a number: "size" and "file" are'
	broken '*.mdb random unsafe>1' \
		'1:14: "unsafe" is not compared with a number: "size" and "file" are'
	broken '*.mdb random !size>=1M' \
		'1:14: a comparison cannot be negated: write "<" for ">="'
	broken '*.mdb random !file<10%' \
		'1:14: a comparison cannot be negated: write ">=" for "<"'
}

@test "a size is a decimal integer with an upper-case suffix" {
	broken '*.mdb random size>=' \
		'1:20: a number is expected, such as 64M'
	broken '*.mdb random size>=big' \
		'1:20: a number is expected, such as 64M'
	broken '*.mdb random size>=-1' \
		'1:20: a number is expected, such as 64M'
	broken '*.mdb random size>=+1' \
		'1:20: a number is expected, such as 64M'
	broken '*.mdb random size>=1k' \
		'1:21: unknown suffix "k": K, M, G, T or %'
	broken '*.mdb random size>=64MB' \
		'1:22: unknown suffix "MB": K, M, G, T or %'
	broken '*.mdb random size>=64MiB' \
		'1:22: unknown suffix "MiB": K, M, G, T or %'
	broken '*.mdb random size>=1.5G' \
		'1:21: unknown suffix ".5G": K, M, G, T or %'
	broken '*.mdb random size>=0x10' \
		'1:21: unknown suffix "x10": K, M, G, T or %'
	broken '*.mdb random size>=1P' \
		'1:21: unknown suffix "P": K, M, G, T or %'
	broken '*.mdb random size>=50%%' \
		'1:22: unknown suffix "%%": K, M, G, T or %'
	broken '*.mdb random size>=18446744073709551616' \
		'1:20: "18446744073709551616" is too large'
	broken '*.mdb random size>=16777216T' \
		'1:20: "16777216T" is too large'
	broken '*.mdb random file>=99999999999999999999%' \
		'1:20: "99999999999999999999%" is too large'
}

@test "bounds that exclude each other are errors" {
	broken '*.mdb random size>=2M size<1M' \
		'1:23: "size<1M" and an earlier condition exclude each other'
	broken '*.mdb random size<1M size>=1M' \
		'1:22: "size>=1M" and an earlier condition exclude each other'
	broken '*.mdb random size>1M size<=1M' \
		'1:22: "size<=1M" and an earlier condition exclude each other'
	broken '*.mdb random file>50% file<=50%' \
		'1:23: "file<=50%" and an earlier condition exclude each other'
	broken '*.mdb random file>=1G file<1G' \
		'1:23: "file<1G" and an earlier condition exclude each other'
	broken '*.mdb random size<0' \
		'1:14: "size<0" never holds'
	broken '*.mdb random size>18446744073709551615' \
		'1:14: "size>18446744073709551615" never holds'
}

@test "a pattern with a slash is absolute and has whole components" {
	broken 'data/x.mdb random' \
		'1:1: a pattern with "/" must begin with "/" or "**/"'
	broken './x.mdb random' \
		'1:1: a pattern with "/" must begin with "/" or "**/"'
	broken '/a** random' \
		'1:3: "**" must be a component of its own, such as in "/a/**/b"'
	broken '/a//b random' \
		'1:4: empty component: write one "/", not several'
	broken '/a/ random' \
		'1:3: "/" at the end: leave it out, or write "/**" for all that is below'
	broken '/a/./b random' \
		'1:4: component ".": leave it out, the paths of mapped files have none'
	broken '/a/../b random' \
		'1:4: component "..": write the path that it leads to'
	broken '"" random' \
		'1:2: empty pattern'
}

@test "sets and braces are closed and stay within a component" {
	broken '/[a random' \
		'1:2: "[" without "]" (write "\[" for the byte itself)'
	broken '[a random' \
		'1:1: "[" without "]" (write "\[" for the byte itself)'
	broken '/[z-a] random' \
		'1:3: range that ends before it begins: write the lower byte first'
	broken '/[[:alpha:]] random' \
		'1:3: character classes are not supported: write ranges, such as [a-z]'
	broken '/[a/b] random' \
		'1:4: "/" in a set: a set matches within a component'
	broken '/{a random' \
		'1:2: "{" without "}" (write "\{" for the byte itself)'
	broken '/{a,{b,c}} random' \
		'1:5: "{" inside braces: braces do not nest'
	broken '/{a/b,c} random' \
		'1:4: "/" inside braces: write a rule for each path'
	broken '/a\ random' \
		'1:3: "\" at the end quotes nothing (write "\\" for the byte itself)'
	broken '"/a b/[x" random' \
		'1:7: "[" without "]" (write "\[" for the byte itself)'
	broken '"/a\"b/[x" random' \
		'1:8: "[" without "]" (write "\[" for the byte itself)'
}

@test "an unknown keyword is an error" {
	broken '[fiel] random' \
		'1:1: unknown keyword "[fiel]" (did you mean "[file]"?)'
	broken '[shmem] hugepage' \
		'1:1: unknown keyword "[shmem]" (did you mean "[shm]"?)'
	broken '[anonymous] hugepage' \
		'1:1: unknown keyword "[anonymous]": there are [file], [anon], [shared-anon], [shm] and [memfd:GLOB]'
	broken '[memfd] hugepage' \
		'1:1: unknown keyword "[memfd]" (did you mean "[memfd:*]"?)'
	broken '[] random' \
		'1:1: unknown keyword "[]": there are [file], [anon], [shared-anon], [shm] and [memfd:GLOB]'
	broken '[ab] random' \
		'1:1: unknown keyword "[ab]": there are [file], [anon], [shared-anon], [shm] and [memfd:GLOB]'
	broken '[heap] hugepage' \
		'1:1: no rule for "[heap]": the kernel extends the heap without the advice, and malloc maps where no hook sees it; for huge pages set GLIBC_TUNABLES=glibc.malloc.hugetlb=1'
	broken '[stack] dontdump' \
		'1:1: no rule for "[stack]": the kernel extends the stack without the advice'
}

@test "a memfd pattern ends at its first bracket" {
	broken '[memfd:] hugepage' \
		'1:8: a glob is expected behind "[memfd:", such as [memfd:*]'
	broken '[memfd:a]b hugepage' \
		'1:1: "[memfd:" takes a glob without "]" up to its first "]"'
	broken '[memfd:[ab]] hugepage' \
		'1:1: "[memfd:" takes a glob without "]" up to its first "]"'
	broken '[memfd:a hugepage' \
		'1:1: "[memfd:" takes a glob without "]" up to its first "]"'
	broken '[memfd:{a] hugepage' \
		'1:8: "{" without "}" (write "\{" for the byte itself)'
}

@test "program and argument lines take globs" {
	broken 'program' \
		'1:1: "program" needs the names or paths of executables, as globs'
	broken 'program # slapd' \
		'1:1: "program" needs the names or paths of executables, as globs'
	broken 'program "slapd' \
		'1:9: a quote without its end'
	broken 'program [a x{' \
		'1:9: "[" without "]" (write "\[" for the byte itself)' \
		'1:13: "{" without "}" (write "\{" for the byte itself)'
	broken 'program bin/x' \
		'1:9: a pattern with "/" must begin with "/" or "**/"'
	broken $'program slapd\nargument' \
		'2:1: "argument" needs globs of whole arguments'
	broken $'program slapd\nargument [a' \
		'2:10: "[" without "]" (write "\[" for the byte itself)'
}

@test "argument needs a program line in force" {
	broken 'argument *.Elasticsearch' \
		'1:1: "argument" narrows the "program" line above it: there is none in force'
	broken 'argument' \
		'1:1: "argument" narrows the "program" line above it: there is none in force' \
		'1:1: "argument" needs globs of whole arguments'
	broken $'program slapd\nprogram *\nargument x' \
		'3:1: "argument" narrows the "program" line above it: there is none in force'
}

@test "a broken program line does not spoil what follows" {
	broken $'program [a\nargument b\n*.mdb randon' \
		'1:9: "[" without "]" (write "\[" for the byte itself)' \
		'3:7: unknown advice "randon" (did you mean "random"?)'
}

@test "a byte order mark is an error" {
	broken_bytes '\xef\xbb\xbf*.mdb random\n' \
		'1:1: a byte order mark: save it without'
	broken_bytes '\xef\xbb\xbf# a comment\n*.mdb randon\n' \
		'1:1: a byte order mark: save it without' \
		'2:7: unknown advice "randon" (did you mean "random"?)'
	broken_bytes '\xff\xfe*\x00.\x00' \
		'1:1: UTF-16: save it as UTF-8 without byte order mark'
	broken_bytes '\xfe\xff\x00*\x00.' \
		'1:1: UTF-16: save it as UTF-8 without byte order mark'
}

@test "a NUL byte is one error, wherever it is" {
	broken_bytes '*.mdb random\n*.mdb rand\x00m\nbroken too\n\x00' \
		'2:11: a NUL byte: this is no text file'
	broken_bytes '# \x00' \
		'1:3: a NUL byte: this is no text file'
	run "$PROGRAMS/policy_cases" </bin/true
	assert_failure 2
	assert_output --regexp '^test.policy:[0-9]+:[0-9]+: a NUL byte: this is no text file$'
}

@test "a carriage return is an error unless a newline follows" {
	broken_bytes '*.mdb random\r' \
		'1:13: a carriage return inside the line'
	broken_bytes '*.mdb random\r\r\n' \
		'1:13: a carriage return inside the line'
	broken_bytes '# mac\r*.mdb random\r' \
		'1:6: a carriage return inside the line'
	broken_bytes 'a none\r\nb\rc none\nd nome' \
		'2:2: a carriage return inside the line' \
		'3:3: unknown advice "nome": "madvisor advice" lists them'
}

@test "a line over 16 KiB is one error, and the others are read" {
	{
		printf '# %16382s\n' ''
		printf '# %16383s\n' ''
		printf '%100000s none\n' ''
		echo '*.mdb randon'
	} >"$BATS_TEST_TMPDIR/long"
	run "$PROGRAMS/policy_cases" <"$BATS_TEST_TMPDIR/long"
	assert_failure 2
	assert_output 'test.policy:2:16385: a line of 16385 bytes: at most 16384
test.policy:3:16385: a line of 100005 bytes: at most 16384
test.policy:4:7: unknown advice "randon" (did you mean "random"?)'
}

@test "a long word is cut in the message" {
	broken "*.mdb $(printf '%300s' '' | tr ' ' x)" \
		"1:7: unknown advice \"$(printf '%100s' '' | tr ' ' x)\"...: \"madvisor advice\" lists them"
}

@test "bytes that no terminal should see are escaped in messages" {
	broken_bytes '*.mdb ran\x1bdom\n' \
		'1:7: unknown advice "ran\x1bdom" (did you mean "random"?)'
}

@test "a policy over 4 MiB is an error" {
	run "$PROGRAMS/policy_cases" < <(head -c 4194305 /dev/zero | tr '\0' '#')
	assert_failure 2
	assert_output 'test.policy: larger than 4 MiB'
}

@test "a policy that is all quotes, brackets or semicolons ends soon" {
	local bytes
	for bytes in '"' '[' '{' ';' ',' '|' '!' '\\' '*' '*,' 'a ' '" '; do
		timeout 20 "$PROGRAMS/policy_cases" semicolons >"$BATS_TEST_TMPDIR/out" < <(
			yes "$bytes" | tr -d '\n' | head -c 16000
			echo
			yes "$bytes" | head -c 100000) || assert_equal $? 2
	done
}

@test "lines of MADVISOR_RULES end at semicolons outside quotes, and are counted" {
	OPTIONS=semicolons broken 'a none; b randon ; "c;d" nome' \
		'2:4: unknown advice "randon" (did you mean "random"?)' \
		'3:8: unknown advice "nome": "madvisor advice" lists them'
	OPTIONS=semicolons broken '# comment; b randon' \
		'2:4: unknown advice "randon" (did you mean "random"?)'
	OPTIONS=semicolons broken '# "comment; b randon' \
		'2:4: unknown advice "randon" (did you mean "random"?)'
	OPTIONS=semicolons broken $'a none; "b; c none\nd randon' \
		'2:2: a quote without its end' \
		'3:3: unknown advice "randon" (did you mean "random"?)'
	OPTIONS=semicolons broken $'\n;;a randon' \
		'4:3: unknown advice "randon" (did you mean "random"?)'
}

@test "without semicolons mode a semicolon is a byte of its word" {
	broken 'a none; b' \
		'1:3: unknown advice "none;": "madvisor advice" lists them' \
		'1:9: unknown condition "b": madvisor.policy(5) lists conditions and options'
}

@test "all errors are reported, but what has more than a hundred gets no more suggestions" {
	run "$PROGRAMS/policy_cases" < <(yes '*.mdb randon' | head -n 3000)
	assert_failure 2
	assert_equal "${#lines[@]}" 3000
	assert_line --index 99 'test.policy:100:7: unknown advice "randon" (did you mean "random"?)'
	assert_line --index 2999 'test.policy:3000:7: unknown advice "randon": "madvisor advice" lists them'
}
