/* Finding things in a catalog, and what a declared type means. */
#include "data/derive/catalog.h"

#include "base/check.h"

static bool contains_nocase(struct slice text, const char *word)
{
	struct slice w = slice_cstr(word);
	for (size_t i = 0; i + w.len <= text.len; i++)
		if (slice_eq_nocase(slice_of(text.ptr + i, w.len), w))
			return true;
	return false;
}

enum sql_type catalog_type(struct slice declared)
{
	/* First match wins, so that TIMESTAMP is not found to hold INT and BIGINT not to be an INTEGER. */
	static const struct {
		const char *word;
		enum sql_type type;
	} words[] = {{"BOOL", SQL_BOOLEAN}, {"TIMESTAMP", SQL_DATE}, {"DATE", SQL_DATE}, {"JSON", SQL_JSON},
	    {"BIGINT", SQL_BIGINT}, {"INT8", SQL_BIGINT}, {"INT", SQL_INTEGER}, {"CHAR", SQL_TEXT},
	    {"CLOB", SQL_TEXT}, {"TEXT", SQL_TEXT}, {"UUID", SQL_TEXT}, {"BLOB", SQL_BLOB},
	    {"REAL", SQL_REAL}, {"FLOA", SQL_REAL}, {"DOUB", SQL_REAL}, {"NUMERIC", SQL_NUMERIC},
	    {"DECIMAL", SQL_NUMERIC}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (contains_nocase(declared, words[i].word))
			return words[i].type;
	return SQL_ANY;
}

const struct catalog_table *catalog_find(const struct catalog *catalog, struct slice name)
{
	for (size_t i = 0; i < catalog->table_count; i++)
		if (slice_eq_nocase(catalog->tables[i].name, name))
			return &catalog->tables[i];
	return NULL;
}

int catalog_column_index(const struct catalog_table *table, struct slice name)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (slice_eq_nocase(table->columns[i].name, name))
			return (int)i;
	return -1;
}
