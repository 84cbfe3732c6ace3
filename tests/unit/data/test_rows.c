/* Rows: which queries bind every row they reach to the caller, and which only look as if they did. */
#include "harness.h"

#include <stdio.h>

static const char schema[] =
    "-- ward: owner customer\n"
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, total INTEGER NOT NULL, parent "
    "INTEGER REFERENCES orders(id));\n"
    "-- ward: owner payer\n"
    "CREATE TABLE payments (id INTEGER PRIMARY KEY, payer TEXT NOT NULL, order_id INTEGER NOT NULL "
    "REFERENCES orders(id), cents INTEGER);\n"
    "CREATE TABLE items (order_id INTEGER NOT NULL REFERENCES orders(id), sku TEXT NOT NULL);\n"
    "-- ward: tenant org\n"
    "CREATE TABLE docs (id INTEGER PRIMARY KEY, org TEXT NOT NULL, text TEXT NOT NULL);\n"
    "-- ward: owner customer\n"
    "CREATE TABLE carts (customer TEXT NOT NULL, sku TEXT NOT NULL, qty INTEGER NOT NULL, PRIMARY KEY "
    "(customer, sku)) WITHOUT ROWID;\n"
    "CREATE VIEW open_orders AS SELECT id, customer FROM orders WHERE total > 0;\n"
    "CREATE VIEW totals AS SELECT id, total FROM orders;\n";

struct row_case {
	const char *sql;
	const char *unbound; /* "": bound; NULL: nobody's rows are touched */
};

static void check(const struct row_case *c)
{
	struct test_app app;
	char text[2000];
	bool exec = strncmp(c->sql, "SELECT", 6) != 0 && strncmp(c->sql, "WITH", 4) != 0 &&
		    !strstr(c->sql, "RETURNING");
	(void)snprintf(text, sizeof text, "-- name: Q :%s\n%s;\n", exec ? "exec" : "many", c->sql);
	test_app_init(&app, schema, text);
	test_app_derive(&app);
	const struct sql_query *q = test_query(&app, "Q");
	bool told = strstr(buf_cstr(&app.findings), "sql-unbound-rows") != NULL;
	bool error = strstr(buf_cstr(&app.findings), "sql-error") != NULL;
	const char *want = c->unbound ? c->unbound : "";
	if (error || !slice_eq_cstr(q->unbound_table, want) || told != (*want != '\0') ||
	    q->constrains_owner != (c->unbound && !*c->unbound))
		fail_msg("%s\nunbound \"%.*s\", bound %d\n%s", c->sql, SLICE_ARG(q->unbound_table),
		    q->constrains_owner, buf_cstr(&app.findings));
	test_app_done(&app);
}

static const struct row_case bound[] = {
    {"SELECT id FROM orders WHERE customer = :auth_user", ""},
    {"SELECT id FROM orders WHERE :auth_user = customer AND id = :id", ""},
    {"SELECT id FROM orders WHERE customer = CAST(:auth_user AS TEXT)", ""},
    {"SELECT id FROM orders o WHERE (o.customer = :auth_user) AND (o.id = :id OR o.total > 5)", ""},
    {"SELECT o.id FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.customer = :auth_user", ""},
    {"SELECT o.id FROM orders o JOIN payments p ON p.payer = o.customer AND o.customer = :auth_user", ""},
    {"SELECT o.id, p.cents FROM orders o LEFT JOIN payments p ON p.order_id = o.id WHERE o.customer = "
     ":auth_user",
	""},
    {"SELECT sku FROM items", NULL},
    {"SELECT i.sku FROM items i JOIN orders o ON o.id = i.order_id WHERE o.customer = :auth_user", ""},
    {"SELECT id FROM docs WHERE org = :auth_tenant", ""},
    {"SELECT id FROM open_orders WHERE customer = :auth_user", ""},
    {"SELECT id FROM orders WHERE customer = :auth_user UNION SELECT id FROM payments WHERE payer = "
     ":auth_user",
	""},
    {"WITH mine AS (SELECT id FROM orders WHERE customer = :auth_user) SELECT id FROM mine", ""},
    {"SELECT sku FROM items WHERE EXISTS (SELECT 1 FROM orders o WHERE o.id = items.order_id AND o.customer "
     "= :auth_user)",
	""},
    {"INSERT INTO orders (customer, total) VALUES (:auth_user, 1)", ""},
    {"INSERT INTO orders (customer, total) VALUES (:auth_user, 1), (:auth_user, 2)", ""},
    {"INSERT INTO orders (customer, total) SELECT :auth_user, 1", ""},
    {"UPDATE orders SET total = 0 WHERE id = :id AND customer = :auth_user", ""},
    {"DELETE FROM orders WHERE id = :id AND customer = :auth_user RETURNING total", ""},
    {"INSERT INTO carts VALUES (:auth_user, :sku, 1) ON CONFLICT (customer, sku) DO UPDATE SET qty = qty + 1",
	""},
    {"INSERT INTO orders (id, customer, total) VALUES (:id, :auth_user, 1) ON CONFLICT (id) DO UPDATE SET "
     "total = 2 "
     "WHERE orders.customer = :auth_user",
	""},
    {"UPDATE orders SET total = p.cents FROM payments p WHERE p.order_id = orders.id AND orders.customer = "
     ":auth_user",
	""},
};

static const struct row_case not_bound[] = {
    {"SELECT id FROM orders", "orders"},
    {"SELECT id FROM orders WHERE id = :id", "orders"},
    {"SELECT id FROM orders WHERE customer = :customer", "orders"},
    {"SELECT id FROM orders WHERE customer = :auth_role", "orders"},
    {"SELECT id FROM orders WHERE customer = :auth_tenant", "orders"},
    {"SELECT id FROM orders WHERE customer = CAST(:auth_user AS INTEGER)", "orders"},
    {"SELECT id FROM orders WHERE customer = CAST(:auth_user AS UUID)", "orders"},
    {"SELECT id FROM orders WHERE CAST(customer AS INTEGER) = :auth_user", "orders"},
    {"SELECT id FROM orders WHERE customer <> :auth_user", "orders"},
    {"SELECT id FROM orders WHERE customer IS :auth_user", "orders"},
    {"SELECT id FROM orders WHERE customer LIKE :auth_user", "orders"},
    {"SELECT id FROM orders WHERE customer = :auth_user OR total = 1", "orders"},
    {"SELECT id FROM orders WHERE total = 1 OR customer = :auth_user", "orders"},
    {"SELECT id FROM orders WHERE NOT customer = :auth_user", "orders"},
    {"SELECT id FROM orders WHERE NOT (customer = :auth_user)", "orders"},
    {"SELECT id FROM orders WHERE (customer = :auth_user) = 0", "orders"},
    {"SELECT id FROM orders WHERE (customer = :auth_user) IS NOT NULL", "orders"},
    {"SELECT id FROM orders WHERE (customer = :auth_user) + 1", "orders"},
    {"SELECT id FROM orders WHERE ((customer = :auth_user)) < 5", "orders"},
    {"SELECT id FROM orders WHERE (customer = :auth_user) IN (0, 1)", "orders"},
    {"SELECT id FROM orders WHERE total BETWEEN (customer = :auth_user) AND 5", "orders"},
    {"SELECT id FROM orders WHERE coalesce(customer = :auth_user, 1)", "orders"},
    {"SELECT id FROM orders WHERE CASE WHEN customer = :auth_user THEN 1 ELSE 1 END", "orders"},
    {"SELECT id FROM orders WHERE -(customer = :auth_user) = 0", "orders"},
    {"SELECT id FROM orders WHERE (SELECT customer = :auth_user) = 0", "orders"},
    {"SELECT id FROM orders WHERE NOT EXISTS (SELECT 1 WHERE customer = :auth_user)", "orders"},
    {"SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM items WHERE orders.customer = :auth_user OR 1)",
	"orders"},
    {"SELECT customer = :auth_user AS mine FROM orders", "orders"},
    {"SELECT id FROM orders ORDER BY customer = :auth_user", "orders"},
    {"SELECT count(*) AS n FROM orders GROUP BY id HAVING customer = :auth_user", "orders"},
    {"SELECT o.id FROM orders o LEFT JOIN payments p ON o.customer = :auth_user", "orders"},
    {"SELECT o.id FROM orders o LEFT JOIN payments p ON p.payer = :auth_user AND o.customer = p.payer",
	"orders"},
    {"SELECT o.id FROM orders o RIGHT JOIN payments p ON o.customer = :auth_user AND p.payer = :auth_user",
	"orders"},
    {"SELECT o.id FROM orders o JOIN payments p ON p.order_id = o.id WHERE p.payer = :auth_user", "orders"},
    {"SELECT a.id FROM orders a JOIN orders b ON a.total = b.total WHERE b.customer = :auth_user", "orders"},
    {"SELECT a.id FROM orders a, orders b WHERE b.customer = :auth_user", "orders"},
    {"SELECT id FROM totals", "totals"},
    {"SELECT id FROM totals WHERE id = :auth_user", "totals"},
    {"SELECT id FROM open_orders", "open_orders"},
    {"SELECT id FROM docs WHERE org = :auth_user", "docs"},
    {"SELECT id FROM orders WHERE customer = :auth_user UNION ALL SELECT id FROM payments", "payments"},
    {"WITH mine AS (SELECT id FROM orders) SELECT id FROM mine WHERE id = :auth_user", "orders"},
    {"WITH orders AS (SELECT 1 AS id) SELECT o.id FROM main.orders o JOIN orders x ON x.id = o.id", "orders"},
    {"SELECT (WITH orders AS (SELECT 1 AS id) SELECT id FROM orders) AS x, id FROM orders", "orders"},
    {"SELECT sku FROM items WHERE order_id IN (SELECT id FROM orders)", "orders"},
    {"SELECT sku, (SELECT max(total) FROM orders) AS m FROM items", "orders"},
    {"INSERT INTO orders (customer, total) VALUES (:customer, 1)", "orders"},
    {"INSERT INTO orders (customer, total) VALUES (:auth_user, 1), ('bob', 2)", "orders"},
    {"INSERT INTO orders (customer, total) VALUES (upper(:auth_user), 2)", "orders"},
    {"INSERT INTO orders (customer, total) SELECT customer, total FROM orders WHERE customer = :auth_user",
	"orders"},
    {"INSERT INTO items (order_id, sku) SELECT id, 'x' FROM orders", "orders"},
    {"INSERT OR REPLACE INTO orders (id, customer, total) VALUES (:id, :auth_user, 1)", "orders"},
    {"REPLACE INTO orders (id, customer, total) VALUES (:id, :auth_user, 1)", "orders"},
    {"INSERT INTO orders (id, customer, total) VALUES (:id, :auth_user, 1) ON CONFLICT (id) DO UPDATE SET "
     "total = 2",
	"orders"},
    {"INSERT INTO orders (id, customer, total) VALUES (:id, :auth_user, 1) ON CONFLICT (id) DO UPDATE SET "
     "total = 2 "
     "WHERE excluded.customer = :auth_user",
	"orders"},
    {"INSERT INTO orders (id, customer, total) VALUES (:id, :auth_user, 1) ON CONFLICT DO UPDATE SET total = "
     "2",
	"orders"},
    {"UPDATE orders SET customer = :to WHERE customer = :auth_user", "orders"},
    {"UPDATE orders SET (total, customer) = (1, :to) WHERE customer = :auth_user", "orders"},
    {"UPDATE orders SET (total, customer) = (SELECT 1, 'bob') WHERE customer = :auth_user", "orders"},
    {"UPDATE orders SET total = 0 WHERE id = :id", "orders"},
    {"UPDATE items SET sku = (SELECT customer FROM orders LIMIT 1)", "orders"},
    {"DELETE FROM orders WHERE customer = :auth_user OR 1", "orders"},
    {"DELETE FROM items WHERE order_id NOT IN (SELECT id FROM orders)", "orders"},
};

static void rows_of_the_caller(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
		check(&bound[i]);
}

static void rows_of_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof not_bound / sizeof *not_bound; i++)
		check(&not_bound[i]);
}

static void a_reason_is_enough(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app, schema,
	    "-- name: All :many\n-- ward: unowned because support sees every order\nSELECT id FROM "
	    "orders;\n");
	test_app_derive_clean(&app);
	const struct sql_query *q = test_query(&app, "All");
	assert_true(slice_eq_cstr(q->unowned_reason, "support sees every order"));
	assert_true(slice_eq_cstr(q->unbound_table, "orders"));
	assert_false(q->constrains_owner);
	test_app_done(&app);
}

static void notes_follow_their_table(void **state)
{
	struct test_app app;
	(void)state;
	test_app_init(&app,
	    "-- ward: owner who\nCREATE TABLE a (who TEXT, x INTEGER);\nALTER TABLE a RENAME TO b;\n"
	    "CREATE TABLE b2 (who TEXT, x INTEGER, y INTEGER);\nDROP TABLE b;\nALTER TABLE b2 RENAME TO b;\n"
	    "-- ward: owner nobody\nCREATE TABLE c (x INTEGER);\n-- ward: owns x\nCREATE TABLE d (x "
	    "INTEGER);\n-- ward: owner x\n",
	    "-- name: Q :many\nSELECT x FROM b;\n");
	test_app_derive(&app);
	assert_string_equal(buf_cstr(&app.findings),
	    "migrations/0001_init.sql:9:1 sql-ward-note this is no note that ward reads\n"
	    "migrations/0001_init.sql:7:1 sql-ward-note the table has no such column\n"
	    "migrations/0001_init.sql:11:1 sql-ward-note no CREATE TABLE follows this note\n"
	    "queries/all.sql:1:10 sql-unbound-rows Q reaches rows of b that are not the caller's\n");
	test_app_done(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_of_the_caller),
	    cmocka_unit_test(rows_of_others),
	    cmocka_unit_test(a_reason_is_enough),
	    cmocka_unit_test(notes_follow_their_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
