/* JSON written piece by piece to a FILE, for the outputs: texts are escaped, bytes that are not UTF-8 become
 * U+FFFD. */
#ifndef WARD_REVIEW_JSON_TEXT_H
#define WARD_REVIEW_JSON_TEXT_H

#include <stdio.h>

#include "base/buf.h"

static inline void json_put_string(FILE *to, struct slice s)
{
	struct buf b = BUF_INIT(64u << 10);
	buf_add_json_escaped(&b, s);
	(void)fprintf(to, "\"%.*s\"", SLICE_ARG(buf_slice(&b)));
	buf_done(&b);
}

static inline void json_put_member(FILE *to, const char *name, struct slice value)
{
	(void)fprintf(to, "\"%s\":", name);
	json_put_string(to, value);
}

/* {"text": ...} under a name: SARIF's multiformatMessageString and its kin. */
static inline void json_put_text(FILE *to, const char *name, struct slice text)
{
	(void)fprintf(to, "\"%s\":{", name);
	json_put_member(to, "text", text);
	(void)fputs("}", to);
}

#endif
