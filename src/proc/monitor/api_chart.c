/* Sums over time, one array a series, as the page's charts take them. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proc/monitor/api.h"
#include "proc/monitor/deployments.h"
#include "proc/monitor/history.h"

#define POINTS_MAX 720u
#define ROWS_MAX (POINTS_MAX + 2)

static const struct {
	const char *name;
	int64_t seconds;
} ranges[] = {
    {"15m", 900}, {"1h", 3600}, {"6h", 6 * 3600}, {"24h", 86400}, {"7d", 7 * 86400}, {"30d", 30 * 86400}};

struct chart {
	int64_t from_s, to_s, step_s;
	enum rollup_tier tier;
	uint32_t points;
	struct rollup_cell *cells; /* owned */
};

static bool read_range(const struct api_request *q, struct chart *ret)
{
	char text[API_VALUE_MAX];
	const int64_t now_s = q->now_ms / 1000;
	ret->to_s = (int64_t)api_query_number(q, "to_s", (uint64_t)now_s);
	ret->from_s = (int64_t)api_query_number(q, "from_s", (uint64_t)(now_s - 3600));
	if (api_query(q, "range", text)) {
		size_t i = 0;
		while (i < ARRAY_LEN(ranges) && strcmp(text, ranges[i].name) != 0)
			i++;
		if (i == ARRAY_LEN(ranges))
			return false;
		ret->to_s = now_s;
		ret->from_s = now_s - ranges[i].seconds;
	}
	if (ret->from_s < 0 || ret->to_s <= ret->from_s || ret->to_s - ret->from_s > 20ll * 366 * 86400)
		return false;
	ret->tier = rollup_tier_for(ret->from_s, ret->to_s, now_s, POINTS_MAX);
	ret->step_s = rollup_tiers[ret->tier].span_s;
	ret->from_s -= ret->from_s % ret->step_s;
	ret->points = (uint32_t)((ret->to_s - ret->from_s + ret->step_s - 1) / ret->step_s);
	if (ret->points > ROWS_MAX) {
		ret->from_s += (int64_t)(ret->points - ROWS_MAX) * ret->step_s;
		ret->points = ROWS_MAX;
	}
	ret->cells = calloc(ret->points, sizeof *ret->cells);
	return ret->cells != NULL;
}

static result add_function(const struct monitor_process *p, uint32_t id, struct chart *chart, struct error *err)
{
	struct rollup_row *rows;
	size_t count;
	TRY(rollup_read(p->monitor->rollup, id, chart->tier, chart->from_s, chart->to_s, ROWS_MAX, err, &rows, &count));
	for (size_t i = 0; i < count; i++) {
		const int64_t at = (rows[i].begin_s - chart->from_s) / chart->step_s;
		if (at >= 0 && at < chart->points)
			rollup_cell_merge(&chart->cells[at], &rows[i].cell);
	}
	free(rows);
	return RESULT_OK;
}

enum column_kind { COLUMN_SUM, COLUMN_RATE, COLUMN_SOME /* null where nothing ran */ };

static uint64_t host_calls(const struct rollup_cell *c)
{
	uint64_t n = 0;
	for (unsigned k = 0; k < HOST_KIND_COUNT; k++)
		n += c->host_calls[k];
	return n;
}
static uint64_t calls_of(const struct rollup_cell *c) { return c->calls; }
static uint64_t refused_of(const struct rollup_cell *c) { return c->calls - rollup_cell_ran(c); }
static uint64_t denials_of(const struct rollup_cell *c) { return c->denials; }
static uint64_t p50_of(const struct rollup_cell *c) { return sketch_quantile(&c->wall, 0.5); }
static uint64_t p95_of(const struct rollup_cell *c) { return sketch_quantile(&c->wall, 0.95); }
static uint64_t p99_of(const struct rollup_cell *c) { return sketch_quantile(&c->wall, 0.99); }
static uint64_t cpu_of(const struct rollup_cell *c) { return c->cpu_us / rollup_cell_ran(c); }
static uint64_t memory_of(const struct rollup_cell *c) { return c->memory_kib_max; }
static uint64_t bytes_in_of(const struct rollup_cell *c) { return c->bytes_in; }
static uint64_t bytes_out_of(const struct rollup_cell *c) { return c->bytes_out; }

static const struct {
	const char *name;
	enum column_kind kind;
	uint64_t (*value)(const struct rollup_cell *c);
} columns[] = {
    {"calls", COLUMN_SUM, calls_of},
    {"rate", COLUMN_RATE, calls_of},
    {"failures", COLUMN_SUM, rollup_cell_failures},
    {"refused", COLUMN_SUM, refused_of},
    {"denials", COLUMN_SUM, denials_of},
    {"p50_us", COLUMN_SOME, p50_of},
    {"p95_us", COLUMN_SOME, p95_of},
    {"p99_us", COLUMN_SOME, p99_of},
    {"cpu_us", COLUMN_SOME, cpu_of},
    {"memory_kib_max", COLUMN_SOME, memory_of},
    {"bytes_in", COLUMN_SUM, bytes_in_of},
    {"bytes_out", COLUMN_SUM, bytes_out_of},
    {"host_calls", COLUMN_SUM, host_calls},
};

static void write_columns(const struct chart *chart, struct json_writer *w)
{
	json_member_begin(w, "time_s", '[');
	for (uint32_t i = 0; i < chart->points; i++)
		json_uint(w, (uint64_t)(chart->from_s + (int64_t)i * chart->step_s));
	json_end(w, ']');
	for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
		json_member_begin(w, columns[k].name, '[');
		for (uint32_t i = 0; i < chart->points; i++) {
			const struct rollup_cell *c = &chart->cells[i];
			if (columns[k].kind == COLUMN_SOME && rollup_cell_ran(c) == 0)
				json_raw(w, SLICE("null"));
			else if (columns[k].kind == COLUMN_RATE)
				json_double(w, (double)columns[k].value(c) / (double)chart->step_s);
			else
				json_uint(w, columns[k].value(c));
		}
		json_end(w, ']');
	}
}

static void write_incident_marks(
    const struct monitor_process *p, uint32_t id, const struct chart *chart, struct json_writer *w)
{
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &p->monitor->observer.book.incidents[n];
		const int64_t at_s = i->opened_ms / 1000;
		if (i->state == INCIDENT_NONE || !i->acted_ms || (id != UINT32_MAX && i->function != id) ||
		    at_s < chart->from_s || at_s >= chart->to_s)
			continue;
		json_begin(w, '{');
		json_member_uint(w, "time_s", (uint64_t)at_s);
		json_member_text(w, "kind", SLICE("incident"));
		json_member_text(w, "text", slice_cstr(signal_manifests[i->kind].name));
		json_member_uint(w, "id", i->id);
		json_end(w, '}');
	}
}

static void write_chart(const struct monitor_process *p, uint32_t id, const struct chart *chart, struct buf *out)
{
	struct json_writer w = {.out = out};
	json_begin(&w, '{');
	json_member_uint(&w, "from_s", (uint64_t)chart->from_s);
	json_member_uint(&w, "to_s", (uint64_t)chart->to_s);
	json_member_uint(&w, "step_s", (uint64_t)chart->step_s);
	json_member_text(&w, "tier", slice_cstr(rollup_tiers[chart->tier].name));
	write_columns(chart, &w);
	json_member_begin(&w, "marks", '[');
	if (id != UINT32_MAX)
		history_write_marks(p->history, id, chart->from_s, chart->to_s, &w);
	else
		deployments_write_marks(p, chart->from_s, chart->to_s, &w);
	write_incident_marks(p, id, chart, &w);
	json_end(&w, ']');
	json_end(&w, '}');
}

/* The sums of the app that serves. */
static uint32_t whole_of(const struct monitor_process *p)
{
	for (uint32_t i = 0; i < p->monitor->total_count; i++)
		if (api_function(p, i))
			return p->monitor->totals[i].whole;
	return MONITOR_NO_WHOLE;
}

/* id UINT32_MAX: all functions of the app that serves. */
static void answer(const struct api_request *q, struct api_answer *a, uint32_t id)
{
	struct chart chart = {0};
	struct error err = {0};
	if (!read_range(q, &chart)) {
		api_problem(a, 400, "invalid-range", "There is no such range",
		    "range is 15m, 1h, 6h, 24h, 7d or 30d; or give from_s and to_s.");
		return;
	}
	const uint32_t sums = id == UINT32_MAX ? whole_of(q->p) : id;
	result r = sums == MONITOR_NO_WHOLE ? RESULT_OK : add_function(q->p, sums, &chart, &err);
	if (is_ok(r))
		write_chart(q->p, id, &chart, &a->body);
	else
		api_problem(a, 500, "internal", "The sums cannot be read", err.text);
	free(chart.cells);
}

void api_chart_function(const struct api_request *q, struct api_answer *a)
{
	uint32_t id;
	if (api_function_id(q->p, slice_cstr(q->param), &id))
		answer(q, a, id);
	else
		api_problem(a, 404, "not-found", "The app has no such function", NULL);
}

void api_chart_app(const struct api_request *q, struct api_answer *a)
{
	answer(q, a, UINT32_MAX);
}
