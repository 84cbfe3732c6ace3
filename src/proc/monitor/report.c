/* Reports to the outside. Called by the monitor's loop. */
#include "proc/monitor/report.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "observe/otlp.h"
#include "proc/monitor/api.h"
#include "proc/monitor/history.h"
#include "proc/monitor/kept.h"
#include "proc/monitor/outbox.h"

#define EXPORT_MS 10000
#define SPANS_MAX 512u
#define FAILURES_MAX 2048u /* each time */
#define LOGS_MAX 1024u
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
	outbox_interrupted(p);
}

void report_flush(struct monitor_process *p)
{
	if (p->broker_up)
		channel_flush(&p->broker);
}

void report_drain(struct monitor_process *p)
{
	struct record record;
	if (!p->broker_up)
		return;
	channel_awake(&p->broker);
	while (is_ok(channel_next(&p->broker, NULL, &record)))
		if (record.type == RECORD_REPORT_DONE)
			outbox_done(p, &record);
}

bool report_ready(const struct monitor_process *p)
{
	return p->broker_up;
}

bool report_post(struct monitor_process *p, const struct report_outgoing *out)
{
	const struct report_head head = {.message = out->message,
	    .kind = (uint8_t)out->kind,
	    .to_bytes = (uint32_t)out->to.len,
	    .body_bytes = (uint32_t)out->body.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), out->to, out->body};
	return p->broker_up &&
	       is_ok(channel_send(&p->broker, RECORD_REPORT, out->id, parts, ARRAY_LEN(parts), NULL));
}

static bool report(struct monitor_process *p, enum report_kind kind, struct slice body)
{
	return report_post(p, &(const struct report_outgoing){.kind = kind, .body = body});
}

static struct otlp_span span_of(
    const struct monitor_process *p, const struct invocation *v, uint32_t function)
{
	const struct monitor_total *t = &p->monitor->totals[function];
	return (struct otlp_span){v, slice_cstr(t->app), slice_cstr(t->name)};
}

static void send_spans(struct monitor_process *p, const struct otlp_span *spans, size_t count)
{
	CLEANUP_BUF struct buf body = BUF_INIT(EXPORT_BYTES_MAX);
	if (count == 0)
		return;
	otlp_traces(spans, count, VERSION, &body);
	if (buf_ok(&body))
		(void)report(p, REPORT_TRACES, buf_slice(&body));
}

/* Every one that failed, in their order; of a flood the rest goes the next time. */
static void export_failures(struct monitor_process *p)
{
	static struct otlp_span spans[SPANS_MAX];
	static const struct kept_record *kept[FAILURES_MAX];
	const size_t came = kept_failures_since(p, p->exported_failure, FAILURES_MAX, kept);
	size_t count = 0;
	for (size_t i = 0; i < came; i++) {
		p->exported_failure = kept[i]->number;
		if (kept[i]->function < p->monitor->total_count)
			spans[count++] = span_of(p, &kept[i]->record, kept[i]->function);
		if (count == SPANS_MAX || i + 1 == came) {
			send_spans(p, spans, count);
			count = 0;
		}
	}
}

/* Of others those of a trace that somebody else began and wants kept. */
static void export_asked(struct monitor_process *p)
{
	static struct otlp_span spans[SPANS_MAX];
	const uint64_t came = p->monitor->recent_count - p->exported_count;
	const struct invocation *v;
	size_t count = 0;
	for (uint64_t i = 0; i < came && count < SPANS_MAX && (v = monitor_recent(p->monitor, i)); i++) {
		const uint32_t function = monitor_recent_function(p->monitor, i);
		if (v->flags & INVOCATION_SAMPLED &&
		    !outcome_is_failure((enum invocation_outcome)v->outcome) &&
		    function < p->monitor->total_count)
			spans[count++] = span_of(p, v, function);
	}
	p->exported_count = p->monitor->recent_count;
	send_spans(p, spans, count);
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

static int severity_of(const struct history_line *line)
{
	static const int severities[LEVEL_COUNT] = {
	    [LEVEL_DEBUG] = 5, [LEVEL_INFO] = 9, [LEVEL_WARN] = 13, [LEVEL_ERROR] = 17, [LEVEL_THROWN] = 17};
	return severities[line->level];
}

/* What functions logged since the last time, oldest first; each with the trace of its request where that is
 * known. */
static void export_logs(struct monitor_process *p)
{
	static struct otlp_log logs[LOGS_MAX];
	const struct app_contract *contract = api_contract(p);
	const struct history_line *line;
	size_t count = 0;
	uint64_t came = 0;
	while (
	    (line = history_line_of(p->history, came)) && line->number > p->exported_line && came < LOGS_MAX)
		came++;
	for (uint64_t i = came; i > 0 && (line = history_line_of(p->history, i - 1)); i--) {
		const struct invocation *v = kept_find(p, line->request).record;
		logs[count++] = (struct otlp_log){.time_ms = line->time_ms,
		    .severity = severity_of(line),
		    .body = slice_cstr(line->text),
		    .app = contract->app,
		    .function = slice_cstr(line->function),
		    .request = line->request,
		    .trace_id = v ? v->trace_id : NULL,
		    .span_id = v ? v->span_id : NULL};
		p->exported_line = line->number;
	}
	CLEANUP_BUF struct buf body = BUF_INIT(EXPORT_BYTES_MAX);
	if (count == 0)
		return;
	otlp_logs(logs, count, VERSION, &body);
	if (buf_ok(&body))
		(void)report(p, REPORT_LOGS, buf_slice(&body));
}

void report_tick(struct monitor_process *p, int64_t now_ms)
{
	const struct app_contract *contract = api_contract(p);
	if (!contract || contract->watch.otlp.count == 0 || now_ms - p->exported_ms < EXPORT_MS)
		return;
	p->exported_ms = now_ms;
	export_failures(p);
	export_asked(p);
	export_metrics(p, now_ms);
	export_logs(p);
}
