/*
 * W3C Trace Context at the gateway: a request that comes with a traceparent goes on in that trace and its answer names the
 * span (traceresponse); another begins a trace of its own, whose ids follow from the request's number.
 */
#ifndef WARD_PROC_GATEWAY_TRACE_H
#define WARD_PROC_GATEWAY_TRACE_H

#include "proc/gateway/gateway.h"

/* Keeps what the head says for the request at hand. */
void trace_take(struct conn *c, const struct http_head *h);
/* Fills the trace of a record of this connection's request. */
void trace_fill(const struct conn *c, struct invocation *v);
/* A header line for an answer into line[TRACE_LINE_MAX]; empty when the client sent no trace. */
#define TRACE_LINE_MAX 96u
struct slice trace_line(const struct conn *c, char *line);

#endif
