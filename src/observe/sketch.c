/* Log-linear histograms. Encodings come from the rollup database, which is ours, and are checked all the
 * same. */
#include "observe/sketch.h"

#define EIGHTHS 8u

uint32_t sketch_bucket_of(uint64_t value)
{
	if (value < EIGHTHS)
		return (uint32_t)value;
	uint32_t octave = 63 - (uint32_t)__builtin_clzll(value);
	uint32_t bucket = (octave - 2) * EIGHTHS + (uint32_t)((value >> (octave - 3)) & (EIGHTHS - 1));
	return bucket < SKETCH_BUCKETS ? bucket : SKETCH_BUCKETS - 1;
}

uint64_t sketch_bucket_low(uint32_t bucket)
{
	if (bucket < EIGHTHS)
		return bucket;
	return (uint64_t)(EIGHTHS + bucket % EIGHTHS) << (bucket / EIGHTHS - 1);
}

static uint32_t add_capped(uint32_t a, uint64_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

void sketch_add(struct sketch *s, uint64_t value)
{
	uint32_t *count = &s->count[sketch_bucket_of(value)];
	*count = add_capped(*count, 1);
}

void sketch_merge(struct sketch *into, const struct sketch *from)
{
	for (uint32_t b = 0; b < SKETCH_BUCKETS; b++)
		into->count[b] = add_capped(into->count[b], from->count[b]);
}

uint64_t sketch_total(const struct sketch *s)
{
	uint64_t total = 0;
	for (uint32_t b = 0; b < SKETCH_BUCKETS; b++)
		total += s->count[b];
	return total;
}

uint64_t sketch_quantile(const struct sketch *s, double q)
{
	uint64_t total = sketch_total(s), seen = 0;
	double rank = q * (double)total;
	for (uint32_t b = 0; b < SKETCH_BUCKETS; b++) {
		seen += s->count[b];
		if (s->count[b] && (double)seen >= rank)
			return (sketch_bucket_low(b) + sketch_bucket_low(b + 1)) / 2;
	}
	return 0;
}

void leb_add(struct buf *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_add_char(out, (char)(value | 0x80));
	buf_add_char(out, (char)value);
}

bool leb_take(struct slice *text, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64 && text->len; shift += 7) {
		uint8_t byte = (uint8_t)*text->ptr;
		*text = slice_of(text->ptr + 1, text->len - 1);
		if (shift == 63 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

void sketch_encode(const struct sketch *s, struct buf *out)
{
	uint32_t empty = 0;
	for (uint32_t b = 0; b < SKETCH_BUCKETS; b++) {
		if (!s->count[b]) {
			empty++;
			continue;
		}
		leb_add(out, empty);
		leb_add(out, s->count[b]);
		empty = 0;
	}
}

result sketch_decode(struct slice text, struct error *err, struct sketch *ret)
{
	struct sketch made = {0};
	uint64_t at = 0, empty, count;
	while (text.len) {
		if (!leb_take(&text, &empty) || !leb_take(&text, &count) || empty >= SKETCH_BUCKETS ||
		    count > UINT32_MAX || count == 0 || at + empty >= SKETCH_BUCKETS)
			return error_set(err, ERR_INVALID, "a histogram is malformed");
		at += empty;
		made.count[at++] = (uint32_t)count;
	}
	*ret = made;
	return RESULT_OK;
}
