/* What a text looks like by itself. Pure; the text is a stranger's. */
#ifndef WARD_REVIEW_SECRETS_SHAPE_H
#define WARD_REVIEW_SECRETS_SHAPE_H

#include "base/slice.h"

static inline bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Shannon entropy in bits a byte. */
double slice_entropy(struct slice s);
/* A run of six or more characters each one above (or below) the last, or eight or more of the same, or
 * EXAMPLE and the like. */
bool slice_looks_made_up(struct slice s);
uint32_t crc32_of(struct slice s);
/* Standard or URL alphabet, padding optional, whitespace refused. The number of bytes, or -1; out must hold
 * len * 3 / 4 + 3. */
long base64_lenient_decode(struct slice s, uint8_t *out);

#endif
