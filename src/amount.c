/* SPDX-License-Identifier: MIT */
/* Numbers with a suffix: "64", "2G", "50%". */
#include "reading.h"

static const struct {
	char letter;
	unsigned shift;
} suffixes[] = {
	{ 'K', 10 }, { 'M', 20 }, { 'G', 30 }, { 'T', 40 },
};

/* The shift of the suffix, or -1. */
static int suffix_shift(struct span suffix)
{
	if (suffix.length == 0)
		return 0;
	for (size_t i = 0; suffix.length == 1 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (suffixes[i].letter == suffix.bytes[0])
			return (int)suffixes[i].shift;
	}
	return -1;
}

bool read_amount(struct reading *reading, unsigned column, struct span text, uint64_t *number, bool *percent)
{
	size_t digits = 0;
	while (digits < text.length && text.bytes[digits] >= '0' && text.bytes[digits] <= '9')
		digits++;
	if (digits == 0) {
		complain(reading, column, "a number is expected, such as 64M");
		return false;
	}
	struct span suffix = span_from(text, digits);
	if (percent)
		*percent = span_is(suffix, "%");
	int shift = percent && *percent ? 0 : suffix_shift(suffix);
	if (shift < 0) {
		complain(reading, column + digits, "unknown suffix %q: K, M, G%s", suffix, percent ? ", T or %" : " or T");
		return false;
	}
	if (text_parse_number(text.bytes, digits, number) != digits || *number > UINT64_MAX >> shift) {
		complain(reading, column, "%q is too large", text);
		return false;
	}
	*number <<= shift;
	return true;
}
