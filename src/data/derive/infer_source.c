/* Names and what stands for rows: FROM, joins, table-valued functions
 * (https://www.sqlite.org/lang_select.html). */
#include "data/derive/infer_internal.h"

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

struct slice infer_take_name(struct infer *infer)
{
	const struct sql_token t = infer->tokens[infer->at];
	if (infer->lost || !sql_token_is_name(t)) {
		infer->lost = true;
		return SLICE_NONE;
	}
	infer->at++;
	return sql_token_name(t);
}

struct infer_scope infer_new_scope(struct infer *infer, const struct infer_scope *parent)
{
	return (struct infer_scope){.parent = parent, .id = ++infer->scope_count};
}

void infer_add_column(
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

struct infer_source *infer_add_source(
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

void infer_take_table(struct infer *infer, struct infer_source *source, const struct catalog_table *table)
{
	source->table = table;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct catalog_column *c = &table->columns[i];
		infer_add_column(infer, &source->columns, c->name,
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
		infer_add_column(infer, &source->columns, columns->items[i].name, v);
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

struct slice infer_alias_or(struct infer *infer, struct slice name)
{
	if (infer_take(infer, "AS"))
		return infer_take_name(infer);
	if (sql_token_is_name(infer->tokens[infer->at]) && !at_clause(infer))
		return infer_take_name(infer);
	return name;
}

void infer_skip_index_hint(struct infer *infer)
{
	if (infer_take(infer, "INDEXED")) {
		infer_expect(infer, "BY");
		(void)infer_take_name(infer);
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
		infer_add_column(infer, &source->columns, slice_cstr(columns[i].name),
		    (struct infer_value){.type = columns[i].type,
			.known = columns[i].known,
			.nullable = columns[i].nullable,
			.param = -1});
}

static void read_subquery(struct infer *infer, struct infer_scope *scope, struct slice at)
{
	struct infer_columns columns = {0};
	bool binds = infer->binds;
	/* SQLite has no LATERAL: a subquery in FROM sees the scopes outside, not its neighbours. */
	(void)infer_select(infer, scope->parent, NULL, &columns);
	infer->binds = binds;
	infer_expect(infer, ")");
	struct infer_source *source = infer_add_source(infer, scope, SLICE_NONE, at);
	if (!source)
		return;
	source->name = infer_alias_or(infer, SLICE_NONE);
	take_columns(infer, source, &columns);
}

static void read_source(struct infer *infer, struct infer_scope *scope)
{
	struct slice at = infer->tokens[infer->at].text;
	(void)infer_take(infer, "LATERAL");
	if (infer_take(infer, "(")) {
		if (infer_at(infer, "SELECT") || infer_at(infer, "WITH") || infer_at(infer, "VALUES")) {
			read_subquery(infer, scope, at);
			return;
		}
		infer_read_from(infer, scope);
		infer_expect(infer, ")");
		return;
	}
	struct slice name = infer_take_name(infer);
	bool main_schema = infer_take(infer, ".");
	if (main_schema)
		name = infer_take_name(infer);
	struct infer_source *source = infer_add_source(infer, scope, name, at);
	if (!source || infer->lost)
		return;
	const struct infer_cte *cte = main_schema ? NULL : find_cte(infer, name);
	const struct catalog_table *table = cte ? NULL : catalog_find(infer->catalog, name);
	if (infer_at(infer, "("))
		take_row_function(infer, scope, source);
	else if (cte)
		take_columns(infer, source, &cte->columns);
	else if (table)
		infer_take_table(infer, source, table);
	source->name = infer_alias_or(infer, name);
	infer_skip_index_hint(infer);
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

void infer_read_from(struct infer *infer, struct infer_scope *scope)
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
