/* An app with its database and one session on it that may run every query; arguments and results as JSON. */
#ifndef WARD_TESTS_DATA_RUNNING_H
#define WARD_TESTS_DATA_RUNNING_H

#include "data/session.h"
#include "harness.h"

struct running {
	struct test_app app;
	struct sql_db *db;
	struct type_set *types;
	struct sql_session *session;
	const struct sql_query *queries[100];
	struct sql_host_values host;
	struct buf value, json, argument;
	struct error err;
};

void running_init(struct running *r, const char *migration, const char *queries);
void running_done(struct running *r);
/* Another session on the same database, with the first `count` queries by name. */
struct sql_session *running_session(struct running *r, size_t count);
/* Runs by name. The result as JSON, or "! kind: text" of the error. */
const char *run(struct running *r, const char *query, const char *argument);
const char *run_on(struct running *r, struct sql_session *session, const char *query, const char *argument);

#endif
