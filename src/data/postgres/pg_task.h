/*
 * A session on PostgreSQL, and what it does: a task is one query or one step of a transaction, sent to the
 * server as a few commands together, ended by what comes back. pg_task.c turns them, session_postgres.c makes
 * sessions and waits where that is wanted.
 */
#ifndef WARD_DATA_PG_TASK_H
#define WARD_DATA_PG_TASK_H

#include "data/internal.h"
#include "data/postgres/pg_pool.h"
#include "data/postgres/pg_value.h"

struct postgres_db {
	struct sql_db base;
	PGconn *owner;
	unsigned char secret[PG_SECRET_BYTES];
	struct pg_pool pool;
	char (*ensured)[PG_NAME_MAX]; /* roles that this process has seen to: ROLES_MAX */
	size_t ensured_count;
	struct sql_remote remote;
	char url[];
};

enum command {
	COMMAND_BEGIN,
	COMMAND_COMMIT,
	COMMAND_ROLLBACK,
	COMMAND_SAVEPOINT,
	COMMAND_RELEASE,
	COMMAND_BACK,
	COMMAND_PREPARE,
	COMMAND_EXECUTE,
	COMMAND_COUNT
};
#define COMMANDS_MAX 5u

/* What a session is doing. The commands go to the server together; their results come in order. */
struct task {
	bool running;
	bool guarded; /* in a transaction of its own, which is to be ended by what the result is like */
	bool undoing;
	enum sql_step step; /* SQL_STEP_COUNT: a query */
	size_t index;
	enum command commands[COMMANDS_MAX];
	unsigned count, at;
	size_t start, rows;
	struct error err; /* the first failure; code ERR_NONE: none */
};

struct statement {
	const char *text;
	char name[PG_STATEMENT_NAME_MAX];
};

struct postgres_session {
	struct sql_session base;
	struct pg_link *link; /* while a task runs or a transaction is open */
	struct pg_claim claim;
	struct task task;
	bool savepoint;
	struct pg_role role;
	struct statement *statements; /* in the session's arena */
	struct pg_params params;
	struct sql_grant *grants; /* sorted, of all queries */
	size_t grant_count;
};

/* Begins the query (step SQL_STEP_COUNT) or step; with the connection that is held, or the next of the role
 * that is free. */
void pg_task_begin(struct postgres_session *s, size_t index, enum sql_step step);
/* The connection is the session's: what comes on it is its task's. */
void pg_task_hold(struct postgres_session *s, struct pg_link *link);

#endif
