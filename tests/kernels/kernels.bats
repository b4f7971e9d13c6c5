#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# An older kernel for real: Debian's 6.1, booted under emulation.

load ../helpers

setup_file() {
	export top_builddir=$BUILD
	[ "$(uname -m)" = x86_64 ] || return 0
	[ -n "$(command -v qemu-system-x86_64)" ] && [ -n "$(command -v cpio)" ] ||
		DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends \
			qemu-system-x86 cpio </dev/null >&2
	mkdir -p "$BATS_FILE_TMPDIR/all"
	write_everything "$BATS_FILE_TMPDIR/all"
	"$BATS_TEST_DIRNAME/boot" "$BATS_FILE_TMPDIR/all" >"$BATS_FILE_TMPDIR/console" || echo "$?" >"$BATS_FILE_TMPDIR/status"
}

# write_everything FOLDER: a policy that names every advice there is, each for a file of its own, and a host that maps them.
write_everything() {
	local name when rest
	: >"$1/script"
	{
		while read -r name when rest; do
			case $when in
			*unmap*) echo "/data/$name unmap:$name" ;;
			*map*) echo "/data/$name $name unsafe" ;;
			*) continue ;;
			esac
			echo "head -c 1048576 /dev/zero >/data/$name" >>"$1/script"
		done < <("$MADVISOR" advice --json | "$PYTHON" -c '
import json, sys
for advice in json.load(sys.stdin):
    if advice["class"] != "useless" and advice["class"] != "foreign":
        print(advice["name"], ",".join(advice["moments"]) or "-")')
		echo "[anon] wipeonfork size>=8M unsafe"
	} >"$1/policy"
	cat >>"$1/script" <<-'END'
		for file in /data/*; do
			echo "--- $file"
			LD_PRELOAD=/bin/libmadvisor.so MADVISOR_POLICY=/policy MADVISOR_LOG_LEVEL=notice /bin/mapper \
				"open $file rw" "map rw shared 0" flags unmap
		done
		echo "--- anonymous"
		LD_PRELOAD=/bin/libmadvisor.so MADVISOR_POLICY=/policy /bin/mapper "map rw private 8M" flags
		echo "--- advice"
		/bin/madvisor advice
	END
}

setup() {
	[ "$(uname -m)" = x86_64 ] || skip "the emulated machine is an x86-64"
	[ "$(cat "$BATS_FILE_TMPDIR/status" 2>/dev/null)" != 77 ] || skip "Debian's kernel package cannot be had here"
	console=$(cat "$BATS_FILE_TMPDIR/console")
}

# said NAME: what the host said when it mapped the file that the rule with this advice names.
said() {
	sed -n "/^--- \/data\/$1\$/,/^---/p" <<<"$console" | grep -v '^---' || true
}

@test "the kernel that boots is 6.1, and the host runs to its end" {
	assert_regex "$console" '^=== 6\.1\.'
	assert_regex "$console" '=== end$'
}

@test "guard-install and guard-remove are not supported there, and need Linux 6.13" {
	local name
	for name in guard-install guard-remove; do
		assert_regex "$(said "$name")" "warning: policy:[0-9]+: $name: not supported by this kernel \(Linux 6\.1\.[^;]*; needs Linux 6\.13\)"
	done
}

@test "hwpoison and soft-offline are said to be as that kernel was built" {
	local name config
	config=$(echo "$BATS_FILE_TMPDIR"/debian/boot/config-*)
	for name in hwpoison soft-offline; do
		if grep -q '^CONFIG_MEMORY_FAILURE=y' "$config"; then
			refute_regex "$(said "$name")" 'not supported by this kernel'
		else
			assert_regex "$(said "$name")" "$name: not supported by this kernel \(Linux 6\.1\.[^ ]* is built without CONFIG_MEMORY_FAILURE\)"
		fi
	done
}

@test "what sticks is in VmFlags there, too" {
	assert_regex "$(said random)" ' rr '
	assert_regex "$(said sequential)" ' sr '
	assert_regex "$(said dontdump)" ' dd '
	assert_regex "$(said hugepage)" ' hg '
	assert_regex "$(said dontfork)" ' dc '
	assert_regex "$console" ' wf '
}

@test "the advices that 6.1 has draw no warning about the kernel" {
	local name
	for name in normal random sequential willneed populate-read populate-write dontdump dodump cold pageout; do
		[ -n "$(said "$name")" ]
		refute_regex "$(said "$name")" 'not supported by this kernel|error'
	done
}

@test "madvisor advice says of each what the kernel there says" {
	local table
	table=$(sed -n '/^--- advice/,$p' <<<"$console")
	assert_regex "$table" 'guard-install +content +6\.13 +no'
	assert_regex "$table" 'populate-read +prefetch +5\.14 +yes'
}
