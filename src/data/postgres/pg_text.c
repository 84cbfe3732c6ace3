#include "data/postgres/pg_text.h"

#include <stdio.h>

#include "data/derive/scan.h"

/* "$3" when the token is a parameter of the query; its length, or 0. */
static int numbered(struct sql_token token, const struct sql_param *params, size_t count, char text[16])
{
	for (size_t i = 0; token.kind == SQL_TOKEN_PARAM && i < count; i++)
		if (slice_eq(params[i].name, slice_of(token.text.ptr + 1, token.text.len - 1)))
			return snprintf(text, 16, "$%zu", i + 1);
	return 0;
}

void pg_text_translate(struct slice sql, const struct sql_param *params, size_t count, struct buf *out)
{
	struct sql_scan scan = {.text = sql, .postgres = true};
	const char *at = sql.ptr;
	char text[16];
	for (struct sql_token t = sql_scan_next(&scan); t.kind != SQL_TOKEN_END; t = sql_scan_next(&scan)) {
		int n = numbered(t, params, count, text);
		if (n <= 0)
			continue;
		buf_add(out, at, (size_t)(t.text.ptr - at));
		buf_add(out, text, (size_t)n);
		at = t.text.ptr + t.text.len;
	}
	buf_add(out, at, (size_t)(sql.ptr + sql.len - at));
}

static size_t characters(const char *from, const char *to)
{
	size_t n = 0;
	for (; from < to; from++)
		n += ((unsigned char)*from & 0xc0u) != 0x80;
	return n;
}

struct slice pg_text_token_at(struct slice sql, const struct sql_param *params, size_t count, size_t position)
{
	struct sql_scan scan = {.text = sql, .postgres = true};
	const char *at = sql.ptr;
	size_t passed = 0;
	char text[16];
	for (struct sql_token t = sql_scan_next(&scan); t.kind != SQL_TOKEN_END; t = sql_scan_next(&scan)) {
		int n = numbered(t, params, count, text);
		passed += characters(at, t.text.ptr);
		at = t.text.ptr + t.text.len;
		passed += n > 0 ? (size_t)n : characters(t.text.ptr, at);
		if (position <= passed)
			return t.text;
	}
	return SLICE_NONE;
}
