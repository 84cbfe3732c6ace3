/* Traces. The header is hostile; one that is malformed is as none, as the standard asks (section 3.2.2.3). */
#include "proc/gateway/trace.h"

#include <stdio.h>
#include <string.h>

void trace_take(struct conn *c, const struct http_head *h)
{
	const struct slice header = h->known[HTTP_H_TRACEPARENT];
	c->traced = header.ptr && is_ok(traceparent_parse(header, NULL, &c->trace));
	if (c->traced)
		c->span = request_id_new(c->gateway);
}

static void put_u64(uint8_t bytes[8], uint64_t value)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
}

void trace_fill(const struct conn *c, struct invocation *v)
{
	if (!c->traced) {
		put_u64(v->trace_id, c->gateway->request_base | 1);
		put_u64(v->trace_id + 8, v->request);
		put_u64(v->span_id, v->request);
		return;
	}
	memcpy(v->trace_id, c->trace.trace_id, sizeof v->trace_id);
	memcpy(v->parent_id, c->trace.parent_id, sizeof v->parent_id);
	put_u64(v->span_id, c->span);
	v->flags |= c->trace.sampled ? INVOCATION_SAMPLED : 0;
}

struct slice trace_line(const struct conn *c, char *line)
{
	if (!c->traced)
		return SLICE_NONE;
	struct traceparent t = c->trace;
	char text[TRACEPARENT_TEXT];
	put_u64(t.parent_id, c->span);
	traceparent_format(&t, text);
	const int n = snprintf(line, TRACE_LINE_MAX, "Traceresponse: %.*s\r\n", (int)sizeof text, text);
	return slice_of(line, (size_t)n);
}
