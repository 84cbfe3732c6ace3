#include "matrix.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/check.h"
#include "matrix_app.h"

#define SCHEMA_BYTES (1u << 20)
#define PROBES_MAX (MATRIX_TABLES * MATRIX_COLUMNS_MAX * SQL_OPERATION_COUNT)

struct probe {
	struct sql_query query;
	const struct matrix_table *table;
	const char *column;
	char sql[200];
};

struct matrix {
	const struct matrix_backend *backend;
	uint64_t random;
	char dir[64];
	struct arena arena;
	struct sql_schema schema;
	struct sql_db *db;
	struct type_set *types;
	struct probe probes[PROBES_MAX];
	size_t probe_count;
	unsigned checks, removals, disagreements;
};

static struct sql_column probe_column = {.name = {"v", 1}, .type = SQL_ANY, .nullable = true};

__attribute__((format(printf, 2, 3))) static void disagree(struct matrix *m, const char *fmt, ...)
{
	va_list args;
	m->disagreements++;
	if (m->disagreements > 20)
		return;
	(void)printf("%s: ", m->backend->name);
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	(void)putchar('\n');
}

_Noreturn static void give_up(const struct matrix *m, const char *what, const struct error *err)
{
	(void)printf("%s: %s: %s\n", m->backend->name, what, err->text);
	exit(1);
}

static void on_finding(void *context, struct slice file, uint32_t line, uint32_t column, uint32_t length,
    const char *code, const char *message, const char *hint)
{
	struct matrix *m = context;
	(void)length;
	(void)hint;
	disagree(m, "%.*s:%u:%u %s %s", SLICE_ARG(file), line, column, code, message);
}

static void write_file(const struct matrix *m, const char *name, const struct buf *text)
{
	char path[256];
	(void)snprintf(path, sizeof path, "%s/%s", m->dir, name);
	FILE *f = fopen(path, "we");
	ASSERT(f && fwrite(text->ptr, 1, text->len, f) == text->len && fclose(f) == 0);
}

static void write_app(struct matrix *m)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SCHEMA_BYTES);
	char path[256];
	(void)snprintf(m->dir, sizeof m->dir, "/tmp/ward-matrix-XXXXXX");
	ASSERT(mkdtemp(m->dir) && chmod(m->dir, 0755) == 0);
	(void)snprintf(path, sizeof path, "%s/migrations", m->dir);
	ASSERT(mkdir(path, 0755) == 0);
	(void)snprintf(path, sizeof path, "%s/queries", m->dir);
	ASSERT(mkdir(path, 0755) == 0);
	matrix_schema(&text);
	buf_add_cstr(&text, m->backend->schema);
	write_file(m, "migrations/0001_tables.sql", &text);
	buf_clear(&text);
	matrix_queries(&m->random, m->backend->queries, &text);
	write_file(m, "queries/all.sql", &text);
}

static void add_types(struct matrix *m, const struct sql_query *q)
{
	CLEANUP_BUF struct buf schema = BUF_INIT(SCHEMA_BYTES);
	struct error err = {0};
	char label[200];
	for (int row = 0; row < 2; row++) {
		buf_clear(&schema);
		if (row)
			query_row_schema(q, &schema);
		else
			query_params_schema(q, &schema);
		(void)snprintf(
		    label, sizeof label, "query:%.*s:%s", SLICE_ARG(q->name), row ? "row" : "params");
		if (!is_ok(type_set_add(m->types, slice_cstr(label), buf_slice(&schema), &err)))
			give_up(m, label, &err);
	}
}

static void add_probe(
    struct matrix *m, const struct matrix_table *t, const char *column, enum sql_operation op)
{
	struct probe *p = &m->probes[m->probe_count++];
	p->table = t;
	p->column = column;
	if (op == SQL_READ)
		(void)snprintf(p->sql, sizeof p->sql, "SELECT %s AS v FROM %s WHERE %s", column, t->name,
		    m->backend->never);
	else if (op == SQL_INSERT)
		(void)snprintf(p->sql, sizeof p->sql, "INSERT INTO %s (%s) VALUES (NULL)", t->name, column);
	else if (op == SQL_UPDATE)
		(void)snprintf(p->sql, sizeof p->sql, "UPDATE %s SET %s = NULL WHERE %s", t->name, column,
		    m->backend->never);
	else
		(void)snprintf(p->sql, sizeof p->sql, "DELETE FROM %s WHERE %s", t->name, m->backend->never);
	p->query = (struct sql_query){.name = op == SQL_READ ? SLICE("ProbeRead") : SLICE("ProbeWrite"),
	    .kind = op == SQL_READ ? QUERY_MANY : QUERY_EXEC,
	    .sql = slice_cstr(p->sql),
	    .columns = &probe_column,
	    .column_count = op == SQL_READ ? 1 : 0};
}

static void make_probes(struct matrix *m)
{
	for (unsigned t = 0; t < MATRIX_TABLES; t++)
		for (unsigned c = 0; matrix_tables[t].columns[c]; c++)
			for (int op = 0; op < SQL_OPERATION_COUNT; op++)
				add_probe(m, &matrix_tables[t], matrix_tables[t].columns[c],
				    (enum sql_operation)op);
}

static void make_types(struct matrix *m)
{
	struct error err = {0};
	m->types = type_set_new();
	for (size_t i = 0; i < m->schema.query_count; i++)
		add_types(m, &m->schema.queries[i]);
	add_types(m,
	    &(const struct sql_query){
		.name = SLICE("ProbeRead"), .kind = QUERY_MANY, .columns = &probe_column, .column_count = 1});
	add_types(m, &(const struct sql_query){.name = SLICE("ProbeWrite"), .kind = QUERY_EXEC});
	if (!is_ok(type_set_seal(m->types, &err)))
		give_up(m, "types", &err);
}

static struct sql_session *open_session(
    struct matrix *m, const struct sql_query *const *queries, size_t count)
{
	struct sql_session *session = NULL;
	struct error err = {0};
	const struct sql_limits limits = SQL_LIMITS_DEFAULT;
	if (!is_ok(sql_session_open(m->db, queries, count, m->types, &limits, &err, &session)))
		give_up(m, "cannot open a session", &err);
	return session;
}

/* ERR_NONE, or why not. Numbers for every parameter; a constraint that is violated is the row's fault, not a
 * right's. */
static enum err_code run(
    struct matrix *m, struct sql_session *session, size_t index, const struct sql_query *q)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf json = BUF_INIT(4096);
	CLEANUP_BUF struct buf argument = BUF_INIT(4096);
	struct problems problems = {0};
	struct error err = {0};
	char label[200];
	buf_add_char(&json, '{');
	for (size_t i = 0; i < q->param_count; i++)
		buf_printf(
		    &json, "%s\"%.*s\":%u", i ? "," : "", SLICE_ARG(q->params[i].name), (unsigned)(7 + i));
	buf_add_char(&json, '}');
	(void)snprintf(label, sizeof label, "query:%.*s:params", SLICE_ARG(q->name));
	ASSERT(is_ok(value_from_json(
	    type_set_find(m->types, slice_cstr(label)), buf_slice(&json), &argument, &problems)));
	const struct sql_host_values host = {.now_ms = 0};
	result r = sql_session_run(session, index, buf_slice(&argument), &host, &out, &err);
	if (r.code == ERR_DENIED && !m->backend->is_refusal(sql_session_log_text(session)))
		disagree(m, "%.*s was refused, but not by the database: %s", SLICE_ARG(q->sql),
		    sql_session_log_text(session));
	if (r.code != ERR_NONE && r.code != ERR_DENIED && r.code != ERR_CONFLICT)
		disagree(m, "%.*s failed: %s", SLICE_ARG(q->sql), sql_session_log_text(session));
	return r.code;
}

static bool granted(const struct sql_query *q, struct slice table, struct slice column, enum sql_operation op)
{
	for (size_t i = 0; i < q->grant_count; i++) {
		const struct sql_grant *g = &q->grants[i];
		if (g->operation == op && g->via.len == 0 && slice_eq(g->table, table) &&
		    slice_eq(g->column, column))
			return true;
	}
	return false;
}

static bool expected(const struct matrix *m, const struct sql_query *const *queries, size_t count,
    const struct probe *p, enum sql_operation op)
{
	bool whole = op == SQL_DELETE || (op == SQL_INSERT && !m->backend->insert_by_column);
	for (size_t i = 0; i < count; i++)
		if (granted(queries[i], slice_cstr(p->table->name),
			whole ? SLICE_NONE : slice_cstr(p->column), op))
			return true;
	return false;
}

/* One function: every probe under its grants. */
static void check_function(struct matrix *m, unsigned number)
{
	const struct sql_query *queries[MATRIX_FUNCTION_QUERIES_MAX + PROBES_MAX];
	size_t own = 1 + matrix_random(&m->random, MATRIX_FUNCTION_QUERIES_MAX);
	for (size_t i = 0; i < own; i++)
		queries[i] = &m->schema.queries[matrix_random(&m->random, m->schema.query_count)];
	for (size_t i = 0; i < m->probe_count; i++)
		queries[own + i] = &m->probes[i].query;
	struct sql_session *session = open_session(m, queries, own + m->probe_count);
	for (size_t i = 0; i < m->probe_count; i++) {
		enum sql_operation op = (enum sql_operation)(i % SQL_OPERATION_COUNT);
		const struct probe *p = &m->probes[i];
		bool want = expected(m, queries, own, p, op);
		bool got = run(m, session, own + i, &p->query) != ERR_DENIED;
		m->checks++;
		if (want != got)
			disagree(m, "function %u may%s %s %s.%s by its grants, but it %s: %s", number,
			    want ? "" : " not", sql_operation_name(op), p->table->name, p->column,
			    got ? "can" : "cannot", sql_session_log_text(session));
	}
	sql_session_free(session);
}

/* Rights that the database never asks about say what is learnt, not what is needed. */
static bool is_asked(const struct sql_query *q, const struct sql_grant *g)
{
	if (g->via.len == 0)
		return true;
	if (slice_eq_cstr(g->via, SQL_VIA_WITH) || memchr(g->via.ptr, '.', g->via.len))
		return false;
	return !granted(q, g->table, g->column, g->operation);
}

static void check_query(struct matrix *m, const struct sql_query *q)
{
	struct sql_grant kept[200];
	struct sql_query less = *q;
	const struct sql_query *one = q;
	struct sql_session *session = open_session(m, &one, 1);
	if (run(m, session, 0, q) == ERR_DENIED)
		disagree(m, "%.*s lacks a right: %s", SLICE_ARG(q->sql), sql_session_log_text(session));
	sql_session_free(session);
	one = &less;
	ASSERT(q->grant_count <= ARRAY_LEN(kept));
	for (size_t drop = 0; drop < q->grant_count; drop++) {
		if (!m->backend->is_needed(q, &q->grants[drop]) || !is_asked(q, &q->grants[drop]))
			continue;
		less.grants = kept;
		less.grant_count = 0;
		for (size_t i = 0; i < q->grant_count; i++)
			if (i != drop)
				kept[less.grant_count++] = q->grants[i];
		session = open_session(m, &one, 1);
		m->removals++;
		if (run(m, session, 0, &less) != ERR_DENIED)
			disagree(m, "%.*s runs without %s %.*s.%.*s via %.*s", SLICE_ARG(q->sql),
			    sql_operation_name(q->grants[drop].operation), SLICE_ARG(q->grants[drop].table),
			    SLICE_ARG(q->grants[drop].column), SLICE_ARG(q->grants[drop].via));
		sql_session_free(session);
	}
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

unsigned matrix_run(const struct matrix_backend *backend, uint64_t seed)
{
	struct matrix *m = calloc(1, sizeof *m);
	struct error err = {0};
	ASSERT(m);
	m->backend = backend;
	m->random = seed;
	arena_init(&m->arena, 256u << 20);
	write_app(m);
	if (!is_ok(backend->derive(m->dir, on_finding, m, &m->arena, &err, &m->schema)))
		give_up(m, "cannot derive", &err);
	if (!is_ok(backend->open(m->dir, &err, &m->db)))
		give_up(m, "cannot open the database", &err);
	make_probes(m);
	make_types(m);
	for (unsigned f = 0; f < MATRIX_FUNCTIONS; f++)
		check_function(m, f);
	for (size_t i = 0; i < m->schema.query_count; i++)
		check_query(m, &m->schema.queries[i]);
	(void)printf("%s, seed %llu: %zu queries, %u functions x %zu table/column/operation = %u checks, %u "
		     "grants taken away, %u disagreements\n",
	    backend->name, (unsigned long long)seed, m->schema.query_count, MATRIX_FUNCTIONS, m->probe_count,
	    m->checks, m->removals, m->disagreements);
	unsigned disagreements = m->disagreements + (m->schema.query_count != backend->queries) +
				 (m->removals < m->schema.query_count);
	sql_db_close(m->db);
	type_set_free(m->types);
	arena_done(&m->arena);
	(void)nftw(m->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(m);
	return disagreements;
}
