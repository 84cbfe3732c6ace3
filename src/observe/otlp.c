/* OTLP/HTTP JSON bodies. Called by the monitor; texts in them are escaped, whoever wrote them. */
#include "observe/otlp.h"

#include <stdio.h>

#include "observe/traceparent.h"

#define KIND_SERVER 2
#define STATUS_OK 1
#define STATUS_ERROR 2
#define CUMULATIVE 2

static void add_string(struct buf *out, struct slice s)
{
	buf_add_char(out, '"');
	buf_add_json_escaped(out, s);
	buf_add_char(out, '"');
}

/* A list of attributes is written as it comes: each but the first begins with a comma. */
static void attribute_string(struct buf *out, bool first, const char *key, struct slice value)
{
	buf_printf(out, "%s{\"key\":\"%s\",\"value\":{\"stringValue\":", first ? "" : ",", key);
	add_string(out, value);
	buf_add_cstr(out, "}}");
}

static void attribute_number(struct buf *out, const char *key, uint64_t value)
{
	buf_printf(
	    out, ",{\"key\":\"%s\",\"value\":{\"intValue\":\"%llu\"}}", key, (unsigned long long)value);
}

static void add_hex(struct buf *out, const char *key, const uint8_t *bytes, size_t n)
{
	char text[32];
	hex_format(bytes, n, text);
	buf_printf(out, "\"%s\":\"%.*s\",", key, (int)(2 * n), text);
}

static void begin(struct buf *out, const char *of, const char *scope, const char *items, struct slice version)
{
	buf_printf(out, "{\"%s\":[{\"resource\":{\"attributes\":[", of);
	attribute_string(out, true, "service.name", SLICE("ward"));
	attribute_string(out, false, "service.version", version);
	buf_printf(out, "]},\"%s\":[{\"scope\":{\"name\":\"ward\"},\"%s\":[", scope, items);
}

static void end(struct buf *out)
{
	buf_add_cstr(out, "]}]}]}");
}

static bool is_set(const uint8_t *bytes, size_t n)
{
	uint8_t any = 0;
	for (size_t i = 0; i < n; i++)
		any |= bytes[i];
	return any != 0;
}

static void add_span(struct buf *out, const struct otlp_span *s)
{
	const struct invocation *v = s->record;
	bool failed = outcome_is_failure((enum invocation_outcome)v->outcome);
	buf_add_char(out, '{');
	add_hex(out, "traceId", v->trace_id, sizeof v->trace_id);
	add_hex(out, "spanId", v->span_id, sizeof v->span_id);
	if (is_set(v->parent_id, sizeof v->parent_id))
		add_hex(out, "parentSpanId", v->parent_id, sizeof v->parent_id);
	buf_add_cstr(out, "\"name\":");
	add_string(out, s->function);
	buf_printf(out,
	    ",\"kind\":%d,\"startTimeUnixNano\":\"%llu000\",\"endTimeUnixNano\":\"%llu000\",\"attributes\":[",
	    KIND_SERVER, (unsigned long long)(v->time_us - v->wall_us), (unsigned long long)v->time_us);
	attribute_string(out, true, "faas.name", s->function);
	attribute_string(out, false, "ward.app", s->app);
	attribute_string(
	    out, false, "faas.trigger", slice_cstr(trigger_name((enum invocation_trigger)v->trigger)));
	attribute_string(
	    out, false, "ward.outcome", slice_cstr(outcome_name((enum invocation_outcome)v->outcome)));
	attribute_string(
	    out, false, "ward.caller", slice_cstr(caller_class_name((enum caller_class)v->caller_class)));
	if (v->status)
		attribute_number(out, "http.response.status_code", v->status);
	attribute_number(out, "ward.cpu_us", v->cpu_us);
	attribute_number(out, "ward.queue_us", v->queue_us);
	attribute_number(out, "ward.memory_kib", v->memory_kib);
	attribute_number(out, "ward.denials", v->denials);
	for (unsigned k = 0; k < HOST_KIND_COUNT; k++) {
		char key[48];
		(void)snprintf(key, sizeof key, "ward.host_calls.%s", host_kind_name((enum host_kind)k));
		if (v->calls[k])
			attribute_number(out, key, v->calls[k]);
	}
	buf_printf(out, "],\"status\":{\"code\":%d}}", failed ? STATUS_ERROR : STATUS_OK);
}

void otlp_traces(const struct otlp_span *spans, size_t count, struct slice version, struct buf *out)
{
	bool first = true;
	begin(out, "resourceSpans", "scopeSpans", "spans", version);
	for (size_t i = 0; i < count; i++) {
		if (!is_set(spans[i].record->trace_id, 16) || !is_set(spans[i].record->span_id, 8))
			continue;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		add_span(out, &spans[i]);
	}
	end(out);
}

struct metrics {
	struct buf *out;
	int64_t start_ms, now_ms;
};

static void begin_point(const struct metrics *m, bool first, const struct exported_function *f)
{
	buf_printf(m->out,
	    "%s{\"startTimeUnixNano\":\"%lld000000\",\"timeUnixNano\":\"%lld000000\",\"attributes\":[",
	    first ? "" : ",", (long long)m->start_ms, (long long)m->now_ms);
	attribute_string(m->out, true, "faas.name", f->name);
	attribute_string(m->out, false, "ward.app", f->app);
}

static void add_invocations(const struct metrics *m, const struct exported_function *functions, size_t count)
{
	bool first = true;
	buf_printf(m->out,
	    "{\"name\":\"ward.invocations\",\"unit\":\"{invocation}\",\"sum\":{\"aggregationTemporality\":%d,"
	    "\"isMonotonic\":true,"
	    "\"dataPoints\":[",
	    CUMULATIVE);
	for (size_t f = 0; f < count; f++) {
		for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
			if (!functions[f].sum->outcomes[o])
				continue;
			begin_point(m, first, &functions[f]);
			first = false;
			attribute_string(m->out, false, "ward.outcome",
			    slice_cstr(outcome_name((enum invocation_outcome)o)));
			buf_printf(m->out, "],\"asInt\":\"%llu\"}",
			    (unsigned long long)functions[f].sum->outcomes[o]);
		}
	}
	buf_add_cstr(m->out, "]}}");
}

static void add_sum(const struct metrics *m, const char *name, const char *unit,
    const struct exported_function *functions, size_t count, uint64_t (*value)(const struct rollup_cell *))
{
	buf_printf(m->out,
	    ",{\"name\":\"%s\",\"unit\":\"%s\",\"sum\":{\"aggregationTemporality\":%d,\"isMonotonic\":true,"
	    "\"dataPoints\":[",
	    name, unit, CUMULATIVE);
	for (size_t f = 0; f < count; f++) {
		begin_point(m, f == 0, &functions[f]);
		buf_printf(m->out, "],\"asInt\":\"%llu\"}", (unsigned long long)value(functions[f].sum));
	}
	buf_add_cstr(m->out, "]}}");
}

static void add_durations(const struct metrics *m, const struct exported_function *functions, size_t count)
{
	buf_printf(m->out,
	    ",{\"name\":\"ward.invocation.duration\",\"unit\":\"us\",\"histogram\":{"
	    "\"aggregationTemporality\":%d,\"dataPoints\":[",
	    CUMULATIVE);
	for (size_t f = 0; f < count; f++) {
		uint64_t below[DURATION_BOUNDS], total = sketch_total(&functions[f].sum->wall), before = 0;
		duration_cumulate(&functions[f].sum->wall, below);
		begin_point(m, f == 0, &functions[f]);
		buf_printf(m->out, "],\"count\":\"%llu\",\"explicitBounds\":[", (unsigned long long)total);
		for (unsigned b = 0; b < DURATION_BOUNDS; b++)
			buf_printf(m->out, "%s%llu", b ? "," : "", (unsigned long long)duration_bounds_us[b]);
		buf_add_cstr(m->out, "],\"bucketCounts\":[");
		for (unsigned b = 0; b < DURATION_BOUNDS; b++) {
			buf_printf(m->out, "\"%llu\",", (unsigned long long)(below[b] - before));
			before = below[b];
		}
		buf_printf(m->out, "\"%llu\"]}", (unsigned long long)(total - before));
	}
	buf_add_cstr(m->out, "]}}");
}

static uint64_t cpu_of(const struct rollup_cell *c)
{
	return c->cpu_us;
}
static uint64_t denials_of(const struct rollup_cell *c)
{
	return c->denials;
}
static uint64_t bytes_out_of(const struct rollup_cell *c)
{
	return c->bytes_out;
}

void otlp_metrics(const struct exported_function *functions, size_t count, struct slice version,
    int64_t start_ms, int64_t now_ms, struct buf *out)
{
	const struct metrics m = {out, start_ms, now_ms};
	begin(out, "resourceMetrics", "scopeMetrics", "metrics", version);
	add_invocations(&m, functions, count);
	add_sum(&m, "ward.cpu", "us", functions, count, cpu_of);
	add_sum(&m, "ward.denials", "{call}", functions, count, denials_of);
	add_sum(&m, "ward.response.size", "By", functions, count, bytes_out_of);
	add_durations(&m, functions, count);
	end(out);
}

/* The short names of the ranges of severity numbers. */
static const char *severity_text(int severity)
{
	static const char *const names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
	return names[severity < 1 || severity > 24 ? 2 : (severity - 1) / 4];
}

void otlp_logs(const struct otlp_log *logs, size_t count, struct slice version, struct buf *out)
{
	begin(out, "resourceLogs", "scopeLogs", "logRecords", version);
	for (size_t i = 0; i < count; i++) {
		const struct otlp_log *l = &logs[i];
		buf_printf(out,
		    "%s{\"timeUnixNano\":\"%lld000000\",\"observedTimeUnixNano\":\"%lld000000\",\"severityNumber\":%d,"
		    "\"severityText\":\"%s\",",
		    i ? "," : "", (long long)l->time_ms, (long long)l->time_ms, l->severity, severity_text(l->severity));
		if (l->trace_id)
			add_hex(out, "traceId", l->trace_id, 16);
		if (l->span_id)
			add_hex(out, "spanId", l->span_id, 8);
		buf_add_cstr(out, "\"body\":{\"stringValue\":");
		add_string(out, l->body);
		buf_add_cstr(out, "},\"attributes\":[");
		attribute_string(out, true, "faas.name", l->function);
		attribute_string(out, false, "ward.app", l->app);
		if (l->request) {
			char text[24];
			(void)snprintf(text, sizeof text, "%016llx", (unsigned long long)l->request);
			attribute_string(out, false, "ward.request", slice_cstr(text));
		}
		buf_add_cstr(out, "]}");
	}
	end(out);
}
