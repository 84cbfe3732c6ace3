/*
 * Findings in an author's files: collected all of them, sorted, and shown to a person (code frame, caret,
 * colour) or to a program (JSON lines, the form that sdk/compile.mjs also speaks; see ARCHITECTURE.md).
 * Everything is copied in. A file that has very many is cut off after DIAGNOSTICS_MAX; what was cut is
 * counted, and errors stay errors.
 */
#ifndef WARD_APP_DIAGNOSTICS_H
#define WARD_APP_DIAGNOSTICS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

#define DIAGNOSTICS_MAX 2000u

enum diagnostic_severity { DIAGNOSTIC_ERROR, DIAGNOSTIC_WARNING };

/* A stretch of one line of a file, columns in bytes; line 0: nowhere. */
struct text_place {
	uint32_t line, column, length;
};

struct diagnostic {
	struct slice file; /* relative to the app; empty: the app as a whole */
	uint32_t line;	   /* from 1; 0: the file as a whole */
	uint32_t column;   /* from 1, in bytes; 0: the line as a whole */
	uint32_t length;   /* bytes to underline; 0: to the end of the line */
	bool utf16;	   /* column and length count UTF-16 units, as the TypeScript compiler does */
	enum diagnostic_severity severity;
	struct slice code; /* "unknown-key": stable, for programs and suppressions */
	struct slice message;
	struct slice hint; /* what would mend it; empty: none */
};

struct diagnostics {
	struct arena arena;
	struct diagnostic *items;
	size_t count;
	size_t room;
	size_t errors; /* also those that were cut off */
	size_t warnings;
	size_t dropped;
};

void diagnostics_init(struct diagnostics *d);
void diagnostics_done(struct diagnostics *d);

/* Copies all texts. hint may be the empty slice. */
void diagnostics_add(struct diagnostics *d, const struct diagnostic *item);
/* The same with a formatted message; code and hint are C strings, hint may be NULL. */
void diagnostics_addf(struct diagnostics *d, const struct diagnostic *at, const char *code, const char *hint,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* One JSON line as the compiler prints it. ERR_INVALID when it is none. */
result diagnostics_add_json(struct diagnostics *d, struct slice line, struct error *err);

/* By file, line, column; exact doubles are removed. */
void diagnostics_sort(struct diagnostics *d);
/* No errors; warnings may be there. */
bool diagnostics_clean(const struct diagnostics *d);

/* Gives the text of a file for code frames; false when it cannot. The text must live as long as the printing.
 */
struct source_reader {
	bool (*read)(void *context, struct slice file, struct slice *ret_text);
	void *context;
};

/* reader may be NULL: no frames. Ends with a line that counts. Control characters of files never reach the
 * terminal. */
void diagnostics_print(
    const struct diagnostics *d, const struct source_reader *reader, bool colour, struct buf *out);
/* JSON lines, for programs. */
void diagnostics_print_json(const struct diagnostics *d, struct buf *out);
/* The same as one array, for the page that `ward dev` shows. */
void diagnostics_json_array(const struct diagnostics *d, struct buf *out);

#endif
