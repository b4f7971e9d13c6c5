/* SPDX-License-Identifier: MIT */
/*
 * Text built in a buffer of the caller's: for log lines and error messages, where stdio has no place.
 *
 * Nothing here allocates, blocks, sets errno or fails: what does not fit is cut off and leaves "truncated" set.
 * Safe in a signal handler and before start. The text is always terminated by NUL.
 */
#ifndef MADVISOR_TEXT_H
#define MADVISOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *buffer;
	size_t size;      /* bytes, with the final NUL; at least 1 */
	size_t length;    /* bytes, without the NUL */
	bool truncated;
};

void text_init(struct text *text, char *buffer, size_t size);
/* A string alone: what fits of it, terminated. */
void text_copy(char *buffer, size_t size, const char *string);

void text_byte(struct text *text, char byte);
void text_bytes(struct text *text, const char *bytes, size_t length);
void text_string(struct text *text, const char *string);
void text_number(struct text *text, uint64_t number);

/* As the log writes sizes: "512 bytes", "64.0 KiB", "1.5 GiB". */
void text_size(struct text *text, uint64_t bytes);

/* Bytes below 0x20, 0x7f, '\' and '"' as \xNN. */
void text_escaped(struct text *text, const char *bytes, size_t length);

/* The same in double quotes. */
void text_quoted(struct text *text, const char *bytes, size_t length);

/* The name of an errno value ("EINVAL"), or "errno 1234". */
void text_errno(struct text *text, int number);

/* Decimal digits at the start of bytes. Returns how many bytes were read: 0 if none or on overflow of 64 bits. */
size_t text_parse_number(const char *bytes, size_t length, uint64_t *number);

#endif
