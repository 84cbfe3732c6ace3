/*
 * Host calls that wait for another's transaction. SQLite has one writer at a time, and the thread that would wait for it is
 * the one that has to hear of its end: so a call that would wait is kept as it came and made again, in order of arrival,
 * when a transaction has ended. Its ticket bounds how long.
 */
#include <stdlib.h>
#include <string.h>

#include "proc/broker/broker.h"

#define WAITING_MAX 4096u

struct waiting_call {
	struct waiting_call *next;
	uint32_t ref;
	uint32_t thread;
	uint32_t id;
	size_t payload_bytes;
	char payload[];
};

void waiting_add(struct broker *b, const struct host_call *call)
{
	struct waiting_call *w = b->waiting_count < WAITING_MAX ? malloc(sizeof *w + call->payload.len) : NULL;
	if (!w) {
		host_reply(call->function, call->thread, call->id, ERR_LIMIT, SLICE("too many calls wait for the database"));
		return;
	}
	*w = (struct waiting_call){
	    .ref = call->function->ref, .thread = call->thread, .id = call->id, .payload_bytes = call->payload.len};
	memcpy(w->payload, call->payload.ptr, call->payload.len);
	*b->waiting_end = w;
	b->waiting_end = &w->next;
	b->waiting_count++;
}

void waiting_retry(struct broker *b)
{
	struct waiting_call *w = b->waiting;
	if (!w)
		return;
	if (b->db)
		sql_db_expire(b->db);
	b->waiting = NULL;
	b->waiting_end = &b->waiting;
	b->waiting_count = 0;
	while (w) {
		struct waiting_call *next = w->next;
		/* Its generation may have been dropped meanwhile, and with it whoever waits. */
		struct broker_function *f = broker_function_of(b, w->ref);
		const struct record record = {
		    .type = RECORD_HOST_CALL, .id = w->id, .payload = slice_of(w->payload, w->payload_bytes)};
		if (f)
			host_call_take(b, f, w->thread, &record);
		free(w);
		w = next;
	}
}
