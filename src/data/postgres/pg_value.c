/* Binding and reading by type. Arguments were checked by session.c; what is stored is not trusted to be of
 * its type. */
#include "data/postgres/pg_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/dates.h"

#define JS_INTEGER_MAX 9007199254740991

static bool add_date(struct buf *out, enum sql_type type, double unix_ms)
{
	char text[DATE_TEXT_MAX];
	if (type == SQL_INTEGER || type == SQL_BIGINT || type == SQL_NUMERIC || type == SQL_REAL) {
		buf_printf(out, "%.0f", unix_ms);
		return true;
	}
	if (!sql_date_format(unix_ms, text))
		return false;
	buf_printf(out, "%s+00", text);
	return true;
}

static bool add_json(struct sql_session *session, const struct type *type, struct slice raw, struct buf *out)
{
	session->problems.count = 0;
	return type && is_ok(value_to_json(type, raw, out, &session->problems));
}

/* False: PostgreSQL has no such value. */
static bool add_value(struct buf *out, enum sql_type type, const struct value_item *item)
{
	switch (item->tag) {
	case VALUE_FALSE:
	case VALUE_TRUE:
		buf_add_char(out, item->tag == VALUE_TRUE ? 't' : 'f');
		return true;
	case VALUE_INT:
		buf_printf(out, "%lld", (long long)item->integer);
		return true;
	case VALUE_NUM:
		buf_printf(out, "%.17g", item->number);
		return true;
	case VALUE_STR:
	case VALUE_ASCII:
		buf_add_slice(out, item->text);
		return !(item->text.len && memchr(item->text.ptr, 0, item->text.len));
	case VALUE_BYTES:
	case VALUE_BIGINT:
	case VALUE_BIG:
		buf_add_slice(out, item->text);
		return true;
	case VALUE_DATE:
		return add_date(out, type, item->number);
	case VALUE_NULL:
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		break;
	}
	return false;
}

static result bad_argument(struct sql_session *session, const struct sql_param *p, struct error *err)
{
	char text[300];
	(void)snprintf(text, sizeof text, "parameter %.*s must be %s, without NUL", SLICE_ARG(p->name),
	    sql_type_name(p->type));
	return session_fail(session, err, ERR_INVALID, text, NULL);
}

result pg_bind(
    struct sql_session *session, const struct session_query *q, struct pg_params *params, struct error *err)
{
	buf_clear(&params->text);
	for (size_t i = 0; i < q->query->param_count; i++) {
		const struct sql_param *p = &q->query->params[i];
		const struct session_bound *b = &session->bound[i];
		bool json = p->type == SQL_JSON && p->host == SQL_HOST_NONE;
		params->formats[i] = b->item.tag == VALUE_BYTES;
		params->lengths[i] = 0;
		params->offsets[i] = SIZE_MAX;
		if (b->item.tag == VALUE_NULL)
			continue;
		params->offsets[i] = params->text.len;
		if (json ? !add_json(session, q->json_params[i], b->raw, &params->text)
			 : !add_value(&params->text, p->type, &b->item))
			return bad_argument(session, p, err);
		params->lengths[i] = (int)(params->text.len - params->offsets[i]);
		buf_add_char(&params->text, '\0');
	}
	if (!buf_ok(&params->text))
		return session_fail(session, err, ERR_LIMIT, "the argument of the query is too large", NULL);
	for (size_t i = 0; i < q->query->param_count; i++)
		params->values[i] =
		    params->offsets[i] == SIZE_MAX ? NULL : params->text.ptr + params->offsets[i];
	return RESULT_OK;
}

static bool write_integer(struct value_writer *w, const char *text)
{
	char *end;
	double value = strtod(text, &end);
	if (*end || value != floor(value) || fabs(value) > JS_INTEGER_MAX)
		return false;
	value_write_int(w, strtoll(text, NULL, 10));
	return true;
}

static bool write_real(struct value_writer *w, const char *text)
{
	char *end;
	double value = strtod(text, &end);
	if (*end || !isfinite(value))
		return false;
	value_write_num(w, value);
	return true;
}

static bool is_number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!strchr("0123456789.-", text.ptr[i]) || !text.ptr[i])
			return false;
	return text.len > 0;
}

static bool write_bytes(struct value_writer *w, const char *text)
{
	size_t n = 0;
	unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &n);
	if (!bytes)
		return false;
	value_write_bytes(w, slice_of((const char *)bytes, n));
	PQfreemem(bytes);
	return true;
}

static bool write_date(struct value_writer *w, struct slice text)
{
	double unix_ms;
	if (!sql_date_parse(text, &unix_ms))
		return false;
	value_write_date(w, unix_ms);
	return true;
}

static bool write_cell(struct value_writer *w, enum sql_type type, struct slice text)
{
	switch (type) {
	case SQL_INTEGER:
		return write_integer(w, text.ptr);
	case SQL_REAL:
		return write_real(w, text.ptr);
	case SQL_BLOB:
		return write_bytes(w, text.ptr);
	case SQL_BOOLEAN:
		value_write_bool(w, text.ptr[0] == 't');
		return true;
	case SQL_DATE:
		return write_date(w, text);
	case SQL_BIGINT:
		value_write_bigint(w, text);
		return is_number(text);
	case SQL_NUMERIC:
		value_write_string(w, text);
		return is_number(text);
	case SQL_TEXT:
	case SQL_ANY:
		value_write_string(w, text);
		return true;
	case SQL_JSON:
		break;
	}
	return false;
}

result pg_row_write(struct sql_session *session, const struct session_query *q, const PGresult *rows, int row,
    struct error *err)
{
	value_write_object_begin(&session->writer);
	for (size_t i = 0; i < q->query->column_count; i++) {
		const struct sql_column *c = &q->query->columns[i];
		struct slice text = pg_cell(rows, row, (int)i);
		value_write_key(&session->writer, q->column_names[i]);
		if (!text.ptr && (c->nullable || c->type == SQL_ANY))
			value_write_null(&session->writer);
		else if (!text.ptr)
			return session_mismatch(session, c, "NULL", err);
		else if (c->type == SQL_JSON && q->json_columns[i])
			TRY(session_write_json(session, q->json_columns[i], text, err));
		else if (!write_cell(&session->writer, c->type, text))
			return session_mismatch(session, c, "another type", err);
	}
	value_write_object_end(&session->writer);
	return RESULT_OK;
}
