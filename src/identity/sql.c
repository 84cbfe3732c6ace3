/* The thin layer between this folder and SQLite: statements by name, bound values, transactions that nest. */
#include <string.h>

#include "identity/internal.h"

static result sql_failed(struct identity_store *s, int code, struct error *err)
{
	if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
		return error_set(err, ERR_NOT_FOUND, "there is no such user");
	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
		return error_set(
		    err, ERR_CONFLICT, "the identity store has that already: %s", sqlite3_errmsg(s->db));
	case SQLITE_NOMEM:
		return error_set(err, ERR_MEMORY, "the identity store is out of memory");
	default:
		return error_set(err, ERR_SYSTEM, "the identity store failed: %s", sqlite3_errmsg(s->db));
	}
}

void query_done(struct query *q)
{
	if (!q->st)
		return;
	(void)sqlite3_reset(q->st);
	(void)sqlite3_clear_bindings(q->st);
	q->st = NULL;
}

static int bind(sqlite3_stmt *st, int at, const struct sql_arg *arg)
{
	/* A text without a pointer would bind NULL. */
	const char *bytes = arg->bytes.ptr ? arg->bytes.ptr : "";
	switch (arg->kind) {
	case SQL_ARG_INT:
		return sqlite3_bind_int64(st, at, arg->num);
	case SQL_ARG_TEXT:
		return sqlite3_bind_text64(st, at, bytes, arg->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
	case SQL_ARG_BLOB:
		return sqlite3_bind_blob64(st, at, bytes, arg->bytes.len, SQLITE_STATIC);
	case SQL_ARG_NULL:
	default:
		return sqlite3_bind_null(st, at);
	}
}

result query_start(struct identity_store *s, enum statement which, const struct sql_arg *args, size_t count,
    struct error *err, struct query *ret)
{
	sqlite3_stmt **st = &s->statements[which];
	if (!*st) {
		int code =
		    sqlite3_prepare_v3(s->db, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
		if (code != SQLITE_OK)
			return sql_failed(s, code, err);
	}
	ASSERT(!sqlite3_stmt_busy(*st));
	ASSERT((int)count == sqlite3_bind_parameter_count(*st));
	for (size_t i = 0; i < count; i++) {
		int code = bind(*st, (int)i + 1, &args[i]);
		if (code != SQLITE_OK)
			return sql_failed(s, code, err);
	}
	ret->st = *st;
	return RESULT_OK;
}

result query_next(struct identity_store *s, struct query *q, struct error *err, bool *ret_row)
{
	int code = sqlite3_step(q->st);
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		result r = sql_failed(s, code, err);
		query_done(q);
		return r;
	}
	*ret_row = code == SQLITE_ROW;
	return RESULT_OK;
}

result query_first(struct identity_store *s, enum statement which, const struct sql_arg *args, size_t count,
    struct error *err, struct query *ret)
{
	bool row;
	struct query q;
	TRY(query_start(s, which, args, count, err, &q));
	TRY(query_next(s, &q, err, &row));
	if (!row) {
		query_done(&q);
		return error_set(err, ERR_NOT_FOUND, "there is no such entry");
	}
	*ret = q;
	return RESULT_OK;
}

result store_run(struct identity_store *s, enum statement which, const struct sql_arg *args, size_t count,
    struct error *err, int *ret_changed)
{
	bool row = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(s, which, args, count, err, &q));
	while (row)
		TRY(query_next(s, &q, err, &row));
	if (ret_changed)
		*ret_changed = sqlite3_changes(s->db);
	return RESULT_OK;
}

result store_begin(struct identity_store *s, struct error *err)
{
	if (s->depth == 0)
		TRY(store_run(s, ST_BEGIN, NULL, 0, err, NULL));
	s->depth++;
	return RESULT_OK;
}

result store_commit(struct identity_store *s, struct error *err)
{
	ASSERT(s->depth > 0);
	if (s->depth > 1) {
		s->depth--;
		return RESULT_OK;
	}
	result r = store_run(s, ST_COMMIT, NULL, 0, err, NULL);
	if (is_ok(r))
		s->depth = 0;
	else
		store_rollback(s);
	return r;
}

void store_rollback(struct identity_store *s)
{
	ASSERT(s->depth > 0);
	s->depth--;
	/* SQLite may have rolled back by itself, as on a full disk. An inner failure fails the outer call
	 * too. */
	if (s->depth == 0 && !sqlite3_get_autocommit(s->db))
		ignore_result(store_run(s, ST_ROLLBACK, NULL, 0, NULL, NULL));
}

result store_end(struct identity_store *s, result r, struct error *err)
{
	if (is_ok(r))
		return store_commit(s, err);
	store_rollback(s);
	return r;
}

void column_copy(const struct query *q, int column, char *text, size_t size)
{
	const unsigned char *from = sqlite3_column_text(q->st, column);
	size_t n = from ? (size_t)sqlite3_column_bytes(q->st, column) : 0;
	if (n >= size)
		n = size - 1;
	if (n)
		memcpy(text, from, n);
	text[n] = '\0';
}

bool column_blob(const struct query *q, int column, uint8_t *bytes, size_t size)
{
	const void *from = sqlite3_column_blob(q->st, column);
	if (!from || (size_t)sqlite3_column_bytes(q->st, column) != size)
		return false;
	memcpy(bytes, from, size);
	return true;
}

result identity_batch_begin(struct identity_store *store, struct error *err)
{
	return store_begin(store, err);
}

result identity_batch_end(struct identity_store *store, result r, struct error *err)
{
	return store_end(store, r, err);
}
