/* Migrations: in order, once, whole or not at all, and never changed behind the database's back. */
#include "harness.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "data/migration.h"

static struct error err;

static size_t apply(const struct test_app *app)
{
	size_t applied = 999;
	err = (struct error){0};
	if (!is_ok(migrations_apply(app->dir, app->dir, &err, &applied)))
		return 999;
	return applied;
}

static int count(const struct test_app *app, const char *sql)
{
	char path[128];
	sqlite3 *db;
	sqlite3_stmt *row;
	(void)snprintf(path, sizeof path, "%s/app.db", app->dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK) {
		sqlite3_close(db);
		return -1;
	}
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	int n = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return n;
}

static void each_is_applied_once_and_in_order(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app, "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);", NULL);
	test_app_write(&app, "migrations/0010_more.sql", "INSERT INTO a SELECT x + 1 FROM a;");
	test_app_write(&app, "migrations/0009_b.sql",
	    "CREATE TABLE b (y INTEGER); INSERT INTO a VALUES (10);\n-- the end\n");
	assert_int_equal(apply(&app), 3);
	assert_int_equal(count(&app, "SELECT count(*) FROM a"), 4);
	assert_int_equal(apply(&app), 0);
	assert_int_equal(count(&app, "SELECT count(*) FROM a"), 4);
	test_app_write(&app, "migrations/0011_c.sql", "INSERT INTO b VALUES (5);");
	assert_int_equal(apply(&app), 1);
	assert_int_equal(count(&app, "SELECT count(*) FROM ward_migrations"), 4);
	test_app_done(&app);
}

static void a_failed_one_leaves_nothing(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app, "CREATE TABLE a (x INTEGER);", NULL);
	test_app_write(&app, "migrations/0002_bad.sql",
	    "INSERT INTO a VALUES (1); CREATE TABLE b (y INTEGER); INSERT INTO nowhere VALUES (1);");
	assert_int_equal(apply(&app), 999);
	assert_string_equal(err.text, "migrations/0002_bad.sql: no such table: nowhere");
	assert_int_equal(count(&app, "SELECT count(*) FROM a"), 0);
	assert_int_equal(count(&app, "SELECT count(*) FROM b"), -1);
	assert_int_equal(count(&app, "SELECT count(*) FROM ward_migrations"), 1);
	test_app_write(&app, "migrations/0002_bad.sql",
	    "CREATE TABLE b (y INTEGER REFERENCES a(x)); INSERT INTO b VALUES (77);");
	assert_int_equal(apply(&app), 999);
	test_app_write(&app, "migrations/0002_bad.sql",
	    "CREATE TABLE p (x INTEGER PRIMARY KEY); CREATE TABLE b (y INTEGER REFERENCES p(x)); INSERT INTO "
	    "b VALUES (77);");
	assert_int_equal(apply(&app), 999);
	assert_string_equal(err.text, "migrations/0002_bad.sql leaves a row of b that refers to no row of p");
	assert_int_equal(count(&app, "SELECT count(*) FROM b"), -1);
	test_app_done(&app);
}

static void changed_missing_and_late_files_are_named(void **state)
{
	struct test_app app;
	char path[128];
	(void)state;
	test_app_init(&app, "CREATE TABLE a (x INTEGER);", NULL);
	test_app_write(&app, "migrations/0005_five.sql", "CREATE TABLE five (x INTEGER);");
	assert_int_equal(apply(&app), 2);
	test_app_write(&app, "migrations/0001_init.sql", "CREATE TABLE a (x INTEGER, y INTEGER);");
	assert_int_equal(apply(&app), 999);
	assert_string_equal(err.text, "migrations/0001_init.sql changed after it was applied; undo the "
				      "change and put it into a new migration");
	test_app_write(&app, "migrations/0001_init.sql", "CREATE TABLE a (x INTEGER);");
	assert_int_equal(apply(&app), 0);
	test_app_write(&app, "migrations/0003_late.sql", "CREATE TABLE late (x INTEGER);");
	assert_int_equal(apply(&app), 999);
	assert_string_equal(
	    err.text, "migrations/0003_late.sql comes before 5, which is applied; give it a higher number");
	(void)snprintf(path, sizeof path, "%s/migrations/0003_late.sql", app.dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/migrations/0005_five.sql", app.dir);
	(void)unlink(path);
	assert_int_equal(apply(&app), 999);
	assert_string_equal(err.text,
	    "migrations/0005_five.sql was applied to this database and is missing; bring the file back");
	test_app_write(&app, "migrations/1_x.sql", "CREATE TABLE x (x INTEGER);");
	assert_int_equal(apply(&app), 999);
	assert_non_null(strstr(err.text, "have the same number"));
	test_app_write(&app, "migrations/abc.sql", "");
	assert_int_equal(apply(&app), 999);
	assert_string_equal(err.text, "migrations/abc.sql: the name of a migration is like 0001_init.sql");
	test_app_done(&app);
}

static void a_plan_says_what_would_happen_and_does_nothing(void **state)
{
	struct test_app app;
	CLEANUP_BUF struct buf plan = BUF_INIT(10000);
	(void)state;
	test_app_init(&app, "CREATE TABLE a (x INTEGER);\nCREATE INDEX ax ON a(x);", NULL);
	assert_true(is_ok(migrations_plan(app.dir, app.dir, &plan, &err)));
	assert_string_equal(
	    buf_cstr(&plan), "apply migrations/0001_init.sql\n    CREATE TABLE a\n    CREATE INDEX ax ON\n");
	assert_int_equal(apply(&app), 1);
	test_app_write(&app, "migrations/0002_t.sql",
	    "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a WHERE x = 1; UPDATE a SET x = 2; END; "
	    "DROP INDEX ax;");
	buf_clear(&plan);
	assert_true(is_ok(migrations_plan(app.dir, app.dir, &plan, &err)));
	assert_string_equal(
	    buf_cstr(&plan), "apply migrations/0002_t.sql\n    CREATE TRIGGER t AFTER\n    DROP INDEX ax\n");
	assert_int_equal(count(&app, "SELECT count(*) FROM sqlite_schema WHERE name = 'ax'"), 1);
	/* On the data that are there, not on an empty copy. */
	test_app_write(
	    &app, "migrations/0002_t.sql", "INSERT INTO a VALUES (3), (3); CREATE UNIQUE INDEX ux ON a(x);");
	assert_false(is_ok(migrations_plan(app.dir, app.dir, &plan, &err)));
	assert_string_equal(err.text, "migrations/0002_t.sql: UNIQUE constraint failed: a.x");
	assert_int_equal(count(&app, "SELECT count(*) FROM a"), 0);
	test_app_done(&app);
}

static void a_migration_stays_in_its_room(void **state)
{
	static const char *const bad[] = {"ATTACH '/tmp/x' AS y;", "PRAGMA writable_schema = 1;",
	    "COMMIT; DROP TABLE a;", "BEGIN;", "SAVEPOINT x;", "CREATE TEMP TABLE t (x);",
	    "CREATE TABLE ward_x (y);", "UPDATE ward_migrations SET name = 'x';",
	    "SELECT load_extension('/tmp/x');", "CREATE VIRTUAL TABLE d USING dbstat;",
	    "VACUUM INTO '/tmp/x';", "UPDATE sqlite_schema SET sql = '';",
	    "ALTER TABLE ward_migrations RENAME TO x;", "DROP TABLE ward_migrations;"};
	struct test_app app;
	(void)state;
	test_app_init(&app, "CREATE TABLE a (x INTEGER);", NULL);
	assert_int_equal(apply(&app), 1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		test_app_write(&app, "migrations/0002_bad.sql", bad[i]);
		if (apply(&app) != 999)
			fail_msg("was allowed: %s", bad[i]);
		assert_int_equal(count(&app, "SELECT count(*) FROM ward_migrations"), 1);
	}
	test_app_write(&app, "migrations/0002_bad.sql",
	    "ALTER TABLE a RENAME COLUMN x TO z; ALTER TABLE a ADD COLUMN w TEXT; "
	    "ALTER TABLE a RENAME TO aa; CREATE VIRTUAL TABLE f USING fts5(t);");
	if (apply(&app) != 1)
		fail_msg("%s", err.text);
	test_app_done(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_is_applied_once_and_in_order),
	    cmocka_unit_test(a_failed_one_leaves_nothing),
	    cmocka_unit_test(changed_missing_and_late_files_are_named),
	    cmocka_unit_test(a_plan_says_what_would_happen_and_does_nothing),
	    cmocka_unit_test(a_migration_stays_in_its_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
