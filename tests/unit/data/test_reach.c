/* Statements that hide their reach: each must be derived to the last column. */
#include "harness.h"

#include <stdio.h>

static const char schema[] =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL, password TEXT NOT "
    "NULL);\n"
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users(id) ON DELETE "
    "CASCADE ON UPDATE CASCADE,\n"
    "  title TEXT NOT NULL, views INTEGER NOT NULL DEFAULT 0);\n"
    "CREATE TABLE comments (id INTEGER PRIMARY KEY, post INTEGER REFERENCES posts(id) ON DELETE SET NULL, "
    "text TEXT NOT NULL);\n"
    "CREATE TABLE audit (at TEXT, what TEXT);\n"
    "CREATE TABLE prices (id INTEGER PRIMARY KEY, net INTEGER NOT NULL, rate INTEGER NOT NULL, secret TEXT,\n"
    "  gross INTEGER GENERATED ALWAYS AS (net + net * rate / 100) STORED, shown TEXT AS ('EUR ' || gross));\n"
    "CREATE TABLE tags (name TEXT PRIMARY KEY ON CONFLICT REPLACE, uses INTEGER NOT NULL DEFAULT 0);\n"
    "CREATE VIEW authors AS SELECT id, name FROM users;\n"
    "CREATE VIEW titles AS SELECT p.title, a.name FROM posts p JOIN authors a ON a.id = p.author;\n"
    "CREATE TRIGGER log_posts AFTER INSERT ON posts BEGIN\n"
    "  INSERT INTO audit VALUES (datetime('now'), (SELECT email FROM users WHERE id = NEW.author)); END;\n"
    "CREATE TRIGGER log_audit AFTER INSERT ON audit BEGIN UPDATE prices SET secret = NEW.what; END;\n"
    "CREATE TRIGGER write_titles INSTEAD OF INSERT ON titles BEGIN DELETE FROM comments WHERE text = "
    "NEW.title; END;\n"
    "CREATE TRIGGER gone AFTER DELETE ON comments BEGIN INSERT INTO audit VALUES ('now', OLD.text); END;\n";

static void reaches(const char *kind, const char *sql, const char *grants)
{
	struct test_app app;
	char text[2000];
	(void)snprintf(text, sizeof text, "-- name: Q :%s\n%s;\n", kind, sql);
	test_app_init(&app, schema, text);
	test_app_derive_clean(&app);
	assert_string_equal(test_grants(test_query(&app, "Q")), grants);
	test_app_done(&app);
}

static void views_over_views(void **state)
{
	(void)state;
	reaches("many", "SELECT title, name FROM titles",
	    "authors.id read via titles; authors.name read via titles; posts.author read via titles; "
	    "posts.title read via titles; titles.name read; titles.title read; "
	    "users.id read via authors; users.name read via authors");
	reaches("one", "SELECT count(*) AS n FROM titles",
	    "authors.id read via titles; authors.name read via titles; posts.author read via titles; "
	    "posts.title read via titles; users read; users.id read via authors; "
	    "users.name read via authors");
}

static void triggers_of_triggers(void **state)
{
	(void)state;
	reaches("exec", "INSERT INTO posts (author, title) VALUES (:author, :title)",
	    "audit insert via log_posts; audit.what read via log_audit; comments.post read; "
	    "posts insert; posts.author read via log_posts; prices.secret update via log_audit; "
	    "users.email read via log_posts; users.id read; users.id read via log_posts");
	reaches("exec", "INSERT INTO titles (title) VALUES (:title)",
	    "audit insert via gone; audit.what read via log_audit; comments delete via write_titles; "
	    "comments.text read via gone; comments.text read via write_titles; "
	    "posts.id read via write_titles; prices.secret update via log_audit; titles insert; "
	    "titles.title read via write_titles");
}

static void foreign_key_actions(void **state)
{
	(void)state;
	reaches("exec", "DELETE FROM users WHERE id = :id",
	    "comments.post read; comments.post update; posts delete; posts.author read; "
	    "posts.id read; users delete; users.id read");
	reaches("exec", "UPDATE users SET id = :new WHERE id = :id",
	    "posts.author read; posts.author update; users.id read; users.id update");
}

static void returning_and_upsert(void **state)
{
	(void)state;
	reaches("one",
	    "INSERT INTO tags (name) VALUES (:name) ON CONFLICT (name) DO UPDATE SET uses = uses + 1 "
	    "RETURNING uses",
	    "tags insert; tags delete; tags.name read; tags.uses read; tags.uses update");
	reaches("one", "DELETE FROM prices WHERE id = :id RETURNING secret",
	    "prices delete; prices.id read; prices.secret read");
}

static void replace_deletes(void **state)
{
	(void)state;
	reaches("exec", "REPLACE INTO posts (id, author, title) VALUES (:id, :author, :title)",
	    "audit insert via log_posts; audit delete via log_posts; audit.what read via log_audit; "
	    "comments delete; comments.post read; comments.post update; posts insert; posts delete; "
	    "posts.author read via log_posts; posts.id read; prices delete via log_audit; "
	    "prices.secret update via log_audit; users.email read via log_posts; users.id read; "
	    "users.id read via log_posts");
	reaches("exec", "INSERT INTO tags (name) VALUES (:name)", "tags insert; tags delete");
}

static void common_table_expressions(void **state)
{
	(void)state;
	reaches("exec",
	    "WITH old AS (SELECT id FROM users WHERE name = :name) DELETE FROM audit WHERE what IN (SELECT "
	    "id FROM old)",
	    "audit delete; audit.what read; users.id read; users.name read");
	reaches("many",
	    "WITH RECURSIVE n(i) AS (SELECT max(views) FROM posts UNION ALL SELECT i - 1 FROM n WHERE i > 0) "
	    "SELECT i FROM n",
	    "posts.views read");
	reaches("one", "WITH u AS (SELECT password FROM users) SELECT count(*) AS n FROM u",
	    "users.password read");
}

static void stars_are_every_column(void **state)
{
	(void)state;
	reaches("many", "SELECT * FROM users",
	    "users.email read; users.id read; users.name read; users.password read");
	reaches("many", "SELECT c.* FROM comments c JOIN (SELECT * FROM posts) p ON p.id = c.post",
	    "comments.id read; comments.post read; comments.text read; posts.author read; "
	    "posts.id read; posts.title read; posts.views read");
}

static void stars_are_frozen(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app, schema,
	    "-- name: A :many\nSELECT * /* x */ FROM users;\n"
	    "-- name: B :many\nSELECT u.*, (SELECT count(*) FROM posts) AS n FROM users u WHERE EXISTS "
	    "(SELECT * FROM audit);\n"
	    "-- name: C :many\nSELECT * FROM audit NATURAL JOIN tags;\n"
	    "-- name: D :many\nSELECT * FROM (SELECT id FROM posts);\n");
	test_app_derive_clean(&app);
	assert_string_equal(test_query(&app, "A")->sql.ptr,
	    "SELECT \"users\".\"id\", \"users\".\"email\", "
	    "\"users\".\"name\", \"users\".\"password\" /* x */ FROM users");
	assert_string_equal(test_query(&app, "B")->sql.ptr,
	    "SELECT \"u\".\"id\", \"u\".\"email\", \"u\".\"name\", \"u\".\"password\", (SELECT count(*) FROM "
	    "posts) AS n FROM users u "
	    "WHERE EXISTS (SELECT \"audit\".\"at\", \"audit\".\"what\" FROM audit)");
	assert_true(slice_starts(test_query(&app, "C")->sql, SLICE("SELECT * FROM audit")));
	assert_true(slice_starts(test_query(&app, "D")->sql, SLICE("SELECT * FROM (")));
	test_app_done(&app);
}

static void generated_columns(void **state)
{
	(void)state;
	reaches("many", "SELECT gross FROM prices",
	    "prices.gross read; prices.net read via prices.gross; prices.rate read via prices.gross");
	reaches("many", "SELECT shown FROM prices",
	    "prices.gross read via prices.shown; prices.net read via prices.shown; "
	    "prices.rate read via prices.shown; prices.shown read");
}

static void subqueries_everywhere(void **state)
{
	(void)state;
	reaches("many",
	    "SELECT id FROM posts ORDER BY (SELECT password FROM users u WHERE u.id = posts.author)",
	    "posts.author read; posts.id read; users.id read; users.password read");
	reaches("one", "SELECT CASE WHEN EXISTS (SELECT 1 FROM audit) THEN 1 ELSE 0 END AS x", "audit read");
	reaches("many", "SELECT CAST(value AS TEXT) AS v FROM json_each((SELECT name FROM users))",
	    "users.name read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(views_over_views),
	    cmocka_unit_test(triggers_of_triggers),
	    cmocka_unit_test(foreign_key_actions),
	    cmocka_unit_test(returning_and_upsert),
	    cmocka_unit_test(replace_deletes),
	    cmocka_unit_test(common_table_expressions),
	    cmocka_unit_test(stars_are_every_column),
	    cmocka_unit_test(stars_are_frozen),
	    cmocka_unit_test(generated_columns),
	    cmocka_unit_test(subqueries_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
