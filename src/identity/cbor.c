/* The CBOR cursor. Bytes come from anyone. */
#include "identity/cbor.h"

#include "base/check.h"

static result bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "not the CBOR of an authenticator: %s", what);
}

static bool take(struct cbor *c, size_t n, struct slice *ret)
{
	if (c->rest.len < n)
		return false;
	*ret = slice_of(c->rest.ptr, n);
	c->rest = slice_of(c->rest.ptr + n, c->rest.len - n);
	return true;
}

/* RFC 8949 section 3: the five low bits are the value, or say in how many bytes it follows. */
static bool argument(struct cbor *c, unsigned low, uint64_t *ret)
{
	struct slice bytes;
	uint64_t value = 0;
	if (low < 24) {
		*ret = low;
		return true;
	}
	if (low > 27 || !take(c, 1u << (low - 24), &bytes))
		return false;
	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | (uint8_t)bytes.ptr[i];
	*ret = value;
	return true;
}

static result read_string(struct cbor *c, uint64_t length, struct error *err, struct slice *ret)
{
	if (length > c->rest.len || !take(c, (size_t)length, ret))
		return bad(err, "a string that is longer than the rest");
	return RESULT_OK;
}

result cbor_next(struct cbor *c, struct error *err, struct cbor_item *ret)
{
	static const enum cbor_kind kinds[] = {
	    CBOR_INT, CBOR_INT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP};
	struct slice head;
	uint64_t value;
	if (!take(c, 1, &head))
		return bad(err, "it ends early");
	const unsigned major = (uint8_t)head.ptr[0] >> 5;
	const unsigned low = (uint8_t)head.ptr[0] & 31u;
	if (major == 7) {
		if (low < 20 || low > 22)
			return bad(err, "a float or a reserved value");
		*ret = (struct cbor_item){.kind = CBOR_SIMPLE, .num = low};
		return RESULT_OK;
	}
	if (major == 6 || !argument(c, low, &value))
		return bad(err, "a tag, an indefinite length or a cut number");
	struct cbor_item item = {.kind = kinds[major]};
	if (item.kind == CBOR_BYTES || item.kind == CBOR_TEXT) {
		TRY(read_string(c, value, err, &item.bytes));
	} else {
		/* Each item of a container takes a byte at least, so a count past the rest is a lie. */
		const bool container = item.kind == CBOR_ARRAY || item.kind == CBOR_MAP;
		if (value > INT64_MAX || (container && value > c->rest.len))
			return bad(err, "a number that is too large");
		item.num = major == 1 ? -1 - (int64_t)value : (int64_t)value;
	}
	*ret = item;
	return RESULT_OK;
}

result cbor_expect(struct cbor *c, enum cbor_kind kind, struct error *err, struct cbor_item *ret)
{
	struct cbor_item item;
	TRY(cbor_next(c, err, &item));
	if (item.kind != kind)
		return bad(err, "an item of another kind than expected");
	*ret = item;
	return RESULT_OK;
}

result cbor_skip(struct cbor *c, struct error *err, struct slice *ret)
{
	int64_t left[CBOR_DEPTH_MAX + 1] = {1};
	size_t depth = 0;
	const char *start = c->rest.ptr;
	for (;;) {
		struct cbor_item item;
		while (left[depth] == 0) {
			if (depth == 0) {
				if (ret)
					*ret = slice_of(start, (size_t)(c->rest.ptr - start));
				return RESULT_OK;
			}
			depth--;
		}
		left[depth]--;
		TRY(cbor_next(c, err, &item));
		if (item.kind != CBOR_ARRAY && item.kind != CBOR_MAP)
			continue;
		if (depth == CBOR_DEPTH_MAX)
			return bad(err, "nested too deeply");
		left[++depth] = item.kind == CBOR_MAP ? 2 * item.num : item.num;
	}
}

result cbor_end(const struct cbor *c, struct error *err)
{
	return c->rest.len == 0 ? RESULT_OK : bad(err, "something follows its end");
}
