/* /metrics for Prometheus. Called by the monitor; names of apps and functions are the author's and escaped.
 */
#include "observe/prometheus.h"

#include <stddef.h>

#include "base/check.h"

const uint64_t duration_bounds_us[DURATION_BOUNDS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000, 30000000};

void duration_cumulate(const struct sketch *s, uint64_t ret_below[DURATION_BOUNDS])
{
	uint64_t seen = 0;
	uint32_t bucket = 0;
	/* A bucket counts where its middle lies, so that the error is the sketch's own. */
	for (unsigned b = 0; b < DURATION_BOUNDS; b++) {
		while (
		    bucket < SKETCH_BUCKETS &&
		    (sketch_bucket_low(bucket) + sketch_bucket_low(bucket + 1)) / 2 <= duration_bounds_us[b])
			seen += s->count[bucket++];
		ret_below[b] = seen;
	}
}

static void add_escaped(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\\' || s.ptr[i] == '"')
			buf_add_char(out, '\\');
		if (s.ptr[i] == '\n')
			buf_add_cstr(out, "\\n");
		else
			buf_add_char(out, s.ptr[i]);
	}
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* NAME{app="...",function="..."; the caller goes on with more labels or closes the bracket. */
static void labels(struct buf *out, const char *name, const struct exported_function *f)
{
	buf_printf(out, "%s{app=\"", name);
	add_escaped(out, f->app);
	buf_add_cstr(out, "\",function=\"");
	add_escaped(out, f->name);
	buf_add_char(out, '"');
}

static const char *outcome_label(unsigned i)
{
	return outcome_name((enum invocation_outcome)i);
}
static const char *caller_label(unsigned i)
{
	return caller_class_name((enum caller_class)i);
}
static const char *kind_label(unsigned i)
{
	return host_kind_name((enum host_kind)i);
}
static const char *payload_label(unsigned i)
{
	return payload_class_name((enum payload_class)i);
}

/* Counters with one more label, a row for each value that was ever counted. */
#define FAMILY(field)                                                                                        \
	offsetof(struct rollup_cell, field), sizeof(((struct rollup_cell *)0)->field) / sizeof(uint64_t)
static const struct {
	const char *name, *help, *label;
	size_t offset;
	unsigned count;
	const char *(*value)(unsigned i);
} families[] = {
    {"ward_invocations_total", "Invocations by how they ended.", "outcome", FAMILY(outcomes), outcome_label},
    {"ward_callers_total", "Invocations by class of caller.", "class", FAMILY(callers), caller_label},
    {"ward_host_calls_total", "What functions asked of the host.", "kind", FAMILY(host_calls), kind_label},
    {"ward_payloads_total", "What the payload sensor saw in free text.", "class", FAMILY(payloads),
	payload_label},
};

static const struct {
	const char *name, *type, *help;
	size_t offset;
	double scale;
} plain[] = {
    {"ward_denials_total", "counter", "Host calls that the contract did not grant.",
	offsetof(struct rollup_cell, denials), 1},
    {"ward_cpu_seconds_total", "counter", "CPU time of guests.", offsetof(struct rollup_cell, cpu_us), 1e-6},
    {"ward_queue_seconds_total", "counter", "Time that calls waited for a worker.",
	offsetof(struct rollup_cell, queue_us), 1e-6},
    {"ward_request_bytes_total", "counter", "Bytes of inputs.", offsetof(struct rollup_cell, bytes_in), 1},
    {"ward_response_bytes_total", "counter", "Bytes of outputs.", offsetof(struct rollup_cell, bytes_out), 1},
    {"ward_memory_bytes_max", "gauge", "The most memory one call needed.",
	offsetof(struct rollup_cell, memory_kib_max), 1024},
};

static uint64_t counter_at(const struct rollup_cell *cell, size_t offset, unsigned i)
{
	uint64_t value;
	memcpy(&value, (const char *)cell + offset + i * sizeof value, sizeof value);
	return value;
}

static void write_families(const struct exported_function *functions, size_t count, struct buf *out)
{
	for (size_t k = 0; k < ARRAY_LEN(families); k++) {
		head(out, families[k].name, "counter", families[k].help);
		for (size_t f = 0; f < count; f++) {
			for (unsigned i = 0; i < families[k].count; i++) {
				uint64_t value = counter_at(functions[f].sum, families[k].offset, i);
				if (!value)
					continue;
				labels(out, families[k].name, &functions[f]);
				buf_printf(out, ",%s=\"%s\"} %llu\n", families[k].label, families[k].value(i),
				    (unsigned long long)value);
			}
		}
	}
}

static void write_plain(const struct exported_function *functions, size_t count, struct buf *out)
{
	for (size_t k = 0; k < ARRAY_LEN(plain); k++) {
		head(out, plain[k].name, plain[k].type, plain[k].help);
		for (size_t f = 0; f < count; f++) {
			labels(out, plain[k].name, &functions[f]);
			buf_printf(out, "} %.15g\n",
			    (double)counter_at(functions[f].sum, plain[k].offset, 0) * plain[k].scale);
		}
	}
}

static void write_durations(const struct exported_function *functions, size_t count, struct buf *out)
{
	static const char name[] = "ward_invocation_duration_seconds";
	head(out, name, "histogram", "Wall time of calls that reached the function.");
	for (size_t f = 0; f < count; f++) {
		uint64_t below[DURATION_BOUNDS], total = sketch_total(&functions[f].sum->wall);
		duration_cumulate(&functions[f].sum->wall, below);
		for (unsigned b = 0; b < DURATION_BOUNDS; b++) {
			labels(out, "ward_invocation_duration_seconds_bucket", &functions[f]);
			buf_printf(out, ",le=\"%g\"} %llu\n", (double)duration_bounds_us[b] * 1e-6,
			    (unsigned long long)below[b]);
		}
		labels(out, "ward_invocation_duration_seconds_bucket", &functions[f]);
		buf_printf(out, ",le=\"+Inf\"} %llu\n", (unsigned long long)total);
		labels(out, "ward_invocation_duration_seconds_sum", &functions[f]);
		buf_printf(out, "} %.15g\n", (double)functions[f].sum->wall_us * 1e-6);
		labels(out, "ward_invocation_duration_seconds_count", &functions[f]);
		buf_printf(out, "} %llu\n", (unsigned long long)total);
	}
}

static void write_monitor(const struct exported_monitor *m, struct buf *out)
{
	const struct {
		const char *name, *type, *help;
		uint64_t value;
	} rows[] = {
	    {"ward_monitor_records_total", "counter", "Invocation records read.", m->records},
	    {"ward_monitor_records_dropped_total", "counter", "Records that found their ring full.",
		m->records_dropped},
	    {"ward_monitor_records_refused_total", "counter", "Records that were malformed.",
		m->records_refused},
	    {"ward_incidents_live", "gauge", "Incidents that are not over.", m->incidents_live},
	    {"ward_monitor_start_time_seconds", "gauge", "Unix time at which the monitor began.",
		(uint64_t)m->started_s},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		head(out, rows[i].name, rows[i].type, rows[i].help);
		buf_printf(out, "%s %llu\n", rows[i].name, (unsigned long long)rows[i].value);
	}
}

void prometheus_write(const struct exported_function *functions, size_t count,
    const struct exported_monitor *monitor, struct buf *out)
{
	write_families(functions, count, out);
	write_plain(functions, count, out);
	write_durations(functions, count, out);
	write_monitor(monitor, out);
}
