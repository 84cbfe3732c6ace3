/* Columns of views, typed by reading the views as queries are read. Called once a build, before any query. */
#include "data/derive/infer_internal.h"

#include <stdlib.h>

#define VIEW_TOKENS_MAX 20000u

/* What stands after CREATE VIEW name [(columns)] AS. */
static size_t take_body(const struct catalog_table *view, struct sql_token *tokens)
{
	struct sql_scan scan = {.text = view->sql};
	size_t count = 0;
	unsigned depth = 0;
	bool body = false;
	for (struct sql_token t = sql_scan_code(&scan);
	     t.kind != SQL_TOKEN_END && count + 1 < VIEW_TOKENS_MAX; t = sql_scan_code(&scan)) {
		if (body && !sql_token_is(t, ";"))
			tokens[count++] = t;
		depth += sql_token_is(t, "(");
		depth -= sql_token_is(t, ")");
		body = body || (depth == 0 && sql_token_is(t, "AS"));
	}
	tokens[count] = (struct sql_token){SQL_TOKEN_END, SLICE_NONE};
	return count;
}

static void take_columns(struct catalog_table *view, const struct infer_columns *found)
{
	for (size_t i = 0; i < view->column_count; i++) {
		const struct infer_value *v = &found->items[i].value;
		view->columns[i].nullable = v->nullable;
		if (v->known && view->columns[i].type == SQL_ANY)
			view->columns[i].type = v->type;
	}
	view->outer = false;
}

/* A view that is not understood keeps what the database told of it. */
static result infer_view(const struct catalog *catalog, struct catalog_table *view, struct sql_token *tokens,
    struct arena *scratch, struct error *err)
{
	struct infer_columns found = {0};
	arena_clear(scratch);
	struct query_source *source = arena_zalloc(scratch, sizeof *source);
	struct infer *infer = arena_zalloc(scratch, sizeof *infer);
	if (!source || !infer)
		return error_set(err, ERR_MEMORY, "no memory for a view");
	if (take_body(view, tokens) == 0)
		return RESULT_OK;
	infer->catalog = catalog;
	infer->query = source;
	infer->arena = scratch;
	infer->tokens = source->tokens = tokens;
	if (infer_select(infer, NULL, NULL, &found) && infer->tokens[infer->at].kind == SQL_TOKEN_END &&
	    found.count == view->column_count)
		take_columns(view, &found);
	return RESULT_OK;
}

result infer_views(struct catalog *catalog, struct arena *scratch, struct error *err)
{
	size_t views = 0;
	result r = RESULT_OK;
	struct sql_token *tokens = calloc(VIEW_TOKENS_MAX, sizeof *tokens);
	if (!tokens)
		return error_set(err, ERR_MEMORY, "no memory for views");
	for (size_t i = 0; i < catalog->table_count; i++)
		views += catalog->tables[i].is_view;
	/* A view over views is right once those are, and no chain is longer than there are views. */
	for (size_t pass = 0; pass < views && pass < 8; pass++)
		for (size_t i = 0; is_ok(r) && i < catalog->table_count; i++)
			if (catalog->tables[i].is_view)
				r = infer_view(catalog, &catalog->tables[i], tokens, scratch, err);
	free(tokens);
	return r;
}
