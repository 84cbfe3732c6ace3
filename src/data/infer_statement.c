/*
 * Statements: which sources are in scope where, and what flows from result columns to the columns they are
 * written to. Grammar: https://www.sqlite.org/lang_select.html, lang_insert.html, lang_update.html,
 * lang_delete.html.
 */
#include "data/infer.h"

#include "base/check.h"

bool infer_at_next(const struct infer *infer, size_t ahead, const char *word)
{
	for (size_t i = 0; i < ahead; i++)
		if (infer->tokens[infer->at + i].kind == SQL_TOKEN_END)
			return false;
	return sql_token_is(infer->tokens[infer->at + ahead], word);
}

bool infer_at(const struct infer *infer, const char *word)
{
	return sql_token_is(infer->tokens[infer->at], word);
}

bool infer_take(struct infer *infer, const char *word)
{
	if (infer->lost || !infer_at(infer, word))
		return false;
	infer->at++;
	return true;
}

void infer_expect(struct infer *infer, const char *word)
{
	if (!infer_take(infer, word))
		infer->lost = true;
}

static struct slice take_name(struct infer *infer)
{
	const struct sql_token t = infer->tokens[infer->at];
	if (infer->lost || !sql_token_is_name(t)) {
		infer->lost = true;
		return SLICE_NONE;
	}
	infer->at++;
	return sql_token_name(t);
}

static struct infer_scope new_scope(struct infer *infer, const struct infer_scope *parent)
{
	return (struct infer_scope){.parent = parent, .id = ++infer->scope_count};
}

static void add_column(
    struct infer *infer, struct infer_columns *to, struct slice name, struct infer_value value)
{
	if (!to->items)
		to->items = arena_array(infer->arena, INFER_COLUMNS_MAX, sizeof *to->items);
	if (!to->items || to->count == INFER_COLUMNS_MAX) {
		infer->lost = true;
		return;
	}
	to->items[to->count++] = (struct infer_column){name, value};
}

static struct infer_source *add_source(
    struct infer *infer, struct infer_scope *scope, struct slice name, struct slice at)
{
	struct infer_source *source = arena_zalloc(infer->arena, sizeof *source);
	if (!source) {
		infer->lost = true;
		return NULL;
	}
	source->name = name;
	source->at = at;
	source->scope = scope->id;
	struct infer_source **end = scope->end ? scope->end : &scope->sources;
	*end = source;
	scope->end = &source->next;
	source->all_next = infer->all;
	infer->all = source;
	return source;
}

static void take_table(struct infer *infer, struct infer_source *source, const struct catalog_table *table)
{
	source->table = table;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct catalog_column *c = &table->columns[i];
		add_column(infer, &source->columns, c->name,
		    (struct infer_value){
			.type = c->type, .known = c->type != SQL_ANY, .nullable = c->nullable, .param = -1});
	}
}

static const struct infer_cte *find_cte(const struct infer *infer, struct slice name)
{
	for (const struct infer_cte *cte = infer->ctes; cte; cte = cte->next)
		if (slice_eq_nocase(cte->name, name))
			return cte;
	return NULL;
}

/* Columns of a subquery, seen from outside: where they came from no longer ties them to a source. */
static void take_columns(
    struct infer *infer, struct infer_source *source, const struct infer_columns *columns)
{
	for (size_t i = 0; i < columns->count; i++) {
		struct infer_value v = columns->items[i].value;
		v.source = NULL;
		v.param = -1;
		add_column(infer, &source->columns, columns->items[i].name, v);
	}
}

static bool at_clause(const struct infer *infer)
{
	static const char *const words[] = {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION",
	    "INTERSECT", "EXCEPT", "ON", "USING", "JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS",
	    "NATURAL", "SET", "RETURNING", "VALUES", "SELECT", "DEFAULT", "NOT", "INDEXED", "FROM", "WITH",
	    "OFFSET", "REPLACE"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (infer_at(infer, words[i]))
			return true;
	return false;
}

static struct slice alias_or(struct infer *infer, struct slice name)
{
	if (infer_take(infer, "AS"))
		return take_name(infer);
	if (sql_token_is_name(infer->tokens[infer->at]) && !at_clause(infer))
		return take_name(infer);
	return name;
}

static void skip_index_hint(struct infer *infer)
{
	if (infer_take(infer, "INDEXED")) {
		infer_expect(infer, "BY");
		(void)take_name(infer);
	} else if (infer_at(infer, "NOT") && infer_at_next(infer, 1, "INDEXED")) {
		infer->at += 2;
	}
}

/* json_each(x) and json_tree(x): https://www.sqlite.org/json1.html#jeach */
static void take_row_function(
    struct infer *infer, const struct infer_scope *scope, struct infer_source *source)
{
	static const struct {
		const char *name;
		enum sql_type type;
		bool known, nullable;
	} columns[] = {{"key", SQL_ANY, false, true}, {"value", SQL_ANY, false, true},
	    {"type", SQL_TEXT, true, false}, {"atom", SQL_ANY, false, true}, {"id", SQL_INTEGER, true, false},
	    {"parent", SQL_INTEGER, true, true}, {"fullkey", SQL_TEXT, true, false},
	    {"path", SQL_TEXT, true, false}};
	infer_expect(infer, "(");
	while (!infer_at(infer, ")") && !infer->lost) {
		struct infer_value v = infer_expr(infer, scope);
		struct infer_value json = {.type = SQL_JSON, .known = true, .param = -1};
		infer_give(infer, &v, &json);
		if (!infer_take(infer, ","))
			break;
	}
	infer_expect(infer, ")");
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		add_column(infer, &source->columns, slice_cstr(columns[i].name),
		    (struct infer_value){.type = columns[i].type,
			.known = columns[i].known,
			.nullable = columns[i].nullable,
			.param = -1});
}

static void read_from(struct infer *infer, struct infer_scope *scope);

static void read_subquery(struct infer *infer, struct infer_scope *scope, struct slice at)
{
	struct infer_columns columns = {0};
	bool binds = infer->binds;
	/* SQLite has no LATERAL: a subquery in FROM sees the scopes outside, not its neighbours. */
	(void)infer_select(infer, scope->parent, NULL, &columns);
	infer->binds = binds;
	infer_expect(infer, ")");
	struct infer_source *source = add_source(infer, scope, SLICE_NONE, at);
	if (!source)
		return;
	source->name = alias_or(infer, SLICE_NONE);
	take_columns(infer, source, &columns);
}

static void read_source(struct infer *infer, struct infer_scope *scope)
{
	struct slice at = infer->tokens[infer->at].text;
	if (infer_take(infer, "(")) {
		if (infer_at(infer, "SELECT") || infer_at(infer, "WITH") || infer_at(infer, "VALUES")) {
			read_subquery(infer, scope, at);
			return;
		}
		read_from(infer, scope);
		infer_expect(infer, ")");
		return;
	}
	struct slice name = take_name(infer);
	bool main_schema = infer_take(infer, ".");
	if (main_schema)
		name = take_name(infer);
	struct infer_source *source = add_source(infer, scope, name, at);
	if (!source || infer->lost)
		return;
	const struct infer_cte *cte = main_schema ? NULL : find_cte(infer, name);
	const struct catalog_table *table = cte ? NULL : catalog_find(infer->catalog, name);
	if (infer_at(infer, "("))
		take_row_function(infer, scope, source);
	else if (cte)
		take_columns(infer, source, &cte->columns);
	else if (table)
		take_table(infer, source, table);
	source->name = alias_or(infer, name);
	skip_index_hint(infer);
}

struct join {
	bool left, right, natural;
};

static bool take_join(struct infer *infer, struct join *ret)
{
	*ret = (struct join){0};
	if (infer_take(infer, ","))
		return true;
	for (;;) {
		if (infer_take(infer, "NATURAL"))
			ret->natural = true;
		else if (infer_take(infer, "LEFT"))
			ret->left = true;
		else if (infer_take(infer, "RIGHT"))
			ret->right = true;
		else if (infer_take(infer, "FULL"))
			ret->left = ret->right = true;
		else if (!infer_take(infer, "OUTER") && !infer_take(infer, "INNER") &&
			 !infer_take(infer, "CROSS"))
			break;
	}
	return infer_take(infer, "JOIN");
}

static void read_join_condition(
    struct infer *infer, const struct infer_scope *scope, struct join join, const struct infer_source *last)
{
	if (infer_take(infer, "USING")) {
		infer_expect(infer, "(");
		while (!infer_at(infer, ")") && !infer->lost)
			infer->at++;
		infer_expect(infer, ")");
		return;
	}
	if (!infer_take(infer, "ON"))
		return;
	bool binds = infer->binds;
	/* A row that fails the condition of an outer join is there all the same, on the side that is kept. */
	infer->binds = !join.right;
	infer->join = join.left ? last : NULL;
	(void)infer_expr(infer, scope);
	infer->join = NULL;
	infer->binds = binds;
}

static void read_from(struct infer *infer, struct infer_scope *scope)
{
	struct join join;
	read_source(infer, scope);
	while (!infer->lost && take_join(infer, &join)) {
		struct infer_source **before = scope->end;
		if (join.right)
			for (struct infer_source *s = scope->sources; s; s = s->next)
				s->outer = true;
		read_source(infer, scope);
		for (struct infer_source *s = before ? *before : NULL; s && join.left; s = s->next)
			s->outer = true;
		read_join_condition(infer, scope, join, before ? *before : NULL);
	}
}

static void read_where(struct infer *infer, const struct infer_scope *scope)
{
	if (!infer_take(infer, "WHERE"))
		return;
	bool binds = infer->binds;
	infer->binds = true;
	(void)infer_expr(infer, scope);
	infer->binds = binds;
}

static void read_list(struct infer *infer, const struct infer_scope *scope)
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
				add_column(infer, ret, s->columns.items[i].name, v);
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

static void read_result_list(struct infer *infer, const struct infer_scope *scope, struct infer_columns *ret)
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
		add_column(infer, ret, alias_or(infer, name), v);
	} while (infer_take(infer, ","));
	infer->binds = binds;
}

/* Where FROM of the SELECT that starts here stands, at this depth of parentheses; 0: nowhere. */
static size_t find_from(const struct infer *infer)
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
				add_column(infer, ret, SLICE_NONE, v);
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
	struct infer_scope scope = new_scope(infer, outer);
	if (infer_take(infer, "VALUES")) {
		read_values(infer, &scope, ret);
		return;
	}
	infer_expect(infer, "SELECT");
	if (!infer_take(infer, "DISTINCT"))
		(void)infer_take(infer, "ALL");
	size_t list = infer->at;
	size_t from = find_from(infer);
	size_t after = 0;
	/* Names in the list are those of FROM, so FROM is read first. */
	if (from) {
		infer->at = from + 1;
		read_from(infer, &scope);
		after = infer->at;
		infer->at = list;
	}
	read_result_list(infer, &scope, ret);
	if (from && infer->at != from)
		infer->lost = true;
	if (from)
		infer->at = after;
	read_where(infer, &scope);
	bool binds = infer->binds;
	infer->binds = false;
	if (infer_take(infer, "GROUP")) {
		infer_expect(infer, "BY");
		read_list(infer, &scope);
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

static void read_limit(struct infer *infer)
{
	const struct infer_value whole = {.type = SQL_INTEGER, .known = true, .param = -1};
	struct infer_scope none = new_scope(infer, NULL);
	if (!infer_take(infer, "LIMIT"))
		return;
	do {
		struct infer_value v = infer_expr(infer, &none);
		infer_give(infer, &v, &whole);
	} while (infer_take(infer, "OFFSET") || infer_take(infer, ","));
}

static void read_with(struct infer *infer, const struct infer_scope *outer)
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
		cte->name = take_name(infer);
		if (infer_take(infer, "(")) {
			do
				add_column(infer, &named, take_name(infer),
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
		if (infer_at(infer, "SELECT") || infer_at(infer, "VALUES") || infer_at(infer, "WITH"))
			(void)infer_select(infer, outer, cte, &found);
		else
			infer->lost = true;
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

bool infer_select(
    struct infer *infer, const struct infer_scope *outer, struct infer_cte *self, struct infer_columns *ret)
{
	/* Names of a WITH end with the SELECT that it stands before. */
	struct infer_cte *ctes = infer->ctes;
	if (++infer->depth > INFER_DEPTH_MAX)
		infer->lost = true;
	read_with(infer, outer);
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
		struct infer_scope none = new_scope(infer, outer);
		infer_expect(infer, "BY");
		read_list(infer, &none);
	}
	read_limit(infer);
	infer->ctes = ctes;
	infer->depth--;
	return !infer->lost;
}

static void read_returning(struct infer *infer, const struct infer_scope *scope)
{
	if (infer_take(infer, "RETURNING"))
		read_result_list(infer, scope, &infer->result);
}

static enum sql_host_param host_of(const struct infer *infer, const struct infer_value *v)
{
	return v->param >= 0 ? infer->query->query.params[v->param].host : SQL_HOST_NONE;
}

static const enum sql_host_param row_host[ROW_KEY_COUNT] = {
    [ROW_OWNER] = SQL_HOST_AUTH_USER, [ROW_TENANT] = SQL_HOST_AUTH_TENANT};

/* A value is written to a column: the parameter gets its type, and a row key must stay the caller's. */
static void assign(
    struct infer *infer, struct infer_source *target, int column, const struct infer_value *v, bool inserts)
{
	if (!target->table || column < 0 || (size_t)column >= target->table->column_count)
		return;
	const struct catalog_column *c = &target->table->columns[column];
	struct infer_value to = {.type = c->type, .known = c->type != SQL_ANY, .param = -1};
	infer_give(infer, v, &to);
	if (v->param >= 0 &&
	    (c->nullable || (inserts && c->has_default && slice_eq_nocase(c->declared, SLICE("INTEGER")))))
		infer->query->query.params[v->param].nullable = true;
	for (int k = 0; k < ROW_KEY_COUNT; k++) {
		if (!target->table->row_key[k].len || !slice_eq_nocase(c->name, target->table->row_key[k]))
			continue;
		if (host_of(infer, v) != row_host[k])
			infer->moved = target;
		else if (inserts)
			target->bound[k] = true;
	}
}

static void read_set(struct infer *infer, const struct infer_scope *scope, struct infer_source *target)
{
	infer_expect(infer, "SET");
	do {
		int columns[50];
		size_t n = 0;
		bool list = infer_take(infer, "(");
		do {
			struct slice name = take_name(infer);
			if (n == ARRAY_LEN(columns))
				infer->lost = true;
			else
				columns[n++] = target->table ? catalog_column_index(target->table, name) : -1;
		} while (list && infer_take(infer, ","));
		if (list)
			infer_expect(infer, ")");
		infer_expect(infer, "=");
		bool row = list && infer_at(infer, "(") && !infer_at_next(infer, 1, "SELECT");
		if (row)
			infer->at++;
		for (size_t i = 0; i < (row ? n : 1) && !infer->lost; i++) {
			struct infer_value v = infer_expr(infer, scope);
			assign(infer, target, columns[i], &v, false);
			for (size_t k = 1; list && !row && k < n; k++)
				assign(infer, target, columns[k], &(struct infer_value){.param = -1}, false);
			if (row && i + 1 < n)
				infer_expect(infer, ",");
		}
		if (row)
			infer_expect(infer, ")");
	} while (infer_take(infer, ","));
}

static struct infer_source *read_target(struct infer *infer, struct infer_scope *scope)
{
	struct slice at = infer->tokens[infer->at].text;
	struct slice name = take_name(infer);
	if (infer_take(infer, "."))
		name = take_name(infer);
	struct infer_source *target = add_source(infer, scope, name, at);
	const struct catalog_table *table = catalog_find(infer->catalog, name);
	if (!target || !table) {
		infer->lost = true;
		return NULL;
	}
	take_table(infer, target, table);
	target->name = alias_or(infer, name);
	return target;
}

/* The columns that an INSERT names, as indexes. */
static size_t read_insert_columns(
    struct infer *infer, const struct infer_source *target, int columns[INFER_COLUMNS_MAX])
{
	size_t n = 0;
	if (infer_take(infer, "(")) {
		do
			if (n < INFER_COLUMNS_MAX)
				columns[n++] = catalog_column_index(target->table, take_name(infer));
		while (infer_take(infer, ","));
		infer_expect(infer, ")");
		return n;
	}
	for (size_t i = 0; i < target->table->column_count && n < INFER_COLUMNS_MAX; i++)
		if (!target->table->columns[i].hidden && !target->table->columns[i].generated)
			columns[n++] = (int)i;
	return n;
}

static void read_insert_values(struct infer *infer, const struct infer_scope *scope,
    struct infer_source *target, const int *columns, size_t n)
{
	bool bound[ROW_KEY_COUNT];
	memset(bound, 1, sizeof bound);
	do {
		infer_expect(infer, "(");
		memset(target->bound, 0, sizeof target->bound);
		for (size_t i = 0; !infer->lost; i++) {
			struct infer_value v = infer_expr(infer, scope);
			if (i < n)
				assign(infer, target, columns[i], &v, true);
			if (!infer_take(infer, ","))
				break;
		}
		infer_expect(infer, ")");
		for (int k = 0; k < ROW_KEY_COUNT; k++)
			bound[k] = bound[k] && target->bound[k];
	} while (infer_take(infer, ","));
	memcpy(target->bound, bound, sizeof bound);
}

/*
 * ON CONFLICT (columns) DO UPDATE changes a row that is there already, perhaps another caller's. It is the
 * caller's own when the row key is one of the conflicting columns, because then it equals what was to be
 * inserted.
 */
static void read_upsert(struct infer *infer, struct infer_scope *scope, struct infer_source *target)
{
	while (infer_take(infer, "ON")) {
		bool same[ROW_KEY_COUNT] = {false};
		infer_expect(infer, "CONFLICT");
		if (infer_take(infer, "(")) {
			while (!infer_at(infer, ")") && !infer->lost) {
				const struct sql_token t = infer->tokens[infer->at++];
				for (int k = 0; k < ROW_KEY_COUNT; k++)
					same[k] = same[k] ||
						  (sql_token_is_name(t) && slice_eq_nocase(sql_token_name(t),
									       target->table->row_key[k]));
				infer->lost = infer->lost || t.kind == SQL_TOKEN_END;
			}
			infer_expect(infer, ")");
			if (infer_take(infer, "WHERE"))
				(void)infer_expr(infer, scope);
		}
		infer_expect(infer, "DO");
		if (infer_take(infer, "NOTHING"))
			continue;
		infer_expect(infer, "UPDATE");
		struct infer_scope inner = new_scope(infer, scope);
		struct infer_source *excluded = add_source(infer, &inner, SLICE("excluded"), SLICE_NONE);
		if (!excluded)
			return;
		take_table(infer, excluded, target->table);
		excluded->table = NULL; /* no rows of its own to bind */
		read_set(infer, &inner, target);
		/* The rows that are changed are the target's, so its scope is that of the condition. */
		inner.id = scope->id;
		size_t noted = infer->equality_count;
		read_where(infer, &inner);
		for (size_t i = noted; i < infer->equality_count; i++)
			for (int k = 0; k < ROW_KEY_COUNT; k++)
				same[k] = same[k] ||
					  (infer->equalities[i].a == target &&
					      infer->equalities[i].host == row_host[k] &&
					      slice_eq_nocase(
						  target->columns.items[infer->equalities[i].a_column].name,
						  target->table->row_key[k]));
		infer->equality_count = noted;
		for (int k = 0; k < ROW_KEY_COUNT; k++)
			target->bound[k] = target->bound[k] && same[k];
	}
}

static void read_insert(struct infer *infer)
{
	struct infer_scope scope = new_scope(infer, NULL);
	bool replaces = infer_take(infer, "REPLACE");
	if (!replaces) {
		infer_expect(infer, "INSERT");
		if (infer_take(infer, "OR")) {
			replaces = infer_at(infer, "REPLACE");
			infer->at++;
		}
	}
	infer_expect(infer, "INTO");
	struct infer_source *target = read_target(infer, &scope);
	if (!target)
		return;
	int columns[INFER_COLUMNS_MAX];
	target->target = true;
	size_t n = read_insert_columns(infer, target, columns);
	if (infer_take(infer, "DEFAULT")) {
		infer_expect(infer, "VALUES");
	} else if (infer_take(infer, "VALUES")) {
		read_insert_values(infer, &scope, target, columns, n);
	} else {
		struct infer_columns from = {0};
		(void)infer_select(infer, NULL, NULL, &from);
		for (size_t i = 0; i < n && i < from.count; i++)
			assign(infer, target, columns[i], &from.items[i].value, true);
	}
	/* The row that is replaced may be anyone's. */
	if (replaces || target->table->replaces)
		memset(target->bound, 0, sizeof target->bound);
	read_upsert(infer, &scope, target);
	read_returning(infer, &scope);
}

static void read_update(struct infer *infer)
{
	struct infer_scope scope = new_scope(infer, NULL);
	infer_expect(infer, "UPDATE");
	if (infer_take(infer, "OR"))
		infer->at++;
	struct infer_source *target = read_target(infer, &scope);
	if (!target)
		return;
	skip_index_hint(infer);
	/* FROM comes after SET and its names are good in SET. */
	size_t set = infer->at;
	size_t from = find_from(infer);
	size_t after = 0;
	if (from) {
		infer->at = from + 1;
		read_from(infer, &scope);
		after = infer->at;
		infer->at = set;
	}
	read_set(infer, &scope, target);
	if (from)
		infer->at = after;
	read_where(infer, &scope);
	read_returning(infer, &scope);
	if (infer_take(infer, "ORDER")) {
		infer_expect(infer, "BY");
		read_list(infer, &scope);
	}
	read_limit(infer);
}

static void read_delete(struct infer *infer)
{
	struct infer_scope scope = new_scope(infer, NULL);
	infer_expect(infer, "DELETE");
	infer_expect(infer, "FROM");
	if (!read_target(infer, &scope))
		return;
	skip_index_hint(infer);
	read_where(infer, &scope);
	read_returning(infer, &scope);
	if (infer_take(infer, "ORDER")) {
		infer_expect(infer, "BY");
		read_list(infer, &scope);
	}
	read_limit(infer);
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

bool infer_query(struct infer *infer)
{
	infer->tokens = infer->query->tokens;
	struct infer_scope none = new_scope(infer, NULL);
	/* A WITH may stand before any of them; what is in it is in sight of all that follows. */
	if (infer_at(infer, "WITH")) {
		read_with(infer, &none);
	}
	if (infer_at(infer, "INSERT") || infer_at(infer, "REPLACE"))
		read_insert(infer);
	else if (infer_at(infer, "UPDATE"))
		read_update(infer);
	else if (infer_at(infer, "DELETE"))
		read_delete(infer);
	else
		(void)infer_select(infer, NULL, NULL, &infer->result);
	return !infer->lost && infer->tokens[infer->at].kind == SQL_TOKEN_END;
}
