#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Broken policies: each error with its line, its column and its words. Here what concerns lines and whole files.

load broken

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

@test "every error of a line and of all lines is reported" {
	broken $'*.mdb randon,dontdmup shred size>=1k\n\n# fine\n[fiel] none\n/a// normal' \
		'1:7: unknown advice "randon" (did you mean "random"?)' \
		'1:14: unknown advice "dontdmup" (did you mean "dontdump"?)' \
		'1:23: unknown condition "shred" (did you mean "shared"?)' \
		'1:36: unknown suffix "k": K, M, G, T or %' \
		'4:1: unknown keyword "[fiel]" (did you mean "[file]"?)' \
		'5:4: empty component: write one "/", not several'
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
