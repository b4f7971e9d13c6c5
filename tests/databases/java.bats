#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Lucene's MMapDirectory under the preset lucene, and a heap under the preset jvm.
# shellcheck disable=SC2154 # pid is set by serve

setup_file() {
	load helpers
	command -v javac >/dev/null || install_packages default-jdk-headless
	install_packages liblucene4.10-java strace
	prepare root
	CLASSPATH=$(printf '%s:' /usr/share/java/lucene-{core,demo,misc,analyzers-common,queryparser,queries}-4.10.*.jar)
	CLASSPATH+=$DATA
	export CLASSPATH
	cat >"$DATA/Queries.java" <<-'END'
		import java.io.*;
		import java.nio.file.*;
		import org.apache.lucene.index.*;
		import org.apache.lucene.search.*;
		import org.apache.lucene.store.*;

		class Queries {
			public static void main(String[] arguments) throws Exception {
				Directory directory = new MMapDirectory(new File(arguments[0]));
				IndexReader reader = DirectoryReader.open(directory);
				IndexSearcher searcher = new IndexSearcher(reader);
				for (String word : Files.readAllLines(Paths.get(arguments[1])))
					for (ScoreDoc hit : searcher.search(new TermQuery(new Term("contents", word)), 10).scoreDocs)
						System.out.println(word + " " + hit.doc + " " + hit.score + " " + searcher.doc(hit.doc).get("path"));
				System.out.println("the end");
				System.in.read();
			}
		}
	END
	javac -nowarn -d "$DATA" "$DATA/Queries.java"
	awk -v directory="$DATA/documents" 'BEGIN {
		system("mkdir " directory)
		for (i = 0; i < 1000; i++) {
			file = directory "/" i ".txt"
			for (j = 0; j < 200; j++)
				printf "w%x ", (i * 7919 + j * j * 104729) % 60013 >file
			close(file)
		}
		for (i = 0; i < 500; i++)
			printf "w%x\n", i * 7 % 60013 >(directory "/../queries")
	}'
	local part
	for part in 1 2; do
		java org.apache.lucene.demo.IndexFiles -index "$DATA/part$part" -docs "$DATA/documents" >/dev/null
	done
	java org.apache.lucene.misc.IndexMergeTool "$DATA/index" "$DATA/part1" "$DATA/part2" >/dev/null
}

setup() {
	load helpers
}

teardown() {
	kill_servers
}

teardown_file() {
	load helpers
	clean_up
}

# lucene MODE CLASS ARGUMENT...
lucene() {
	(launch "$1" lucene java -Xmx256m "${@:2}") 2>>"$DATA/log.$1"
}

# The preset knows Lucene's own tools by their class, and Solr by this property.
queries() {
	lucene "$1" -Dsolr.install.dir=/nowhere Queries "$2" "$DATA/queries" </dev/null
}

@test "Lucene indexes, merges, checks and finds the same under the preset" {
	local mode
	declare -A found
	for mode in bare advised; do
		lucene $mode org.apache.lucene.demo.IndexFiles -index "$DATA/$mode.part" -docs "$DATA/documents" >/dev/null
		lucene $mode org.apache.lucene.misc.IndexMergeTool "$DATA/$mode.index" "$DATA/$mode.part" "$DATA/part1" >/dev/null
		run lucene $mode org.apache.lucene.index.CheckIndex "$DATA/$mode.index"
		assert_output --partial "No problems were detected with this index."
		found[$mode]=$(queries $mode "$DATA/$mode.index" | sha256sum)
	done
	assert_equal "${found[advised]}" "${found[bare]}"
	run queries advised "$DATA/index"
	assert_line "the end"
	assert_equal "$output" "$(queries bare "$DATA/index")"
	assert_quiet 'Exception'
}

@test "Lucene's terms index is prefetched when a segment is opened (strace), other files are not" {
	local file trace=$BATS_TEST_TMPDIR/trace
	file=$(ls "$DATA"/index/_*.tip)
	run strace -f -y -e trace=mmap,madvise -o "$trace" "$DATA/stage/madvisor" run -p lucene -- \
		java -Dsolr.install.dir=/nowhere Queries "$DATA/index" "$DATA/queries" </dev/null
	assert_success
	address=$(sed -n "s|.*mmap(.*<$file>, 0) *= \(0x[0-9a-f]*\)\$|\1|p" "$trace")
	assert [ -n "$address" ]
	run grep -c "madvise(0x.*, MADV_WILLNEED) = 0" "$trace"
	assert_output 1
	grep "madvise($address, [0-9]*, MADV_WILLNEED) = 0" "$trace"
	run grep 'madvise(0x.*MADV_RANDOM' "$trace"
	assert_failure
	benefit "lucene: one request for the terms index of $(stat -c %s "$file") bytes, before the first query"
}

@test "a heap with -Xms gets huge pages under the preset jvm (VmFlags hg), and faults less" {
	local mode
	declare -A faults
	for mode in bare advised; do
		rm -f "$DATA/stop"
		mkfifo "$DATA/stop"
		serve $mode jvm sh -c "exec java -Xms512m -Xmx512m -XX:+AlwaysPreTouch Queries \
			'$DATA/index' '$DATA/queries' <'$DATA/stop' >'$DATA/out.$mode'"
		exec 8>"$DATA/stop"
		wait_until 30 grep -q 'the end' "$DATA/out.$mode"
		if [ $mode = advised ]; then
			assert_flag "$pid" '^rw-p $' 262144 hg
		else
			refute_flag "$pid" '^rw-p $' 262144 hg
		fi
		faults[$mode]=$(faults "$pid" minor)
		exec 8>&-
		wait "$pid"
	done
	assert_quiet 'Exception'
	benefit "java, heap of 512 MB: ${faults[bare]} minor faults; under jvm: ${faults[advised]}" \
		"(THP: $(</sys/kernel/mm/transparent_hugepage/enabled))"
}
