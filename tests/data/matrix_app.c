#include "matrix_app.h"

#include <stdio.h>

const struct matrix_table matrix_tables[MATRIX_TABLES] = {
    {"users", {"id", "email", "name", "phone", "born"}, NULL},
    {"addresses", {"id", "user_id", "street", "city", "zip"}, "users"},
    {"categories", {"id", "title", "rank"}, NULL},
    {"products", {"id", "category_id", "name", "price", "weight", "hidden"}, "categories"},
    {"stock", {"id", "product_id", "amount", "place"}, "products"},
    {"carts", {"id", "user_id", "opened", "coupon"}, "users"},
    {"cart_items", {"id", "cart_id", "product", "qty"}, "carts"},
    {"orders", {"id", "user_id", "status", "total", "note"}, "users"},
    {"order_items", {"id", "order_id", "product", "qty", "price"}, "orders"},
    {"payments", {"id", "order_id", "amount", "card", "state"}, "orders"},
    {"reviews", {"id", "product_id", "stars", "text", "author"}, "products"},
    {"audit", {"id", "what", "who", "detail"}, NULL},
};

uint64_t matrix_random(uint64_t *state, uint64_t below)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

static unsigned column_count(const struct matrix_table *t)
{
	unsigned n = 0;
	while (t->columns[n])
		n++;
	return n;
}

void matrix_schema(struct buf *out)
{
	for (unsigned i = 0; i < MATRIX_TABLES; i++) {
		const struct matrix_table *t = &matrix_tables[i];
		buf_printf(out, "CREATE TABLE %s (id INTEGER PRIMARY KEY", t->name);
		for (unsigned c = 1; t->columns[c]; c++) {
			if (c == 1 && t->parent)
				buf_printf(out, ", %s INTEGER REFERENCES %s(id) ON DELETE %s", t->columns[c],
				    t->parent, i % 2 ? "CASCADE" : "SET NULL");
			else
				buf_printf(out, ", %s INTEGER", t->columns[c]);
		}
		buf_add_cstr(out, ");\n");
	}
	buf_add_cstr(out,
	    "CREATE VIEW public_products AS SELECT id, name, price FROM products WHERE hidden = 0;\n"
	    "CREATE VIEW sales AS SELECT o.id AS sale, p.name AS product, i.qty AS qty FROM orders o JOIN "
	    "order_items i ON i.order_id = o.id "
	    "JOIN public_products p ON p.id = i.product;\n");
}

/* A random non-empty run of column names, with a prefix each: "o.id AS o_id, ..." when aliased. */
static void some_columns(
    uint64_t *state, const struct matrix_table *t, const char *alias, bool name, struct buf *out)
{
	unsigned n = column_count(t);
	uint64_t mask = 1 + matrix_random(state, (1u << n) - 1);
	const char *comma = "";
	for (unsigned c = 0; c < n; c++) {
		if (!(mask >> c & 1))
			continue;
		buf_printf(out, "%s%s.%s", comma, alias, t->columns[c]);
		if (name)
			buf_printf(out, " AS %s_%s", alias, t->columns[c]);
		comma = ", ";
	}
}

static const char *some_column(uint64_t *state, const struct matrix_table *t)
{
	return t->columns[matrix_random(state, column_count(t))];
}

static const struct matrix_table *some_table(uint64_t *state)
{
	return &matrix_tables[matrix_random(state, MATRIX_TABLES)];
}

static const struct matrix_table *parent_of(const struct matrix_table *t)
{
	for (unsigned i = 0; t->parent && i < MATRIX_TABLES; i++)
		if (strcmp(matrix_tables[i].name, t->parent) == 0)
			return &matrix_tables[i];
	return NULL;
}

static void select_query(uint64_t *state, struct buf *out)
{
	const struct matrix_table *t = some_table(state);
	const struct matrix_table *p = parent_of(t);
	buf_add_cstr(out, "SELECT ");
	some_columns(state, t, "a", true, out);
	if (p) {
		buf_add_cstr(out, ", ");
		some_columns(state, p, "b", true, out);
	}
	buf_printf(out, " FROM %s a", t->name);
	if (p)
		buf_printf(out, " LEFT JOIN %s b ON b.id = a.%s", p->name, t->columns[1]);
	buf_printf(out, " WHERE a.%s = :x ORDER BY a.%s", some_column(state, t), some_column(state, t));
}

static void subquery(uint64_t *state, struct buf *out)
{
	const struct matrix_table *t = some_table(state);
	const struct matrix_table *u = some_table(state);
	buf_printf(out,
	    "WITH w AS (SELECT %s AS k FROM %s WHERE %s > :x) SELECT a.%s AS v, (SELECT max(b.%s) FROM %s b) "
	    "AS m "
	    "FROM %s a WHERE a.%s IN (SELECT k FROM w)",
	    some_column(state, u), u->name, some_column(state, u), some_column(state, t),
	    some_column(state, u), u->name, t->name, some_column(state, t));
}

static void star_query(uint64_t *state, struct buf *out)
{
	buf_printf(out, "SELECT * FROM %s WHERE id = :id", some_table(state)->name);
}

static void count_query(uint64_t *state, struct buf *out)
{
	buf_printf(out, "SELECT count(*) AS n FROM %s", some_table(state)->name);
}

static void view_query(uint64_t *state, struct buf *out)
{
	buf_add_cstr(out, matrix_random(state, 2) ? "SELECT sale, qty FROM sales WHERE product = :x"
						  : "SELECT name FROM public_products");
}

static void insert_query(uint64_t *state, struct buf *out)
{
	const struct matrix_table *t = some_table(state);
	const char *a = t->columns[1 + matrix_random(state, column_count(t) - 1)];
	buf_printf(out, "INSERT INTO %s (id, %s) VALUES (:id, :a)", t->name, a);
	if (matrix_random(state, 2))
		buf_printf(out, " ON CONFLICT (id) DO UPDATE SET %s = excluded.%s", a, a);
}

static void insert_returning(uint64_t *state, struct buf *out)
{
	const struct matrix_table *t = some_table(state);
	const struct matrix_table *u = some_table(state);
	buf_printf(out, "INSERT INTO %s (%s) SELECT %s FROM %s WHERE %s = :x RETURNING %s AS v", t->name,
	    t->columns[2], some_column(state, u), u->name, some_column(state, u), some_column(state, t));
}

static void update_query(uint64_t *state, struct buf *out)
{
	const struct matrix_table *t = some_table(state);
	const char *a = t->columns[1 + matrix_random(state, column_count(t) - 1)];
	buf_printf(out, "UPDATE %s SET %s = :v WHERE %s = :x", t->name, a, some_column(state, t));
}

static void delete_query(uint64_t *state, struct buf *out)
{
	const struct matrix_table *t = some_table(state);
	const struct matrix_table *u = some_table(state);
	buf_printf(out, "DELETE FROM %s WHERE %s IN (SELECT %s FROM %s)", t->name, some_column(state, t),
	    some_column(state, u), u->name);
}

static const struct {
	void (*write)(uint64_t *state, struct buf *out);
	const char *kind;
} shapes[] = {
    {select_query, "many"},
    {select_query, "many"},
    {subquery, "many"},
    {star_query, "one"},
    {count_query, "one"},
    {view_query, "many"},
    {insert_query, "exec"},
    {insert_returning, "one"},
    {update_query, "exec"},
    {delete_query, "exec"},
};

void matrix_queries(uint64_t *state, unsigned count, struct buf *out)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned shape = i % (sizeof shapes / sizeof *shapes);
		buf_printf(out, "-- name: Q%03u :%s\n", i, shapes[shape].kind);
		shapes[shape].write(state, out);
		buf_add_cstr(out, ";\n");
	}
}
