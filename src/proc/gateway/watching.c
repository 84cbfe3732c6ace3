/* Requests of operators on their way to the monitor, and back. Trusts the monitor for form, not for time. */
#include "proc/gateway/watching.h"

#include "base/check.h"
#include "base/log.h"
#include "ipc/watch_records.h"
#include "proc/gateway/guard.h"
#include "proc/gateway/operator.h"

#define BODY_MAX (64u << 10)
#define DEADLINE_MS 10000u

static const struct slice types[WATCH_TYPES] = {
    [WATCH_JSON] = {"application/json", 16},
    [WATCH_PROBLEM] = {"application/problem+json", 24},
    [WATCH_EVENTS] = {"text/event-stream", 17},
    [WATCH_METRICS] = {"text/plain; version=0.0.4; charset=utf-8", 40},
};

enum request_step watching_head(struct conn *c, const struct http_head *h, size_t *ret_body_max)
{
	const char *name;
	if (!operator_allows(c, h, &name)) {
		problem_simple(c, 401, "operator-needed", "This is for operators", NULL);
		return REQUEST_ANSWERED;
	}
	if (h->method != HTTP_GET && h->method != HTTP_HEAD && h->method != HTTP_POST) {
		problem_simple(c, 405, "method", "This address does not take that method", NULL);
		return REQUEST_ANSWERED;
	}
	struct slice type = h->known[HTTP_H_CONTENT_TYPE];
	if (h->method == HTTP_POST &&
	    !slice_eq_nocase(slice_trim(slice_cut(&type, ';')), SLICE("application/json"))) {
		problem_simple(c, 415, "content-type", "Send the body as application/json", NULL);
		return REQUEST_ANSWERED;
	}
	*ret_body_max = BODY_MAX;
	return REQUEST_BODY;
}

static void busy(struct conn *c)
{
	const struct problem p = {.status = 503,
	    .type = "unavailable",
	    .title = "The monitor is being restarted",
	    .id = request_id_new(c->gateway),
	    .retry_after_s = 1};
	problem_respond(c, &p);
}

void watching_request(struct conn *c, const struct http_head *h, struct slice body)
{
	struct gateway *g = c->gateway;
	const char *name = "";
	/* Asked again: between head and body of a request time may pass. */
	if (!operator_allows(c, h, &name)) {
		problem_simple(c, 401, "operator-needed", "This is for operators", NULL);
		return;
	}
	const struct slice operator= slice_cstr(name);
	const struct watch_head head = {.post = h->method == HTTP_POST,
	    .path_bytes = (uint32_t)h->path.len,
	    .query_bytes = (uint32_t)h->query.len,
	    .body_bytes = (uint32_t)body.len,
	    .operator_bytes = (uint32_t)operator.len};
	const struct slice parts[] = {
	    slice_of((const char *)&head, sizeof head), h->path, h->query, body, operator};
	struct call *call = g->monitor_up ? call_new(g, GW_CALL_WATCH, c) : NULL;
	if (call && !is_ok(channel_send(&g->monitor, RECORD_WATCH, call_id(g, call), parts,
			ARRAY_LEN(parts), NULL))) {
		call_done(g, call);
		call = NULL;
	}
	if (!call) {
		busy(c);
		return;
	}
	call->deadline_ms = g->child->loop.now_ms + DEADLINE_MS;
	conn_set_state(c, CONN_WAIT);
}

/* A call of this kind that a reply names, or NULL when it is over. */
static struct call *call_of_reply(struct gateway *g, uint32_t id)
{
	const uint32_t at = id >> 16;
	struct call *call = at < CALLS_MAX ? &g->calls[at] : NULL;
	return call && call->used && call->kind == GW_CALL_WATCH && call->turn == (id & 0xffff) ? call : NULL;
}

static void answer_whole(
    struct gateway *g, struct call *call, const struct watch_reply_head *head, struct slice bytes)
{
	struct conn *c = call->conn;
	call_done(g, call);
	const struct http_response r = {
	    .status = head->status, .content_type = types[head->type], .keep_alive = c->keep_alive};
	conn_respond(c, &r, bytes);
	conn_continue(c);
}

static void take_reply(struct gateway *g, const struct record *record)
{
	struct watch_reply_head head;
	struct slice bytes;
	struct call *call = call_of_reply(g, record->id);
	if (!call || !is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head, &head.bytes, 1, &bytes, NULL)) ||
	    head.type >= WATCH_TYPES)
		return;
	const bool streams = call->conn->state == CONN_STREAM;
	if (head.step == WATCH_WHOLE && !streams) {
		answer_whole(g, call, &head, bytes);
	} else if (head.step == WATCH_BEGIN && !streams) {
		call->deadline_ms = UINT64_MAX;
		stream_begin(call->conn, types[head.type]);
	} else if (head.step == WATCH_PIECE && streams) {
		stream_write(call->conn, bytes);
	}
}

void watching_abandon(struct gateway *g, struct call *call)
{
	if (g->monitor_up)
		ignore_result(channel_send(&g->monitor, RECORD_WATCH_END, call_id(g, call), NULL, 0, NULL));
	call_done(g, call);
}

void watching_channel(struct gateway *g, int *fds, uint32_t count)
{
	struct error err = {0};
	if (count != 2)
		return;
	watching_gone(g);
	g->monitor_up = is_ok(channel_open(&g->monitor, fds[0], 0, fds[1], &err));
	if (g->monitor_up)
		fds[1] = -1;
	else
		LOG_ERROR("cannot_open_channel", LOG_STR("why", err.text));
}

/* What is in force stays in force until it runs out or the next monitor says what is. */
void watching_gone(struct gateway *g)
{
	if (!g->monitor_up)
		return;
	channel_done(&g->monitor);
	g->monitor_up = false;
	for (uint32_t i = 0; i < CALLS_MAX; i++) {
		struct call *call = &g->calls[i];
		if (!call->used || call->kind != GW_CALL_WATCH)
			continue;
		struct conn *c = call->conn;
		call_done(g, call);
		if (c->state == CONN_STREAM) {
			conn_close(c);
		} else {
			busy(c);
			conn_continue(c);
		}
	}
}

void watching_drain(struct gateway *g)
{
	struct record record;
	while (g->monitor_up && is_ok(channel_next(&g->monitor, NULL, &record))) {
		if (record.type == RECORD_WATCH_REPLY)
			take_reply(g, &record);
		else if (record.type == RECORD_GUARD)
			guard_take(g, &record);
	}
}
