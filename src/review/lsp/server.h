/*
 * `ward check --lsp`: a language server (Language Server Protocol 3.17) over a pair of descriptors, for one
 * workspace folder.
 *
 * It reviews the whole folder as `ward check` does, with what the editor has open in place of what is on the
 * disk, a moment after the last change; the cache makes that the cost of the changed files. Diagnostics go
 * out for every file with findings. Code actions offer the edits that --fix would make and a comment that
 * accepts a finding; hover explains the rules found at a place.
 *
 * One thread reads and answers; a review's own threads end before the answer does.
 */
#ifndef WARD_REVIEW_LSP_SERVER_H
#define WARD_REVIEW_LSP_SERVER_H

#include "review/lsp/frame.h"

struct lsp_options {
	const char *root; /* when the editor names no folder; or NULL */
	const char *rules_dir;
	const char *advisories; /* or NULL */
	const char *version;
	unsigned threads;
};

struct lsp;

/* NULL without memory. */
struct lsp *lsp_new(const struct lsp_options *options);
void lsp_free(struct lsp *lsp);

/* Handles one message; answers and notifications are appended to out. False after `exit`. */
bool lsp_take(struct lsp *lsp, struct slice body, struct buf *out);
/* Milliseconds until lsp_refresh() is due, 0 when it is overdue, -1 when there is nothing to do. */
int lsp_due_ms(const struct lsp *lsp);
/* Reviews, and publishes what was found. */
void lsp_refresh(struct lsp *lsp, struct buf *out);
/* The process's exit code: 0 when `shutdown` was asked for before the end. */
int lsp_exit_code(const struct lsp *lsp);

/* Serves until `exit`, the end of input or a broken stream. Returns the exit code. */
int lsp_run(const struct lsp_options *options, int in_fd, int out_fd);

#endif
