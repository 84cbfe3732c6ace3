/*
 * A histogram of durations or sizes in log-linear buckets (as HdrHistogram has them): each octave is cut into
 * eight, so that a quantile is off by at most 6.25 %. Any two add up exactly, which is what rollups need.
 * Values are whole units (microseconds, bytes) up to 2^31; larger ones count as that.
 *
 * Encoded it is sparse: pairs of (empty buckets skipped, count) as LEB128 numbers, ended by the text's end.
 */
#ifndef WARD_OBSERVE_SKETCH_H
#define WARD_OBSERVE_SKETCH_H

#include "base/buf.h"
#include "base/result.h"

#define SKETCH_BUCKETS 240u

struct sketch {
	uint32_t count[SKETCH_BUCKETS]; /* saturating */
};

void sketch_add(struct sketch *s, uint64_t value);
void sketch_merge(struct sketch *into, const struct sketch *from);
uint64_t sketch_total(const struct sketch *s);
/* The value below which a share q (0 to 1) lies: the middle of its bucket; 0 when empty. */
uint64_t sketch_quantile(const struct sketch *s, double q);
/* The bucket of a value, below SKETCH_BUCKETS. */
uint32_t sketch_bucket_of(uint64_t value);
/* The bounds of a bucket: values in [low, high). */
uint64_t sketch_bucket_low(uint32_t bucket);

void sketch_encode(const struct sketch *s, struct buf *out);
/* ERR_INVALID unless the text is an encoding and nothing more. */
result sketch_decode(struct slice text, struct error *err, struct sketch *ret);

/* LEB128, for the other encodings of this layer. False at the text's end or past 64 bits; *text moves on. */
void leb_add(struct buf *out, uint64_t value);
bool leb_take(struct slice *text, uint64_t *ret_value);

#endif
