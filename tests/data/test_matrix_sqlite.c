/* The matrix on SQLite. Seeds may be given as arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/migration.h"
#include "matrix.h"

static result open_db(const char *dir, struct error *err, struct sql_db **ret)
{
	char path[256];
	TRY(migrations_apply(dir, dir, err, NULL));
	(void)snprintf(path, sizeof path, "%s/app.db", dir);
	return sql_db_open(path, err, ret);
}

/* Every right is one that the authorizer was asked for, so none is to spare. */
static bool is_needed(const struct sql_query *query, const struct sql_grant *grant)
{
	(void)query;
	(void)grant;
	return true;
}

static bool is_refusal(const char *log_text)
{
	return strstr(log_text, "prohibited") || strstr(log_text, "not authorized");
}

static const struct matrix_backend sqlite = {
    .name = "SQLite",
    .queries = MATRIX_QUERIES_MAX,
    .insert_by_column = false,
    .schema = "CREATE TRIGGER log_orders AFTER INSERT ON orders BEGIN INSERT INTO audit (what, who) VALUES "
	      "(NEW.status, NEW.user_id); END;\n"
	      "CREATE TRIGGER log_stock AFTER UPDATE OF amount ON stock BEGIN UPDATE products SET hidden = "
	      "NEW.amount WHERE id = OLD.product_id; END;\n"
	      "CREATE TRIGGER log_gone AFTER DELETE ON reviews BEGIN INSERT INTO audit (detail) SELECT name "
	      "FROM users WHERE id = OLD.author; END;\n",
    .never = "0",
    .derive = sql_derive,
    .open = open_db,
    .is_needed = is_needed,
    .is_refusal = is_refusal,
};

int main(int argc, char **argv)
{
	unsigned disagreements = 0;
	for (int i = 1; i < argc; i++)
		disagreements += matrix_run(&sqlite, strtoull(argv[i], NULL, 10));
	if (argc == 1)
		disagreements = matrix_run(&sqlite, 1) + matrix_run(&sqlite, 2);
	return disagreements != 0;
}
