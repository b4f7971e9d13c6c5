# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the library costs: calls, rules, regions, start.

small=$work/pairs.mdb

# pairs POLICY KIND COUNT [THREADS] [LIVE]: nanoseconds a pair under the library; "bare" as the policy: without it.
pairs() {
	local policy=$1
	shift
	set -- "$1" "$2" "${3:-1}" "${4:-0}" "$small"
	if [ "$policy" = bare ]; then
		"$programs/pairs" "$@"
	else
		with_library "$policy" "$programs/pairs" "$@"
	fi
}

# policy NAME <<rules: a policy file of that name in the work folder; its path.
policy() {
	cat >"$work/$1.policy"
	chmod 0644 "$work/$1.policy"
}

prepare_policies() {
	[ -s "$small" ] || head -c 1M /dev/urandom >"$small"
	seq 10 | sed 's|.*|/data/&/*.db random|' | policy ten
	{ cat "$work/ten.policy"; echo '*.mdb random'; } | policy match
	echo '*.mdb random size>=1G' | policy size
	echo '*.mdb random private' | policy flags
	seq 10000 | sed 's|.*|/data/&/*.q& random|' | policy tenthousand
	seq 1000 | sed 's|.*|**/*x&* random|' | policy wild
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

bench_rules() {
	prepare_policies
	heading "One pair of a file, by number of rules" ns
	in_turn pairs "$work/ten.policy" file 50000 -- pairs "$work/tenthousand.policy" file 50000
	judge rules "10,000 rules instead of 10" "$(quotient "$second" "$first")" at-most 1.3
	in_turn pairs "$work/ten.policy" file 20000 -- pairs "$work/wild.policy" file 20000
	judge rules "1,000 wild patterns instead of 10 rules: ns a rule" \
		"$(awk -v a="$first" -v b="$second" 'BEGIN { printf "%.2f", (b - a) / 990 }')" at-most 20
}

bench_regions() {
	prepare_policies
	heading "One pair of a file under override, by live regions" ns
	in_turn pairs "$work/regions.policy" file 20000 1 10 -- pairs "$work/regions.policy" file 20000 1 10000
	judge regions "10,000 live regions instead of 10" "$(quotient "$second" "$first")" at-most 1.5
}

# spawn NAME=VALUE...: milliseconds to start /bin/true.
spawn() {
	"$programs/spawn" 200 /bin/true "$@" | awk '{ printf "%.4f\n", $1 / 1000 }'
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
