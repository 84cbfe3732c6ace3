/*
 * A named query: what the author wrote in queries/NAME.sql, and what the database itself said about it when it was
 * prepared against the migrated schema. Plain data: built by derive.h, carried in app.json, executed by session.h.
 */
#ifndef WARD_DATA_QUERY_H
#define WARD_DATA_QUERY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

enum query_kind {
	QUERY_ONE,  /* row or null */
	QUERY_MANY, /* array of rows */
	QUERY_EXEC, /* { changes, lastId } */
};

/* How a column or parameter appears in a function. */
enum sql_type {
	SQL_ANY, /* SQLite gave no type: string, number, bytes or null, as stored */
	SQL_INTEGER,
	SQL_REAL,
	SQL_TEXT,
	SQL_BLOB,
	SQL_BOOLEAN,
	SQL_DATE,   /* Date in JavaScript; declared type DATE, DATETIME or TIMESTAMP */
	SQL_BIGINT, /* bigint in JavaScript; declared type BIGINT */
	SQL_JSON,
	SQL_NUMERIC, /* decimal, as text */
};

/* Parameters that the host binds; a guest never can. */
enum sql_host_param { SQL_HOST_NONE, SQL_HOST_AUTH_USER, SQL_HOST_AUTH_ROLE, SQL_HOST_AUTH_TENANT, SQL_HOST_NOW };

struct sql_param {
	struct slice name; /* without ':' */
	enum sql_type type;
	bool nullable;
	enum sql_host_param host;
};

struct sql_column {
	struct slice name; /* as the row's member, camelCase or as aliased */
	enum sql_type type;
	bool nullable;
};

enum sql_operation { SQL_READ, SQL_INSERT, SQL_UPDATE, SQL_DELETE, SQL_OPERATION_COUNT };

/* One right. Column empty: the table as a whole (DELETE, INSERT; READ of no column, as in count(*)). */
struct sql_grant {
	struct slice table;
	struct slice column;
	enum sql_operation operation;
};

struct sql_query {
	struct slice name; /* "GetOwnOrder" */
	struct slice file; /* relative to the app */
	uint32_t line;
	enum query_kind kind;
	struct slice sql;	 /* one statement */
	struct sql_param *params;
	size_t param_count;
	struct sql_column *columns;
	size_t column_count;
	struct sql_grant *grants; /* sorted by table, column, operation; no doubles */
	size_t grant_count;
	bool constrains_owner; /* see derive.h: the row's owner is bound to the caller */
	struct slice unowned_reason; /* why it need not be, as the author wrote it; empty: none given */
};

const char *query_kind_name(enum query_kind kind);
const char *sql_type_name(enum sql_type type);
const char *sql_operation_name(enum sql_operation operation);
const char *sql_host_param_name(enum sql_host_param host);

/* JSON Schema of the guest's parameters (host parameters left out) and of one row (exec: changes, lastId). */
void query_params_schema(const struct sql_query *query, struct buf *out);
void query_row_schema(const struct sql_query *query, struct buf *out);

#endif
