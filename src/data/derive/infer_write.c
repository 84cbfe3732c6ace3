/* INSERT, UPDATE, DELETE and upserts: https://www.sqlite.org/lang_insert.html, lang_update.html,
 * lang_delete.html. */
#include "data/derive/infer_internal.h"

#include "base/check.h"

static void read_returning(struct infer *infer, const struct infer_scope *scope)
{
	if (infer_take(infer, "RETURNING"))
		infer_read_result_list(infer, scope, &infer->result);
}

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
		if (infer_host_of(infer, v) != infer_row_host[k])
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
			struct slice name = infer_take_name(infer);
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
	struct slice name = infer_take_name(infer);
	if (infer_take(infer, "."))
		name = infer_take_name(infer);
	struct infer_source *target = infer_add_source(infer, scope, name, at);
	const struct catalog_table *table = catalog_find(infer->catalog, name);
	if (!target || !table) {
		infer->lost = true;
		return NULL;
	}
	infer_take_table(infer, target, table);
	target->name = infer_alias_or(infer, name);
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
				columns[n++] = catalog_column_index(target->table, infer_take_name(infer));
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
		if (infer_take(infer, "ON")) {
			infer_expect(infer, "CONSTRAINT");
			(void)infer_take_name(infer);
		}
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
		struct infer_scope inner = infer_new_scope(infer, scope);
		struct infer_source *excluded =
		    infer_add_source(infer, &inner, SLICE("excluded"), SLICE_NONE);
		if (!excluded)
			return;
		infer_take_table(infer, excluded, target->table);
		excluded->table = NULL; /* no rows of its own to bind */
		read_set(infer, &inner, target);
		/* The rows that are changed are the target's, so its scope is that of the condition. */
		inner.id = scope->id;
		size_t noted = infer->equality_count;
		infer_read_where(infer, &inner);
		for (size_t i = noted; i < infer->equality_count; i++)
			for (int k = 0; k < ROW_KEY_COUNT; k++)
				same[k] = same[k] ||
					  (infer->equalities[i].a == target &&
					      infer->equalities[i].host == infer_row_host[k] &&
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
	struct infer_scope scope = infer_new_scope(infer, NULL);
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
	struct infer_scope scope = infer_new_scope(infer, NULL);
	infer_expect(infer, "UPDATE");
	if (infer_take(infer, "OR"))
		infer->at++;
	struct infer_source *target = read_target(infer, &scope);
	if (!target)
		return;
	infer_skip_index_hint(infer);
	/* FROM comes after SET and its names are good in SET. */
	size_t set = infer->at;
	size_t from = infer_find_from(infer);
	size_t after = 0;
	if (from) {
		infer->at = from + 1;
		infer_read_from(infer, &scope);
		after = infer->at;
		infer->at = set;
	}
	read_set(infer, &scope, target);
	if (from)
		infer->at = after;
	infer_read_where(infer, &scope);
	read_returning(infer, &scope);
	if (infer_take(infer, "ORDER")) {
		infer_expect(infer, "BY");
		infer_read_list(infer, &scope);
	}
	infer_read_limit(infer);
}

static void read_delete(struct infer *infer)
{
	struct infer_scope scope = infer_new_scope(infer, NULL);
	infer_expect(infer, "DELETE");
	infer_expect(infer, "FROM");
	if (!read_target(infer, &scope))
		return;
	infer_skip_index_hint(infer);
	if (infer_take(infer, "USING"))
		infer_read_from(infer, &scope);
	infer_read_where(infer, &scope);
	read_returning(infer, &scope);
	if (infer_take(infer, "ORDER")) {
		infer_expect(infer, "BY");
		infer_read_list(infer, &scope);
	}
	infer_read_limit(infer);
}

void infer_write(struct infer *infer, struct infer_cte *self)
{
	struct infer_columns outer = infer->result;
	infer->result = (struct infer_columns){0};
	if (infer_at(infer, "INSERT") || infer_at(infer, "REPLACE"))
		read_insert(infer);
	else if (infer_at(infer, "UPDATE"))
		read_update(infer);
	else if (infer_at(infer, "DELETE"))
		read_delete(infer);
	else
		infer->lost = true;
	if (!self)
		return;
	if (self->columns.count == 0)
		self->columns = infer->result;
	infer->result = outer;
}

bool infer_query(struct infer *infer)
{
	infer->tokens = infer->query->tokens;
	struct infer_scope none = infer_new_scope(infer, NULL);
	/* A WITH may stand before any of them; what is in it is in sight of all that follows. */
	if (infer_at(infer, "WITH"))
		infer_read_with(infer, &none);
	if (infer_at_select(infer))
		(void)infer_select(infer, NULL, NULL, &infer->result);
	else
		infer_write(infer, NULL);
	return !infer->lost && infer->tokens[infer->at].kind == SQL_TOKEN_END;
}
