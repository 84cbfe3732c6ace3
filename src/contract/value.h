/*
 * The value encoding: how a typed value crosses between the processes of ward.
 *
 * The gateway writes it while it parses and checks JSON; the worker builds JavaScript values from it and
 *writes results in it; the broker binds parameters from it and writes rows in it. It never leaves the machine
 *and is not stored. Integers are little-endian and unaligned. A value is a tag byte and a payload:
 *
 *	NULL FALSE TRUE   nothing
 *	INT               i64
 *	NUM               f64, finite
 *	BIG               u32 length, then a JSON number in text that neither i64 nor f64 holds exactly
 *	STR, ASCII        u32 length, then UTF-8 (ASCII: every byte below 0x80, a hint that saves the reader a
 *scan) BYTES             u32 length, then bytes                       ("x-ward-type": "bytes") DATE f64,
 *milliseconds since 1970-01-01T00:00:00Z  ("x-ward-type": "date") BIGINT            u32 length, then -?[0-9]+
 *("x-ward-type": "bigint") ARRAY             u32 content bytes, u32 count, then count values OBJECT u32
 *content bytes, u32 count, then count pairs of key and value
 *
 * A key is a u16 name id of the type set (see type.h), or VALUE_KEY_TEXT followed by u32 length and UTF-8,
 *for keys that no schema names. "content bytes" counts what follows the count, so that a reader skips a value
 *in one step.
 *
 * Whoever reads a value that came from a worker treats every length, count, tag and id as hostile:
 *value_check().
 */
#ifndef WARD_CONTRACT_VALUE_H
#define WARD_CONTRACT_VALUE_H

#include <stdint.h>

#include "base/buf.h"

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
#define VALUE_TAGS 13u

#define VALUE_KEY_TEXT 0xffffu
#define VALUE_DEPTH_MAX 128u

/* Writes one value; containers nest up to VALUE_DEPTH_MAX. Failures are the buffer's: ask buf_ok() at the
 * end. */
struct value_writer {
	struct buf *out;
	unsigned depth;
	struct {
		size_t head; /* where content bytes and count stand */
		uint32_t count;
	} frames[VALUE_DEPTH_MAX];
};

void value_writer_init(struct value_writer *w, struct buf *out);
void value_write_null(struct value_writer *w);
void value_write_bool(struct value_writer *w, bool value);
void value_write_int(struct value_writer *w, int64_t value);
/* Must be finite. */
void value_write_num(struct value_writer *w, double value);
/* UTF-8, as ASCII when it is. */
void value_write_string(struct value_writer *w, struct slice text);
void value_write_bytes(struct value_writer *w, struct slice bytes);
void value_write_date(struct value_writer *w, double unix_ms);
void value_write_bigint(struct value_writer *w, struct slice digits);
void value_write_big(struct value_writer *w, struct slice number);
void value_write_array_begin(struct value_writer *w);
void value_write_array_end(struct value_writer *w);
void value_write_object_begin(struct value_writer *w);
void value_write_key(struct value_writer *w, uint16_t name_id);
void value_write_key_text(struct value_writer *w, struct slice name);
void value_write_object_end(struct value_writer *w);

/* One value as it lies in an encoding: scalars whole, containers by their content. */
struct value_item {
	enum value_tag tag;
	int64_t integer;   /* INT */
	double number;	   /* NUM, DATE */
	struct slice text; /* STR, ASCII, BYTES, BIG, BIGINT; ARRAY and OBJECT: the content */
	uint32_t count;	   /* ARRAY, OBJECT */
};

/*
 * Cuts the first value off *rest, every length checked; fields that its tag does not name hold nothing of
 * use. False when it is malformed; *rest is then untouched.
 */
bool value_read(struct slice *rest, struct value_item *ret);
/* Cuts a key off an object's content: *ret_id, or VALUE_KEY_TEXT and *ret_text. */
bool value_read_key(struct slice *rest, uint16_t *ret_id, struct slice *ret_text);

#endif
