/*
 * What an editor has open: texts that stand for files until they are saved or closed. Paths are relative to
 * the workspace's root; documents elsewhere, and schemes other than file:, are not kept. Bounded in number
 * and in bytes.
 */
#ifndef WARD_REVIEW_LSP_DOCUMENTS_H
#define WARD_REVIEW_LSP_DOCUMENTS_H

#include "base/buf.h"
#include "review/file_set.h"

#define LSP_DOCUMENTS_MAX 1024u
#define LSP_DOCUMENTS_BYTES_MAX ((size_t)256 << 20)

struct lsp_document {
	char *uri;  /* owned; as the editor writes it, which is what it wants to read */
	char *path; /* owned; relative to the root */
	char *text; /* owned */
	size_t len;
};

struct lsp_documents {
	char *root; /* owned, absolute, without '/' at its end; NULL: no folder is open */
	struct lsp_document *items;
	size_t count;
	size_t bytes;
	struct file_overlay *overlays; /* owned; as of the last lsp_documents_overlays() */
};

void lsp_documents_done(struct lsp_documents *d);

/* The path that a file: URI names (RFC 8089, percent-decoded), from malloc; NULL when it names none. */
char *lsp_path_of_uri(struct slice uri);
/* The URI of a path below the root, appended. */
void lsp_put_uri(struct buf *out, const struct lsp_documents *d, struct slice path);

/* Opens or replaces. ERR_NOT_FOUND: not a file below the root; ERR_LIMIT: past a bound. */
result lsp_documents_set(struct lsp_documents *d, struct slice uri, struct slice text, struct error *err);
void lsp_documents_close(struct lsp_documents *d, struct slice uri);
struct lsp_document *lsp_documents_find(const struct lsp_documents *d, struct slice uri);

/* All of them for review_options, valid until the next change. NULL without memory or documents. */
const struct file_overlay *lsp_documents_overlays(struct lsp_documents *d);

#endif
