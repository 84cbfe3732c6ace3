/*
 * What waits for egress: host calls of functions and requests of the broker's own, by a number that comes
 * back with the answer. Its low half says which turn of its place it is, so that an answer that comes late
 * finds nobody.
 */
#include "base/check.h"
#include "proc/broker/broker.h"

struct pending *pending_take(struct broker *b)
{
	for (uint32_t tries = 0; tries < PENDING_MAX; tries++) {
		struct pending *p = &b->pending[b->pending_next++ % PENDING_MAX];
		if (p->used)
			continue;
		*p = (struct pending){.used = true, .turn = (uint16_t)(p->turn + 1)};
		return p;
	}
	return NULL;
}

uint32_t pending_id(const struct broker *b, const struct pending *p)
{
	return (uint32_t)(p - b->pending) << 16 | p->turn;
}

bool fetch_own(struct broker *b, enum record_type type, const struct slice *parts, size_t count,
    egress_done_fn *done, void *context)
{
	struct pending *p = b->egress_up ? pending_take(b) : NULL;
	if (!p)
		return false;
	p->done = done;
	p->context = context;
	p->used = is_ok(channel_send_secret(&b->egress, type, pending_id(b, p), parts, count, NULL));
	return p->used;
}

/* head NULL: the answer did not come whole. */
static void reply_own(struct broker *b, const struct pending *p, const struct fetch_reply_head *head,
    const struct slice parts[2])
{
	const struct egress_answer answer = {.code = head ? (enum err_code)head->code : ERR_INTERNAL,
	    .status = head ? head->status : 0,
	    .headers = head ? parts[0] : SLICE_NONE,
	    .body = head ? parts[1] : SLICE("the answer was lost")};
	p->done(b, p->context, &answer);
}

void fetch_reply(struct broker *b, const struct record *record)
{
	struct fetch_reply_head head;
	struct slice parts[2];
	uint32_t at = record->id >> 16;
	struct pending *p = at < PENDING_MAX ? &b->pending[at] : NULL;
	if (!p || !p->used || p->turn != (record->id & 0xffff))
		return;
	p->used = false;
	/* Its place may be taken again before the answer is dealt with. */
	const struct pending was = *p;
	const bool whole = is_ok(record_split(record->payload, &head, sizeof head, NULL)) &&
			   is_ok(record_parts(record->payload, sizeof head,
			       (const uint32_t[]){head.headers_bytes, head.body_bytes}, 2, parts, NULL));
	(was.done ? reply_own : fetch_answer)(b, &was, whole ? &head : NULL, parts);
}

void fetch_egress_gone(struct broker *b)
{
	for (uint32_t i = 0; i < PENDING_MAX; i++) {
		struct pending *p = &b->pending[i];
		const struct pending was = *p;
		struct broker_function *f =
		    was.used && !was.done ? broker_function_of(b, was.function_ref) : NULL;
		p->used = false;
		if (was.used && was.done)
			was.done(b, was.context,
			    &(const struct egress_answer){
				.code = ERR_CLOSED, .body = SLICE("it was cut off")});
		else if (f)
			host_reply(f, was.thread, was.worker_call, ERR_CLOSED,
			    SLICE("the outbound request was cut off"));
	}
}
