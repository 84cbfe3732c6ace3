/* What happens now: all functions and each, with their last minute. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proc/monitor/actions.h"
#include "proc/monitor/api.h"
#include "proc/monitor/history.h"
#include "proc/monitor/outbox.h"

/* Of so many functions all are told of in every second. */
#define BRIEF_FUNCTIONS 100u

#define WINDOW_S 60
#define SPANS_MAX 16u

/* The last minute, to the span of ten seconds. */
static void last_minute(const struct monitor_process *p, uint32_t id, int64_t now_s, struct rollup_cell *ret)
{
	struct rollup_row *rows;
	size_t count;
	*ret = (struct rollup_cell){0};
	if (!is_ok(rollup_read(p->monitor->rollup, id, TIER_10S, now_s - WINDOW_S, now_s + 1, SPANS_MAX, NULL, &rows,
		&count)))
		return;
	for (size_t i = 0; i < count; i++)
		rollup_cell_merge(ret, &rows[i].cell);
	free(rows);
}

static void write_minute(const struct rollup_cell *c, struct json_writer *w)
{
	const uint64_t ran = rollup_cell_ran(c);
	const uint64_t failures = rollup_cell_failures(c);
	json_member_begin(w, "minute", '{');
	json_member_uint(w, "calls", c->calls);
	json_member_real(w, "rate", (double)c->calls / WINDOW_S);
	json_member_uint(w, "failures", failures);
	json_member_uint(w, "refused", c->calls - ran);
	json_member_uint(w, "denials", c->denials);
	json_member_real(w, "error_share", ran ? (double)failures / (double)ran : 0);
	json_member_uint(w, "p50_us", sketch_quantile(&c->wall, 0.5));
	json_member_uint(w, "p95_us", sketch_quantile(&c->wall, 0.95));
	json_member_uint(w, "p99_us", sketch_quantile(&c->wall, 0.99));
	json_member_uint(w, "cpu_us", ran ? c->cpu_us / ran : 0);
	json_member_uint(w, "bytes_in", c->bytes_in);
	json_member_uint(w, "bytes_out", c->bytes_out);
	json_end(w, '}');
}

static bool is_learning(const struct monitor_process *p, uint32_t id)
{
	const struct observed *o = observer_function(&p->monitor->observer, id);
	return !o || !o->profile.learned;
}

static bool is_live(const struct incident *i)
{
	return i->state != INCIDENT_NONE && i->state != INCIDENT_CLOSED;
}

static uint64_t live_incidents(const struct monitor_process *p, uint32_t id)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < INCIDENTS_MAX; i++) {
		const struct incident *incident = &p->monitor->observer.book.incidents[i];
		count += is_live(incident) && incident->function == id && incident->action > ACTION_RECORD;
	}
	return count;
}

/* The members that overview and list share. */
static void write_function(
    const struct monitor_process *p, uint32_t id, const struct rollup_cell *minute, struct json_writer *w)
{
	const struct monitor_total *t = &p->monitor->totals[id];
	json_member_text(w, "name", slice_cstr(t->name));
	json_member_version(w, "version", t->version);
	json_member_uint(w, "calls", t->sum.calls);
	json_member_uint(w, "failures", rollup_cell_failures(&t->sum));
	json_member_uint(w, "denials", t->sum.denials);
	json_member_text(w, "action", slice_cstr(actions_of_function(p, id)));
	json_member_bool(w, "learning", is_learning(p, id));
	json_member_uint(w, "incidents", live_incidents(p, id));
	write_minute(minute, w);
}

static void write_totals(const struct monitor_process *p, struct json_writer *w)
{
	uint64_t dropped = 0, refused = p->monitor->unnamed, live = 0, acting = 0;
	for (uint32_t i = 0; i < p->monitor->ring_count; i++) {
		dropped += record_reader_dropped(&p->monitor->rings[i]);
		refused += p->monitor->rings[i].refused;
	}
	for (uint32_t i = 0; i < INCIDENTS_MAX; i++) {
		const struct incident *incident = &p->monitor->observer.book.incidents[i];
		const bool counts = is_live(incident) && incident->action > ACTION_RECORD;
		live += counts;
		acting += counts && incident->state == INCIDENT_ACTING;
	}
	json_member_uint(w, "records", p->monitor->records);
	json_member_uint(w, "records_dropped", dropped);
	json_member_uint(w, "records_refused", refused);
	json_member_begin(w, "incidents", '{');
	json_member_uint(w, "live", live);
	json_member_uint(w, "acting", acting);
	json_end(w, '}');
}

/* There is something to tell of it now. */
static bool stirs(const struct monitor_process *p, uint32_t id, const struct rollup_cell *minute)
{
	return minute->calls || live_incidents(p, id) || strcmp(actions_of_function(p, id), action_name(GUARD_END)) != 0;
}

/* Those of many functions that rest are left out of what goes to everyone each second. */
void api_write_overview(const struct monitor_process *p, int64_t now_ms, bool brief, struct json_writer *w)
{
	const struct app_contract *contract = api_contract(p);
	const bool all_of_them = !brief || !contract || contract->function_count <= BRIEF_FUNCTIONS;
	struct rollup_cell all = {0}, minute;
	uint64_t learning = 0, count = 0;
	json_begin(w, '{');
	json_member_text(w, "app", contract ? contract->app : SLICE(""));
	json_member_uint(w, "now_ms", (uint64_t)now_ms);
	json_member_uint(w, "since_s", (uint64_t)p->monitor->started_s);
	json_member_uint(w, "generation", api_generation(p));
	write_totals(p, w);
	json_member_begin(w, "functions", '[');
	for (uint32_t id = 0; id < p->monitor->total_count; id++) {
		if (!api_function(p, id))
			continue;
		learning += is_learning(p, id);
		count++;
		last_minute(p, id, now_ms / 1000, &minute);
		rollup_cell_merge(&all, &minute);
		if (!all_of_them && !stirs(p, id, &minute))
			continue;
		json_begin(w, '{');
		write_function(p, id, &minute, w);
		json_end(w, '}');
	}
	json_end(w, ']');
	json_member_uint(w, "function_count", count);
	json_member_uint(w, "undelivered", outbox_dead(p));
	json_member_uint(w, "learning", learning);
	write_minute(&all, w);
	json_end(w, '}');
}

void api_overview(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	api_write_overview(q->p, q->now_ms, false, &w);
}

static void write_declared(const struct monitor_process *p, uint32_t id, struct json_writer *w)
{
	const struct app_function *f = api_function(p, id);
	CLEANUP_BUF struct buf auth = BUF_INIT(1024);
	manifest_access_text(&f->contract.auth, &auth);
	json_member_text(w, "why", f->contract.why);
	json_member_text(w, "method",
	    f->contract.http.present ? slice_cstr(http_method_name(f->contract.http.method)) : SLICE(""));
	json_member_text(w, "path", f->contract.http.path);
	json_member_text(w, "auth", buf_slice(&auth));
	json_member_text(w, "source", f->contract.source);
	json_member_uint(w, "last_ms", (uint64_t)history_last_ms(p->history, id));
}

void api_functions(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	struct rollup_cell minute;
	json_begin(&w, '{');
	json_member_begin(&w, "functions", '[');
	for (uint32_t id = 0; id < q->p->monitor->total_count; id++) {
		if (!api_function(q->p, id))
			continue;
		json_begin(&w, '{');
		last_minute(q->p, id, q->now_ms / 1000, &minute);
		write_function(q->p, id, &minute, &w);
		write_declared(q->p, id, &w);
		json_end(&w, '}');
	}
	json_end(&w, ']');
	json_end(&w, '}');
}

static void write_queries(const struct app_function *f, struct json_writer *w)
{
	json_member_begin(w, "queries", '[');
	for (size_t i = 0; i < f->query_count; i++) {
		const struct sql_query *query = f->queries[i];
		json_begin(w, '{');
		json_member_text(w, "name", query->name);
		json_member_text(w, "kind", slice_cstr(query_kind_name(query->kind)));
		json_member_text(w, "file", query->file);
		json_member_uint(w, "line", query->line);
		json_member_text(w, "sql", query->sql);
		json_member_begin(w, "grants", '[');
		for (size_t k = 0; k < query->grant_count; k++) {
			const struct sql_grant *g = &query->grants[k];
			json_begin(w, '{');
			json_member_text(w, "table", g->table);
			json_member_text(w, "column", g->column);
			json_member_text(w, "operation", slice_cstr(sql_operation_name(g->operation)));
			json_member_text(w, "via", g->via);
			json_end(w, '}');
		}
		json_end(w, ']');
		json_end(w, '}');
	}
	json_end(w, ']');
}

static struct slice step_name(const struct app_function *f, uint16_t call, struct slice edge)
{
	return call == PROFILE_EDGE_START ? edge : apps_call_name((void *)(uintptr_t)f, call);
}

static void write_profile_steps(const struct app_function *f, const struct profile *p, struct json_writer *w)
{
	json_member_begin(w, "calls", '[');
	for (uint32_t i = 0; i < p->call_count; i++) {
		json_begin(w, '{');
		json_member_text(w, "kind", slice_cstr(host_kind_name(call_kind(p->calls[i].call))));
		json_member_text(w, "name", step_name(f, p->calls[i].call, SLICE("")));
		json_member_uint(w, "count", p->calls[i].count);
		json_member_uint(w, "most", p->calls[i].most);
		json_end(w, '}');
	}
	json_end(w, ']');
	json_member_begin(w, "follows", '[');
	for (uint32_t i = 0; i < PROFILE_EDGES; i++) {
		if (!p->edges[i].count)
			continue;
		json_begin(w, '{');
		json_member_text(w, "from", step_name(f, p->edges[i].from, SLICE("start")));
		json_member_text(w, "to", step_name(f, p->edges[i].to, SLICE("end")));
		json_member_uint(w, "count", p->edges[i].count);
		json_end(w, '}');
	}
	json_end(w, ']');
}

static void write_profile(
    const struct monitor_process *p, uint32_t id, const struct app_function *f, struct json_writer *w)
{
	const struct observed *o = observer_function(&p->monitor->observer, id);
	static const struct profile none = {0};
	const struct profile *profile = o ? &o->profile : &none;
	CLEANUP_BUF struct buf words = BUF_INIT(64u << 10);
	profile_describe(profile, apps_call_name, (void *)(uintptr_t)f, &words);
	json_member_begin(w, "profile", '{');
	json_member_bool(w, "learned", profile->learned);
	json_member_uint(w, "learn_until_ms", (uint64_t)profile->learn_until_ms);
	json_member_bool(w, "committed", profile->committed);
	json_member_real(w, "deviation", profile_deviation(profile));
	json_member_uint(w, "invocations", profile->invocations);
	json_member_begin(w, "words", '[');
	struct slice rest = buf_slice(&words);
	while (rest.len) {
		const struct slice line = slice_cut(&rest, '\n');
		if (line.len)
			json_text(w, line);
	}
	json_end(w, ']');
	write_profile_steps(f, profile, w);
	json_end(w, '}');
}

static void write_counts(const struct rollup_cell *sum, struct json_writer *w)
{
	json_member_begin(w, "outcomes", '{');
	for (unsigned i = 0; i < OUTCOME_COUNT; i++)
		if (sum->outcomes[i])
			json_member_uint(w, outcome_name((enum invocation_outcome)i), sum->outcomes[i]);
	json_end(w, '}');
	json_member_begin(w, "callers", '{');
	for (unsigned i = 0; i < CALLER_CLASS_COUNT; i++)
		json_member_uint(w, caller_class_name((enum caller_class)i), sum->callers[i]);
	json_end(w, '}');
}

void api_one_function(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	struct rollup_cell minute;
	uint32_t id;
	if (!api_function_id(q->p, slice_cstr(q->param), &id) || !api_function(q->p, id)) {
		api_problem(a, 404, "not-found", "The app has no such function", NULL);
		return;
	}
	const struct app_function *f = api_function(q->p, id);
	CLEANUP_BUF struct buf contract = BUF_INIT(API_ANSWER_BYTES_MAX);
	app_contract_function_part(f, &contract);
	json_begin(&w, '{');
	last_minute(q->p, id, q->now_ms / 1000, &minute);
	write_function(q->p, id, &minute, &w);
	write_declared(q->p, id, &w);
	json_key(&w, SLICE("contract"));
	json_raw(&w, buf_slice(&contract));
	write_queries(f, &w);
	history_write_versions(q->p->history, id, &w);
	write_profile(q->p, id, f, &w);
	write_counts(&q->p->monitor->totals[id].sum, &w);
	json_end(&w, '}');
}
