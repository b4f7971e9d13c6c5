#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs that are started without what others have, or that throw it away.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 1M /dev/urandom >data.mdb
}

# build NAME <<SOURCE
build() {
	{ echo '#define _GNU_SOURCE' && cat; } >"$1.c"
	gcc -o "$1" "$1.c"
}

# prints_itself: ./itself says what it was given, and what the kernel says of a mapping of its own.
prints_itself() {
	build itself <<-'END'
		#include <fcntl.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/mman.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			char line[4096], *mapping = mmap(NULL, 65536, PROT_READ, MAP_SHARED, open("data.mdb", O_RDONLY), 0);
			FILE *smaps = fopen("/proc/self/smaps", "r");
			int found = 0;
			printf("arguments %d%s, environment%s\n", argc, argv[argc] ? "?" : "", environ[0] ? "" : " empty");
			while (mapping != MAP_FAILED && fgets(line, sizeof(line), smaps)) {
				found |= strstr(line, "data.mdb") != NULL;
				if (found && strncmp(line, "VmFlags:", 8) == 0)
					return fputs(line, stdout) < 0;
			}
			return 1;
		}
	END
}

@test "a program that is executed without an argument, not even its name, is advised by rules for programs" {
	[ "$(uname -m)" = x86_64 ] || skip "the start of a program is made for x86-64 only"
	prints_itself
	# Linux before 5.18 began a program so; since then execve(2) puts in an empty name.
	build nameless <<-'END'
		#include <sys/ptrace.h>
		#include <sys/user.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int main(void)
		{
			int status;
			pid_t child = fork();
			if (child == 0) {
				ptrace(PTRACE_TRACEME, 0, NULL, NULL);
				execl("./itself", "one", "two", NULL);
				_exit(127);
			}
			struct user_regs_struct registers;
			waitpid(child, &status, 0);
			if (ptrace(PTRACE_GETREGS, child, NULL, &registers))
				return 2;
			registers.rsp += 2 * sizeof(char *);   /* where the pointer to "two" is, NULL behind it: the stack stays aligned */
			if (ptrace(PTRACE_POKEDATA, child, registers.rsp, 0) || ptrace(PTRACE_SETREGS, child, NULL, &registers))
				return 2;
			ptrace(PTRACE_DETACH, child, NULL, NULL);
			waitpid(child, &status, 0);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	END
	build unnamed <<-'END'
		#include <unistd.h>
		int main(void)
		{
			return execve("./itself", (char *[]){ NULL }, environ);
		}
	END
	local start
	for start in ./nameless ./unnamed; do
		run --separate-stderr preload MADVISOR_LOG_LEVEL=info MADVISOR_RULES='program itself; argument *; *.mdb sequential
			program itself; *.mdb random' "$start"
		assert_success
		assert_line --regexp 'arguments [01], environment$'
		assert_line --regexp ' rr '
		assert_regex "$stderr" '\] itself: info: MADVISOR_RULES:5: applied random'
	done
	preload ./nameless | grep -qx 'arguments 0, environment'
}

# bats test_tags=no-sanitizer
@test "a program that is executed without an environment runs as without the library, where all programs load it" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	unshare --mount true 2>/dev/null || skip "mount namespaces are refused here"
	prints_itself
	build alone <<-'END'
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			return execve("./itself", argc > 1 ? NULL : (char *[]){ "itself", NULL }, argc > 2 ? NULL : (char *[]){ NULL });
		}
	END
	local arguments bare
	cp -a /etc etc
	echo "$LIBRARY" >etc/ld.so.preload
	for arguments in "" "none" "none none"; do
		# shellcheck disable=SC2086
		run --separate-stderr ./alone $arguments
		assert_line --partial 'environment empty'
		bare=$output
		run --separate-stderr timeout -s KILL 60 unshare --mount --propagation private \
			bash -c "mount --bind etc /etc; grep -q libmadvisor /proc/self/maps && exec ./alone $arguments"
		assert_success
		assert_output "$bare"
		assert_equal "$stderr" ""
	done
}

@test "a host that overwrites its arguments and its environment keeps policy, name and settings" {
	build forgetful <<-'END'
		#include <fcntl.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/mman.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			for (char **entry = environ; *entry; entry++)
				memset(*entry, 'x', strlen(*entry));
			for (int i = 0; i < argc; i++)
				memset(argv[i], 'x', strlen(argv[i]));
			clearenv();
			mmap(NULL, 65536, PROT_READ, MAP_SHARED, open("data.mdb", O_RDONLY), 0);
			puts("ready");
			fflush(stdout);
			while (access("end", F_OK))
				usleep(10000);
			return 0;
		}
	END
	write_policy test.policy <<<"*.db none"
	start MADVISOR_POLICY="$PWD/test.policy" MADVISOR_RULES="*.mdb random,dontdump override" MADVISOR_LOG_LEVEL=info ./forgetful
	wait_for grep -q ready stdout
	assert_regex "$(vmflags $pid "$PWD/data.mdb")" ' rr .*dd'
	run madvisor explain --all --pid $pid
	assert_line --regexp 'MADVISOR_RULES:1 +random,dontdump +yes .*data.mdb$'
	touch end
	wait $pid
	assert_regex "$(cat stderr)" 'forgetful: info: active: 2 rules of MADVISOR_RULES, test.policy'
	assert_regex "$(cat stderr)" 'forgetful: info: MADVISOR_RULES:1: applied random,dontdump'
	assert_regex "$(cat stderr)" 'forgetful: info: test.policy:1: summary: 0 mappings'
}
