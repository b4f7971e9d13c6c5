/* SPDX-License-Identifier: MIT */
/*
 * The library's own of the functions of <string.h> that it and the compiler call, hidden like all else.
 *
 * So no hook runs what the program or another preload has put in libc's place, whatever that may do; and a host has no page of
 * libc in memory because of a library that sleeps (with libc's own: 30 kB more). Texts are short here, or read at start.
 */
#define __NO_STRING_INLINES   /* glibc before 2.26 has macros of these names */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* In a loop: a compiler that knows the idiom would make it a call of the function that it is the body of. */
#define KEEP_LOOP() __asm__ volatile("")

typedef unsigned char block __attribute__((vector_size(16), may_alias, aligned(1)));
typedef unsigned long word __attribute__((may_alias, aligned(1)));
#define LOW_BITS (~0ul / 0xff)   /* of each byte of a word */

/*
 * By large pieces: the table of regions moves by hundreds of kilobytes. A piece is read whole before it is written, so that memory
 * may overlap either way.
 */
static void *move(void *to, const void *from, size_t count)
{
	char *target = to;
	const char *source = from;
	bool down = target > source;
	size_t done = 0;
	for (; count - done >= 4 * sizeof(block); done += 4 * sizeof(block)) {
		size_t at = down ? count - done - 4 * sizeof(block) : done;
		const block *in = (const block *)(source + at);
		block *out = (block *)(target + at);
		block first = in[0], second = in[1], third = in[2], fourth = in[3];
		KEEP_LOOP();
		out[0] = first;
		out[1] = second;
		out[2] = third;
		out[3] = fourth;
	}
	for (; done < count; done++) {
		size_t at = down ? count - done - 1 : done;
		KEEP_LOOP();
		target[at] = source[at];
	}
	return to;
}

void *memmove(void *to, const void *from, size_t count)
{
	return move(to, from, count);
}

/* Not by memmove: that, of memory that does not overlap, a compiler takes for memcpy. */
void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
	return move(to, from, count);
}

void *memset(void *memory, int byte, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		KEEP_LOOP();
		((char *)memory)[i] = (char)byte;
	}
	return memory;
}

static int compare(const void *one, const void *other, size_t count)
{
	const unsigned char *a = one, *b = other;
	size_t i = 0;
	while (i < count && a[i] == b[i]) {
		KEEP_LOOP();
		i++;
	}
	return i < count ? a[i] - b[i] : 0;
}

int memcmp(const void *one, const void *other, size_t count)
{
	return compare(one, other, count);
}

/* What clang calls for a memcmp that is only asked whether it is 0. */
int bcmp(const void *one, const void *other, size_t count)
{
	return compare(one, other, count);
}

void *memchr(const void *memory, int byte, size_t count)
{
	const unsigned char *at = memory, *end = at + count;
	word wanted = (unsigned char)byte * LOW_BITS;
	/* A byte that is zero borrows from its highest bit. */
	for (word rest; end - at >= (ptrdiff_t)sizeof(word); at += sizeof(word)) {
		rest = *(const word *)at ^ wanted;
		if ((rest - LOW_BITS) & ~rest & LOW_BITS << 7)
			break;
	}
	while (at < end && *at != (unsigned char)byte) {
		KEEP_LOOP();
		at++;
	}
	return at < end ? (void *)at : NULL;
}

size_t strlen(const char *text)
{
	size_t length = 0;
	while (text[length]) {
		KEEP_LOOP();
		length++;
	}
	return length;
}

int strncmp(const char *one, const char *other, size_t count)
{
	size_t i = 0;
	while (i < count && one[i] && one[i] == other[i]) {
		KEEP_LOOP();
		i++;
	}
	return i < count ? (unsigned char)one[i] - (unsigned char)other[i] : 0;
}

int strcmp(const char *one, const char *other)
{
	return strncmp(one, other, PTRDIFF_MAX);
}

char *strchr(const char *text, int byte)
{
	while (*text && *text != (char)byte) {
		KEEP_LOOP();
		text++;
	}
	return *text == (char)byte ? (char *)text : NULL;
}

char *strrchr(const char *text, int byte)
{
	const char *found = NULL;
	do {
		KEEP_LOOP();
		if (*text == (char)byte)
			found = text;
	} while (*text++);
	return (char *)found;
}

char *strstr(const char *text, const char *wanted)
{
	size_t length = strlen(wanted);
	while (strncmp(text, wanted, length) != 0 && *text)
		text++;
	return strncmp(text, wanted, length) == 0 ? (char *)text : NULL;
}
