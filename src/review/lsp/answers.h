/* Messages of JSON-RPC 2.0 from the language server to the editor, framed and appended to out. */
#ifndef WARD_REVIEW_LSP_ANSWERS_H
#define WARD_REVIEW_LSP_ANSWERS_H

#include <jansson.h>

#include "base/buf.h"

#define OUT_BYTES_MAX ((size_t)128 << 20)

/* The result of the request with this id (NULL: none that could be read). */
void lsp_answer(struct buf *out, const json_t *id, struct slice json);
void lsp_refuse(struct buf *out, const json_t *id, int code, const char *why);
/* Shown in the editor's log, not in its user's way. */
void lsp_say(struct buf *out, const char *text);
/* A message that is made elsewhere; body is taken. */
void lsp_send(struct buf *out, struct buf *body);

#endif
