/* SPDX-License-Identifier: MIT */
/* Dirties what malloc gives, gives it back, and says whether calloc makes zeros of it. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 16

static bool is_zero(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

int main(void)
{
	static char *blocks[BLOCKS];
	bool zero = true;
	for (size_t size = 16 << 10; size <= 256 << 10; size *= 2) {
		for (int round = 0; round < 4; round++) {
			for (int i = 0; i < BLOCKS; i++) {
				blocks[i] = round % 2 ? calloc(1, size) : malloc(size);
				if (!blocks[i])
					return 1;
				if (round % 2)
					zero &= is_zero(blocks[i], size);
				memset(blocks[i], 0x5a, size);
			}
			for (int i = 0; i < BLOCKS; i++)
				free(blocks[i]);
		}
	}
	puts(zero ? "zero" : "not zero");
	return 0;
}
