/* SPDX-License-Identifier: MIT */
/* Prints the memory that this process may use, in bytes. */
#include <inttypes.h>
#include <stdio.h>

#include "memory.h"

int main(void)
{
	printf("%" PRIu64 "\n", memory_limit());
	return 0;
}
