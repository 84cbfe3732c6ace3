/* Connections and statements. Callers: derivation, migrations, roles, sessions. The server's answers are
 * trusted. */
#include "data/postgres/pg.h"
#include "data/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS "10"

bool pg_is_url(const char *where)
{
	return strncmp(where, "postgres://", 11) == 0 || strncmp(where, "postgresql://", 13) == 0;
}

/* What the texts of values look like must not depend on the server's settings; nor which table a name means.
 */
void pg_pin_settings(const struct pg_login *login, char out[PG_OPTIONS_MAX])
{
	(void)snprintf(out, PG_OPTIONS_MAX,
	    "-c search_path=public -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c "
	    "bytea_output=hex "
	    "-c extra_float_digits=1 -c standard_conforming_strings=on -c client_min_messages=warning "
	    "-c statement_timeout=%u -c lock_timeout=%u -c idle_in_transaction_session_timeout=%u "
	    "-c client_connection_check_interval=%u",
	    login->run_ms, login->lock_ms, login->run_ms ? 60000u : 0u, login->run_ms ? 1000u : 0u);
}

void pg_words_add(struct pg_words *words, const char *key, const char *value)
{
	if (!value || words->count == PG_WORDS_MAX)
		return;
	words->keys[words->count] = key;
	words->values[words->count++] = value;
	words->keys[words->count] = words->values[words->count] = NULL;
}

/* What is decided here, whatever the URL says. */
static bool is_ours(const char *keyword, const struct pg_login *login)
{
	static const char *const words[] = {
	    "options", "application_name", "client_encoding", "connect_timeout", "sslmode", "sslrootcert"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(keyword, words[i]) == 0)
			return true;
	return login->user && (strcmp(keyword, "user") == 0 || strcmp(keyword, "password") == 0);
}

static result check_server(PGconn *c, struct error *err)
{
	if (!c || PQstatus(c) != CONNECTION_OK)
		return error_set(
		    err, ERR_SYSTEM, "cannot connect to PostgreSQL: %s", c ? PQerrorMessage(c) : "no memory");
	if (PQserverVersion(c) < 140000)
		return error_set(err, ERR_INVALID, "PostgreSQL 14 or later is needed");
	return RESULT_OK;
}

result pg_connect(const char *url, const struct pg_login *login, struct error *err, PGconn **ret)
{
	char options[PG_OPTIONS_MAX];
	struct sql_place place;
	struct pg_words words = {0};
	/* Who wrote the URL was asked whether less than a verified certificate is meant, where it was read.
	 */
	TRY(sql_place_read(url, true, err, &place));
	PQconninfoOption *parsed = PQconninfoParse(url, NULL);
	for (PQconninfoOption *o = parsed; o && o->keyword; o++)
		if (o->val && !is_ours(o->keyword, login))
			pg_words_add(&words, o->keyword, o->val);
	pg_pin_settings(login, options);
	pg_words_add(&words, "options", options);
	pg_words_add(&words, "application_name", "ward");
	pg_words_add(&words, "client_encoding", "UTF8");
	pg_words_add(&words, "connect_timeout", CONNECT_SECONDS);
	pg_words_add(&words, "sslmode", place.tls);
	pg_words_add(&words, "sslrootcert", place.roots[0] ? place.roots : NULL);
	pg_words_add(&words, "user", login->user);
	pg_words_add(&words, "password", login->password);
	PGconn *c = PQconnectdbParams(words.keys, words.values, 0);
	PQconninfoFree(parsed);
	result r = check_server(c, err);
	if (is_ok(r))
		*ret = c;
	else
		PQfinish(c);
	return r;
}

/* The first row that the SQLSTATE starts with. */
static const struct {
	const char *prefix;
	struct pg_failure failure;
} failures[] = {
    {"42501", {ERR_DENIED, "this function may not do that"}},
    {"23505", {ERR_CONFLICT, "a row with these values is there already"}},
    {"23503", {ERR_CONFLICT, "a row refers to one that is not there"}},
    {"23", {ERR_CONFLICT, "the database does not accept these values"}},
    {"57014", {ERR_TIMEOUT, "the query took too long"}},
    {"55P03", {ERR_TIMEOUT, "the database is busy"}},
    {"40", {ERR_CONFLICT, "another transaction was in the way; try again"}},
    {"22", {ERR_INVALID, "a value does not fit its column"}},
    {"25", {ERR_CONFLICT, "the transaction was rolled back"}},
    {"53", {ERR_LIMIT, "the database is full"}},
    {"54", {ERR_LIMIT, "a value is too large"}},
    {"08", {ERR_CLOSED, "the database is not available"}},
    {"57P", {ERR_CLOSED, "the database is not available"}},
    {"42", {ERR_CONFLICT, "the database is not the one this app was built for"}},
};

struct pg_failure pg_failure_of(const char *sqlstate)
{
	if (!sqlstate)
		return (struct pg_failure){ERR_CLOSED, "the database is not available"};
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (strncmp(sqlstate, failures[i].prefix, strlen(failures[i].prefix)) == 0)
			return failures[i].failure;
	return (struct pg_failure){ERR_INTERNAL, "the query failed"};
}

result pg_failed(PGconn *c, const PGresult *failed, struct error *err, const char *what)
{
	const char *message = failed ? PQresultErrorField(failed, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	struct pg_failure f = pg_failure_of(failed ? PQresultErrorField(failed, PG_DIAG_SQLSTATE) : NULL);
	return error_set(err, f.kind, "%s: %s", what, message ? message : PQerrorMessage(c));
}

result pg_run(PGconn *c, const char *sql, struct error *err)
{
	CLEANUP_PG PGresult *done = PQexec(c, sql);
	ExecStatusType status = PQresultStatus(done);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
		return RESULT_OK;
	return pg_failed(c, done, err, "PostgreSQL");
}

result pg_runf(PGconn *c, struct error *err, const char *fmt, ...)
{
	CLEANUP_BUF struct buf sql = BUF_INIT(1u << 20);
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&sql, fmt, args);
	va_end(args);
	return buf_ok(&sql) ? pg_run(c, buf_cstr(&sql), err)
			    : error_set(err, ERR_LIMIT, "a statement is too long");
}

result pg_query(
    PGconn *c, const char *sql, int count, const char *const *values, struct error *err, PGresult **ret)
{
	PGresult *rows = PQexecParams(c, sql, count, NULL, values, NULL, NULL, 0);
	if (PQresultStatus(rows) != PGRES_TUPLES_OK) {
		result r = pg_failed(c, rows, err, "PostgreSQL");
		PQclear(rows);
		return r;
	}
	*ret = rows;
	return RESULT_OK;
}

struct slice pg_cell(const PGresult *rows, int row, int column)
{
	if (PQgetisnull(rows, row, column))
		return SLICE_NONE;
	return slice_of(PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column));
}

uint32_t pg_cell_oid(const PGresult *rows, int row, int column)
{
	return (uint32_t)strtoul(PQgetvalue(rows, row, column), NULL, 10);
}

void pg_add_name(struct buf *out, struct slice name)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, name.ptr[i]);
	}
	buf_add_char(out, '"');
}
