#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs that map their files, over data with checksums; NEUTRAL_ROWS makes the data larger.
# shellcheck disable=SC2317 # begin_anew is called by same

# A bare run has no sanitizer to be compared with.
# bats file_tags=no-sanitizer

load neutral

rows=${NEUTRAL_ROWS:-20000}

@test "git: commits, packs, clones and checks a repository" {
	needs git
	begin_anew() {
		rm -rf repository clone
	}
	cat >work <<-'END'
		set -e
		export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null HOME=/nonexistent
		export GIT_AUTHOR_DATE='1000000000 +0000' GIT_COMMITTER_DATE='1000000000 +0000'
		export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
		git init -q -b main repository
		cd repository
		for turn in 1 2 3; do
			for number in $(seq 60); do seq "$turn" "$((number * 40))" >"file$number"; done
			git add . && git commit -q -m "turn $turn"
			git repack -q -a -d
		done
		git clone -q . ../clone
		git -C ../clone fsck --full --strict
		git -C ../clone log --stat
		git -C ../clone diff HEAD~2 | sha256sum
		git gc -q --aggressive
		git cat-file --batch-all-objects --batch-check
	END
	same '' sh work
}

@test "sqlite3: fills, indexes, vacuums and checks a mapped database" {
	needs sqlite3
	begin_anew() {
		rm -f table.db*
	}
	cat >work.sql <<-END
		pragma mmap_size = 1073741824;
		pragma journal_mode = wal;
		create table t (a integer primary key, b blob);
		with recursive n(x) as (select 1 union all select x + 1 from n where x < $rows)
			insert into t select x, zeroblob(x % 700) || x from n;
		create index i on t (length(b), a);
		delete from t where a % 7 = 0;
		vacuum;
		pragma integrity_check;
		select count(*), sum(length(b)), max(a) from t;
		.sha3sum
	END
	same '' sqlite3 table.db '.read work.sql'
}

@test "LMDB's tools: load, copy, count and dump an environment" {
	needs mdb_load mdb_copy mdb_stat mdb_dump
	begin_anew() {
		rm -rf environment copy
		mkdir environment copy
	}
	{
		printf 'VERSION=3\nformat=print\ntype=btree\nmapsize=1073741824\ndb_pagesize=4096\nHEADER=END\n'
		awk -v rows="$rows" 'BEGIN { for (i = 0; i < rows; i++) printf " key%08d\n value %d %0200d\n", i, i, i * 7919 }'
		echo DATA=END
	} >dump
	same '' sh -c 'mdb_load -f dump environment && mdb_copy -c environment copy && mdb_stat -e copy && mdb_dump copy | sha256sum'
}

@test "node starts, and computes with buffers and files" {
	needs node
	same '' node -e '
		const fs = require("fs"), crypto = require("crypto");
		const bytes = Buffer.alloc(8 << 20, "madvisor");
		fs.writeFileSync("bytes", bytes);
		console.log(crypto.createHash("sha256").update(fs.readFileSync("bytes")).digest("hex"));
		console.log(require("child_process").execFileSync("cat", ["/proc/self/comm"]).toString());'
}
