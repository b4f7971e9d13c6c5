#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helpers

@test "the library is position-independent, without text relocations" {
	run readelf --wide --dynamic "$LIBRARY"
	assert_success
	refute_output --partial TEXTREL
}
