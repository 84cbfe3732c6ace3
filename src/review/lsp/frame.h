/*
 * The base protocol of language servers (Language Server Protocol 3.17, "Base Protocol"): header fields, an
 * empty line, and as many bytes of JSON as Content-Length says.
 *
 * Read strictly: exactly one Content-Length of plain digits within a bound, fields end in CR LF, the whole
 * header is bounded too. A stream that breaks these rules cannot be followed any further, since where the
 * next message begins is unknown.
 */
#ifndef WARD_REVIEW_LSP_FRAME_H
#define WARD_REVIEW_LSP_FRAME_H

#include "base/buf.h"
#include "base/result.h"

#define LSP_HEADER_BYTES_MAX 4096u
#define LSP_BODY_BYTES_MAX (32u << 20)

/*
 * The first message of what has arrived. *ret_used is 0 while it is not complete; else how many bytes it
 * took, and *ret_body, within `in`, is its JSON. ERR_INVALID or ERR_LIMIT when the stream is broken.
 */
result lsp_frame_next(struct slice in, struct error *err, struct slice *ret_body, size_t *ret_used);

/* Appends one message. */
void lsp_frame_put(struct buf *out, struct slice body);

#endif
