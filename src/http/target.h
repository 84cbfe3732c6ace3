/* Paths and query strings (RFC 3986): decoding, once, in one place. */
#ifndef WARD_HTTP_TARGET_H
#define WARD_HTTP_TARGET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

/*
 * Decodes %XX (and '+' as space when plus_is_space). The result is valid UTF-8 without NUL, or ERR_INVALID. Returns
 * the input itself when there is nothing to decode, else a copy in the arena.
 */
result http_decode(struct slice text, bool plus_is_space, struct arena *arena, struct slice *ret);

/* Cuts the next "name=value" off *query; false at the end. Neither is decoded. Empty pairs are skipped. */
bool http_query_next(struct slice *query, struct slice *ret_name, struct slice *ret_value);

/*
 * Appends a path of this origin as the value of a Location header: what a URL does not hold plainly is percent-encoded
 * ('%' itself stays). False, with nothing appended, for what is no path of this origin or could end the line: not one
 * leading slash ("//host" and "/\\host" lead elsewhere), a control character.
 */
bool http_location_add(struct buf *out, struct slice path);

bool utf8_valid(struct slice text);

#endif
