/* What `ward top` shows. Called by the monitor for whoever may open its socket: the operator. */
#include <stdlib.h>

#include "observe/monitor.h"

#define WINDOW_S 60
#define SPANS_MAX 16u

static void add_text(struct buf *out, const char *name, struct slice text)
{
	buf_printf(out, "\"%s\":\"", name);
	buf_add_json_escaped(out, text);
	buf_add_char(out, '"');
}

static void add_number(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

/* The last minute, to the span of ten seconds. */
static result recent(
    const struct monitor *m, uint32_t id, int64_t now_s, struct error *err, struct rollup_cell *ret)
{
	struct rollup_row *rows;
	size_t count;
	*ret = (struct rollup_cell){0};
	TRY(rollup_read(m->rollup, id, TIER_10S, now_s - WINDOW_S, now_s + 1, SPANS_MAX, err, &rows, &count));
	for (size_t i = 0; i < count; i++)
		rollup_cell_merge(ret, &rows[i].cell);
	free(rows);
	return RESULT_OK;
}

static void add_window(struct buf *out, const struct rollup_cell *c)
{
	uint64_t ran = rollup_cell_ran(c);
	buf_printf(out, ",\"minute\":{\"calls\":%llu", (unsigned long long)c->calls);
	add_number(out, "failures", rollup_cell_failures(c));
	add_number(out, "refused", c->calls - ran);
	add_number(out, "p50_us", sketch_quantile(&c->wall, 0.5));
	add_number(out, "p99_us", sketch_quantile(&c->wall, 0.99));
	add_number(out, "cpu_us", ran ? c->cpu_us / ran : 0);
	add_number(out, "memory_kib", c->memory_kib_max);
	add_number(out, "bytes_out", c->bytes_out);
	add_number(out, "denials", c->denials);
	buf_add_char(out, '}');
}

static result add_function(
    const struct monitor *m, uint32_t id, int64_t now_s, struct error *err, struct buf *out)
{
	const struct monitor_total *t = &m->totals[id];
	struct rollup_cell minute;
	TRY(recent(m, id, now_s, err, &minute));
	buf_add_cstr(out, out->ptr[out->len - 1] == '}' ? ",\n{" : "\n{");
	add_text(out, "app", slice_cstr(t->app));
	buf_add_char(out, ',');
	add_text(out, "function", slice_cstr(t->name));
	buf_printf(out, ",\"version\":\"%08x\"", t->version);
	add_number(out, "calls", t->sum.calls);
	add_number(out, "failures", rollup_cell_failures(&t->sum));
	add_number(out, "denials", t->sum.denials);
	buf_add_cstr(out, ",\"outcomes\":{");
	bool first = true;
	for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
		if (!t->sum.outcomes[i])
			continue;
		buf_printf(out, "%s\"%s\":%llu", first ? "" : ",", outcome_name((enum invocation_outcome)i),
		    (unsigned long long)t->sum.outcomes[i]);
		first = false;
	}
	buf_add_char(out, '}');
	add_window(out, &minute);
	buf_add_char(out, '}');
	return RESULT_OK;
}

static void add_incident(const struct monitor *m, const struct incident *i, call_namer namer,
    monitor_contract contract, void *context, struct buf *out)
{
	static const struct monitor_total unknown = {.name = "?"};
	const struct monitor_total *t = i->function < m->total_count ? &m->totals[i->function] : &unknown;
	CLEANUP_BUF struct buf words = BUF_INIT(8192);
	incident_explain(&m->observer.book, i, slice_cstr(t->name), namer,
	    contract(context, slice_cstr(t->app), slice_cstr(t->name)), &words);
	buf_add_cstr(out, out->ptr[out->len - 1] == '}' ? ",\n{" : "\n{");
	add_text(out, "kind", slice_cstr(signal_manifests[i->kind].name));
	buf_add_char(out, ',');
	add_text(out, "function", slice_cstr(t->name));
	buf_printf(out, ",\"state\":\"%s\",\"action\":\"%s\"", incident_state_name(i->state),
	    incident_action_name(i->action));
	add_number(out, "id", i->id);
	add_number(out, "opened_ms", (uint64_t)i->opened_ms);
	add_number(out, "last_ms", (uint64_t)i->last_ms);
	add_number(out, "signals", i->signals);
	buf_printf(out, ",\"request\":\"%016llx\",",
	    (unsigned long long)(i->evidence_count ? i->evidence[0].request : 0));
	add_text(out, "words", buf_slice(&words));
	if ((i->kind == SIGNAL_DENIAL || i->kind == SIGNAL_TRAP) && t->evidence[0]) {
		buf_add_char(out, ',');
		add_text(out, "evidence", slice_cstr(t->evidence));
	}
	buf_add_char(out, '}');
}

static bool is_live(const struct incident *i)
{
	return i->state != INCIDENT_NONE && i->state != INCIDENT_CLOSED;
}

static int newest_first(const void *a, const void *b)
{
	const struct incident *const *x = a, *const *y = b;
	return (*x)->last_ms > (*y)->last_ms   ? -1
	       : (*x)->last_ms < (*y)->last_ms ? 1
	       : (*x)->id > (*y)->id	       ? -1
					       : 1;
}

static void add_incidents(
    const struct monitor *m, call_namer namer, monitor_contract contract, void *context, struct buf *out)
{
	const struct incident *live[INCIDENTS_MAX];
	size_t count = 0;
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++)
		if (is_live(&m->observer.book.incidents[n]))
			live[count++] = &m->observer.book.incidents[n];
	qsort(live, count, sizeof(struct incident *), newest_first);
	for (size_t n = 0; n < count; n++)
		add_incident(m, live[n], namer, contract, context, out);
}

result monitor_overview(const struct monitor *m, int64_t now_s, call_namer namer, monitor_contract contract,
    void *context, struct error *err, struct buf *out)
{
	uint64_t dropped = 0, refused = m->unnamed;
	for (uint32_t i = 0; i < m->ring_count; i++) {
		dropped += record_reader_dropped(&m->rings[i]);
		refused += m->rings[i].refused;
	}
	buf_printf(out, "{\"since\":%lld", (long long)m->started_s);
	add_number(out, "window_s", WINDOW_S);
	add_number(out, "records", m->records);
	add_number(out, "dropped", dropped);
	add_number(out, "refused", refused);
	buf_add_cstr(out, ",\"functions\":[");
	for (uint32_t i = 0; i < m->total_count; i++)
		if (m->totals[i].name[0])
			TRY(add_function(m, i, now_s, err, out));
	buf_add_cstr(out, "\n],\"incidents\":[");
	add_incidents(m, namer, contract, context, out);
	buf_add_cstr(out, "\n]");
	return RESULT_OK;
}
