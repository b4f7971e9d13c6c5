#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The manual pages say what the program does: each table in them stands against the one in the sources.

load helpers

PAGES=$SOURCE/doc

manual() {
	PYTHONDONTWRITEBYTECODE=1 python3 "$SOURCE/tests/manual.py" "$@"
}

# same_lines FILE FILE: shows the difference where there is one.
same_lines() {
	diff -u "$1" "$2"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "the manual's table of advices is that of madvisor advice" {
	madvisor advice --json | manual advices >table
	manual entries "$PAGES/madvisor.policy.5" 'table of advices' >page
	same_lines table page
	assert [ "$(wc -l <table)" -gt 40 ]
}

@test "the manual's condition words are those of the parser, in its order" {
	sed -n '/const condition_words\[/,/};/p' "$SOURCE/src/conditions.c" | grep -o '"[a-z]*"' | tr -d '"' >sources
	manual entries "$PAGES/madvisor.policy.5" 'words of conditions' | cut -f1 >page
	same_lines sources page
	assert [ -s sources ]
}

@test "the manual's options of rules are those of the parser" {
	sed -n '/^} options\[/,/};/p' "$SOURCE/src/conditions.c" | grep -o '"[a-z]*"' | tr -d '"' >sources
	manual entries "$PAGES/madvisor.policy.5" 'options' | cut -f1 >page
	same_lines sources page
	assert [ -s sources ]
}

@test "the manual's environment variables are those that the library reads" {
	grep -o '{ "MADVISOR_[A-Z_]*"' "$SOURCE/src/settings.c" | tr -d '{" ' >sources
	manual entries "$PAGES/libmadvisor.7" 'environment variables' | cut -f1 >page
	same_lines sources page
	assert [ -s sources ]
}

@test "every message of the manual stands in the library" {
	manual pieces "$PAGES/libmadvisor.7" messages >fixed
	strings -n 4 "$LIBRARY" >words
	run grep -c . fixed
	assert [ "$output" -gt 30 ]
	while IFS= read -r piece; do
		grep -qF -e "$piece" words || fail "no such words in the library: $piece"
	done <fixed
}

@test "every whole line that the library logs stands in the manual" {
	cat "$SOURCE"/src/*.c | tr -d '\n' | grep -oE '(log_line\(LOG_[A-Z]+|count_unnamed\(),?[[:space:]]*"[^"]+"' |
		sed 's/^[^"]*"//; s/"$//' >lines
	manual entries "$PAGES/libmadvisor.7" messages >page
	assert [ -s lines ]
	while IFS= read -r line; do
		grep -qF -e "$line" page || fail "not in libmadvisor(7): $line"
	done <lines
}

@test "madvisor(1) has each command, with each of its options" {
	madvisor --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' >commands
	sed -n 's/^\.SS madvisor //p' "$PAGES/madvisor.1" >page
	same_lines <(sort commands) <(sort page)
	while IFS= read -r command; do
		sed -n "/^\.SS madvisor $command\$/,/^\.S[SH] /p" "$PAGES/madvisor.1" | sed 's/\\-/-/g' >section
		madvisor "$command" --help | sed -n '/^options:/,/^$/p' | grep -oE -- '--[a-z-]+' >options
		while IFS= read -r option; do
			[ "$option" = --help ] || grep -qwF -e "$option" section || fail "madvisor $command: $option is not in the manual"
		done <options
	done <commands
}

@test "the manual has no option that a command does not take" {
	while IFS= read -r command; do
		madvisor "$command" --help >help
		sed -n "/^\.SS madvisor $command\$/,/^\.S[SH] /p" "$PAGES/madvisor.1" | sed 's/\\-/-/g' | grep -A1 '^\.TP' |
			grep -oE -- '--[a-z-]+' >options || true
		while IFS= read -r option; do
			grep -qwF -e "$option" help || fail "madvisor $command has no $option"
		done <options
	done < <(madvisor --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
}

@test "the pages are clean for mandoc and groff" {
	needs mandoc groff
	for page in "$PAGES"/*.[157]; do
		run mandoc -T lint -W warning "$page"
		assert_success
		refute_output
		run --separate-stderr groff -ww -man -T utf8 "$page"
		assert_success
		[ -z "$stderr" ] || fail "$stderr"
	done
}

# examples: the policies that a page or the README shows, as a policy file.
examples() {
	sed -n '/^\.SH EXAMPLES/,/^\.SH NOTES/p' "$PAGES/madvisor.policy.5" | sed -n '/^\.EX/,/^\.EE/p' |
		sed '/^\./d; s/\\-/-/g'
	sed -n '/^## The language/,/^## /p' "$SOURCE/README.md" | awk '/^```/ { inside = !inside; next } inside'
}

@test "the policies that the manual and the README show are without error" {
	examples | write_policy examples.policy
	assert [ "$(grep -c . examples.policy)" -ge 14 ]
	run madvisor check "$BATS_TEST_TMPDIR/examples.policy"
	# 1: this kernel lacks one of the advices
	assert [ "$status" -le 1 ]
	assert_output --partial 'examples.policy:1: '
}

@test "every test file that tests/README.md names is there" {
	grep -oE '(databases/)?[a-z-]+\.bats' "$SOURCE/tests/README.md" | sort -u >named
	assert [ -s named ]
	while IFS= read -r file; do
		assert_file_exist "$SOURCE/tests/$file"
	done <named
}
