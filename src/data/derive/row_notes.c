/* Notes on tables in the comments of migrations. Called by catalog_read(). */
#include "data/derive/row_notes.h"

#include <stdio.h>

#include "data/derive/scan.h"

#define NOTES_MAX 500u

enum note_kind { NOTE_OWNER, NOTE_TENANT, NOTE_TYPE };

struct note {
	const struct migration *in;
	struct slice where;
	enum note_kind kind;
	struct slice table; /* empty until its statement is seen */
	struct slice column;
	enum sql_type type;
};

struct notes {
	struct finder *finder;
	struct note items[NOTES_MAX];
	size_t count;
	size_t open; /* the first that still waits for its statement */
};

static void complain(struct notes *n, const struct migration *m, struct slice where, const char *what)
{
	char file[300];
	(void)snprintf(file, sizeof file, "migrations/%.*s", SLICE_ARG(m->name));
	const struct sql_text text = {slice_cstr(file), m->text};
	finder_add(n->finder, &text, where, "sql-ward-note",
	    "-- ward: owner COLUMN, -- ward: tenant COLUMN, -- ward: type COLUMN TYPE; above the CREATE "
	    "TABLE",
	    "%s", what);
}

static struct slice word(struct slice *rest)
{
	*rest = slice_trim(*rest);
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\t')
		n++;
	struct slice w = slice_of(rest->ptr, n);
	*rest = slice_trim(slice_of(rest->ptr + n, rest->len - n));
	return w;
}

static void take_comment(struct notes *n, const struct migration *m, struct slice comment)
{
	struct slice rest = slice_of(comment.ptr + 2, comment.len - 2);
	if (!slice_eq_cstr(word(&rest), "ward:"))
		return;
	struct slice verb = word(&rest);
	struct note note = {.in = m, .where = comment, .column = word(&rest)};
	bool good = note.column.len > 0;
	if (slice_eq_cstr(verb, "type")) {
		note.kind = NOTE_TYPE;
		good = good && sql_type_from_name(word(&rest), &note.type);
	} else if (slice_eq_cstr(verb, "owner") || slice_eq_cstr(verb, "tenant")) {
		note.kind = slice_eq_cstr(verb, "owner") ? NOTE_OWNER : NOTE_TENANT;
	} else {
		good = false;
	}
	if (!good || rest.len > 0)
		complain(n, m, comment, "this is no note that ward reads");
	else if (n->count == NOTES_MAX)
		complain(n, m, comment, "too many notes");
	else
		n->items[n->count++] = note;
}

static void rename_table(struct notes *n, struct slice from, struct slice to)
{
	bool replaced = false;
	for (size_t i = 0; i < n->count; i++)
		replaced = replaced || slice_eq_nocase(n->items[i].table, from);
	for (size_t i = 0; i < n->count; i++) {
		/* A rebuilt table brings its own notes or keeps those of the one whose name it takes. */
		if (replaced && slice_eq_nocase(n->items[i].table, to))
			n->items[i].table = SLICE("\n");
		if (slice_eq_nocase(n->items[i].table, from))
			n->items[i].table = to;
	}
}

/* One statement's first words: which table is it about? */
static void take_statement(struct notes *n, const struct sql_token *words, size_t count)
{
	size_t at = 1;
	if (count < 3 || !(sql_token_is(words[0], "CREATE") || sql_token_is(words[0], "ALTER")))
		return;
	if (sql_token_is(words[at], "VIRTUAL"))
		at++;
	if (!sql_token_is(words[at], "TABLE") && !sql_token_is(words[at], "VIEW"))
		return;
	at++;
	if (at + 3 < count && sql_token_is(words[at], "IF"))
		at += 3;
	if (at >= count)
		return;
	struct slice table = sql_token_name(words[at]);
	for (; n->open < n->count; n->open++)
		n->items[n->open].table = table;
	if (sql_token_is(words[0], "ALTER") && at + 3 < count && sql_token_is(words[at + 1], "RENAME") &&
	    sql_token_is(words[at + 2], "TO"))
		rename_table(n, table, sql_token_name(words[at + 3]));
}

static void read_one(struct notes *n, const struct migration *m)
{
	struct sql_scan scan = {.text = m->text};
	struct sql_token words[10];
	size_t count = 0;
	for (;;) {
		struct sql_token token = sql_scan_next(&scan);
		if (token.kind == SQL_TOKEN_COMMENT && slice_starts(token.text, SLICE("--")))
			take_comment(n, m, token.text);
		if (token.kind == SQL_TOKEN_COMMENT)
			continue;
		bool end = token.kind == SQL_TOKEN_END || sql_token_is(token, ";");
		if (end) {
			take_statement(n, words, count);
			count = 0;
		} else if (count < 10) {
			words[count++] = token;
		}
		if (token.kind == SQL_TOKEN_END)
			return;
	}
}

static void apply(struct notes *n, struct catalog *catalog, const struct note *note)
{
	struct catalog_table *table = (struct catalog_table *)(uintptr_t)catalog_find(catalog, note->table);
	if (!note->table.len) {
		complain(n, note->in, note->where, "no CREATE TABLE follows this note");
		return;
	}
	if (!table)
		return; /* dropped again later on */
	int c = catalog_column_index(table, note->column);
	if (c < 0)
		complain(n, note->in, note->where, "the table has no such column");
	else if (note->kind == NOTE_TYPE)
		table->columns[c].type = note->type;
	else
		table->row_key[note->kind == NOTE_OWNER ? ROW_OWNER : ROW_TENANT] = table->columns[c].name;
}

void row_notes_read(const struct migrations *migrations, struct catalog *catalog, struct finder *finder)
{
	/* Some hundred kilobytes at most, and once a build. */
	static _Thread_local struct notes n;
	n = (struct notes){.finder = finder};
	for (size_t i = 0; i < migrations->count; i++)
		read_one(&n, &migrations->items[i]);
	for (size_t i = 0; i < n.count; i++)
		apply(&n, catalog, &n.items[i]);
}
