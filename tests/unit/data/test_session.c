/* Sessions: queries run by type, under their grants alone, and leave nothing behind when they fail. */
#include "running.h"

#include <sqlite3.h>
#include <stdio.h>

#include "os/clock.h"

static const char schema[] = "-- ward: owner customer\n"
			     "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, note "
			     "TEXT, total INTEGER NOT NULL CHECK (total >= 0),\n"
			     "  paid BOOLEAN NOT NULL DEFAULT 0, created TIMESTAMP NOT NULL, big BIGINT, pic "
			     "BLOB, meta JSON, price DECIMAL(10,2), code TEXT UNIQUE);\n"
			     "CREATE TABLE secrets (id INTEGER PRIMARY KEY, word TEXT NOT NULL);\n"
			     "INSERT INTO secrets VALUES (1, 'hunter2');\n";

static const char queries[] =
    "-- name: Add :one\n"
    "INSERT INTO orders (customer, note, total, created, big, pic, meta, price, code)\n"
    "VALUES (:auth_user, :note, :total, :now, :big, :pic, :meta, :price, :code) RETURNING id;\n"
    "-- name: Get :one\n"
    "SELECT id, note, total, paid, created, big, pic, meta, price FROM orders WHERE id = :id AND customer = "
    ":auth_user;\n"
    "-- name: List :many\n"
    "SELECT id, total FROM orders WHERE customer = :auth_user ORDER BY id;\n"
    "-- name: Pay :exec\n"
    "UPDATE orders SET paid = 1 WHERE id = :id AND customer = :auth_user;\n"
    "-- name: Since :many\n"
    "SELECT id FROM orders WHERE created >= :since AND customer = :auth_user;\n"
    "-- name: Loop :one\n"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n;\n"
    "-- name: Word :one\n"
    "SELECT word FROM secrets WHERE id = :id;\n";

static void a_row_goes_in_and_comes_back(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	assert_string_equal(run(&r, "Add",
				"{\"note\":\"h\xc3\xa9\",\"total\":5,\"big\":\"9223372036854775807\",\"pic\":"
				"\"AAEC\",\"meta\":{\"a\":[1,2.5,null]},\"price\":\"12.50\"}"),
	    "{\"id\":1}");
	assert_string_equal(run(&r, "Get", "{\"id\":1}"),
	    "{\"id\":1,\"note\":\"h\xc3\xa9\",\"total\":5,\"paid\":false,\"created\":\"2026-01-02T03:04:05."
	    "678Z\","
	    "\"big\":\"9223372036854775807\",\"pic\":\"AAEC\",\"meta\":{\"a\":[1,2.5,null]},\"price\":\"12."
	    "5\"}");
	assert_string_equal(run(&r, "Pay", "{\"id\":1}"), "{\"changes\":1,\"lastId\":0}");
	assert_string_equal(run(&r, "Pay", "{\"id\":2}"), "{\"changes\":0,\"lastId\":0}");
	assert_string_equal(run(&r, "Add", "{\"total\":7}"), "{\"id\":2}");
	assert_string_equal(run(&r, "List", "{}"), "[{\"id\":1,\"total\":5},{\"id\":2,\"total\":7}]");
	assert_string_equal(run(&r, "List", NULL), "[{\"id\":1,\"total\":5},{\"id\":2,\"total\":7}]");
	assert_string_equal(
	    run(&r, "Since", "{\"since\":\"2026-01-02T03:04:05.678Z\"}"), "[{\"id\":1},{\"id\":2}]");
	assert_string_equal(run(&r, "Since", "{\"since\":\"2026-01-02T03:04:05.679Z\"}"), "[]");
	r.host.auth_user = SLICE("bob");
	assert_string_equal(run(&r, "List", "{}"), "[]");
	assert_string_equal(run(&r, "Get", "{\"id\":1}"), "null");
	r.host.auth_user = SLICE_NONE;
	assert_string_equal(run(&r, "List", "{}"), "[]");
	running_done(&r);
}

static void what_the_database_says_stays_inside(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	assert_string_equal(run(&r, "Add", "{\"total\":1,\"code\":\"x\"}"), "{\"id\":1}");
	assert_string_equal(run(&r, "Add", "{\"total\":1,\"code\":\"x\"}"),
	    "! conflict: a row with these values is there already");
	assert_string_equal(sql_session_log_text(r.session), "UNIQUE constraint failed: orders.code");
	assert_string_equal(
	    run(&r, "Add", "{\"total\":-1}"), "! conflict: the database does not accept these values");
	assert_string_equal(run(&r, "List", "{}"), "[{\"id\":1,\"total\":1}]");
	running_done(&r);
}

static void hostile_arguments_are_refused(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	static const struct slice bad[] = {
	    SLICE("\x0b\x00\x00\x00\x00\x00\x00\x00\x00"),	       /* an array */
	    SLICE("\x0c\x00\x00\x00\x00\x00\x00\x00\x00"),	       /* no id */
	    SLICE("\x0c\xff\xff\xff\xff\x01\x00\x00\x00"),	       /* too long */
	    SLICE("\x0c\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"), /* id null */
	    SLICE("\x0c\x0b\x00\x00\x00\x01\x00\x00\x00\xf0\x00\x03\x01\x00\x00\x00\x00\x00\x00"
		  "\x00"), /* a name
			      of
			      nothing
			    */
	    SLICE("\x06\x01"),
	    SLICE("\xff"),
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_clear(&r.value);
		result got = sql_session_run(r.session, 1, bad[i], &r.host, &r.value, &r.err);
		assert_int_equal(got.code, ERR_INVALID);
		assert_int_equal(r.value.len, 0);
	}
	running_done(&r);
}

/* The second session was opened with the first query alone, so its connection holds that one's grants. */
static void a_session_has_the_grants_of_its_queries_alone(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	struct sql_session *narrow = running_session(&r, 1);
	assert_string_equal(run_on(&r, narrow, "Add", "{\"total\":1}"), "{\"id\":1}");
	assert_string_equal(
	    run_on(&r, narrow, "Word", "{\"id\":1}"), "! denied: this function may not run that query");
	sql_session_free(narrow);
	/* The same statement under other grants: whatever the text is, the authorizer decides. */
	struct sql_query forged = *test_query(&r.app, "Get");
	forged.sql = test_query(&r.app, "Word")->sql;
	forged.columns = test_query(&r.app, "Word")->columns;
	forged.column_count = 1;
	const struct sql_query *one[] = {&forged};
	const struct sql_limits limits = SQL_LIMITS_DEFAULT;
	forged.column_count = 0;
	assert_true(is_ok(sql_session_open(r.db, one, 1, r.types, &limits, &r.err, &narrow)));
	r.argument.len = 0;
	buf_clear(&r.value);
	CLEANUP_BUF struct buf argument = BUF_INIT(100);
	struct problems problems = {0};
	assert_true(is_ok(value_from_json(
	    type_set_find(r.types, SLICE("query:Get:params")), SLICE("{\"id\":1}"), &argument, &problems)));
	result got = sql_session_run(narrow, 0, buf_slice(&argument), &r.host, &r.value, &r.err);
	assert_int_equal(got.code, ERR_DENIED);
	assert_string_equal(
	    sql_session_log_text(narrow), "read secrets.word: access to secrets.word is prohibited");
	sql_session_free(narrow);
	running_done(&r);
}

static void a_statement_has_its_time(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	sql_session_free(r.session);
	const struct sql_limits limits = {
	    .busy_ms = 10, .run_ms = 50, .rows_max = 1, .result_bytes_max = 1000};
	assert_true(is_ok(sql_session_open(
	    r.db, r.queries, r.app.schema.query_count, r.types, &limits, &r.err, &r.session)));
	uint64_t start = clock_mono_ns();
	assert_string_equal(run(&r, "Loop", NULL), "! timeout: the query took too long");
	assert_true(clock_mono_ns() - start < 500000000u);
	assert_string_equal(run(&r, "Add", "{\"total\":1}"), "{\"id\":1}");
	assert_string_equal(run(&r, "Add", "{\"total\":2}"), "{\"id\":2}");
	assert_string_equal(
	    run(&r, "List", NULL), "! limit: the query has more rows than it may return; add a LIMIT");
	running_done(&r);
}

static void a_transaction_is_all_or_nothing(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	assert_true(is_ok(sql_session_begin(r.session, 0, &r.err)));
	assert_string_equal(run(&r, "Add", "{\"total\":1,\"code\":\"x\"}"), "{\"id\":1}");
	assert_string_equal(run(&r, "Add", "{\"total\":1,\"code\":\"x\"}"),
	    "! conflict: a row with these values is there already");
	assert_string_equal(run(&r, "Add", "{\"total\":2,\"code\":\"y\"}"), "{\"id\":2}");
	struct sql_session *other = running_session(&r, r.app.schema.query_count);
	assert_string_equal(run_on(&r, other, "List", NULL), "[]");
	assert_true(is_ok(sql_session_rollback(r.session, &r.err)));
	assert_string_equal(run(&r, "List", NULL), "[]");
	assert_true(is_ok(sql_session_begin(r.session, 0, &r.err)));
	assert_string_equal(run(&r, "Add", "{\"total\":3}"), "{\"id\":1}");
	assert_true(is_ok(sql_session_commit(r.session, &r.err)));
	assert_string_equal(run_on(&r, other, "List", NULL), "[{\"id\":1,\"total\":3}]");
	/* Its holder is gone. */
	assert_true(is_ok(sql_session_begin(r.session, 0, &r.err)));
	assert_string_equal(run(&r, "Add", "{\"total\":4}"), "{\"id\":2}");
	sql_session_free(r.session);
	r.session = other;
	assert_string_equal(run(&r, "List", NULL), "[{\"id\":1,\"total\":3}]");
	/* Past its deadline. */
	assert_true(is_ok(sql_session_begin(r.session, clock_mono_ms() + 1, &r.err)));
	const struct timespec wait = {.tv_nsec = 20000000};
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	assert_string_equal(
	    run(&r, "Add", "{\"total\":5}"), "! timeout: the transaction took too long and was rolled back");
	assert_string_equal(run(&r, "Add", "{\"total\":5}"), "! conflict: the transaction was rolled back");
	assert_false(is_ok(sql_session_commit(r.session, &r.err)));
	assert_true(is_ok(sql_session_rollback(r.session, &r.err)));
	assert_string_equal(run(&r, "List", NULL), "[{\"id\":1,\"total\":3}]");
	running_done(&r);
}

/* One thread serves all sessions, so waiting for another's transaction would be waiting for oneself. */
static void nobody_waits_for_an_open_transaction(void **state)
{
	struct running r;
	(void)state;
	running_init(&r, schema, queries);
	struct sql_session *other = running_session(&r, r.app.schema.query_count);
	assert_true(is_ok(sql_session_begin(r.session, clock_mono_ms() + 60, &r.err)));
	assert_string_equal(run(&r, "Add", "{\"total\":1}"), "{\"id\":1}");
	uint64_t start = clock_mono_ns();
	assert_true(sql_session_would_wait(other, SIZE_MAX));
	assert_true(sql_session_would_wait(other, 0));
	assert_false(sql_session_would_wait(other, 2));
	assert_false(sql_session_would_wait(r.session, 0));
	assert_string_equal(run_on(&r, other, "Add", "{\"total\":2}"), "! timeout: the database is busy");
	assert_int_equal(sql_session_begin(other, 0, &r.err).code, ERR_TIMEOUT);
	assert_string_equal(run_on(&r, other, "List", NULL), "[]");
	assert_true(clock_mono_ns() - start < 40000000u);
	/* Past its deadline it is in nobody's way, and its holder is told. */
	const struct timespec wait = {.tv_nsec = 100000000};
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	assert_false(sql_session_would_wait(other, 0));
	assert_string_equal(run_on(&r, other, "Add", "{\"total\":2}"), "{\"id\":1}");
	assert_string_equal(run(&r, "List", NULL), "! conflict: the transaction was rolled back");
	assert_int_equal(sql_session_commit(r.session, &r.err).code, ERR_CONFLICT);
	assert_true(is_ok(sql_session_rollback(r.session, &r.err)));
	assert_true(is_ok(sql_session_begin(r.session, 0, &r.err)));
	sql_session_free(r.session);
	r.session = other;
	assert_string_equal(run(&r, "Add", "{\"total\":3}"), "{\"id\":2}");
	running_done(&r);
}

/* A value that is not of its type is no result, and the write that would have returned it is undone. */
static void stored_values_are_not_trusted(void **state)
{
	struct running r;
	sqlite3 *db;
	char path[128];
	(void)state;
	running_init(&r, schema, queries);
	(void)snprintf(path, sizeof path, "%s/app.db", r.app.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db,
		"INSERT INTO orders (id, customer, total, created) VALUES (1, 'ann', 'many', 'yesterday')", 0,
		0, 0),
	    0);
	assert_int_equal(sqlite3_exec(db,
			     "INSERT INTO orders (id, customer, total, created) VALUES (9007199254740991, "
			     "'ann', 1, '2026-01-01')",
			     0, 0, 0),
	    0);
	assert_string_equal(run(&r, "List", NULL), "! internal: a stored value is not of its column's type");
	assert_string_equal(sql_session_log_text(r.session),
	    "column total holds text where integer was derived; a STRICT table keeps its types");
	assert_string_equal(
	    run(&r, "Add", "{\"total\":3}"), "! internal: a stored value is not of its column's type");
	assert_int_equal(sqlite3_exec(db, "DELETE FROM orders WHERE id = 1", 0, 0, 0), 0);
	assert_string_equal(run(&r, "List", NULL), "[{\"id\":9007199254740991,\"total\":1}]");
	sqlite3_close(db);
	running_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_row_goes_in_and_comes_back),
	    cmocka_unit_test(what_the_database_says_stays_inside),
	    cmocka_unit_test(hostile_arguments_are_refused),
	    cmocka_unit_test(a_session_has_the_grants_of_its_queries_alone),
	    cmocka_unit_test(a_statement_has_its_time),
	    cmocka_unit_test(a_transaction_is_all_or_nothing),
	    cmocka_unit_test(nobody_waits_for_an_open_transaction),
	    cmocka_unit_test(stored_values_are_not_trusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
