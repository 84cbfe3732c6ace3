/*
 * The value encoding: how a typed value crosses between the processes of ward.
 *
 * The gateway writes it while it parses and checks JSON; the worker builds JavaScript values from it and writes
 * results in it; the broker binds parameters from it and writes rows in it. It never leaves the machine and is not
 * stored. Integers are little-endian and unaligned. A value is a tag byte and a payload:
 *
 *	NULL FALSE TRUE   nothing
 *	INT               i64
 *	NUM               f64, finite
 *	BIG               u32 length, then a JSON number in text that neither i64 nor f64 holds exactly
 *	STR, ASCII        u32 length, then UTF-8 (ASCII: every byte below 0x80, a hint that saves the reader a scan)
 *	BYTES             u32 length, then bytes                       ("x-ward-type": "bytes")
 *	DATE              f64, milliseconds since 1970-01-01T00:00:00Z  ("x-ward-type": "date")
 *	BIGINT            u32 length, then -?[0-9]+                     ("x-ward-type": "bigint")
 *	ARRAY             u32 content bytes, u32 count, then count values
 *	OBJECT            u32 content bytes, u32 count, then count pairs of key and value
 *
 * A key is a u16 name id of the type set (see type.h), or VALUE_KEY_TEXT followed by u32 length and UTF-8, for keys
 * that no schema names. "content bytes" counts what follows the count, so that a reader skips a value in one step.
 *
 * Whoever reads a value that came from a worker treats every length, count, tag and id as hostile: value_check().
 */
#ifndef WARD_CONTRACT_VALUE_H
#define WARD_CONTRACT_VALUE_H

#include <stdint.h>

#include "base/slice.h"

enum value_tag {
	VALUE_NULL = 0,
	VALUE_FALSE = 1,
	VALUE_TRUE = 2,
	VALUE_INT = 3,
	VALUE_NUM = 4,
	VALUE_BIG = 5,
	VALUE_STR = 6,
	VALUE_ASCII = 7,
	VALUE_BYTES = 8,
	VALUE_DATE = 9,
	VALUE_BIGINT = 10,
	VALUE_ARRAY = 11,
	VALUE_OBJECT = 12,
};

#define VALUE_KEY_TEXT 0xffffu
#define VALUE_DEPTH_MAX 128u

#endif
