/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <errno.h>
#include <string.h>

void text_init(struct text *text, char *buffer, size_t size)
{
	text->buffer = buffer;
	text->size = size;
	text->length = 0;
	text->truncated = false;
	buffer[0] = '\0';
}

void text_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t room = text->size - 1 - text->length;
	if (length > room) {
		length = room;
		text->truncated = true;
	}
	if (length)
		memcpy(text->buffer + text->length, bytes, length);
	text->length += length;
	text->buffer[text->length] = '\0';
}

void text_copy(char *buffer, size_t size, const char *string)
{
	struct text text;
	text_init(&text, buffer, size);
	text_string(&text, string);
}

void text_byte(struct text *text, char byte)
{
	text_bytes(text, &byte, 1);
}

void text_string(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
}

void text_number(struct text *text, uint64_t number)
{
	char digits[20];   /* of 2^64 - 1 */
	size_t first = sizeof(digits);
	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	text_bytes(text, digits + first, sizeof(digits) - first);
}

void text_size(struct text *text, uint64_t bytes)
{
	static const char units[][4] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	const size_t last = sizeof(units) / sizeof(units[0]) - 1;

	if (bytes < 1024) {
		text_number(text, bytes);
		text_string(text, bytes == 1 ? " byte" : " bytes");
		return;
	}
	size_t unit = 0;
	while (unit < last && bytes >> (10 * (unit + 2)))
		unit++;
	unsigned shift = 10 * ((unsigned)unit + 1);
	uint64_t whole = bytes >> shift;
	uint64_t rest = bytes & ((UINT64_C(1) << shift) - 1);
	uint64_t tenths = (rest * 10 + (UINT64_C(1) << (shift - 1))) >> shift;
	whole += tenths / 10;
	tenths %= 10;
	if (whole == 1024 && unit < last) {   /* 1023.96 KiB */
		whole = 1;
		unit++;
	}
	text_number(text, whole);
	text_byte(text, '.');
	text_number(text, tenths);
	text_byte(text, ' ');
	text_string(text, units[unit]);
}

void text_escaped(struct text *text, const char *bytes, size_t length)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		if (byte >= 0x20 && byte != 0x7f && byte != '\\' && byte != '"') {
			text_byte(text, bytes[i]);
		} else {
			char escape[] = { '\\', 'x', hex[byte >> 4], hex[byte & 15] };
			text_bytes(text, escape, sizeof(escape));
		}
	}
}

void text_quoted(struct text *text, const char *bytes, size_t length)
{
	text_byte(text, '"');
	text_escaped(text, bytes, length);
	text_byte(text, '"');
}

/* What system calls answer; libc's own names need GLIBC_2.32. No pointers: nothing for the loader to relocate. */
#define NAME(error) [error] = #error
static const char errno_names[][16] = {
	NAME(EPERM), NAME(ENOENT), NAME(ESRCH), NAME(EINTR), NAME(EIO), NAME(ENXIO), NAME(E2BIG), NAME(ENOEXEC),
	NAME(EBADF), NAME(ECHILD), NAME(EAGAIN), NAME(ENOMEM), NAME(EACCES), NAME(EFAULT), NAME(ENOTBLK),
	NAME(EBUSY), NAME(EEXIST), NAME(EXDEV), NAME(ENODEV), NAME(ENOTDIR), NAME(EISDIR), NAME(EINVAL),
	NAME(ENFILE), NAME(EMFILE), NAME(ENOTTY), NAME(ETXTBSY), NAME(EFBIG), NAME(ENOSPC), NAME(ESPIPE),
	NAME(EROFS), NAME(EMLINK), NAME(EPIPE), NAME(EDOM), NAME(ERANGE), NAME(EDEADLK), NAME(ENAMETOOLONG),
	NAME(ENOLCK), NAME(ENOSYS), NAME(ENOTEMPTY), NAME(ELOOP), NAME(EIDRM), NAME(ENODATA), NAME(ETIME),
	NAME(EREMOTE), NAME(ENOLINK), NAME(ECOMM), NAME(EPROTO), NAME(EBADMSG), NAME(EOVERFLOW), NAME(EILSEQ),
	NAME(EUSERS), NAME(EOPNOTSUPP), NAME(ENETDOWN), NAME(ENETUNREACH), NAME(ECONNABORTED), NAME(ECONNRESET),
	NAME(ENOBUFS), NAME(ENOTCONN), NAME(ESHUTDOWN), NAME(ETIMEDOUT), NAME(ECONNREFUSED), NAME(EHOSTDOWN),
	NAME(EHOSTUNREACH), NAME(EALREADY), NAME(EINPROGRESS), NAME(ESTALE), NAME(EUCLEAN), NAME(EREMOTEIO),
	NAME(EDQUOT), NAME(ENOMEDIUM), NAME(EMEDIUMTYPE), NAME(ECANCELED), NAME(ENOKEY), NAME(EKEYEXPIRED),
	NAME(EKEYREVOKED), NAME(EKEYREJECTED), NAME(EOWNERDEAD), NAME(ENOTRECOVERABLE), NAME(EHWPOISON),
};
#undef NAME

void text_errno(struct text *text, int number)
{
	const size_t count = sizeof(errno_names) / sizeof(errno_names[0]);
	if (number > 0 && (size_t)number < count && errno_names[number][0]) {
		text_string(text, errno_names[number]);
		return;
	}
	text_string(text, "errno ");
	if (number < 0)
		text_byte(text, '-');
	text_number(text, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

size_t text_parse_number(const char *bytes, size_t length, uint64_t *number)
{
	uint64_t value = 0;
	size_t i = 0;
	for (; i < length && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
		unsigned digit = (unsigned)(bytes[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return 0;
		value = value * 10 + digit;
	}
	if (i)
		*number = value;
	return i;
}
