# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the demonstrations share: runs in turn from a cold cache, and a table of medians.

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${top_builddir:-$source/build}
madvisor=$build/madvisor
folder=$build/demo
runs=3
mkdir -p "$folder"

say() {
	printf '%s\n' "$*"
}

# drop_cache FILE...: the pages of these files leave memory; no root needed.
drop_cache() {
	local file
	for file; do
		dd of="$file" oflag=nocache conv=notrunc,fdatasync count=0 status=none
	done
}

# readahead FILE: of the device that holds it.
readahead() {
	local device kilobytes
	device=$(stat -c '%Hd:%Ld' "$1")
	kilobytes=$(cat "/sys/dev/block/$device/queue/read_ahead_kb" "/sys/dev/block/$device/../queue/read_ahead_kb" 2>/dev/null | head -n 1)
	echo "${kilobytes:-unknown} KiB"
}

# measure RESULTS COMMAND...: appends "seconds bytes-read major-faults" to the file RESULTS. The kernel counts storage in
# blocks of 512 bytes: getrusage(2).
measure() {
	local results=$1
	shift
	/usr/bin/python3 - "$@" 3>>"$results" <<-'END'
		import os, resource, subprocess, sys, time
		start = time.monotonic()
		subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
		seconds = time.monotonic() - start
		used = resource.getrusage(resource.RUSAGE_CHILDREN)
		os.write(3, f"{seconds:.3f} {used.ru_inblock * 512} {used.ru_majflt}\n".encode())
	END
}

# median RESULTS COLUMN
median() {
	sort -g -k "$2,$2" "$1" | awk -v column="$2" '{ value[NR] = $column } END { print value[int((NR + 1) / 2)] }'
}

# row NAME RESULTS
row() {
	awk -v name="$1" -v seconds="$(median "$2" 1)" -v bytes="$(median "$2" 2)" -v faults="$(median "$2" 3)" \
		'BEGIN { printf "%-26s %10.2f %16.1f %14d\n", name, seconds, bytes / 1e6, faults }'
}

# ratio RESULTS RESULTS COLUMN: of the medians; how many times as much the first is.
ratio() {
	awk -v a="$(median "$1" "$3")" -v b="$(median "$2" "$3")" 'BEGIN { printf "%.1f", (b > 0 ? a / b : 0) }'
}

# compare NAME NAME FILE...: the commands in the arrays plain and advised, in turn, each from a cold cache; and the table.
compare() {
	local name_plain=$1 name_advised=$2 run
	shift 2
	rm -f "$folder/plain" "$folder/advised"
	for ((run = 0; run < runs; run++)); do
		drop_cache "$@"
		measure "$folder/plain" "${plain[@]}"
		drop_cache "$@"
		measure "$folder/advised" "${advised[@]}"
	done
	printf '%-26s %10s %16s %14s\n' median seconds "MB from storage" "major faults"
	row "$name_plain" "$folder/plain"
	row "$name_advised" "$folder/advised"
	printf '%-26s %9sx %15sx %13sx\n' "as much without" "$(ratio "$folder/plain" "$folder/advised" 1)" \
		"$(ratio "$folder/plain" "$folder/advised" 2)" "$(ratio "$folder/plain" "$folder/advised" 3)"
	if awk -v seconds="$(ratio "$folder/plain" "$folder/advised" 1)" -v bytes="$(ratio "$folder/plain" "$folder/advised" 2)" \
		'BEGIN { exit seconds >= 1.5 || bytes >= 1.5 }'; then
		say
		say "The storage shows no difference here: the file system is in memory, or the device reads little ahead."
	fi
}
