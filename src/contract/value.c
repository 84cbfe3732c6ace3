/* The value encoding, written and read. Readers trust nothing; writers trust their caller and leave failures
 * to the buffer. */
#include "contract/value.h"

#include <math.h>

#include "base/check.h"

void value_writer_init(struct value_writer *w, struct buf *out)
{
	w->out = out;
	w->depth = 0;
}

/* One value more in the container that is open. */
static void counted(struct value_writer *w)
{
	if (w->depth > 0)
		w->frames[w->depth - 1].count++;
}

static void put(struct value_writer *w, enum value_tag tag, const void *payload, size_t n)
{
	char *at = buf_reserve(w->out, n + 1);
	counted(w);
	if (!at)
		return;
	at[0] = (char)tag;
	if (n > 0)
		memcpy(at + 1, payload, n);
	w->out->len += n + 1;
}

static void put_text(struct value_writer *w, enum value_tag tag, struct slice text)
{
	uint32_t n = (uint32_t)text.len;
	if (text.len > UINT32_MAX) {
		w->out->failed = true;
		return;
	}
	put(w, tag, &n, sizeof n);
	buf_add_slice(w->out, text);
}

void value_write_null(struct value_writer *w)
{
	put(w, VALUE_NULL, NULL, 0);
}

void value_write_bool(struct value_writer *w, bool value)
{
	put(w, value ? VALUE_TRUE : VALUE_FALSE, NULL, 0);
}

void value_write_int(struct value_writer *w, int64_t value)
{
	put(w, VALUE_INT, &value, sizeof value);
}

void value_write_num(struct value_writer *w, double value)
{
	ASSERT(isfinite(value));
	put(w, VALUE_NUM, &value, sizeof value);
}

void value_write_string(struct value_writer *w, struct slice text)
{
	unsigned char high = 0;
	for (size_t i = 0; i < text.len; i++)
		high |= (unsigned char)text.ptr[i];
	put_text(w, high < 0x80 ? VALUE_ASCII : VALUE_STR, text);
}

void value_write_bytes(struct value_writer *w, struct slice bytes)
{
	put_text(w, VALUE_BYTES, bytes);
}

void value_write_date(struct value_writer *w, double unix_ms)
{
	ASSERT(isfinite(unix_ms));
	put(w, VALUE_DATE, &unix_ms, sizeof unix_ms);
}

void value_write_bigint(struct value_writer *w, struct slice digits)
{
	put_text(w, VALUE_BIGINT, digits);
}

void value_write_big(struct value_writer *w, struct slice number)
{
	put_text(w, VALUE_BIG, number);
}

static void begin(struct value_writer *w, enum value_tag tag)
{
	static const char head[8];
	ASSERT(w->depth < VALUE_DEPTH_MAX);
	put(w, tag, head, sizeof head);
	w->frames[w->depth].head = w->out->len - sizeof head;
	w->frames[w->depth++].count = 0;
}

static void end(struct value_writer *w)
{
	ASSERT(w->depth > 0);
	size_t head = w->frames[--w->depth].head;
	if (!buf_ok(w->out))
		return;
	if (w->out->len - head - 8 > UINT32_MAX) {
		w->out->failed = true;
		return;
	}
	uint32_t words[2] = {(uint32_t)(w->out->len - head - 8), w->frames[w->depth].count};
	memcpy(w->out->ptr + head, words, sizeof words);
}

void value_write_array_begin(struct value_writer *w)
{
	begin(w, VALUE_ARRAY);
}

void value_write_array_end(struct value_writer *w)
{
	end(w);
}

void value_write_object_begin(struct value_writer *w)
{
	begin(w, VALUE_OBJECT);
}

void value_write_key(struct value_writer *w, uint16_t name_id)
{
	buf_add(w->out, &name_id, sizeof name_id);
}

void value_write_key_text(struct value_writer *w, struct slice name)
{
	uint16_t mark = VALUE_KEY_TEXT;
	uint32_t n = (uint32_t)name.len;
	buf_add(w->out, &mark, sizeof mark);
	buf_add(w->out, &n, sizeof n);
	buf_add_slice(w->out, name);
}

void value_write_object_end(struct value_writer *w)
{
	end(w);
}

static bool take(struct slice *rest, void *to, size_t n)
{
	if (rest->len < n)
		return false;
	memcpy(to, rest->ptr, n);
	rest->ptr += n;
	rest->len -= n;
	return true;
}

static bool take_text(struct slice *rest, struct slice *ret)
{
	uint32_t n;
	if (!take(rest, &n, sizeof n) || n > rest->len)
		return false;
	*ret = slice_of(rest->ptr, n);
	rest->ptr += n;
	rest->len -= n;
	return true;
}

static bool take_container(struct slice *rest, size_t least, struct value_item *item)
{
	uint32_t head[2];
	if (!take(rest, head, sizeof head) || head[0] > rest->len || head[1] > head[0] / least)
		return false;
	item->text = slice_of(rest->ptr, head[0]);
	item->count = head[1];
	rest->ptr += head[0];
	rest->len -= head[0];
	return true;
}

bool value_read(struct slice *rest, struct value_item *ret)
{
	struct slice at = *rest;
	uint8_t tag;
	bool fine = false;
	if (!take(&at, &tag, 1))
		return false;
	ret->tag = (enum value_tag)tag;
	ret->count = 0;
	ret->text = SLICE_NONE;
	switch (ret->tag) {
	case VALUE_NULL:
	case VALUE_FALSE:
	case VALUE_TRUE:
		fine = true;
		break;
	case VALUE_INT:
		fine = take(&at, &ret->integer, sizeof ret->integer);
		break;
	case VALUE_NUM:
	case VALUE_DATE:
		fine = take(&at, &ret->number, sizeof ret->number) && isfinite(ret->number);
		break;
	case VALUE_BIG:
	case VALUE_STR:
	case VALUE_ASCII:
	case VALUE_BYTES:
	case VALUE_BIGINT:
		fine = take_text(&at, &ret->text);
		break;
	case VALUE_ARRAY:
		fine = take_container(&at, 1, ret);
		break;
	case VALUE_OBJECT:
		fine = take_container(&at, 3, ret);
		break;
	}
	if (fine)
		*rest = at;
	return fine;
}

bool value_read_key(struct slice *rest, uint16_t *ret_id, struct slice *ret_text)
{
	struct slice at = *rest, text;
	uint16_t id;
	if (!take(&at, &id, sizeof id))
		return false;
	if (id == VALUE_KEY_TEXT) {
		if (!take_text(&at, &text))
			return false;
		*ret_text = text;
	}
	*ret_id = id;
	*rest = at;
	return true;
}
