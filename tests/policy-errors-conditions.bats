#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Errors in conditions, and in patterns.

load broken

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

@test "words that are right behind one pattern are judged anew behind another" {
	local ten
	ten=$(yes '*.x none' | head -n 10)
	broken "$ten"$'\n*.mdb random private\n[shm] random private' \
		'12:14: "private" never holds for "[shm]"'
	broken "$ten"$'\n[anon] populate-write\n*.mdb populate-write' \
		'12:7: "populate-write" needs the option "unsafe": allocates all of it as if it were written; in a shared mapping of a file fills holes and makes pages dirty'
	broken "$ten"$'\n/data/x guard-remove unsafe\n/data/* guard-remove unsafe' \
		'12:9: "guard-remove" needs the option "unsafe" and a path without wildcard: undoes guard-install'
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
