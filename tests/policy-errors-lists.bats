#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Errors in the list of a rule, and in what its options ask of it.

load broken

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
