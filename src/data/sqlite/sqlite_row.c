/* Binding and reading by type. Arguments were checked by session.c; what is stored is not trusted to be of
 * its type. */
#include "data/sqlite/sqlite_row.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/dates.h"

#define JS_INTEGER_MAX 9007199254740991

static result bad_argument(struct sql_session *session, const struct sql_param *p, struct error *err)
{
	char text[300];
	(void)snprintf(
	    text, sizeof text, "parameter %.*s must be %s", SLICE_ARG(p->name), sql_type_name(p->type));
	return session_fail(session, err, ERR_INVALID, text, NULL);
}

static int bind_date(sqlite3_stmt *statement, int at, enum sql_type type, double unix_ms)
{
	char text[DATE_TEXT_MAX];
	if (type == SQL_INTEGER || type == SQL_BIGINT)
		return sqlite3_bind_int64(statement, at, (int64_t)unix_ms);
	if (type == SQL_REAL)
		return sqlite3_bind_double(statement, at, unix_ms);
	if (!sql_date_format(unix_ms, text))
		return SQLITE_RANGE;
	return sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

static int bind_bigint(sqlite3_stmt *statement, int at, struct slice digits)
{
	char text[24];
	char *end;
	if (digits.len == 0 || digits.len >= sizeof text)
		return SQLITE_RANGE;
	memcpy(text, digits.ptr, digits.len);
	text[digits.len] = '\0';
	errno = 0;
	long long value = strtoll(text, &end, 10);
	return errno || *end ? SQLITE_RANGE : sqlite3_bind_int64(statement, at, value);
}

static int bind_json(
    struct sql_session *session, sqlite3_stmt *statement, int at, const struct type *type, struct slice raw)
{
	CLEANUP_BUF struct buf text = BUF_INIT(session->limits.result_bytes_max);
	session->problems.count = 0;
	if (!type || !is_ok(value_to_json(type, raw, &text, &session->problems)))
		return SQLITE_RANGE;
	return sqlite3_bind_text64(statement, at, text.ptr, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int bind_value(sqlite3_stmt *statement, int at, enum sql_type type, const struct value_item *item)
{
	const char *bytes = item->text.ptr ? item->text.ptr : "";
	switch (item->tag) {
	case VALUE_NULL:
		return sqlite3_bind_null(statement, at);
	case VALUE_FALSE:
	case VALUE_TRUE:
		return sqlite3_bind_int64(statement, at, item->tag == VALUE_TRUE);
	case VALUE_INT:
		if (type == SQL_REAL)
			return sqlite3_bind_double(statement, at, (double)item->integer);
		return sqlite3_bind_int64(statement, at, item->integer);
	case VALUE_NUM:
		if ((type == SQL_INTEGER || type == SQL_BIGINT) && item->number == floor(item->number) &&
		    fabs(item->number) <= JS_INTEGER_MAX)
			return sqlite3_bind_int64(statement, at, (int64_t)item->number);
		return sqlite3_bind_double(statement, at, item->number);
	case VALUE_STR:
	case VALUE_ASCII:
		return sqlite3_bind_text64(statement, at, bytes, item->text.len, SQLITE_STATIC, SQLITE_UTF8);
	case VALUE_BYTES:
		return sqlite3_bind_blob64(statement, at, bytes, item->text.len, SQLITE_STATIC);
	case VALUE_DATE:
		return bind_date(statement, at, type, item->number);
	case VALUE_BIGINT:
		return bind_bigint(statement, at, item->text);
	case VALUE_BIG:
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		break;
	}
	return SQLITE_RANGE;
}

result sqlite_bind(
    struct sql_session *session, const struct session_query *q, sqlite3_stmt *statement, struct error *err)
{
	for (size_t i = 0; i < q->query->param_count; i++) {
		const struct sql_param *p = &q->query->params[i];
		const struct session_bound *b = &session->bound[i];
		int rc = p->type == SQL_JSON && b->item.tag != VALUE_NULL && p->host == SQL_HOST_NONE
			     ? bind_json(session, statement, (int)i + 1, q->json_params[i], b->raw)
			     : bind_value(statement, (int)i + 1, p->type, &b->item);
		if (rc != SQLITE_OK)
			return bad_argument(session, p, err);
	}
	return RESULT_OK;
}

/* Reads one column of a storage class; *ret_fits false: it is not of the type. */
static void write_integer(struct value_writer *w, enum sql_type type, int64_t value, bool *ret_fits)
{
	char digits[24];
	int n;
	switch (type) {
	case SQL_INTEGER:
	case SQL_ANY:
		*ret_fits = value >= -JS_INTEGER_MAX && value <= JS_INTEGER_MAX;
		value_write_int(w, value);
		return;
	case SQL_REAL:
		value_write_num(w, (double)value);
		return;
	case SQL_BOOLEAN:
		value_write_bool(w, value != 0);
		return;
	case SQL_BIGINT:
	case SQL_TEXT:
	case SQL_NUMERIC:
		n = snprintf(digits, sizeof digits, "%lld", (long long)value);
		if (type == SQL_BIGINT)
			value_write_bigint(w, slice_of(digits, (size_t)n));
		else
			value_write_string(w, slice_of(digits, (size_t)n));
		return;
	case SQL_BLOB:
	case SQL_DATE:
	case SQL_JSON:
		break;
	}
	*ret_fits = false;
}

static void write_real(struct value_writer *w, enum sql_type type, double value, bool *ret_fits)
{
	char digits[40];
	*ret_fits = isfinite(value);
	if (!*ret_fits)
		return;
	switch (type) {
	case SQL_REAL:
	case SQL_ANY:
		value_write_num(w, value);
		return;
	case SQL_INTEGER:
		*ret_fits = value == floor(value) && fabs(value) <= JS_INTEGER_MAX;
		value_write_int(w, *ret_fits ? (int64_t)value : 0);
		return;
	case SQL_TEXT:
	case SQL_NUMERIC:
		value_write_string(
		    w, slice_of(digits, (size_t)snprintf(digits, sizeof digits, "%.15g", value)));
		return;
	default:
		*ret_fits = false;
	}
}

static result write_text(struct sql_session *session, enum sql_type type, const struct type *json,
    struct slice text, bool *ret_fits, struct error *err)
{
	double unix_ms;
	switch (type) {
	case SQL_TEXT:
	case SQL_NUMERIC:
	case SQL_ANY:
		value_write_string(&session->writer, text);
		return RESULT_OK;
	case SQL_DATE:
		*ret_fits = sql_date_parse(text, &unix_ms);
		if (*ret_fits)
			value_write_date(&session->writer, unix_ms);
		return RESULT_OK;
	case SQL_JSON:
		if (json)
			return session_write_json(session, json, text, err);
		break;
	default:
		break;
	}
	*ret_fits = false;
	return RESULT_OK;
}

static result write_column(struct sql_session *session, const struct session_query *q,
    sqlite3_stmt *statement, int i, struct error *err)
{
	static const char *const stored[] = {[SQLITE_INTEGER] = "an integer",
	    [SQLITE_FLOAT] = "a real",
	    [SQLITE_TEXT] = "text",
	    [SQLITE_BLOB] = "a blob",
	    [SQLITE_NULL] = "NULL"};
	const struct sql_column *c = &q->query->columns[i];
	struct value_writer *w = &session->writer;
	int kind = sqlite3_column_type(statement, i);
	bool fits = true;
	switch (kind) {
	case SQLITE_INTEGER:
		write_integer(w, c->type, sqlite3_column_int64(statement, i), &fits);
		break;
	case SQLITE_FLOAT:
		write_real(w, c->type, sqlite3_column_double(statement, i), &fits);
		break;
	case SQLITE_TEXT: {
		const char *text = (const char *)sqlite3_column_text(statement, i);
		struct slice s = slice_of(text, (size_t)sqlite3_column_bytes(statement, i));
		TRY(write_text(session, c->type, q->json_columns[i], s, &fits, err));
		break;
	}
	case SQLITE_BLOB:
		fits = c->type == SQL_BLOB || c->type == SQL_ANY;
		if (fits)
			value_write_bytes(w, slice_of(sqlite3_column_blob(statement, i),
						 (size_t)sqlite3_column_bytes(statement, i)));
		break;
	default:
		fits = c->nullable || c->type == SQL_ANY;
		value_write_null(w);
	}
	return fits ? RESULT_OK : session_mismatch(session, c, stored[kind], err);
}

result sqlite_row_write(
    struct sql_session *session, const struct session_query *q, sqlite3_stmt *statement, struct error *err)
{
	value_write_object_begin(&session->writer);
	for (size_t i = 0; i < q->query->column_count; i++) {
		value_write_key(&session->writer, q->column_names[i]);
		TRY(write_column(session, q, statement, (int)i, err));
	}
	value_write_object_end(&session->writer);
	return RESULT_OK;
}
