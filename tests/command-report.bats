#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 2M /dev/urandom >some.db
}

@test "--report says what each rule did, though the program has ended" {
	run -0 --separate-stderr madvisor run --report -r '*.db random' -r '[anon] dontdump size>=8M size<9M' \
		"$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0' 'map r shared 0' close 'map rw private 8M' flags
	assert_output --partial ' dd'
	[[ $stderr =~ MADVISOR_RULES:1\ +2\ +4\.0\ MiB\ +0\ +0 ]] || fail "$stderr"
	[[ $stderr =~ MADVISOR_RULES:2\ +1\ +8\.0\ MiB\ +0\ +0 ]] || fail "$stderr"
}

@test "--report of a dry run says that nothing was advised" {
	run -0 --separate-stderr madvisor run -n --report -r '*.db random' "$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0' flags
	assert_regex "$stderr" 'dry run: nothing was advised'
	refute_output --partial ' rr '
	run -0 --separate-stderr madvisor run --report -r '*.db random' "$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0'
	refute_regex "$stderr" 'dry run'
}

@test "--report leaves nothing behind" {
	# shellcheck disable=SC2016 # for the shell below
	run -0 --separate-stderr madvisor run --report -r '*.db random' sh -c 'ls -d "$MADVISOR_REPORT"/*; echo "$MADVISOR_REPORT"'
	assert_line --index 0 --regexp '^/dev/shm/madvisor-.*/[0-9]+$'
	assert_not_exists "${lines[-1]}"
}

@test "--report sums up over programs that are executed, forked and killed" {
	mkfifo hold
	run -0 --separate-stderr madvisor run --report -r '*.db random' sh -c "
		'$PROGRAMS/mapper' 'open some.db ro' 'map r shared 0' 'fork map r shared 0'
		'$PROGRAMS/mapper' 'open some.db ro' 'map r shared 0' pause <>hold >started &
		until [ -s started ]; do sleep 0.1; done
		kill -KILL \$!
		exec '$PROGRAMS/mapper' 'open some.db ro' 'map r shared 0'"
	[[ $stderr =~ MADVISOR_RULES:1\ +4\ +8\.0\ MiB\ +0\ +0 ]] || fail "$stderr"
}

@test "--report says that a program could not write what it did" {
	run -0 --separate-stderr bash -c 'ulimit -f 1; exec "$@"' bash "$MADVISOR" run --report -r '*.db random' "$PROGRAMS/mapper" \
		'open some.db ro' 'map r shared 0'
	assert_regex "$stderr" 'left out: 1 of the programs could not write a report'
	refute_regex "$stderr" 'no rule was for'
}

@test "--report counts what the program made the storage read, and its major faults" {
	drop_cache some.db
	[ "$(resident some.db)" = 0 ] || skip "the page cache keeps the file"
	run -0 --separate-stderr madvisor run --report -r '*.db random' "$PROGRAMS/mapper" 'open some.db ro' 'map r shared 0' touch
	[[ $stderr =~ 'read from storage  0 bytes' ]] && skip "this file system's reads are not counted"
	[[ $stderr =~ 'major faults       '([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -ge 1 ] || fail "$stderr"
}

@test "--report keeps the exit status" {
	run -7 madvisor run --report -r '*.db random' sh -c 'exit 7'
	assert_output --partial 'report on sh, exit status 7'
	run -127 madvisor run --report -r '*.db random' nosuchprogram
	run -126 madvisor run --report -r '*.db random' ./some.db
	run -2 madvisor run --report -r '*.db randon' touch started
	assert_file_not_exist started
}

# bats test_tags=no-sanitizer
@test "--report ends by the signal that ended the program" {
	# shellcheck disable=SC2016 # for the shell below
	run -0 env --default-signal "$PYTHON" -c '
import subprocess, sys
result = subprocess.run([sys.argv[1], "run", "--report", "-r", "*.db random", "sh", "-c", "kill -USR1 $$"])
assert result.returncode == -10, result' "$MADVISOR"
	assert_output --partial 'ended by signal 10'
}

# bats test_tags=no-sanitizer
@test "--report passes signals on" {
	local signal
	for signal in HUP TERM USR1 USR2 RTMIN+3; do
		rm -f ready
		env --default-signal "$MADVISOR" run --report -r '*.db random' bash -c "
			trap 'echo got $signal; exit 9' $signal
			touch ready
			for _ in {1..200}; do sleep 0.05; done" >out 2>&1 3>&- &
		local reporter=$!
		wait_for test -e ready
		kill -s "$signal" "$reporter"
		local ended=0
		wait "$reporter" || ended=$?
		assert_equal "$ended" 9
		run -0 cat out
		assert_line "got $signal"
	done
}
