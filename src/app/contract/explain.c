/* A contract in words, for `ward explain` and `ward who`. */
#include "app/contract/explain.h"
#include "app/manifest/nearest.h"
#include "app/contract/signature.h"

#define LABEL "  %-13s "

static void add_label(struct buf *out, const char *label)
{
	buf_printf(out, LABEL, label);
}

static void add_line(struct buf *out, const char *label, struct slice text)
{
	add_label(out, label);
	buf_printf(out, "%.*s\n", SLICE_ARG(text));
}

static result add_type(struct buf *out, const char *label, struct slice schema, struct error *err)
{
	if (!schema.ptr)
		return RESULT_OK;
	add_label(out, label);
	TRY(signature_write(schema, out, err));
	buf_add_char(out, '\n');
	return RESULT_OK;
}

static void add_caller(struct buf *out, const struct manifest_function *c)
{
	add_label(out, "answers");
	if (c->http.present)
		buf_printf(out, "%s %.*s\n", http_method_name(c->http.method), SLICE_ARG(c->http.path));
	else
		buf_add_cstr(out, "no request over HTTP\n");
	add_label(out, "for");
	manifest_access_text(&c->auth, out);
	buf_add_char(out, '\n');
}

static result add_types(struct buf *out, const struct app_function *f, struct error *err)
{
	TRY(add_type(out, "takes", f->input, err));
	TRY(add_type(out, "returns", f->output, err));
	for (size_t i = 0; i < f->error_count; i++) {
		const struct app_error *e = &f->errors[i];
		add_label(out, i ? "" : "or fails with");
		buf_printf(out, "%.*s (%u)%s", SLICE_ARG(e->name), e->status, e->schema.ptr ? " " : "");
		if (e->schema.ptr)
			TRY(signature_write(e->schema, out, err));
		buf_add_char(out, '\n');
	}
	return RESULT_OK;
}

static bool same_place(const struct sql_grant *a, const struct sql_grant *b)
{
	return a->operation == b->operation && slice_eq(a->table, b->table) && slice_eq(a->via, b->via);
}

/* "read orders (id, status)", the columns of one operation on one table together. */
static void add_grant(struct buf *out, const struct sql_query *q, size_t first)
{
	const struct sql_grant *g = &q->grants[first];
	const char *between = " (";
	for (size_t i = 0; i < first; i++)
		if (same_place(g, &q->grants[i]))
			return;
	buf_printf(out, "      %s %.*s", sql_operation_name(g->operation), SLICE_ARG(g->table));
	for (size_t i = first; i < q->grant_count; i++) {
		if (!same_place(g, &q->grants[i]) || !q->grants[i].column.len)
			continue;
		buf_printf(out, "%s%.*s", between, SLICE_ARG(q->grants[i].column));
		between = ", ";
	}
	buf_add_cstr(out, between[0] == ',' ? ")" : "");
	if (g->via.len)
		buf_printf(out, " through %.*s", SLICE_ARG(g->via));
	buf_add_char(out, '\n');
}

static void add_query(struct buf *out, const struct sql_query *q)
{
	buf_printf(out, "    %.*s (%.*s:%u)", SLICE_ARG(q->name), SLICE_ARG(q->file), q->line);
	const char *between = ", bound to ";
	for (size_t i = 0; i < q->param_count; i++)
		if (q->params[i].host != SQL_HOST_NONE) {
			buf_printf(out, "%s%.*s", between, SLICE_ARG(q->params[i].name));
			between = ", ";
		}
	buf_add_char(out, '\n');
	for (size_t i = 0; i < q->grant_count; i++)
		add_grant(out, q, i);
	if (q->unowned_reason.len)
		buf_printf(
		    out, "      reaches rows of any owner, because %.*s\n", SLICE_ARG(q->unowned_reason));
}

static void add_hosts(struct buf *out, const struct manifest_function *c)
{
	if (!c->egress_count) {
		add_line(out, "sends", SLICE("no requests to anyone"));
		return;
	}
	buf_add_cstr(out, "  sends requests to\n");
	for (size_t i = 0; i < c->egress_count; i++) {
		buf_add_cstr(out, "    ");
		manifest_egress_text(&c->egress[i], out);
		buf_add_char(out, '\n');
		if (c->egress[i].why.len)
			buf_printf(out, "      %.*s\n", SLICE_ARG(c->egress[i].why));
	}
}

static void add_names(struct buf *out, const char *label, const struct slice_list *names)
{
	if (!names->count)
		return;
	add_label(out, label);
	for (size_t i = 0; i < names->count; i++)
		buf_printf(out, "%s%.*s", i ? ", " : "", SLICE_ARG(names->items[i]));
	buf_add_char(out, '\n');
}

static void add_limits(struct buf *out, const struct manifest_limits *l)
{
	add_label(out, "limits");
	buf_add_cstr(out, "cpu ");
	duration_text(l->cpu_us, out);
	buf_add_cstr(out, ", wall ");
	duration_text(l->wall_us, out);
	buf_add_cstr(out, ", memory ");
	size_text(l->memory_bytes, out);
	buf_add_cstr(out, ", body ");
	size_text(l->body_bytes, out);
	buf_printf(out, ", %llu at a time, rate ", (unsigned long long)l->concurrency);
	rate_text(&l->rate, out);
	buf_add_char(out, '\n');
}

static void add_budget(struct buf *out, const struct manifest_budget *b)
{
	CLEANUP_BUF struct buf parts = BUF_INIT(256);
	if (b->calls)
		buf_printf(&parts, ", %llu calls", (unsigned long long)b->calls);
	if (b->cpu_us) {
		buf_add_cstr(&parts, ", cpu ");
		duration_text(b->cpu_us, &parts);
	}
	if (b->response_bytes) {
		buf_add_cstr(&parts, ", answers of ");
		size_text(b->response_bytes, &parts);
	}
	if (b->fetches)
		buf_printf(&parts, ", %llu requests to other hosts", (unsigned long long)b->fetches);
	if (parts.len > 2)
		add_line(out, "a day", slice_of(parts.ptr + 2, parts.len - 2));
}

result explain_function(
    const struct app_contract *contract, const struct app_function *f, struct buf *out, struct error *err)
{
	const struct manifest_function *c = &f->contract;
	buf_printf(
	    out, "%.*s.%.*s (%.*s)\n", SLICE_ARG(contract->app), SLICE_ARG(c->name), SLICE_ARG(c->source));
	if (c->why.len)
		buf_printf(out, "  %.*s\n", SLICE_ARG(c->why));
	buf_add_char(out, '\n');
	add_caller(out, c);
	TRY(add_types(out, f, err));
	if (f->query_count)
		buf_add_cstr(out, "  runs\n");
	else
		add_line(out, "runs", SLICE("no queries: it reaches no data"));
	for (size_t i = 0; i < f->query_count; i++)
		add_query(out, f->queries[i]);
	add_hosts(out, c);
	add_names(out, "holds", &c->secrets);
	add_names(out, "publishes", &c->publish);
	add_limits(out, &c->limits);
	add_budget(out, &c->budget);
	return RESULT_OK;
}

/* ---- who ---- */

static bool touches(const struct sql_grant *g, struct slice table, struct slice column)
{
	/* Whoever may delete or insert a row touches all of its columns. */
	bool whole = !g->column.len && g->operation != SQL_READ;
	return slice_eq(g->table, table) && (!column.len || whole || slice_eq(g->column, column));
}

static size_t who_by_query(struct buf *out, const struct app_function *f, const struct sql_query *q,
    struct slice table, struct slice column, bool *named)
{
	const struct sql_grant *last = NULL;
	size_t count = 0;
	for (size_t i = 0; i < q->grant_count; i++) {
		const struct sql_grant *g = &q->grants[i];
		if (!touches(g, table, column) || (last && same_place(last, g)))
			continue;
		buf_printf(out, "  %-8s %-24.*s by %.*s (%.*s:%u)", sql_operation_name(g->operation),
		    SLICE_ARG(f->contract.name), SLICE_ARG(q->name), SLICE_ARG(q->file), q->line);
		if (g->via.len)
			buf_printf(out, " through %.*s", SLICE_ARG(g->via));
		buf_add_char(out, '\n');
		*named |= slice_eq(g->column, column);
		last = g;
		count++;
	}
	return count;
}

static void suggest(
    const struct app_contract *contract, struct slice table, struct slice column, struct slice *ret)
{
	struct nearest tables = {.word = table};
	struct nearest columns = {.word = column};
	for (size_t i = 0; i < contract->query_count; i++)
		for (size_t k = 0; k < contract->queries[i].grant_count; k++) {
			const struct sql_grant *g = &contract->queries[i].grants[k];
			nearest_try(&tables, g->table);
			if (slice_eq(g->table, table) && column.len && g->column.len)
				nearest_try(&columns, g->column);
		}
	*ret = columns.best.ptr ? columns.best : tables.distance ? tables.best : SLICE_NONE;
}

size_t explain_who(
    const struct app_contract *contract, struct slice target, struct buf *out, struct slice *ret_nearest)
{
	struct slice column = target;
	struct slice table = slice_cut(&column, '.');
	size_t count = 0;
	bool named = false;
	*ret_nearest = SLICE_NONE;
	buf_printf(out, "%.*s\n", SLICE_ARG(target));
	for (size_t i = 0; i < contract->function_count; i++)
		for (size_t k = 0; k < contract->functions[i].query_count; k++)
			count += who_by_query(out, &contract->functions[i], contract->functions[i].queries[k],
			    table, column, &named);
	if (count == 0 || (column.len && !named))
		suggest(contract, table, column, ret_nearest);
	return count;
}
