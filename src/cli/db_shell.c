/* A small SQL shell. What the database holds may be hostile to a terminal, so control characters are shown,
 * not sent. */
#include "cli/db_shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "data/sqlite/sqlite_open.h"

#define CELL_WIDTH_MAX 48
#define STATEMENT_BYTES_MAX (1u << 20)
#define COLUMNS_MAX 64

struct shell {
	sqlite3 *db;
	bool terminal;
	int failures;
};

static void add_visible(struct buf *out, const unsigned char *text, int n)
{
	for (int i = 0; i < n; i++) {
		if (text[i] < 0x20 || text[i] == 0x7f)
			buf_printf(out, "\\x%02x", text[i]);
		else
			buf_add_char(out, (char)text[i]);
	}
}

static void add_cell(struct buf *out, sqlite3_stmt *row, int i)
{
	if (sqlite3_column_type(row, i) == SQLITE_NULL) {
		buf_add_cstr(out, "NULL");
		return;
	}
	if (sqlite3_column_type(row, i) != SQLITE_BLOB) {
		add_visible(out, sqlite3_column_text(row, i), sqlite3_column_bytes(row, i));
		return;
	}
	const unsigned char *bytes = sqlite3_column_blob(row, i);
	buf_add_cstr(out, "x'");
	for (int k = 0; k < sqlite3_column_bytes(row, i); k++)
		buf_printf(out, "%02x", bytes[k]);
	buf_add_char(out, '\'');
}

/* Columns of a terminal are as wide as their name or 12, cut at CELL_WIDTH_MAX; elsewhere a tab stands
 * between cells. */
static void print_cell(const struct shell *shell, const struct buf *cell, int width, bool last)
{
	int length = cell->len > CELL_WIDTH_MAX && shell->terminal ? CELL_WIDTH_MAX : (int)cell->len;
	(void)fwrite(cell->ptr, 1, (size_t)length, stdout);
	if (last)
		(void)putchar('\n');
	else if (shell->terminal)
		(void)printf("%*s  ", length < width ? width - length : 0, "");
	else
		(void)putchar('\t');
}

static void print_row(
    const struct shell *shell, sqlite3_stmt *statement, const int *widths, int count, bool names)
{
	CLEANUP_BUF struct buf cell = BUF_INIT(STATEMENT_BYTES_MAX);
	for (int i = 0; i < count; i++) {
		buf_clear(&cell);
		if (names)
			buf_add_cstr(&cell, sqlite3_column_name(statement, i));
		else
			add_cell(&cell, statement, i);
		print_cell(shell, &cell, widths[i], i + 1 == count);
	}
}

static void complain(struct shell *shell)
{
	shell->failures++;
	(void)fflush(stdout);
	(void)fprintf(stderr, "error: %s%s\n", sqlite3_errmsg(shell->db),
	    (sqlite3_errcode(shell->db) & 0xff) == SQLITE_READONLY ? " (start the shell with --write)" : "");
}

static void run_one(struct shell *shell, sqlite3_stmt *statement)
{
	int widths[COLUMNS_MAX] = {0};
	int count = sqlite3_column_count(statement);
	int rc;
	if (count > COLUMNS_MAX)
		count = COLUMNS_MAX;
	for (int i = 0; i < count; i++) {
		int n = (int)strlen(sqlite3_column_name(statement, i));
		widths[i] = n > CELL_WIDTH_MAX ? CELL_WIDTH_MAX : n < 12 ? 12 : n;
	}
	if (count > 0)
		print_row(shell, statement, widths, count, true);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
		print_row(shell, statement, widths, count, false);
	if (rc != SQLITE_DONE)
		complain(shell);
	else if (count == 0)
		(void)printf("%d row%s changed\n", sqlite3_changes(shell->db),
		    sqlite3_changes(shell->db) == 1 ? "" : "s");
}

static void run_all(struct shell *shell, const char *sql)
{
	while (*sql) {
		sqlite3_stmt *statement = NULL;
		if (sqlite3_prepare_v2(shell->db, sql, -1, &statement, &sql) != SQLITE_OK) {
			complain(shell);
			return;
		}
		if (statement)
			run_one(shell, statement);
		(void)sqlite3_finalize(statement);
	}
}

/* What a person types before looking anything up. */
static const struct {
	const char *command;
	const char *sql;
} shortcuts[] = {
    {".tables", "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name"},
    {".schema", "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"},
};

static bool run_shortcut(struct shell *shell, const char *line)
{
	struct slice command = slice_trim(slice_cstr(line));
	for (size_t i = 0; i < sizeof shortcuts / sizeof *shortcuts; i++)
		if (slice_eq_cstr(command, shortcuts[i].command)) {
			run_all(shell, shortcuts[i].sql);
			return true;
		}
	return false;
}

static void read_all(struct shell *shell)
{
	CLEANUP_BUF struct buf statement = BUF_INIT(STATEMENT_BYTES_MAX);
	char *line = NULL;
	size_t size = 0;
	for (;;) {
		if (shell->terminal && isatty(STDIN_FILENO)) {
			(void)fputs(statement.len ? "   ...> " : "ward> ", stdout);
			(void)fflush(stdout);
		}
		if (getline(&line, &size, stdin) < 0)
			break;
		if (statement.len == 0 && slice_eq_cstr(slice_trim(slice_cstr(line)), ".quit"))
			break;
		if (statement.len == 0 && run_shortcut(shell, line))
			continue;
		buf_add_cstr(&statement, line);
		if (!buf_ok(&statement) || !sqlite3_complete(buf_cstr(&statement)))
			continue;
		run_all(shell, buf_cstr(&statement));
		buf_clear(&statement);
	}
	if (statement.len)
		run_all(shell, buf_cstr(&statement));
	free(line);
}

int db_shell_run(const char *path, bool write, const char *statement, struct error *err)
{
	struct shell shell = {.terminal = isatty(STDOUT_FILENO) == 1};
	if (!is_ok(sqlite_connect(path, write ? SQLITE_USE_SERVE : SQLITE_USE_READONLY, DURABLE_AGAINST_POWER,
		5000, err, &shell.db))) {
		(void)fprintf(stderr, "ward: %s\n", err->text);
		return 1;
	}
	if (statement)
		run_all(&shell, statement);
	else
		read_all(&shell);
	(void)sqlite3_close_v2(shell.db);
	return shell.failures ? 1 : 0;
}
