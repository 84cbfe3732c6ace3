/* Who may read or write what: the contract that serves as a table, and what of it was ever used. */
#include <stdlib.h>

#include "base/check.h"
#include "proc/monitor/api.h"

static int by_column(const void *a, const void *b)
{
	const struct sql_grant *x = a, *y = b;
	const int table = slice_cmp(x->table, y->table);
	return table ? table : slice_cmp(x->column, y->column);
}

/* Tables and columns that any query touches, each once. */
static void write_tables(const struct app_contract *c, struct json_writer *w)
{
	size_t count = 0, at = 0;
	for (size_t i = 0; i < c->query_count; i++)
		count += c->queries[i].grant_count;
	struct sql_grant *all = calloc(count + 1, sizeof *all);
	for (size_t i = 0; all && i < c->query_count; i++)
		for (size_t k = 0; k < c->queries[i].grant_count; k++)
			all[at++] = c->queries[i].grants[k];
	if (all)
		qsort(all, at, sizeof *all, by_column);
	json_member_begin(w, "tables", '[');
	for (size_t i = 0; i < at;) {
		const struct slice table = all[i].table;
		json_begin(w, '{');
		json_member_text(w, "name", table);
		json_member_begin(w, "columns", '[');
		for (struct slice last = SLICE_NONE; i < at && slice_eq(all[i].table, table); i++) {
			if (all[i].column.len && !slice_eq(all[i].column, last))
				json_text(w, all[i].column);
			last = all[i].column;
		}
		json_end(w, ']');
		json_end(w, '}');
	}
	json_end(w, ']');
	free(all);
}

static void write_functions(const struct app_contract *c, struct json_writer *w)
{
	json_member_begin(w, "functions", '[');
	for (size_t i = 0; i < c->function_count; i++) {
		const struct manifest_function *f = &c->functions[i].contract;
		CLEANUP_BUF struct buf auth = BUF_INIT(1024);
		manifest_access_text(&f->auth, &auth);
		json_begin(w, '{');
		json_member_text(w, "name", f->name);
		json_member_text(w, "auth", buf_slice(&auth));
		json_member_begin(w, "egress", '[');
		for (size_t k = 0; k < f->egress_count; k++)
			json_text(w, f->egress[k].host);
		json_end(w, ']');
		json_key(w, SLICE("secrets"));
		json_texts(w, &f->secrets);
		json_key(w, SLICE("publish"));
		json_texts(w, &f->publish);
		json_end(w, '}');
	}
	json_end(w, ']');
}

static bool binds_caller(const struct sql_query *query)
{
	for (size_t i = 0; i < query->param_count; i++)
		if (query->params[i].host != SQL_HOST_NONE && query->params[i].host != SQL_HOST_NOW)
			return true;
	return false;
}

/* Whether the function has run its i-th query since it is known. */
static bool was_used(const struct monitor_process *p, const struct app_function *f, size_t i)
{
	uint32_t id;
	if (!api_function_id(p, f->contract.name, &id))
		return false;
	const struct observed *o = observer_function(&p->monitor->observer, id);
	for (uint32_t k = 0; o && k < o->profile.call_count; k++)
		if (o->profile.calls[k].call == call_of(KIND_QUERY, (uint32_t)i))
			return true;
	return false;
}

static void write_grants(
    const struct monitor_process *p, const struct app_function *f, size_t at, struct json_writer *w)
{
	const struct sql_query *query = f->queries[at];
	const bool bound = binds_caller(query), used = was_used(p, f, at);
	for (size_t k = 0; k < query->grant_count; k++) {
		const struct sql_grant *g = &query->grants[k];
		json_begin(w, '{');
		json_member_text(w, "function", f->contract.name);
		json_member_text(w, "query", query->name);
		json_member_text(w, "table", g->table);
		json_member_text(w, "column", g->column);
		json_member_text(w, "operation", slice_cstr(sql_operation_name(g->operation)));
		json_member_text(w, "via", g->via);
		json_member_bool(w, "owner_bound", bound);
		json_member_bool(w, "used", used);
		json_end(w, '}');
	}
}

void api_authority(const struct api_request *q, struct api_answer *a)
{
	const struct app_contract *c = api_contract(q->p);
	struct json_writer w = {.out = &a->body};
	if (!c) {
		api_problem(a, 503, "unavailable", "There is no app yet", NULL);
		return;
	}
	json_begin(&w, '{');
	write_tables(c, &w);
	write_functions(c, &w);
	json_member_begin(&w, "grants", '[');
	for (size_t i = 0; i < c->function_count; i++)
		for (size_t k = 0; k < c->functions[i].query_count; k++)
			write_grants(q->p, &c->functions[i], k, &w);
	json_end(&w, ']');
	json_end(&w, '}');
}
