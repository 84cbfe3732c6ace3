/* Calls in flight: to a worker and back. What a worker says is decoded by the declared type and by nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "os/clock.h"
#include "proc/gateway/budget.h"
#include "proc/gateway/gateway.h"
#include "proc/gateway/guard.h"
#include "proc/gateway/watching.h"

/* Past its own wall-clock limit by this much, a worker that has not answered is taken for stuck. */
#define STUCK_GRACE_MS 1000u

uint32_t call_id(const struct gateway *g, const struct call *call)
{
	return (uint32_t)(call - g->calls) << 16 | call->turn;
}

static struct call *call_by_id(struct gateway *g, uint32_t id)
{
	uint32_t at = id >> 16;
	if (at >= CALLS_MAX || !g->calls[at].used || g->calls[at].turn != (id & 0xffff))
		return NULL;
	return &g->calls[at];
}

struct call *call_new(struct gateway *g, enum call_kind kind, struct conn *c)
{
	if (g->free_call_count == 0)
		return NULL;
	struct call *call = &g->calls[g->free_calls[--g->free_call_count]];
	const uint16_t turn = (uint16_t)(call->turn + 1);
	/* `who` is long and rarely set: it means nothing unless `known` says so. */
	memset(call, 0, offsetof(struct call, who));
	call->kind = kind;
	call->used = true;
	call->turn = turn;
	call->conn = c;
	call->request = request_id_new(g);
	c->call = call;
	return call;
}

void call_done(struct gateway *g, struct call *call)
{
	if (call->conn)
		call->conn->call = NULL;
	if (call->function) {
		struct gw_app *app = call->function->app;
		admit_leave(call, call->seen.queue_us);
		if (call->kind == GW_CALL_FUNCTION)
			concurrency_leave(g, call->function);
		call->function->in_flight--;
		app->in_flight--;
		if (app->retired)
			generation_check_drained(g, app);
	}
	buf_done(&call->input);
	call->used = false;
	g->free_calls[g->free_call_count++] = (uint32_t)(call - g->calls);
}

/* The client has gone: nobody waits, but the worker's slot is busy until it answers. */
void call_abandon(struct gateway *g, struct call *call)
{
	if (call->kind == GW_CALL_WATCH) {
		watching_abandon(g, call);
		return;
	}
	call->conn->call = NULL;
	call->conn = NULL;
	if (call->kind == GW_CALL_FUNCTION && call->function && call->function->worker)
		ignore_result(channel_send(call->function->worker, RECORD_CANCEL, call_id(g, call), NULL, 0, NULL));
}

static void overloaded(struct conn *c, const char *detail)
{
	const struct problem p = {.status = 503,
	    .type = "overloaded",
	    .title = "Too much to do right now",
	    .detail = detail,
	    .id = request_id_new(c->gateway),
	    .retry_after_s = 1};
	problem_respond(c, &p);
}

/* The caller as the function sees it, in the value encoding: keys in text, since no type names them. */
static void encode_caller(struct buf *out, const struct identity_claim *who)
{
	UNINITIALISED struct value_writer w;
	value_writer_init(&w, out);
	if (!who) {
		value_write_null(&w);
		return;
	}
	const struct {
		struct slice name;
		const char *text;
	} members[] = {{SLICE("user"), who->user}, {SLICE("role"), who->role}, {SLICE("tenant"), who->tenant}};
	value_write_object_begin(&w);
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		value_write_key_text(&w, members[i].name);
		if (members[i].text[0])
			value_write_string(&w, slice_cstr(members[i].text));
		else
			value_write_null(&w);
	}
	value_write_object_end(&w);
}

static bool post(struct gateway *g, struct gw_function *f, struct call *call, struct slice input,
    const struct identity_claim *who)
{
	UNINITIALISED char ticket[TICKET_BYTES_MAX];
	size_t ticket_bytes = 0;
	uint64_t wall_ms = f->contract->contract.limits.wall_us / 1000;
	const struct ticket_claims claims = {.request = call->request,
	    .expires_ms = g->unix_ms + (int64_t)wall_ms + STUCK_GRACE_MS,
	    .function = f->ref,
	    .trace_id = call->seen.trace_id,
	    .span_id = call->seen.span_id,
	    .user = who ? slice_cstr(who->user) : SLICE_NONE,
	    .role = who ? slice_cstr(who->role) : SLICE_NONE,
	    .tenant = who ? slice_cstr(who->tenant) : SLICE_NONE};
	if (!is_ok(ticket_seal(&claims, g->ticket_key, ticket, NULL, &ticket_bytes)))
		return false;
	UNINITIALISED char room[1024];
	struct buf caller = {.ptr = room, .size = sizeof room, .cap = sizeof room};
	encode_caller(&caller, who);
	const struct call_head head = {.request = call->request,
	    .posted_ns = clock_mono_ns(),
	    .wall_ms = (uint32_t)wall_ms,
	    .caller_bytes = (uint32_t)caller.len,
	    .ticket_bytes = (uint32_t)ticket_bytes,
	    .input_bytes = (uint32_t)input.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), buf_slice(&caller),
	    slice_of(ticket, ticket_bytes), input};
	call->deadline_ms = g->child->loop.now_ms + wall_ms + STUCK_GRACE_MS;
	busy_add(g, f);
	return is_ok(channel_send(f->worker, RECORD_CALL, call_id(g, call), parts, 4, NULL));
}

/* Until the supervisor has sent a worker's channel, its calls wait here, oldest first, under their own deadline. */
static void want_worker(struct gateway *g, struct gw_function *f)
{
	if (f->wanted)
		return;
	f->wanted = is_ok(control_send(g->child->control_fd, CONTROL_WORKER_WANTED, 0, f->ref, 0, NULL, NULL, 0, NULL));
}

void call_function(struct conn *c, struct gw_function *f, struct slice input, const struct identity_claim *who)
{
	struct gateway *g = c->gateway;
	const enum invocation_outcome refused = guard_refuses_caller(c, f, who);
	if (refused != OUTCOME_OK) {
		observe_refused(c, f, who, refused);
		return;
	}
	if (rate_refuses_caller(c, f, who)) {
		observe_refused(c, f, who, OUTCOME_LIMITED);
		return;
	}
	if (!concurrency_enter(g, f)) {
		overloaded(c, "this function has as many requests as it may");
		observe_refused(c, f, who, OUTCOME_SHED);
		return;
	}
	struct call *call = call_new(g, GW_CALL_FUNCTION, c);
	if (!call) {
		concurrency_leave(g, f);
		overloaded(c, NULL);
		observe_refused(c, f, who, OUTCOME_SHED);
		return;
	}
	call->function = f;
	observe_begin(g, call, c, input, who);
	f->in_flight++;
	f->app->in_flight++;
	if (!admit_enter(call)) {
		call_done(g, call);
		overloaded(c, "this function cannot keep up");
		observe_end(g, call, OUTCOME_SHED, true);
		return;
	}
	if (f->budget && !budget_enter(c, call)) {
		call_done(g, call);
		observe_end(g, call, OUTCOME_LIMITED, true);
		return;
	}
	conn_set_state(c, CONN_WAIT);
	if (f->worker && !f->worker->broken) {
		if (post(g, f, call, input, who))
			return;
		call_done(g, call);
		overloaded(c, "this function cannot keep up");
		observe_end(g, call, OUTCOME_SHED, true);
		return;
	}
	want_worker(g, f);
	call->deadline_ms = g->child->loop.now_ms + f->contract->contract.limits.wall_us / 1000 + STUCK_GRACE_MS;
	call->input = BUF_INIT(BODY_BYTES_MAX * 2ul);
	buf_add_slice(&call->input, input);
	call->parked = true;
	if (who)
		call->who = *who;
	call->known = who != NULL;
}

void calls_worker_here(struct gateway *g, struct gw_function *f)
{
	f->wanted = false;
	for (uint32_t i = 0; i < CALLS_MAX; i++) {
		struct call *call = &g->calls[i];
		if (!call->used || call->kind != GW_CALL_FUNCTION || call->function != f || !call->parked)
			continue;
		observe_posted(call);
		call->parked = false;
		if (!call->conn || !post(g, f, call, buf_slice(&call->input), call->known ? &call->who : NULL)) {
			struct conn *c = call->conn;
			call_done(g, call);
			if (c)
				overloaded(c, "this function cannot keep up");
			observe_end(g, call, OUTCOME_SHED, c != NULL);
			if (c)
				conn_continue(c);
			continue;
		}
		buf_done(&call->input);
	}
}

void calls_result(struct gateway *g, struct gw_function *f, const struct record *record)
{
	struct result_head head;
	struct slice parts[2];
	struct call *call = call_by_id(g, record->id);
	/* A worker can only answer its own calls: those of another function are none of its business. */
	if (!call || call->kind != GW_CALL_FUNCTION || call->function != f || call->parked)
		return;
	f->heard_ms = g->child->loop.now_ms;
	struct conn *c = call->conn;
	bool whole = is_ok(record_split(record->payload, &head, sizeof head, NULL)) &&
		     is_ok(record_parts(record->payload, sizeof head,
			 (const uint32_t[]){head.name_bytes, head.value_bytes}, 2, parts, NULL)) &&
		     head.outcome < CALL_OUTCOME_COUNT;
	if (whole)
		admit_leave(call, head.queue_us);
	/* What is in the call stays until the next one begins, which is not before conn_continue(). */
	call_done(g, call);
	enum invocation_outcome outcome = whole ? outcome_of(head.outcome) : OUTCOME_TRAPPED;
	if (c)
		outcome = outcome_answer(c, f, whole ? &head : NULL, parts, call->request);
	if (whole)
		observe_used(call, &head);
	observe_end(g, call, outcome, c != NULL);
	if (c)
		conn_continue(c);
}

void calls_worker_gone(struct gateway *g, struct gw_function *f)
{
	if (f->worker) {
		channel_done(f->worker);
		free(f->worker);
		f->worker = NULL;
	}
	f->wanted = false;
	bool waiting = false;
	for (uint32_t i = 0; i < CALLS_MAX; i++) {
		struct call *call = &g->calls[i];
		if (!call->used || call->kind != GW_CALL_FUNCTION || call->function != f)
			continue;
		if (call->parked) {
			waiting = true;
			continue;
		}
		struct conn *c = call->conn;
		const struct problem p = {.status = 502,
		    .type = "function-ended",
		    .title = "The function ended before it answered",
		    .id = call->request};
		call_done(g, call);
		if (c)
			problem_respond(c, &p);
		observe_end(g, call, OUTCOME_UNAVAILABLE, c != NULL);
		if (c)
			conn_continue(c);
	}
	if (waiting)
		want_worker(g, f);
}

void calls_broker_gone(struct gateway *g)
{
	for (uint32_t i = 0; i < CALLS_MAX; i++) {
		struct call *call = &g->calls[i];
		if (!call->used || call->kind != GW_CALL_AUTH)
			continue;
		struct conn *c = call->conn;
		call_done(g, call);
		if (c) {
			overloaded(c, "sign-in is being restarted");
			conn_continue(c);
		}
	}
}

void calls_sweep(struct gateway *g, uint64_t now_ms)
{
	if (g->free_call_count == CALLS_MAX)
		return;
	for (uint32_t i = 0; i < CALLS_MAX; i++) {
		struct call *call = &g->calls[i];
		if (!call->used || call->deadline_ms > now_ms)
			continue;
		struct conn *c = call->conn;
		struct gw_function *f = call->function;
		uint64_t id = call->request;
		bool parked = call->parked;
		call_done(g, call);
		if (f && !parked && f->stuck_told_ms + STUCK_GRACE_MS < now_ms) {
			f->stuck_told_ms = now_ms;
			ignore_result(
			    control_send(g->child->control_fd, CONTROL_WORKER_STUCK, 0, f->ref, 0, NULL, NULL, 0, NULL));
		}
		if (c)
			outcome_problem(c, parked ? CALL_UNAVAILABLE : CALL_WALL, id);
		if (call->kind == GW_CALL_FUNCTION)
			observe_end(g, call, parked ? OUTCOME_UNAVAILABLE : OUTCOME_WALL, c != NULL);
		if (c)
			conn_continue(c);
	}
}
