/*
 * A schema as one line that a person reads, in the words of TypeScript: { sku: string(1..64); qty:
 * integer(1..50) }. For ward.lock, `ward explain` and messages. Members are sorted, so that their order in
 * the source changes nothing. What a signature does not show (a keyword without words here) the fingerprint
 * does.
 */
#ifndef WARD_APP_SIGNATURE_H
#define WARD_APP_SIGNATURE_H

#include "base/buf.h"
#include "base/result.h"

/* schema: JSON text. ERR_INVALID when it is none. */
result signature_write(struct slice schema, struct buf *out, struct error *err);

#define FINGERPRINT_TEXT_BYTES 13u /* 12 hexadecimal digits and NUL */

/* BLAKE2b over the schema without its documentation, members sorted: equal for schemas that accept the same
 * by the same words. */
result signature_fingerprint(struct slice schema, char ret_text[FINGERPRINT_TEXT_BYTES], struct error *err);

#endif
