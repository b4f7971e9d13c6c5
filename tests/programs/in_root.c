/* SPDX-License-Identifier: MIT */
/* "in_root FOLDER COMMAND...": runs a command in a chroot, with the environment as it is. */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3 || chroot(argv[1]) || chdir("/")) {
		perror("in_root");
		return 2;
	}
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
