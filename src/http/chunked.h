/* The chunked transfer coding (RFC 9112 section 7.1), decoded in place. Extensions are refused, trailers too. */
#ifndef WARD_HTTP_CHUNKED_H
#define WARD_HTTP_CHUNKED_H

#include "base/slice.h"

/* Zeroed at the start of a body. */
struct http_chunked {
	enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_LAST, CHUNK_DONE } state;
	uint64_t left; /* of the current chunk */
};

/*
 * Decodes bytes[0..n) in place: *ret_data bytes of body stand at the front afterwards; *ret_used bytes were taken
 * from the input. Returns HTTP_OK (0) when the body is whole, HTTP_MORE when not, 400 when malformed.
 */
int http_chunked_decode(struct http_chunked *c, char *bytes, size_t n, size_t *ret_used, size_t *ret_data);

#endif
