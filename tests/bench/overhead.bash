# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the library costs: calls, rules, regions, start.

small=$work/pairs.mdb
pairs_program=("$programs/pairs")

# pairs POLICY KIND COUNT [THREADS] [LIVE]: nanoseconds a pair under the library; "bare" as the policy: without it. One thread stays on
# one processor: a move costs more than what is measured.
pairs() {
	local policy=$1
	shift
	set -- "$1" "$2" "${3:-1}" "${4:-0}" "$small"
	local command=("${pairs_program[@]}" "$@")
	[ "$3" != 1 ] || command=(taskset -c 0 "${command[@]}")
	if [ "$policy" = bare ]; then
		"${command[@]}"
	else
		with_library "$policy" "${command[@]}"
	fi
}

# policy NAME: its input, as $work/NAME.policy.
policy() {
	cat >"$work/$1.policy"
	chmod 0644 "$work/$1.policy"
}

# scramble WORD LENGTH: strings of that many of its letters, of which it holds none.
scramble() {
	awk -v word="$1" -v length_wanted="$2" '
		function extend(text, i) {
			if (length(text) == length_wanted) {
				if (!index(word, text))
					print text
				return
			}
			for (i = 1; i <= length(word); i++)
				extend(text substr(word, i, 1))
		}
		BEGIN { gsub(/[^a-z]/, "", word); extend("") }' | sort -u
}

prepare_policies() {
	[ -s "$small" ] || head -c 1M /dev/urandom >"$small"
	seq 10 | sed 's|.*|/data/&/*.db random|' | policy ten
	{ cat "$work/ten.policy"; echo '*.mdb random'; } | policy match
	echo '*.mdb random size>=1G' | policy size
	echo '*.mdb random private' | policy flags
	seq 10000 | sed 's|.*|/data/&/*.q& random|' | policy tenthousand
	seq 1000 | sed 's|.*|**/*x&* random|' | policy wild
	scramble "$(basename "$small")" 4 | sed '1001,$d; s|.*|**/*&* random|' | policy scrambled
	echo '*.mdb random override' | policy regions
}

bench_overhead() {
	prepare_policies
	heading "One pair of mmap and munmap" ns
	in_turn pairs bare anon 100000 -- pairs "" anon 100000
	judge overhead "anonymous, library asleep" "$(quotient "$second" "$first")" at-most 1.02
	in_turn pairs bare anon 100000 -- pairs "$work/ten.policy" anon 100000
	judge overhead "anonymous, no rule for anonymous memory" "$(quotient "$second" "$first")" at-most 1.02
	in_turn pairs bare file 100000 -- pairs "$work/flags.policy" file 100000
	judge overhead "file, ruled out by flags" "$(quotient "$second" "$first")" at-most 1.03
	in_turn pairs bare file 100000 -- pairs "$work/size.policy" file 100000
	judge overhead "file, ruled out by size" "$(quotient "$second" "$first")" at-most 1.03
	in_turn pairs bare names 50000 -- pairs "$work/ten.policy" file 50000
	judge overhead "file, 10 rules, none matches (without: fstat and readlink)" "$(quotient "$second" "$first")" at-most 1.05
	in_turn pairs bare advises 50000 -- pairs "$work/match.policy" file 50000
	judge overhead "file, a rule matches (without: and its own madvise)" "$(quotient "$second" "$first")" at-most 1.05
	in_turn pairs bare anon 100000 2 -- pairs "$work/ten.policy" anon 100000 2
	judge overhead "anonymous, two threads" "$(quotient "$second" "$first")" at-most 1.10
}

# Of the 990 rules that the second policy has more than the first.
per_rule() {
	awk -v a="$first" -v b="$second" 'BEGIN { printf "%.2f", (b - a) / 990 }'
}

bench_rules() {
	prepare_policies
	heading "One pair of a file, by number of rules" ns
	in_turn pairs "$work/ten.policy" file 50000 -- pairs "$work/tenthousand.policy" file 50000
	judge rules "10,000 rules instead of 10" "$(quotient "$second" "$first")" at-most 1.3
	in_turn pairs "$work/ten.policy" file 20000 -- pairs "$work/wild.policy" file 20000
	judge rules "1,000 wild patterns instead of 10 rules: ns a rule" "$(per_rule)" at-most 20
	in_turn pairs "$work/ten.policy" file 20000 -- pairs "$work/scrambled.policy" file 20000
	judge rules "the same, of letters that the name has" "$(per_rule)" at-most 20
}

bench_regions() {
	prepare_policies
	heading "One pair of a file under override, by live regions" ns
	in_turn pairs "$work/regions.policy" file 20000 1 10 -- pairs "$work/regions.policy" file 20000 1 10000
	judge regions "10,000 live regions instead of 10" "$(quotient "$second" "$first")" at-most 1.5
	in_turn pairs "$work/regions.policy" churn 20000 1 10 -- pairs "$work/regions.policy" churn 20000 1 10000
	judge regions "the same, in random order" "$(quotient "$second" "$first")" at-most 1.5
}

# instructions POLICY KIND: of one pair; the start of the program is left out by counting two runs of different length.
instructions() {
	local count
	for count in 1000 3000; do
		pairs "$1" "$2" $count 2>&1 >/dev/null | awk '/Collected/ { print $NF }'
	done | awk 'NR == 1 { first = $1 } END { printf "%.0f\n", ($1 - first) / 2000 }'
}

# count_instructions LABEL KIND POLICY BARE: the pair under the policy, and what a program that knows does by itself; no bound.
count_instructions() {
	first=$(instructions bare "$4")
	second=$(instructions "$3" "$2")
	printf '%-64s %10s %10s %8s\n' "$1" "$first" "$second" "$(awk -v a="$first" -v b="$second" 'BEGIN { print b - a }')"
}

bench_instructions() {
	command -v valgrind >/dev/null || {
		echo "  instructions left out: valgrind is not installed"
		return 0
	}
	local pairs_program=(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$programs/pairs")
	prepare_policies
	printf '\n%-64s %10s %10s %8s\n' "Instructions of one pair, by callgrind: the same in each run" without with beyond
	count_instructions "anonymous, library asleep" anon "" anon
	count_instructions "anonymous, no rule for anonymous memory" anon "$work/ten.policy" anon
	count_instructions "file, ruled out by flags" file "$work/flags.policy" file
	count_instructions "file, ruled out by size" file "$work/size.policy" file
	count_instructions "file, 10 rules, none matches (without: fstat and readlink)" file "$work/ten.policy" names
	count_instructions "file, a rule matches (without: and its own madvise)" file "$work/match.policy" advises
	count_instructions "file, 10,000 rules (without: fstat and readlink)" file "$work/tenthousand.policy" names
}

# spawn NAME=VALUE...: milliseconds to start /bin/true, on one processor.
spawn() {
	taskset -c 0 "$programs/spawn" 200 /bin/true "$@" | awk '{ printf "%.4f\n", $1 / 1000 }'
}

# peer LABEL LIBRARY: what another preload costs; no bound.
peer() {
	local path
	path=$(find /usr/lib -name "$2" 2>/dev/null | head -n 1)
	[ -n "$path" ] || return 0
	in_turn spawn A=1 -- spawn "LD_PRELOAD=$path"
	printf '%-64s %10s %10s %8s\n' "  for comparison: $1" "$first" "$second" "$(difference "$second" "$first")"
}

bench_start() {
	prepare_policies
	seq 100 | sed 's|.*|/data/&/*.mdb random size>=1M|' | policy hundred
	seq 1000 | sed 's|.*|/data/&/**/n&*.mdb random,dontdump size>=1M|' | policy thousand
	{ echo 'program slapd'; cat "$work/hundred.policy"; } | policy others
	heading "Start of /bin/true" ms
	in_turn spawn A=1 -- spawn "LD_PRELOAD=$library" "MADVISOR_POLICY=$work/others.policy"
	judge start "no rule for it" "$(difference "$second" "$first")" at-most 0.15
	in_turn spawn A=1 -- spawn "LD_PRELOAD=$library" "MADVISOR_POLICY=$work/hundred.policy"
	judge start "100 rules" "$(difference "$second" "$first")" at-most 0.30
	in_turn spawn A=1 -- spawn "LD_PRELOAD=$library" "MADVISOR_POLICY=$work/thousand.policy"
	judge start "1,000 rules" "$(difference "$second" "$first")" at-most 1.0
	peer libeatmydata libeatmydata.so
	peer libfaketime libfaketime.so.1
	peer nocache nocache.so
	bench_memory
}

# kilobytes POLICY: memory of the test host in a pause that is the library's or nobody's file, as the kernel counts it page by page;
# "bare" as the policy: without the library. How much of libc is in memory differs from run to run.
kilobytes() {
	local preload=()
	[ "$1" = bare ] || preload=(env LD_PRELOAD="$library" MADVISOR_POLICY="$1")
	"${preload[@]}" "$build/tests/programs/mapper" pause < <(sleep 0.3) >"$work/pid" &
	local pid=$!
	sleep 0.15
	awk '
		/^[0-9a-f]+-[0-9a-f]+ / { ours = /libmadvisor|\/dev\/zero/ }
		ours && $1 == "Rss:" || !ours && $1 == "Anonymous:" { sum += $2 }
		END { print sum }' "/proc/$pid/smaps"
	wait "$pid"
}

bench_memory() {
	in_turn kilobytes bare -- kilobytes "$work/others.policy"
	judge start "memory of the library asleep, KB" "$(difference "$second" "$first")" at-most 150
	in_turn kilobytes bare -- kilobytes "$work/thousand.policy"
	judge start "memory of the library with 1,000 rules, KB" "$(difference "$second" "$first")" at-most 300
}
