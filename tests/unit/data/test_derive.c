/* Derivation: what a query touches, of which types it is, and what the author is told. */
#include "harness.h"

static const char shop[] =
    "-- ward: owner customer\n"
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, status TEXT NOT NULL DEFAULT "
    "'new', note TEXT,\n"
    "  total_cents INTEGER NOT NULL, paid BOOLEAN NOT NULL DEFAULT 0, created_at TIMESTAMP NOT NULL);\n"
    "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL, stock "
    "INTEGER NOT NULL, weight REAL);\n"
    "CREATE TABLE items (order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,\n"
    "  product INTEGER NOT NULL REFERENCES products(id), qty INTEGER NOT NULL, PRIMARY KEY (order_id, "
    "product));\n";

static void a_query_is_typed_from_its_columns(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app, shop,
	    "-- name: GetOwnOrder :one\n"
	    "SELECT id, status, note, paid, created_at FROM orders WHERE id = :id AND customer = "
	    ":auth_user;\n"
	    "-- name: Buy :exec\n"
	    "UPDATE products SET stock = stock - :qty WHERE id = :product AND stock >= :qty;\n"
	    "-- name: AddOrder :one\n"
	    "INSERT INTO orders (customer, note, total_cents, created_at) VALUES (:auth_user, :note, :total, "
	    ":now) RETURNING id;\n"
	    "-- name: ListProducts :many\n"
	    "SELECT p.id, p.name, count(i.qty) AS lines, coalesce(sum(i.qty), 0) AS sold, max(p.weight) AS "
	    "heaviest\n"
	    "FROM products p LEFT JOIN items i ON i.product = p.id WHERE p.name LIKE :pattern GROUP BY p.id "
	    "LIMIT :limit_rows;\n");
	test_app_derive_clean(&app);
	const struct sql_query *q = test_query(&app, "GetOwnOrder");
	assert_string_equal(
	    test_columns(q), "id integer, status text, note text?, paid boolean, created_at date");
	assert_string_equal(test_params(q), "id integer, auth_user text");
	assert_string_equal(test_grants(q), "orders.created_at read; orders.customer read; orders.id read; "
					    "orders.note read; orders.paid read; orders.status read");
	assert_true(q->constrains_owner);
	q = test_query(&app, "Buy");
	assert_string_equal(test_params(q), "qty integer, product integer");
	assert_string_equal(test_grants(q), "products.id read; products.stock read; products.stock update");
	q = test_query(&app, "AddOrder");
	assert_string_equal(test_params(q), "auth_user text, note text?, total integer, now date");
	assert_true(q->constrains_owner);
	q = test_query(&app, "ListProducts");
	assert_string_equal(
	    test_columns(q), "id integer, name text, lines integer, sold integer, heaviest real?");
	assert_string_equal(test_params(q), "pattern text, limit_rows integer");
	test_app_done(&app);
}

static void everything_wrong_is_told_at_once(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app, shop,
	    "SELECT 1;\n"
	    "-- name: bad :one\nSELECT 1 AS x;\n"
	    "-- name: NoKind\nSELECT 1 AS x;\n"
	    "-- name: NoColumn :one\nSELECT id,\n  statuss FROM products;\n"
	    "-- name: Question :one\nSELECT id FROM products WHERE id = ?;\n"
	    "-- name: Two :one\nSELECT id FROM products; DROP TABLE products;\n"
	    "-- name: Host :one\nSELECT id FROM products WHERE name = :auth_root;\n"
	    "-- name: Rows :many\nSELECT id FROM orders;\n"
	    "-- name: Attach :exec\nATTACH 'x' AS y;\n"
	    "-- name: Schema :many\nSELECT name FROM sqlite_master;\n"
	    "-- name: Ext :one\nSELECT load_extension('x') AS x;\n"
	    "-- name: Noname :one\nSELECT 1 + 1;\n"
	    "-- name: Kind :exec\nSELECT id FROM products;\n"
	    "-- name: Kind :many\nSELECT id FROM products;\n"
	    "-- name: Untyped :one\nSELECT :x AS x;\n");
	test_app_derive(&app);
	assert_string_equal(buf_cstr(&app.findings),
	    "queries/all.sql:1:1 sql-one-statement a statement without a name\n"
	    "queries/all.sql:2:10 sql-query-name the name of a query is letters and digits and starts with a "
	    "capital\n"
	    "queries/all.sql:4:1 sql-query-kind a query is :one (a row or null), :many (rows) or :exec (no "
	    "rows)\n"
	    "queries/all.sql:10:36 sql-param parameters are written :name, not ?\n"
	    "queries/all.sql:12:26 sql-one-statement a statement without a name\n"
	    "queries/all.sql:14:38 sql-host-param ward binds no parameter :auth_root\n"
	    "queries/all.sql:27:10 sql-query-name Kind is the name of a query at queries/all.sql:25 already\n"
	    "queries/all.sql:8:3 sql-error no such column: statuss\n"
	    "queries/all.sql:15:10 sql-unbound-rows Rows reaches rows of orders that are not the caller's\n"
	    "queries/all.sql:18:1 sql-refused a query may not do anything but read and change rows\n"
	    "queries/all.sql:20:18 sql-refused a query may not touch the table sqlite_master\n"
	    "queries/all.sql:22:8 sql-refused a query may not call the function load_extension\n"
	    "queries/all.sql:23:10 sql-column-name column 1 of Noname needs a name\n"
	    "queries/all.sql:25:10 sql-query-kind Kind is :exec and returns rows\n"
	    "queries/all.sql:30:8 sql-param-type the type of :x cannot be told\n"
	    "queries/all.sql:29:10 sql-column-type the type of the column x of Untyped cannot be told\n");
	test_app_done(&app);
}

static void a_broken_migration_is_found_at_its_place(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app, "CREATE TABLE a (x INTEGER);\n\nCREATE TABLE b (y INTEGER,\n  z REFERENCES);\n",
	    "-- name: A :many\nSELECT x FROM a;\n");
	test_app_derive(&app);
	assert_string_equal(buf_cstr(&app.findings),
	    "migrations/0001_init.sql:4:15 sql-migration near \")\": syntax error\n");
	test_app_write(&app, "migrations/0001_init.sql", "ATTACH '/etc/passwd' AS p;");
	test_app_derive(&app);
	assert_non_null(strstr(buf_cstr(&app.findings), "a migration may not do this"));
	test_app_done(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_query_is_typed_from_its_columns),
	    cmocka_unit_test(everything_wrong_is_told_at_once),
	    cmocka_unit_test(a_broken_migration_is_found_at_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
