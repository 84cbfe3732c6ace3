/*
 * Lines of the files that findings are in, for outputs: findings come sorted by file and line, so one file is
 * held at a time and looking for the next line goes on from the last. Secrets that were found are blanked in
 * what is handed out.
 */
#ifndef WARD_REVIEW_SOURCE_LINES_H
#define WARD_REVIEW_SOURCE_LINES_H

#include "review/review.h"

struct source_lines {
	const struct review *review;
	struct slice file;
	struct slice bytes; /* owned */
	size_t at;	    /* where `line` begins */
	uint32_t line;	    /* 0: at none */
};

void source_lines_done(struct source_lines *s);

/* The whole file; empty when it cannot be read. Valid until another file is asked for. */
struct slice source_text(struct source_lines *s, struct slice file);
/* The line's text without its end; empty when the file cannot be read or has no such line. Valid until
 * another file is asked for.
 */
struct slice source_line(struct source_lines *s, struct slice file, uint32_t line);

/* How many UTF-16 code units the text has: what SARIF and language servers count columns in. Bytes that are
 * not UTF-8 count as one.
 */
uint32_t utf16_length(struct slice text);
/* The column (from 1) in UTF-16 code units for a column in bytes (from 1); the same number when the line is
 * not known. */
uint32_t utf16_column(struct slice line, uint32_t byte_col);

#endif
