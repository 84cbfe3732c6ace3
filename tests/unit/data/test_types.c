/* Types of parameters and columns from the structure of a statement, and where nothing can be told. */
#include "harness.h"

#include <stdio.h>

static const char schema[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b TEXT, c REAL NOT NULL, big BIGINT, yes "
    "BOOLEAN NOT NULL,\n"
    "  at TIMESTAMP, doc JSON, price DECIMAL(10,2), raw BLOB);\n"
    "CREATE TABLE u (id INTEGER PRIMARY KEY, t INTEGER NOT NULL REFERENCES t(id), name TEXT NOT NULL);\n"
    "-- ward: type flag boolean\n"
    "CREATE TABLE s (k TEXT PRIMARY KEY, flag INTEGER NOT NULL, any_value ANY) STRICT;\n"
    "CREATE VIEW v AS SELECT t.id, t.a, u.name FROM t LEFT JOIN u ON u.t = t.id;\n"
    "CREATE VIEW w (n, label, top) AS SELECT count(*), v.name, max(v.a) FROM v GROUP BY v.name;\n";

struct type_case {
	const char *kind;
	const char *sql;
	const char *params;
	const char *columns;
};

static const struct type_case cases[] = {
    {"one", "SELECT a, b, c, big, yes, at, doc, price, raw FROM t WHERE id = :id", "id integer",
	"a integer, b text?, c real, big bigint?, yes boolean, at date?, doc json?, price numeric?, raw "
	"blob?"},
    {"many", "SELECT id FROM t WHERE a BETWEEN :lo AND :hi AND b IN (:x, :y) AND c <> :c",
	"lo integer, hi integer, x text, y text, c real", "id integer"},
    {"many", "SELECT id FROM t WHERE (:b IS NULL OR b = :b) AND at > :since", "b text?, since date",
	"id integer"},
    {"many", "SELECT id FROM t WHERE b LIKE '%' || :part || '%' LIMIT :n OFFSET :skip",
	"part text, n integer, skip integer", "id integer"},
    {"many", "SELECT count(*) AS n, sum(a) AS s, avg(a) AS m, min(b) AS lo, total(c) AS t FROM t", "",
	"n integer, s integer?, m real?, lo text?, t real"},
    {"many",
	"SELECT coalesce(b, 'none') AS b, ifnull(big, 0) AS big, a + 1 AS a1, a * c AS ac, a || b AS ab FROM "
	"t",
	"", "b text, big bigint, a1 integer, ac real, ab text?"},
    {"many",
	"SELECT CASE WHEN a > :a THEN 'x' WHEN yes THEN 'y' END AS w, CASE a WHEN :v THEN 1 ELSE 2 END AS n "
	"FROM t",
	"a integer, v integer", "w text?, n integer"},
    {"many",
	"SELECT a > 5 AS more, EXISTS (SELECT 1 FROM u WHERE u.t = t.id) AS has, b IS NULL AS gone FROM t",
	"", "more boolean, has boolean, gone boolean"},
    {"many", "SELECT t.id, u.name FROM t LEFT JOIN u ON u.t = t.id", "", "id integer, name text?"},
    {"many", "SELECT u.name, t.a FROM t RIGHT JOIN u ON u.t = t.id", "", "name text, a integer?"},
    {"many", "SELECT t.a, u.name FROM t FULL JOIN u ON u.t = t.id", "", "a integer?, name text?"},
    {"many", "SELECT a, (SELECT name FROM u WHERE u.t = t.id) AS name FROM t", "", "a integer, name text?"},
    {"many", "SELECT a AS x FROM t UNION ALL SELECT id FROM u UNION SELECT NULL", "", "x integer?"},
    {"many", "WITH w(x, y) AS (SELECT a, b FROM t WHERE id > :from_id) SELECT x, y FROM w WHERE x = :x",
	"from_id integer, x integer", "x integer, y text?"},
    {"many", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :max) SELECT i FROM n",
	"max integer", "i integer"},
    {"many", "SELECT s.total FROM (SELECT sum(a) AS total, yes FROM t GROUP BY yes) s WHERE s.total > :min",
	"min integer", "total integer?"},
    {"many", "SELECT id, name FROM v", "", "id integer, name text?"},
    {"many", "SELECT n, label, top FROM w WHERE label = :label", "label text",
	"n integer, label text?, top integer?"},
    {"many", "SELECT k, flag, CAST(any_value AS INTEGER) AS n FROM s WHERE flag = :flag", "flag boolean",
	"k text, flag boolean, n integer?"},
    {"many",
	"SELECT row_number() OVER (PARTITION BY yes ORDER BY a) AS r, lag(a) OVER (ORDER BY id) AS before "
	"FROM t",
	"", "r integer, before integer?"},
    {"many",
	"SELECT lower(b) AS l, length(b) AS n, substr(b, 1, 2) AS s, strftime('%Y', at) AS y, "
	"json_extract(doc, '$.a') AS \"q\" FROM t",
	"", NULL},
    {"exec", "INSERT INTO t (a, b, c, yes, at, doc, big) VALUES (:a, :b, :c, :yes, :at, :doc, :big)",
	"a integer, b text?, c real, yes boolean, at date?, doc json?, big bigint?", ""},
    {"exec", "INSERT INTO u VALUES (:id, :t, :name)", "id integer?, t integer, name text", ""},
    {"exec", "INSERT INTO u (t, name) SELECT id, :name FROM t WHERE a = :a", "name text, a integer", ""},
    {"exec", "UPDATE t SET b = coalesce(:b, b), a = a - :less, price = :price WHERE id = :id",
	"b text?, less integer, price numeric?, id integer", ""},
    {"exec", "UPDATE t SET (a, b) = (:a, :b) WHERE id IN (SELECT t FROM u WHERE name = :name)",
	"a integer, b text?, name text", ""},
    {"exec", "DELETE FROM t WHERE id = :id AND a NOT IN (:x)", "id integer, x integer", ""},
    {"one",
	"INSERT INTO u (t, name) VALUES (:t, :name) ON CONFLICT (id) DO UPDATE SET name = excluded.name || "
	":more RETURNING id, name",
	"t integer, name text, more text", "id integer, name text"},
    {"many", "SELECT coalesce(json_extract(doc, '$.x'), 0) AS x FROM t", "", NULL},
    {"many", "SELECT coalesce(at, 'never') AS x FROM t", "", NULL},
    {"many", "SELECT value AS v, key AS k FROM json_each(:list)", NULL, NULL},
};

static void check(const struct type_case *c)
{
	struct test_app app;
	char text[2000];
	(void)snprintf(text, sizeof text, "-- name: Q :%s\n%s;\n", c->kind, c->sql);
	test_app_init(&app, schema, text);
	test_app_derive(&app);
	const struct sql_query *q = test_query(&app, "Q");
	if ((c->params && strcmp(test_params(q), c->params) != 0) ||
	    (c->columns && strcmp(test_columns(q), c->columns) != 0) ||
	    (c->columns && c->params && app.findings.len > 0))
		fail_msg("%s\nparams:  %s\ncolumns: %s\n%s", c->sql, test_params(q), test_columns(q),
		    buf_cstr(&app.findings));
	if ((!c->columns || !c->params) && app.findings.len == 0)
		fail_msg("%s: something should not have been told", c->sql);
	test_app_done(&app);
}

static void types_follow_the_statement(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i]);
}

static void the_author_has_the_last_word(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app, schema,
	    "-- name: Q :many\n-- param: list json\n-- column: v any\n-- column: k integer?\nSELECT value AS "
	    "v, key AS k FROM json_each(:list);\n"
	    "-- name: R :many\n-- param: nobody text\n-- param: a floating\nSELECT id FROM t WHERE a = :a;\n"
	    "-- name: S :many\n-- param: nobody text\nSELECT id FROM t WHERE a = :a;\n"
	    "-- name: T :many\nSELECT a, a FROM t;\n"
	    "-- name: U :many\nSELECT a AS order_id, id AS orderId FROM t;\n"
	    "-- name: V :many\nSELECT id FROM t WHERE a = :the_id OR a = :theId;\n");
	test_app_derive(&app);
	assert_string_equal(test_params(test_query(&app, "Q")), "list json");
	assert_string_equal(test_columns(test_query(&app, "Q")), "v any, k integer?");
	assert_string_equal(buf_cstr(&app.findings),
	    "queries/all.sql:8:1 sql-type-note expected `-- param: NAME TYPE`\n"
	    "queries/all.sql:11:1 sql-type-note the query has no parameter nobody\n"
	    "queries/all.sql:13:10 sql-column-name two columns of T are called a\n"
	    "queries/all.sql:15:10 sql-column-name two columns of U are called orderId\n"
	    "queries/all.sql:18:43 sql-param two parameters are called theId\n");
	test_app_done(&app);
}

static void schemas_speak_of_the_guests_part_alone(void **state)
{
	struct test_app app;
	CLEANUP_BUF struct buf text = BUF_INIT(10000);
	(void)state;
	test_app_init(&app, schema,
	    "-- name: Q :one\nUPDATE t SET b = :new_b WHERE b = :auth_user AND a = :a RETURNING a AS a_b, "
	    "big;\n-- name: X :exec\nDELETE FROM u;\n");
	test_app_derive_clean(&app);
	query_params_schema(test_query(&app, "Q"), &text);
	assert_string_equal(buf_cstr(&text),
	    "{\"type\":\"object\",\"properties\":{\"newB\":{\"anyOf\":[{\"type\":\"string\",\"x-ward-text\":"
	    "\"any\"},{\"type\":\"null\"}]},"
	    "\"a\":{\"type\":\"integer\",\"minimum\":-9007199254740991,\"maximum\":9007199254740991}},"
	    "\"required\":[\"a\"],"
	    "\"additionalProperties\":false}");
	buf_clear(&text);
	query_row_schema(test_query(&app, "Q"), &text);
	assert_string_equal(buf_cstr(&text),
	    "{\"type\":\"object\",\"properties\":{\"aB\":{\"type\":\"integer\",\"minimum\":-9007199254740991,"
	    "\"maximum\":9007199254740991},"
	    "\"big\":{\"anyOf\":[{\"type\":\"string\",\"x-ward-type\":\"bigint\"},{\"type\":\"null\"}]}},"
	    "\"required\":[\"aB\",\"big\"],"
	    "\"additionalProperties\":false}");
	buf_clear(&text);
	query_row_schema(test_query(&app, "X"), &text);
	assert_non_null(strstr(buf_cstr(&text), "\"required\":[\"changes\",\"lastId\"]"));
	test_app_done(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(types_follow_the_statement),
	    cmocka_unit_test(the_author_has_the_last_word),
	    cmocka_unit_test(schemas_speak_of_the_guests_part_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
