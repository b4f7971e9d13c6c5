# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# How a benchmark measures and reports: commands in turn, medians, a ratio or a difference against its bound. Speed is judged here
# and nowhere else.

# shellcheck disable=SC2034 # the variables are for the benchmarks
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${top_builddir:-$source/build}
madvisor=$build/madvisor
library=$build/.libs/libmadvisor.so
programs=$build/tests/bench
out=$build/tests/bench/out
work=$build/bench
rounds=${ROUNDS:-7}
failed=0
mkdir -p "$out" "$work"
unset "${!MADVISOR_@}"
export MADVISOR_POLICY=

# with_library POLICY COMMAND...: under the library and a policy file ("": none).
with_library() {
	local policy=$1
	shift
	env LD_PRELOAD="$library" MADVISOR_POLICY="$policy" "$@"
}

# in_turn NAME COMMAND [ARGUMENT]... -- COMMAND [ARGUMENT]...: both commands print one number; each runs in turn, $rounds times. The medians
# are then in $first and $second.
in_turn() {
	local one=() round
	while [ "$1" != -- ]; do
		one+=("$1")
		shift
	done
	shift
	rm -f "$work/one" "$work/two"
	for ((round = 0; round < rounds; round++)); do
		"${one[@]}" >>"$work/one"
		"$@" >>"$work/two"
	done
	first=$(median <"$work/one")
	second=$(median <"$work/two")
}

median() {
	sort -g | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

# heading TEXT UNIT: begins a table.
heading() {
	printf '\n%s (%s; medians of %s runs in turn)\n' "$1" "$2" "$rounds"
	printf '%-64s %10s %10s %8s %8s\n' "" without with figure bound
}

# judge SERIES LABEL FIGURE RELATION BOUND: a line of the table, and of the series that is drawn. RELATION: at-most or at-least.
judge() {
	local verdict=""
	if awk -v figure="$3" -v bound="$5" -v most="$4" 'BEGIN { exit most == "at-most" ? figure <= bound : figure >= bound }'; then
		verdict="  FALLS SHORT"
		failed=$((failed + 1))
	fi
	printf '%-64s %10s %10s %8s %8s%s\n' "$2" "$first" "$second" "$3" "$5" "$verdict"
	printf '"%s"\t%s\t%s\n' "$2" "$3" "$5" >>"$out/$1.tsv"
}

quotient() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", b ? a / b : 0 }'
}

difference() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a - b }'
}

# draw SERIES TITLE: the figures and their bounds as an SVG.
draw() {
	command -v gnuplot >/dev/null || return 0
	gnuplot <<-END
		set terminal svg size 900,420 dynamic
		set output "$out/$1.svg"
		set title "$2"
		set style data histograms
		set style fill solid 0.7
		set yrange [0:*]
		set xtics rotate by -25
		set datafile separator "\t"
		plot "$out/$1.tsv" using 2:xtic(1) title "figure", "" using 3 title "bound"
	END
}

# drop_cache FILE...: the pages of these files leave memory.
drop_cache() {
	local file
	for file; do
		dd of="$file" oflag=nocache conv=notrunc,fdatasync count=0 status=none
	done
}
