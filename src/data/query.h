/*
 * A named query: what the author wrote in queries/NAME.sql, and what the database itself said about it when
 * it was prepared against the migrated schema. Plain data: built by derive.h, carried in app.json, executed
 * by session.h.
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
enum sql_host_param {
	SQL_HOST_NONE,
	SQL_HOST_AUTH_USER,
	SQL_HOST_AUTH_ROLE,
	SQL_HOST_AUTH_TENANT,
	SQL_HOST_NOW
};

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

/*
 * One right. Column empty: the table as a whole (DELETE; READ of no column, as in count(*); on SQLite also
 * INSERT, because its authorizer does not name the columns).
 *
 * A right with a `via` holds only inside that view or trigger, and enforcement keeps to it: a function that
 * reads users.email through a view cannot read it any other way. For reach that the database does not ask
 * about, via names the reason as "TABLE.COLUMN": a generated column that is computed from this one.
 */
#define SQL_VIA_WITH "WITH" /* the table is a name of the statement's own WITH, not one of the database */
struct sql_grant {
	struct slice table;
	struct slice column;
	enum sql_operation operation;
	struct slice via; /* empty: the statement itself */
};

struct sql_query {
	struct slice name; /* "GetOwnOrder" */
	struct slice file; /* relative to the app */
	uint32_t line;
	enum query_kind kind;
	struct slice sql; /* one statement */
	struct sql_param *params;
	size_t param_count;
	struct sql_column *columns;
	size_t column_count;
	struct sql_grant *grants; /* sorted by table, column, operation, via; no doubles */
	size_t grant_count;
	bool constrains_owner;	     /* it touches tables with owners or tenants and binds each of them to the
					caller */
	struct slice unbound_table;  /* the first such table that it does not bind; empty: none */
	struct slice unowned_reason; /* why it need not be, as the author wrote it; empty: none given */
};

const char *query_kind_name(enum query_kind kind);
const char *sql_type_name(enum sql_type type);
const char *sql_operation_name(enum sql_operation operation);
const char *sql_host_param_name(enum sql_host_param host);

/* Back from the name; false when there is no such name. */
bool sql_type_from_name(struct slice name, enum sql_type *ret_type);
bool query_kind_from_name(struct slice name, enum query_kind *ret_kind);
bool sql_operation_from_name(struct slice name, enum sql_operation *ret_operation);
/* SQL_HOST_NONE when the host binds no parameter of this name. */
enum sql_host_param sql_host_param_from_name(struct slice name);

/* How a column or parameter is called in a function: order_id becomes orderId. At most `size` bytes with the
 * NUL. */
#define SQL_MEMBER_MAX 128u
struct slice sql_member_name(struct slice name, char buffer[SQL_MEMBER_MAX]);

/* By table, column, operation, via. For qsort() and bsearch(). */
int sql_grant_cmp(const void *a, const void *b);

/* JSON Schema of the guest's parameters (host parameters left out) and of one row (exec: changes, lastId). */
void query_params_schema(const struct sql_query *query, struct buf *out);
void query_row_schema(const struct sql_query *query, struct buf *out);

#endif
