/*
 * The findings of one review as an editor counts: lines and UTF-16 columns from 0, worked out once while the
 * reviewed text is at hand, and what can be said and done about each. Texts are JSON, appended to buffers.
 */
#ifndef WARD_REVIEW_LSP_PLACES_H
#define WARD_REVIEW_LSP_PLACES_H

#include "review/lsp/documents.h"
#include "review/review.h"

struct lsp_range {
	uint32_t line;
	uint32_t col;
	uint32_t end_line;
	uint32_t end_col;
};

struct lsp_place {
	const struct finding *finding;
	struct lsp_range range;
	struct lsp_range edit; /* of finding->edit, when there is one */
	uint32_t indent;       /* of the finding's line, in blanks */
	bool tabs;	       /* which are tabs */
};

struct lsp_places {
	struct lsp_place *items; /* owned; in the findings' order: by file and line */
	size_t count;
};

/* Of all findings that count. Borrows from the review, which must outlive it. ERR_MEMORY. */
result lsp_places_of(const struct review *review, struct error *err, struct lsp_places *ret_places);
void lsp_places_done(struct lsp_places *places);

/* Places [*from, ret] are of one file. */
size_t lsp_places_file_end(const struct lsp_places *places, size_t from);
/* The first place of the file; count when it has none. */
size_t lsp_places_find(const struct lsp_places *places, struct slice path);

/* A Diagnostic; related information names files through the documents' root. */
void lsp_put_diagnostic(
    struct buf *out, const struct lsp_places *places, size_t i, const struct lsp_documents *d);
/* CodeActions of the places of a file that touch the range: what is safe to change, and a comment that
 * accepts the finding. */
void lsp_put_actions(struct buf *out, const struct lsp_places *places, struct slice path,
    const struct lsp_range *range, const struct lsp_documents *d);
/* A Hover about the rules found at a position, or null. */
void lsp_put_hover(
    struct buf *out, const struct lsp_places *places, struct slice path, uint32_t line, uint32_t col);

#endif
