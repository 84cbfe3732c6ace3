/*
 * A reader for the CBOR (RFC 8949) that authenticators write: a cursor over the bytes, no allocation.
 * Definite lengths only, nesting to CBOR_DEPTH_MAX, no floats, as CTAP2's canonical form has it; key order
 * and shortest integers are not insisted on, because platforms rewrap what an authenticator made.
 *
 * libcbor would build a tree on the heap out of lengths that a stranger claims; six fields do not need one.
 */
#ifndef WARD_IDENTITY_CBOR_H
#define WARD_IDENTITY_CBOR_H

#include "base/result.h"
#include "base/slice.h"

#define CBOR_DEPTH_MAX 4u

struct cbor {
	struct slice rest;
};

enum cbor_kind { CBOR_INT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_SIMPLE };

/* One item. Containers give their count; their items follow. */
struct cbor_item {
	enum cbor_kind kind;
	int64_t num;	    /* INT: the value; ARRAY, MAP: items, pairs; SIMPLE: 20 false, 21 true, 22 null */
	struct slice bytes; /* BYTES, TEXT */
};

/* All: ERR_INVALID and the cursor anywhere when the bytes are not of this form. */
result cbor_next(struct cbor *c, struct error *err, struct cbor_item *ret);
/* The same, and it must be of that kind. */
result cbor_expect(struct cbor *c, enum cbor_kind kind, struct error *err, struct cbor_item *ret);
/* One item with all that is inside it. *ret (may be NULL) is its bytes. */
result cbor_skip(struct cbor *c, struct error *err, struct slice *ret);
/* ERR_INVALID unless all has been read. */
result cbor_end(const struct cbor *c, struct error *err);

#endif
