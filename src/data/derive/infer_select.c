/* SELECT, VALUES, WITH and compound statements, and `*` spelled out
 * (https://www.sqlite.org/lang_select.html). */
#include "data/derive/infer_internal.h"

#include "base/check.h"

void infer_read_where(struct infer *infer, const struct infer_scope *scope)
{
	if (!infer_take(infer, "WHERE"))
		return;
	bool binds = infer->binds;
	infer->binds = true;
	(void)infer_expr(infer, scope);
	infer->binds = binds;
}

void infer_read_list(struct infer *infer, const struct infer_scope *scope)
{
	do {
		(void)infer_expr(infer, scope);
		if (!infer_take(infer, "ASC"))
			(void)infer_take(infer, "DESC");
		if (infer_take(infer, "NULLS"))
			infer->at++;
	} while (infer_take(infer, ","));
}

static void add_star(
    struct infer *infer, const struct infer_scope *scope, struct slice only, struct infer_columns *ret)
{
	for (struct infer_source *s = scope->sources; s; s = s->next) {
		if (only.len && !slice_eq_nocase(s->name, only))
			continue;
		for (size_t i = 0; i < s->columns.count; i++) {
			struct infer_value v = s->columns.items[i].value;
			v.nullable = v.nullable || s->outer;
			v.source = s;
			v.column = (int)i;
			if (!s->table || !s->table->columns[i].hidden)
				infer_add_column(infer, ret, s->columns.items[i].name, v);
		}
	}
}

/* Columns by name, as "source"."column". False: one of them has no name to call it by. */
static bool spell_star(const struct infer_scope *scope, struct slice only, struct buf *out)
{
	const char *comma = "";
	for (struct infer_source *s = scope->sources; s; s = s->next) {
		if (only.len && !slice_eq_nocase(s->name, only))
			continue;
		if (s->columns.count == 0 || s->name.len == 0)
			return false;
		for (size_t i = 0; i < s->columns.count; i++) {
			struct slice column = s->columns.items[i].name;
			if (s->table && s->table->columns[i].hidden)
				continue;
			if (column.len == 0 || memchr(column.ptr, '"', column.len) ||
			    memchr(s->name.ptr, '"', s->name.len))
				return false;
			buf_printf(out, "%s\"%.*s\".\"%.*s\"", comma, SLICE_ARG(s->name), SLICE_ARG(column));
			comma = ", ";
		}
	}
	return buf_ok(out);
}

static void note_star(
    struct infer *infer, const struct infer_scope *scope, struct slice star, struct slice only)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 16);
	if (infer->edit_count == INFER_EDITS_MAX || !spell_star(scope, only, &text))
		return;
	struct slice columns = arena_copy(infer->arena, buf_slice(&text));
	if (columns.ptr)
		infer->edits[infer->edit_count++] = (struct infer_edit){star, columns};
}

static struct slice from_to(struct sql_token first, struct sql_token last)
{
	return slice_of(first.text.ptr, (size_t)(last.text.ptr + last.text.len - first.text.ptr));
}

void infer_read_result_list(struct infer *infer, const struct infer_scope *scope, struct infer_columns *ret)
{
	bool binds = infer->binds;
	infer->binds = false;
	do {
		const struct sql_token *t = &infer->tokens[infer->at];
		if (infer_take(infer, "*")) {
			add_star(infer, scope, SLICE_NONE, ret);
			note_star(infer, scope, t->text, SLICE_NONE);
			continue;
		}
		if (sql_token_is_name(*t) && infer_at_next(infer, 1, ".") && infer_at_next(infer, 2, "*")) {
			add_star(infer, scope, sql_token_name(*t), ret);
			note_star(infer, scope, from_to(t[0], t[2]), sql_token_name(*t));
			infer->at += 3;
			continue;
		}
		struct infer_value v = infer_expr(infer, scope);
		struct slice name = v.source ? v.source->columns.items[v.column].name : SLICE_NONE;
		infer_add_column(infer, ret, infer_alias_or(infer, name), v);
	} while (infer_take(infer, ","));
	infer->binds = binds;
}

/* Where FROM of the SELECT that starts here stands, at this depth of parentheses; 0: nowhere. */
size_t infer_find_from(const struct infer *infer)
{
	static const char *const ends[] = {
	    "WHERE", "GROUP", "HAVING", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "RETURNING"};
	unsigned depth = 0;
	for (size_t i = infer->at;; i++) {
		const struct sql_token t = infer->tokens[i];
		bool open = sql_token_is(t, "(");
		bool close = sql_token_is(t, ")");
		if (t.kind == SQL_TOKEN_END || (close && depth == 0))
			return 0;
		depth += open;
		depth -= close;
		if (depth > 0 || t.kind != SQL_TOKEN_WORD)
			continue;
		/* IS DISTINCT FROM */
		if (sql_token_is(t, "FROM") && !(i > 0 && sql_token_is(infer->tokens[i - 1], "DISTINCT")))
			return i;
		for (size_t k = 0; k < ARRAY_LEN(ends); k++)
			if (sql_token_is(t, ends[k]))
				return 0;
	}
}

static void read_values(struct infer *infer, const struct infer_scope *scope, struct infer_columns *ret)
{
	bool first = true;
	do {
		infer_expect(infer, "(");
		for (size_t i = 0; !infer->lost; i++) {
			struct infer_value v = infer_expr(infer, scope);
			if (first)
				infer_add_column(infer, ret, SLICE_NONE, v);
			else if (i < ret->count)
				ret->items[i].value.nullable = ret->items[i].value.nullable || v.nullable;
			if (!infer_take(infer, ","))
				break;
		}
		infer_expect(infer, ")");
		first = false;
	} while (infer_take(infer, ","));
}

static void read_core(struct infer *infer, const struct infer_scope *outer, struct infer_columns *ret)
{
	struct infer_scope scope = infer_new_scope(infer, outer);
	if (infer_take(infer, "VALUES")) {
		read_values(infer, &scope, ret);
		return;
	}
	infer_expect(infer, "SELECT");
	bool distinct = infer_take(infer, "DISTINCT");
	if (!distinct)
		(void)infer_take(infer, "ALL");
	if (distinct && infer_take(infer, "ON"))
		infer_skip_parens(infer); /* PostgreSQL: names of this list, which the list itself types */
	size_t list = infer->at;
	size_t from = infer_find_from(infer);
	size_t after = 0;
	/* Names in the list are those of FROM, so FROM is read first. */
	if (from) {
		infer->at = from + 1;
		infer_read_from(infer, &scope);
		after = infer->at;
		infer->at = list;
	}
	infer_read_result_list(infer, &scope, ret);
	if (from && infer->at != from)
		infer->lost = true;
	if (from)
		infer->at = after;
	infer_read_where(infer, &scope);
	bool binds = infer->binds;
	infer->binds = false;
	if (infer_take(infer, "GROUP")) {
		infer_expect(infer, "BY");
		infer_read_list(infer, &scope);
	}
	if (infer_take(infer, "HAVING"))
		(void)infer_expr(infer, &scope);
	infer->binds = binds;
}

/* UNION and the like: the first core names the columns; a type holds when all agree. */
static void merge_core(struct infer_columns *into, const struct infer_columns *core)
{
	for (size_t i = 0; i < into->count && i < core->count; i++) {
		struct infer_value *a = &into->items[i].value;
		const struct infer_value *b = &core->items[i].value;
		if (!a->known && a->is_null) {
			a->type = b->type;
			a->known = b->known;
		} else if (!b->is_null) {
			a->known = a->known && b->known && a->type == b->type;
		}
		a->is_null = a->is_null && b->is_null;
		a->nullable = a->nullable || b->nullable;
		a->source = NULL;
		a->param = -1;
	}
}

void infer_read_limit(struct infer *infer)
{
	const struct infer_value whole = {.type = SQL_INTEGER, .known = true, .param = -1};
	struct infer_scope none = infer_new_scope(infer, NULL);
	if (!infer_take(infer, "LIMIT"))
		return;
	do {
		struct infer_value v = infer_expr(infer, &none);
		infer_give(infer, &v, &whole);
	} while (infer_take(infer, "OFFSET") || infer_take(infer, ","));
}

void infer_read_with(struct infer *infer, const struct infer_scope *outer)
{
	if (!infer_take(infer, "WITH"))
		return;
	(void)infer_take(infer, "RECURSIVE");
	do {
		struct infer_cte *cte = arena_zalloc(infer->arena, sizeof *cte);
		struct infer_columns named = {0};
		struct infer_columns found = {0};
		if (!cte) {
			infer->lost = true;
			return;
		}
		cte->name = infer_take_name(infer);
		if (infer_take(infer, "(")) {
			do
				infer_add_column(infer, &named, infer_take_name(infer),
				    (struct infer_value){.nullable = true, .param = -1});
			while (infer_take(infer, ","));
			infer_expect(infer, ")");
		}
		infer_expect(infer, "AS");
		(void)infer_take(infer, "NOT");
		(void)infer_take(infer, "MATERIALIZED");
		infer_expect(infer, "(");
		cte->columns = named;
		cte->next = infer->ctes;
		infer->ctes = cte;
		if (infer_at_select(infer))
			(void)infer_select(infer, outer, cte, &found);
		else
			infer_write(infer, cte);
		infer_expect(infer, ")");
	} while (!infer->lost && infer_take(infer, ","));
}

/* What a common table expression is from now on: its own names, the types of its first core. */
static void define_cte(struct infer_cte *cte, const struct infer_columns *first)
{
	if (cte->columns.count == 0) {
		cte->columns = *first;
		return;
	}
	for (size_t i = 0; i < cte->columns.count && i < first->count; i++)
		cte->columns.items[i].value = first->items[i].value;
}

/* PostgreSQL: FOR UPDATE OF x SKIP LOCKED and the like, at the end. */
static void skip_locking(struct infer *infer)
{
	if (!infer_at(infer, "FOR"))
		return;
	while (infer->tokens[infer->at].kind != SQL_TOKEN_END && !infer_at(infer, ")"))
		infer->at++;
}

bool infer_select(
    struct infer *infer, const struct infer_scope *outer, struct infer_cte *self, struct infer_columns *ret)
{
	/* Names of a WITH end with the SELECT that it stands before. */
	struct infer_cte *ctes = infer->ctes;
	if (++infer->depth > INFER_DEPTH_MAX)
		infer->lost = true;
	infer_read_with(infer, outer);
	read_core(infer, outer, ret);
	if (self)
		define_cte(self, ret);
	while (!infer->lost) {
		struct infer_columns core = {0};
		if (infer_take(infer, "UNION"))
			(void)infer_take(infer, "ALL");
		else if (!infer_take(infer, "INTERSECT") && !infer_take(infer, "EXCEPT"))
			break;
		read_core(infer, outer, &core);
		merge_core(ret, &core);
		if (self)
			define_cte(self, ret);
	}
	if (infer_take(infer, "ORDER")) {
		/* Names of the last core's sources or of result columns: neither gives or takes a type here.
		 */
		struct infer_scope none = infer_new_scope(infer, outer);
		infer_expect(infer, "BY");
		infer_read_list(infer, &none);
	}
	infer_read_limit(infer);
	skip_locking(infer);
	infer->ctes = ctes;
	infer->depth--;
	return !infer->lost;
}

static const struct infer_edit *next_edit(const struct infer *infer, const char *at)
{
	const struct infer_edit *next = NULL;
	for (size_t i = 0; i < infer->edit_count; i++)
		if (infer->edits[i].star.ptr >= at && (!next || infer->edits[i].star.ptr < next->star.ptr))
			next = &infer->edits[i];
	return next;
}

struct slice infer_edited(const struct infer *infer, struct arena *arena)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	struct slice sql = infer->query->query.sql;
	const char *at = sql.ptr;
	/* There `*` names a shared column once, and leaves out which of the two it is. */
	for (size_t i = 0; i < infer->query->token_count; i++)
		if (sql_token_is(infer->tokens[i], "USING") || sql_token_is(infer->tokens[i], "NATURAL"))
			return sql;
	for (const struct infer_edit *e; !infer->lost && (e = next_edit(infer, at)) != NULL;) {
		buf_add(&text, at, (size_t)(e->star.ptr - at));
		buf_add_slice(&text, e->columns);
		at = e->star.ptr + e->star.len;
	}
	if (at == sql.ptr)
		return sql;
	buf_add(&text, at, (size_t)(sql.ptr + sql.len - at));
	struct slice edited = buf_ok(&text) ? arena_copy(arena, buf_slice(&text)) : SLICE_NONE;
	return edited.ptr ? edited : sql;
}
