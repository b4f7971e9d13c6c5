/* SPDX-License-Identifier: MIT */
/* The first reading of a glob: whether it is right, and how much room it takes. */
#ifndef MADVISOR_GLOB_SURVEY_H
#define MADVISOR_GLOB_SURVEY_H

#include "glob_pattern.h"

struct glob_survey {
	bool absolute, slashes, wild;
	size_t prefix_end;     /* byte of the pattern: before it literal components, with the '/' behind them */
	size_t suffix_start;   /* byte of the pattern: from it on all is literal, within the last component */
	size_t bytes;          /* literal bytes in all, unquoted */
	size_t prefix_bytes;
	size_t suffix_bytes;
	size_t elements;       /* of the program, between prefix and suffix */
	size_t sets;
	/* the component that is being read */
	struct {
		size_t start;          /* byte of the pattern */
		size_t bytes;          /* literal ones */
		bool wild;
		size_t alternatives;   /* that its braces stand for */
		size_t elements;       /* of all its alternatives */
		size_t choices, choice_elements;   /* of the braces that are open */
	} component;
};

/* Returns false on an error; then the reader has the message and stands at the byte that is wrong. */
bool glob_survey(struct glob_survey *survey, struct glob_reader *reader);

#endif
