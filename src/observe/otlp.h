/*
 * OpenTelemetry over HTTP in its JSON encoding (OTLP 1.3, JSON mapping of Protobuf: ids in hexadecimal,
 * 64-bit integers as strings): bodies for POST /v1/traces, /v1/metrics and /v1/logs. Only encodes; sending is
 * for whoever has a network.
 */
#ifndef WARD_OBSERVE_OTLP_H
#define WARD_OBSERVE_OTLP_H

#include "observe/prometheus.h"

/* A record with the names that its indices stand for. */
struct otlp_span {
	const struct invocation *record;
	struct slice app, function;
};

struct otlp_log {
	int64_t time_ms;
	int severity; /* OpenTelemetry's number: 5 debug, 9 info, 13 warn, 17 error */
	struct slice body, app, function;
	uint64_t request; /* 0: none */
	const uint8_t *trace_id, *span_id; /* 16 and 8 bytes, or NULL */
};

/* Records without a trace id are skipped. */
void otlp_traces(const struct otlp_span *spans, size_t count, struct slice version, struct buf *out);
/* Sums since start_ms, cumulative. */
void otlp_metrics(const struct exported_function *functions, size_t count, struct slice version,
    int64_t start_ms, int64_t now_ms, struct buf *out);
void otlp_logs(const struct otlp_log *logs, size_t count, struct slice version, struct buf *out);

#endif
