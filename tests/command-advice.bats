#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

@test "madvisor without a command says how to ask, and fails with 2" {
	run -2 madvisor
	assert_output --partial "try 'madvisor --help'"
}

@test "an unknown command is answered with the nearest one" {
	run -2 madvisor advise
	assert_output --partial 'did you mean "advice"?'
}

@test "an unknown option names the help of its command" {
	run -2 madvisor advice --jsn
	assert_line "try 'madvisor advice --help'"
}

@test "--version prints the version" {
	run -0 madvisor --version
	assert_output --regexp '^madvisor [0-9]+\.[0-9]+'
}

@test "each command that --help lists has a help with usage, options, exit status and an example" {
	local command
	while read -r command; do
		run -0 madvisor "$command" --help
		assert_line --regexp "^usage: madvisor $command "
		assert_line 'options:'
		assert_line 'exit status:'
		assert_line 'example:'
	done < <(madvisor --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
}

@test "output that cannot be written is not success" {
	run -1 bash -c "'$MADVISOR' advice >/dev/full"
	assert_output --partial "No space left on device"
}

@test "advice lists every advice of advice.def" {
	run -0 madvisor advice
	while read -r name; do
		assert_line --regexp "^$name +[a-z]+ "
	done < <(sed -n 's/^ADVICE([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$SOURCE/src/advice.def")
}

@test "advice says of each what madvise(2) with a length of 0 says" {
	madvisor advice --json >"$BATS_TEST_TMPDIR/advice.json"
	run -0 "$PYTHON" - "$BATS_TEST_TMPDIR/advice.json" "$SOURCE/src/advice.def" <<'EOF'
import ctypes, json, re, sys
libc = ctypes.CDLL(None, use_errno=True)
values = dict(re.findall(r'^ADVICE\(\w+, "([a-z-]+)", (\d+), \w+, MADVISE', open(sys.argv[2]).read(), re.M))
table = {row["name"]: row for row in json.load(open(sys.argv[1]))}
assert len(values) > 20
for name, value in values.items():
    known = libc.madvise(None, ctypes.c_size_t(0), int(value)) == 0
    assert table[name]["supported"] == known, name
    assert known or "not supported by this kernel" in table[name]["reason"], name
EOF
}

@test "on a terminal the last column of advice is wrapped to its width" {
	needs script
	run -0 script -qec "stty cols 120; '$MADVISOR' advice" /dev/null
	local line
	for line in "${lines[@]}"; do
		[ "${#line}" -le 121 ] || fail "${#line} characters: $line"
	done
}
