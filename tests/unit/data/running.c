#include "running.h"

#include <stdio.h>

#include "base/check.h"
#include "data/migration.h"

static void add_types(struct running *r)
{
	CLEANUP_BUF struct buf schema = BUF_INIT(1 << 20);
	char label[200];
	for (size_t i = 0; i < r->app.schema.query_count; i++) {
		const struct sql_query *q = &r->app.schema.queries[i];
		for (int row = 0; row < 2; row++) {
			buf_clear(&schema);
			if (row)
				query_row_schema(q, &schema);
			else
				query_params_schema(q, &schema);
			(void)snprintf(
			    label, sizeof label, "query:%.*s:%s", SLICE_ARG(q->name), row ? "row" : "params");
			if (!is_ok(type_set_add(r->types, slice_cstr(label), buf_slice(&schema), &r->err)))
				fail_msg("%s: %s in %s", label, r->err.text, buf_cstr(&schema));
		}
	}
	if (!is_ok(type_set_seal(r->types, &r->err)))
		fail_msg("seal: %s", r->err.text);
}

struct sql_session *running_session(struct running *r, size_t count)
{
	struct sql_session *session = NULL;
	const struct sql_limits limits = SQL_LIMITS_DEFAULT;
	if (!is_ok(sql_session_open(r->db, r->queries, count, r->types, &limits, &r->err, &session)))
		fail_msg("sql_session_open: %s", r->err.text);
	return session;
}

void running_init(struct running *r, const char *migration, const char *queries)
{
	char path[128];
	*r = (struct running){
	    .value = BUF_INIT(64u << 20), .json = BUF_INIT(64u << 20), .argument = BUF_INIT(1u << 20)};
	test_app_init(&r->app, migration, queries);
	test_app_derive_clean(&r->app);
	r->types = type_set_new();
	add_types(r);
	if (!is_ok(migrations_apply(r->app.dir, r->app.dir, &r->err, NULL)))
		fail_msg("migrations_apply: %s", r->err.text);
	(void)snprintf(path, sizeof path, "%s/app.db", r->app.dir);
	if (!is_ok(sql_db_open(path, &r->err, &r->db)))
		fail_msg("sql_db_open: %s", r->err.text);
	assert_true(r->app.schema.query_count <= ARRAY_LEN(r->queries));
	for (size_t i = 0; i < r->app.schema.query_count; i++)
		r->queries[i] = &r->app.schema.queries[i];
	r->host = (struct sql_host_values){
	    .auth_user = SLICE("ann"), .auth_role = SLICE("member"), .now_ms = 1767323045678};
	r->session = running_session(r, r->app.schema.query_count);
}

void running_done(struct running *r)
{
	sql_session_free(r->session);
	sql_db_close(r->db);
	type_set_free(r->types);
	buf_done(&r->value);
	buf_done(&r->json);
	buf_done(&r->argument);
	test_app_done(&r->app);
}

static size_t query_index(const struct running *r, const char *name)
{
	for (size_t i = 0; i < r->app.schema.query_count; i++)
		if (slice_eq_cstr(r->queries[i]->name, name))
			return i;
	fail_msg("no query %s", name);
	return 0;
}

/* Rows one by one, since the type set knows the row and not the array. */
static void add_json(struct running *r, const struct type *row, struct slice value)
{
	struct problems problems = {0};
	struct value_item item;
	struct slice rest = value;
	assert_true(value_read(&rest, &item));
	assert_int_equal(rest.len, 0);
	if (item.tag == VALUE_NULL) {
		buf_add_cstr(&r->json, "null");
	} else if (item.tag == VALUE_ARRAY) {
		buf_add_char(&r->json, '[');
		rest = item.text;
		for (uint32_t i = 0; i < item.count; i++) {
			struct value_item unused;
			const char *start = rest.ptr;
			assert_true(value_read(&rest, &unused));
			if (i)
				buf_add_char(&r->json, ',');
			add_json(r, row, slice_of(start, (size_t)(rest.ptr - start)));
		}
		assert_int_equal(rest.len, 0);
		buf_add_char(&r->json, ']');
	} else if (!is_ok(value_to_json(row, value, &r->json, &problems))) {
		fail_msg(
		    "the row is not of its own type: %s %s", problems.lines[0].path, problems.lines[0].text);
	}
}

const char *run_on(struct running *r, struct sql_session *session, const char *query, const char *argument)
{
	char label[200];
	struct problems problems = {0};
	size_t index = query_index(r, query);
	buf_clear(&r->value);
	buf_clear(&r->json);
	buf_clear(&r->argument);
	(void)snprintf(label, sizeof label, "query:%s:params", query);
	if (argument && !is_ok(value_from_json(type_set_find(r->types, slice_cstr(label)),
			    slice_cstr(argument), &r->argument, &problems)))
		fail_msg("argument of %s: %s %s", query, problems.lines[0].path, problems.lines[0].text);
	r->err = (struct error){0};
	if (!is_ok(sql_session_run(session, index, buf_slice(&r->argument), &r->host, &r->value, &r->err))) {
		buf_printf(&r->json, "! %s: %s", err_code_name(r->err.code), r->err.text);
		return buf_cstr(&r->json);
	}
	(void)snprintf(label, sizeof label, "query:%s:row", query);
	add_json(r, type_set_find(r->types, slice_cstr(label)), buf_slice(&r->value));
	return buf_cstr(&r->json);
}

const char *run(struct running *r, const char *query, const char *argument)
{
	return run_on(r, r->session, query, argument);
}
