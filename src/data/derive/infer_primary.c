/* What an expression is made of: literals, parameters, columns, CASE, CAST, subqueries. */
#include "data/derive/infer_internal.h"

#include "base/check.h"

/* Inner scopes first. *ret is left alone when there is no such column. */
static void find_column(
    const struct infer_scope *scope, struct slice source, struct slice column, struct infer_value *ret)
{
	static const char *const row_ids[] = {"rowid", "oid", "_rowid_"};
	for (const struct infer_scope *s = scope; s; s = s->parent)
		for (struct infer_source *from = s->sources; from; from = from->next) {
			if (source.len && !slice_eq_nocase(from->name, source))
				continue;
			for (size_t i = 0; i < from->columns.count; i++) {
				if (!slice_eq_nocase(from->columns.items[i].name, column))
					continue;
				*ret = from->columns.items[i].value;
				ret->nullable = ret->nullable || from->outer;
				ret->source = from;
				ret->column = (int)i;
				ret->param = -1;
				return;
			}
			for (size_t i = 0; from->table && !from->table->is_view && i < ARRAY_LEN(row_ids);
			     i++)
				if (slice_eq_nocase(column, slice_cstr(row_ids[i]))) {
					*ret = infer_of_type(SQL_INTEGER, from->outer);
					return;
				}
		}
}

static struct infer_value column_ref(struct infer *infer, const struct infer_scope *scope)
{
	struct slice parts[3];
	size_t n = 0;
	parts[n++] = sql_token_name(infer->tokens[infer->at++]);
	while (n < 3 && infer_at(infer, ".") && sql_token_is_name(infer->tokens[infer->at + 1])) {
		parts[n++] = sql_token_name(infer->tokens[infer->at + 1]);
		infer->at += 2;
	}
	struct infer_value v = infer_nothing;
	find_column(scope, n > 1 ? parts[n - 2] : SLICE_NONE, parts[n - 1], &v);
	return v;
}

static struct infer_value case_expr(struct infer *infer, const struct infer_scope *scope)
{
	struct infer_value base = infer_nothing;
	struct infer_value v = {.nullable = false, .param = -1};
	bool with_base = !infer_at(infer, "WHEN");
	bool first = true;
	if (with_base)
		base = infer_expr(infer, scope);
	while (infer_take(infer, "WHEN") && !infer->lost) {
		struct infer_value when = infer_expr(infer, scope);
		if (with_base)
			infer_give_both(infer, &base, &when);
		infer_expect(infer, "THEN");
		struct infer_value then = infer_expr(infer, scope);
		v = first ? then : infer_merge(infer, v, then);
		first = false;
	}
	if (infer_take(infer, "ELSE"))
		v = infer_merge(infer, v, infer_expr(infer, scope));
	else
		v.nullable = true;
	infer_expect(infer, "END");
	v.source = NULL;
	return v;
}

/* A type's words: in CAST all up to the bracket, after :: only those that belong to the first. */
static struct slice type_name(struct infer *infer, bool in_cast)
{
	static const char *const more[] = {"PRECISION", "VARYING", "WITH", "WITHOUT", "TIME", "ZONE"};
	const char *start = infer->tokens[infer->at].text.ptr;
	const char *end = start;
	for (bool first = true; sql_token_is_name(infer->tokens[infer->at]); first = false) {
		bool belongs = first || in_cast;
		for (size_t i = 0; !belongs && i < ARRAY_LEN(more); i++)
			belongs = infer_at(infer, more[i]);
		if (!belongs)
			break;
		end = infer->tokens[infer->at].text.ptr + infer->tokens[infer->at].text.len;
		infer->at++;
	}
	if (infer_at(infer, "("))
		infer_skip_parens(infer);
	while (infer_take(infer, "["))
		infer_expect(infer, "]");
	return slice_of(start, (size_t)(end - start));
}

static struct infer_value cast_to(struct infer *infer, struct infer_value v, bool in_cast)
{
	struct slice name = type_name(infer, in_cast);
	struct infer_value to = infer_of_type(catalog_type(name), v.nullable && v.param < 0);
	to.known = to.type != SQL_ANY;
	infer_give(infer, &v, &to);
	/*
	 * A row that equals the cast of :auth_user equals :auth_user only where the cast keeps apart what is
	 * apart. In SQLite none but to text does: CAST('7x' AS INTEGER) is 7, and a UUID is a number to it.
	 */
	bool faithful =
	    slice_eq_nocase(name, SLICE("text")) || (!in_cast && slice_eq_nocase(name, SLICE("uuid")));
	if (faithful && infer_host_of(infer, &v) != SQL_HOST_NONE)
		to.param = v.param;
	return to;
}

static struct infer_value cast_expr(struct infer *infer, const struct infer_scope *scope)
{
	infer_expect(infer, "(");
	struct infer_value v = infer_expr(infer, scope);
	infer_expect(infer, "AS");
	v = cast_to(infer, v, true);
	infer_expect(infer, ")");
	return v;
}

bool infer_at_select(const struct infer *infer)
{
	return infer_at(infer, "SELECT") || infer_at(infer, "WITH") || infer_at(infer, "VALUES");
}

/* After the opening parenthesis. */
static struct infer_value parens(struct infer *infer, const struct infer_scope *scope)
{
	struct infer_value v = infer_nothing;
	if (infer_at_select(infer)) {
		struct infer_columns columns = {0};
		bool binds = infer->binds;
		if (infer_select(infer, scope, NULL, &columns) && columns.count == 1) {
			v = columns.items[0].value;
			v.nullable = true; /* no row */
			v.source = NULL;
		}
		infer->binds = binds;
		infer_expect(infer, ")");
		return v;
	}
	v = infer_expr(infer, scope);
	if (infer_at(infer, ",")) {
		while (infer_take(infer, ",") && !infer->lost)
			(void)infer_expr(infer, scope);
		v = infer_nothing;
	}
	infer_expect(infer, ")");
	return v;
}

static int param_index(const struct infer *infer, struct slice text)
{
	const struct sql_query *query = &infer->query->query;
	for (size_t i = 0; i < query->param_count; i++)
		if (slice_eq(query->params[i].name, slice_of(text.ptr + 1, text.len - 1)))
			return (int)i;
	return -1;
}

static struct infer_value number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '.' ||
		    ((text.ptr[i] == 'e' || text.ptr[i] == 'E') && !slice_starts(text, SLICE("0x"))))
			return infer_of_type(SQL_REAL, false);
	return infer_of_type(SQL_INTEGER, false);
}

static struct infer_value param_value(const struct infer *infer, struct slice text)
{
	struct infer_value v = infer_nothing;
	v.param = param_index(infer, text);
	v.nullable = false;
	if (v.param >= 0 && infer->param_known[v.param]) {
		v.known = true;
		v.type = infer->query->query.params[v.param].type;
	}
	return v;
}

static struct infer_value word_value(struct infer *infer, const struct infer_scope *scope)
{
	if (infer_take(infer, "NULL")) {
		struct infer_value v = infer_nothing;
		v.is_null = true;
		return v;
	}
	if (infer_take(infer, "TRUE") || infer_take(infer, "FALSE"))
		return infer_of_type(SQL_BOOLEAN, false);
	if (infer_take(infer, "CURRENT_TIMESTAMP") || infer_take(infer, "CURRENT_DATE") ||
	    infer_take(infer, "CURRENT_TIME"))
		return infer_of_type(SQL_TEXT, false);
	if (infer_take(infer, "CASE"))
		return case_expr(infer, scope);
	/* DATE '2026-01-02', INTERVAL '1 day' */
	if (infer->tokens[infer->at + 1].kind == SQL_TOKEN_STRING) {
		enum sql_type type = catalog_type(infer->tokens[infer->at].text);
		infer->at += 2;
		return type == SQL_ANY ? infer_nothing : infer_of_type(type, false);
	}
	if (infer_at_next(infer, 1, "(")) {
		if (infer_take(infer, "CAST"))
			return cast_expr(infer, scope);
		if (infer_take(infer, "EXISTS")) {
			infer->at++;
			(void)parens(infer, scope);
			return infer_of_type(SQL_BOOLEAN, false);
		}
		return infer_function_call(infer, scope);
	}
	return column_ref(infer, scope);
}

static struct infer_value primary(struct infer *infer, const struct infer_scope *scope)
{
	const struct sql_token t = infer->tokens[infer->at];
	if (infer_take(infer, "("))
		return parens(infer, scope);
	switch (t.kind) {
	case SQL_TOKEN_NUMBER:
		infer->at++;
		return number(t.text);
	case SQL_TOKEN_STRING:
		infer->at++;
		return infer_of_type(
		    t.text.ptr[0] == 'x' || t.text.ptr[0] == 'X' ? SQL_BLOB : SQL_TEXT, false);
	case SQL_TOKEN_PARAM:
		infer->at++;
		return param_value(infer, t.text);
	case SQL_TOKEN_WORD:
		return word_value(infer, scope);
	case SQL_TOKEN_QUOTED:
		return infer_at_next(infer, 1, "(") ? infer_function_call(infer, scope)
						    : column_ref(infer, scope);
	default:
		infer->lost = true;
		return infer_nothing;
	}
}

struct infer_value infer_unary(struct infer *infer, const struct infer_scope *scope)
{
	if (infer_at(infer, "-") || infer_at(infer, "+") || infer_at(infer, "~")) {
		infer->at++;
		struct infer_value v = infer_unary(infer, scope);
		v.source = NULL;
		return v;
	}
	struct infer_value v = primary(infer, scope);
	for (;;) {
		if (infer_take(infer, "COLLATE"))
			infer->at++;
		else if (infer_take(infer, "::"))
			v = cast_to(infer, v, false);
		else if (infer_at(infer, "AT") && infer_at_next(infer, 1, "TIME")) {
			infer->at += 3;
			(void)infer_unary(infer, scope);
			v = infer_of_type(SQL_DATE, v.nullable);
		} else
			return v;
	}
}
