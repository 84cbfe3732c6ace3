/* Query files cut into named statements. Called by derive.c and the fuzzer; the text may be anything. */
#include "data/derive/query_file.h"

#include <stdlib.h>

struct parser {
	const struct sql_text *file;
	struct finder *finder;
	struct arena *arena;
	struct sql_scan scan;
	struct query_source *source; /* being read, or NULL before the first name */
	bool broken;		     /* the query being read has a finding and will not be handed on */
	bool ended;		     /* its semicolon was seen */
	struct sql_token tokens[QUERY_TOKENS_MAX];
	size_t token_count;
};

static struct slice comment_word(struct slice *rest)
{
	*rest = slice_trim(*rest);
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\t')
		n++;
	struct slice word = slice_of(rest->ptr, n);
	*rest = slice_trim(slice_of(rest->ptr + n, rest->len - n));
	return word;
}

static bool name_is_good(struct slice name)
{
	if (name.len == 0 || name.len > QUERY_NAME_MAX || name.ptr[0] < 'A' || name.ptr[0] > 'Z')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
			return false;
	}
	return true;
}

static result start_query(struct parser *p, struct slice line, struct slice rest, struct error *err)
{
	struct query_source *source = arena_zalloc(p->arena, sizeof *source);
	if (!source)
		return error_set(err, ERR_MEMORY, "no memory for a query");
	uint32_t column;
	struct slice name = comment_word(&rest);
	struct slice kind = comment_word(&rest);
	p->source = source;
	p->broken = p->ended = false;
	p->token_count = 0;
	source->in = p->file;
	source->name_at = name;
	source->query.name = name;
	source->query.file = p->file->file;
	sql_position(p->file->text, line.ptr, &source->query.line, &column);
	if (!name_is_good(name)) {
		finder_add(p->finder, p->file, name.len ? name : line, "sql-query-name",
		    "write it like GetOwnOrder; in TypeScript it is db.getOwnOrder",
		    "the name of a query is letters and digits and starts with a capital");
		p->broken = true;
	}
	if (kind.len < 2 || kind.ptr[0] != ':' ||
	    !query_kind_from_name(slice_of(kind.ptr + 1, kind.len - 1), &source->query.kind) || rest.len) {
		finder_add(p->finder, p->file, kind.len ? kind : line, "sql-query-kind",
		    "-- name: GetOwnOrder :one",
		    "a query is :one (a row or null), :many (rows) or :exec (no rows)");
		p->broken = true;
	}
	return RESULT_OK;
}

static void add_type_note(struct parser *p, struct slice line, struct slice rest, bool of_column)
{
	struct query_source *source = p->source;
	struct query_type_note note = {.where = line, .of_column = of_column};
	note.name = comment_word(&rest);
	struct slice type = comment_word(&rest);
	if (type.len > 0 && type.ptr[type.len - 1] == '?') {
		note.nullable = true;
		type.len--;
	}
	if (note.name.len == 0 || rest.len > 0 || !sql_type_from_name(type, &note.type)) {
		finder_add(p->finder, p->file, line, "sql-type-note",
		    "types: integer, real, text, blob, boolean, date, bigint, json, numeric, any; with ? it "
		    "may be NULL",
		    "expected `-- %s: NAME TYPE`", of_column ? "column" : "param");
		p->broken = true;
		return;
	}
	if (source->note_count == QUERY_TYPES_MAX) {
		finder_add(p->finder, p->file, line, "sql-type-note", "", "more than %u types for one query",
		    QUERY_TYPES_MAX);
		p->broken = true;
		return;
	}
	source->notes[source->note_count++] = note;
}

static void take_ward_note(struct parser *p, struct slice line, struct slice rest)
{
	struct slice verb = comment_word(&rest);
	struct slice because = comment_word(&rest);
	if (!slice_eq_cstr(verb, "unowned") || !slice_eq_cstr(because, "because") || rest.len < 3) {
		finder_add(p->finder, p->file, line, "sql-ward-note",
		    "-- ward: unowned because support staff see all orders",
		    "what ward reads before a query is `-- ward: unowned because REASON`");
		p->broken = true;
		return;
	}
	p->source->query.unowned_reason = rest;
}

static result finish_query(struct parser *p, query_source_fn *each, void *context, struct error *err);

static result take_comment(
    struct parser *p, struct slice comment, query_source_fn *each, void *context, struct error *err)
{
	if (!slice_starts(comment, SLICE("--")))
		return RESULT_OK;
	struct slice rest = slice_of(comment.ptr + 2, comment.len - 2);
	struct slice key = comment_word(&rest);
	if (slice_eq_cstr(key, "name:")) {
		TRY(finish_query(p, each, context, err));
		return start_query(p, comment, rest, err);
	}
	bool is_note =
	    slice_eq_cstr(key, "param:") || slice_eq_cstr(key, "column:") || slice_eq_cstr(key, "ward:");
	if (!is_note)
		return RESULT_OK;
	if (!p->source || p->ended) {
		finder_add(p->finder, p->file, comment, "sql-query-name", "put it below the `-- name:` line",
		    "this note belongs to no query");
		return RESULT_OK;
	}
	if (slice_eq_cstr(key, "ward:"))
		take_ward_note(p, comment, rest);
	else
		add_type_note(p, comment, rest, slice_eq_cstr(key, "column:"));
	return RESULT_OK;
}

static void add_param(struct parser *p, struct slice text)
{
	struct sql_query *query = &p->source->query;
	struct slice name = slice_of(text.ptr + 1, text.len - 1);
	for (size_t i = 0; i < query->param_count; i++)
		if (slice_eq(query->params[i].name, name))
			return;
	enum sql_host_param host = sql_host_param_from_name(name);
	if (host == SQL_HOST_NONE && slice_starts(name, SLICE("auth_"))) {
		finder_add(p->finder, p->file, text, "sql-host-param",
		    "ward binds :auth_user, :auth_role, :auth_tenant and :now",
		    "ward binds no parameter :%.*s", SLICE_ARG(name));
		p->broken = true;
	}
	if (query->param_count == QUERY_PARAMS_MAX || name.len >= SQL_MEMBER_MAX) {
		finder_add(p->finder, p->file, text, "sql-param", "",
		    "more than %u parameters, or a name of more than %u bytes", QUERY_PARAMS_MAX,
		    SQL_MEMBER_MAX - 1);
		p->broken = true;
		return;
	}
	query->params[query->param_count++] = (struct sql_param){.name = name, .type = SQL_ANY, .host = host};
}

static void take_token(struct parser *p, struct sql_token token)
{
	if (!p->source || p->ended) {
		/* Once a query: what follows is as stray as its first word. */
		if (!p->broken)
			finder_add(p->finder, p->file, token.text, "sql-one-statement",
			    "put `-- name: NAME :one` before it", "a statement without a name");
		p->broken = true;
		return;
	}
	if (token.kind == SQL_TOKEN_BROKEN) {
		finder_add(p->finder, p->file, slice_of(token.text.ptr, 1), "sql-syntax", "",
		    "a string, name or comment that does not end, or a character that is not SQL");
		p->broken = true;
	}
	if (token.kind == SQL_TOKEN_BAD_PARAM) {
		finder_add(p->finder, p->file, token.text, "sql-param", "write :name",
		    "parameters are written :name, not %.*s", SLICE_ARG(token.text));
		p->broken = true;
	}
	if (p->token_count == QUERY_TOKENS_MAX) {
		if (!p->broken)
			finder_add(p->finder, p->file, token.text, "sql-syntax", "",
			    "a query of more than %u words", QUERY_TOKENS_MAX);
		p->broken = true;
		return;
	}
	if (token.kind == SQL_TOKEN_PARAM && p->source->query.params)
		add_param(p, token.text);
	p->tokens[p->token_count++] = token;
}

static result finish_query(struct parser *p, query_source_fn *each, void *context, struct error *err)
{
	struct query_source *source = p->source;
	p->source = NULL;
	if (!source)
		return RESULT_OK;
	if (p->token_count == 0 && !p->broken) {
		finder_add(p->finder, p->file, source->name_at, "sql-syntax", "",
		    "query %.*s has no statement", SLICE_ARG(source->query.name));
		p->broken = true;
	}
	if (p->broken)
		return RESULT_OK;
	source->tokens = arena_array(p->arena, p->token_count + 1, sizeof *source->tokens);
	if (!source->tokens)
		return error_set(err, ERR_MEMORY, "no memory for query %.*s", SLICE_ARG(source->query.name));
	memcpy(source->tokens, p->tokens, p->token_count * sizeof *source->tokens);
	source->token_count = p->token_count;
	struct slice last = p->tokens[p->token_count - 1].text;
	source->tokens[p->token_count] = (struct sql_token){SQL_TOKEN_END, slice_of(last.ptr + last.len, 0)};
	const char *start = p->tokens[0].text.ptr;
	source->query.sql = slice_of(start, (size_t)(last.ptr + last.len - start));
	return each(context, source, err);
}

static result parse(struct parser *p, query_source_fn *each, void *context, struct error *err)
{
	for (;;) {
		struct sql_token token = sql_scan_next(&p->scan);
		if (token.kind == SQL_TOKEN_END)
			return finish_query(p, each, context, err);
		if (token.kind == SQL_TOKEN_COMMENT) {
			TRY(take_comment(p, token.text, each, context, err));
			if (p->source && !p->source->query.params) {
				p->source->query.params =
				    arena_array(p->arena, QUERY_PARAMS_MAX, sizeof(struct sql_param));
				if (!p->source->query.params)
					return error_set(err, ERR_MEMORY, "no memory for parameters");
			}
		} else if (sql_token_is(token, ";") && p->source && !p->ended) {
			p->ended = true;
		} else if (!sql_token_is(token, ";")) {
			take_token(p, token);
		}
	}
}

result query_file_parse(const struct sql_text *file, bool postgres, struct finder *finder,
    struct arena *arena, query_source_fn *each, void *context, struct error *err)
{
	/* Its room for tokens is large and needed for one file at a time. */
	struct parser *p = calloc(1, sizeof *p);
	if (!p)
		return error_set(err, ERR_MEMORY, "no memory for %.*s", SLICE_ARG(file->file));
	p->file = file;
	p->finder = finder;
	p->arena = arena;
	p->scan = (struct sql_scan){.text = file->text, .postgres = postgres};
	result r = parse(p, each, context, err);
	free(p);
	return r;
}
