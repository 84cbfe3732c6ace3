/* Reports to the outside. Called by the monitor's loop. */
#include "proc/monitor/report.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "observe/otlp.h"
#include "proc/monitor/api.h"

#define EXPORT_MS 10000
#define SPANS_MAX 512u
#define EXPORT_BYTES_MAX (4u << 20)
#define VERSION SLICE("1")

void report_here(struct monitor_process *p, int *fds, uint32_t count)
{
	struct error err = {0};
	if (count != 2)
		return;
	report_gone(p);
	p->broker_up = is_ok(channel_open(&p->broker, fds[0], 1, fds[1], &err));
	if (p->broker_up)
		fds[1] = -1;
	else
		LOG_ERROR("cannot_open_channel", LOG_STR("why", err.text));
}

void report_gone(struct monitor_process *p)
{
	if (p->broker_up)
		channel_done(&p->broker);
	p->broker_up = false;
}

void report_flush(struct monitor_process *p)
{
	if (p->broker_up)
		channel_flush(&p->broker);
}

static bool report(struct monitor_process *p, enum report_kind kind, struct slice body)
{
	const struct report_head head = {.kind = (uint8_t)kind, .bytes = (uint32_t)body.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), body};
	return p->broker_up && is_ok(channel_send(&p->broker, RECORD_REPORT, 0, parts, ARRAY_LEN(parts), NULL));
}

/* One object: what happened in a sentence under "text", which many chat programs show as it is, and the incident whole. */
static bool report_incident(struct monitor_process *p, const struct incident *i, const char *event)
{
	const struct app_contract *contract = api_contract(p);
	CLEANUP_BUF struct buf body = BUF_INIT(256u << 10);
	CLEANUP_BUF struct buf words = BUF_INIT(8192);
	struct json_writer w = {.out = &body};
	incident_explain(&p->monitor->observer.book, i, slice_cstr(api_function_name(p, i->function)), apps_call_name,
	    (void *)(uintptr_t)api_function(p, i->function), &words);
	json_begin(&w, '{');
	json_member_text(&w, "app", contract ? contract->app : SLICE(""));
	json_member_text(&w, "event", slice_cstr(event));
	json_member_text(&w, "text", buf_slice(&words));
	json_key(&w, SLICE("incident"));
	w.comma = false;
	api_write_incident(p, i, &w);
	json_end(&w, '}');
	return buf_ok(&body) && report(p, REPORT_INCIDENT, buf_slice(&body));
}

void report_turn(struct monitor_process *p)
{
	const struct app_contract *contract = api_contract(p);
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &p->monitor->observer.book.incidents[n];
		struct monitor_reported *r = &p->reported[n];
		const bool over = i->state == INCIDENT_CLOSED, acts = i->action > ACTION_RECORD;
		if (i->state == INCIDENT_NONE || (r->id == i->id && r->over == over) || (!acts && !over))
			continue;
		/* Of what was only recorded nobody hears, nor of what was over before anyone could listen. */
		const bool worth = over ? r->id == i->id : true;
		if (contract && contract->watch.webhooks.count && worth)
			(void)report_incident(p, i, over ? "over" : "acting");
		*r = (struct monitor_reported){i->id, over};
	}
}

/* Requests of a trace that somebody else began and wants kept, and those that failed. */
static bool exported(const struct invocation *v)
{
	return v->flags & INVOCATION_SAMPLED || outcome_is_failure((enum invocation_outcome)v->outcome);
}

static void export_traces(struct monitor_process *p)
{
	static struct otlp_span spans[SPANS_MAX];
	const uint64_t came = p->monitor->recent_count - p->exported_count;
	const struct invocation *v;
	size_t count = 0;
	for (uint64_t i = 0; i < came && count < SPANS_MAX && (v = monitor_recent(p->monitor, i)); i++) {
		const uint32_t id = monitor_recent_function(p->monitor, i);
		if (exported(v) && id < p->monitor->total_count)
			spans[count++] = (struct otlp_span){v, slice_cstr(p->monitor->totals[id].app),
			    slice_cstr(p->monitor->totals[id].name)};
	}
	p->exported_count = p->monitor->recent_count;
	CLEANUP_BUF struct buf body = BUF_INIT(EXPORT_BYTES_MAX);
	if (count == 0)
		return;
	otlp_traces(spans, count, VERSION, &body);
	if (buf_ok(&body))
		(void)report(p, REPORT_TRACES, buf_slice(&body));
}

static void export_metrics(struct monitor_process *p, int64_t now_ms)
{
	const struct monitor *m = p->monitor;
	struct exported_function *functions = calloc(m->total_count + 1, sizeof *functions);
	CLEANUP_BUF struct buf body = BUF_INIT(EXPORT_BYTES_MAX);
	size_t count = 0;
	for (uint32_t i = 0; functions && i < m->total_count; i++)
		if (m->totals[i].sum.calls)
			functions[count++] = (struct exported_function){slice_cstr(m->totals[i].app),
			    slice_cstr(m->totals[i].name), m->totals[i].version, &m->totals[i].sum};
	if (count > 0)
		otlp_metrics(functions, count, VERSION, m->started_s * 1000, now_ms, &body);
	if (count > 0 && buf_ok(&body))
		(void)report(p, REPORT_METRICS, buf_slice(&body));
	free(functions);
}

void report_tick(struct monitor_process *p, int64_t now_ms)
{
	const struct app_contract *contract = api_contract(p);
	if (!contract || contract->watch.otlp.count == 0 || now_ms - p->exported_ms < EXPORT_MS)
		return;
	p->exported_ms = now_ms;
	export_traces(p);
	export_metrics(p, now_ms);
}
