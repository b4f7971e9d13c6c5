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
	awk -v label="$2" -v figure="$3" -v bound="$5" -v most="$4" 'BEGIN {
		used = most == "at-most" ? figure / bound : bound / figure
		printf "%s\t%.3f\t%s (%s %s)\n", label, used, figure, most == "at-most" ? "at most" : "at least", bound
	}' >>"$out/$1.tsv"
}

quotient() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", b ? a / b : 0 }'
}

difference() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a - b }'
}

# draw SERIES: how much of its bound each figure takes up, as an SVG.
draw() {
	command -v gnuplot >/dev/null || return 0
	local rows
	rows=$(wc -l <"$out/$1.tsv")
	# It finds no room for the labels of a low picture, and has it.
	gnuplot <<-END 2>&1 | { grep -v "making room" || true; }
		height = 90 + 40 * $rows
		set terminal svg size 1100,height dynamic
		set output "$out/$1.svg"
		set title "$1: what each figure takes up of its bound" noenhanced
		set datafile separator "\t"
		set style fill solid 0.4
		set lmargin at screen 0.44
		set rmargin at screen 0.97
		set tmargin at screen 1 - 45.0 / height
		set bmargin at screen 45.0 / height
		set xrange [0:1.2<*]
		set yrange [$rows - 0.4:-0.6]
		set xtics ("0" 0, "half" 0.5, "bound" 1)
		set ytics noenhanced
		set arrow from 1, graph 0 to 1, graph 1 nohead linewidth 2
		plot "$out/$1.tsv" using 2:0:(0):2:(\$0 - 0.3):(\$0 + 0.3):ytic(1) with boxxyerror notitle, \
			"" using (0):0:3 with labels left offset 1, 0 noenhanced notitle
	END
}

# drop_cache FILE...: the pages of these files leave memory.
drop_cache() {
	local file
	for file; do
		dd of="$file" oflag=nocache conv=notrunc,fdatasync count=0 status=none
	done
}
