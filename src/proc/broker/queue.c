#include "proc/broker/queue.h"

#include <stdlib.h>
#include <string.h>

#define QUEUED_MAX 4096u

bool queue_add(uint32_t *all, struct call_queue *queue, const struct host_call *call)
{
	struct queued_call *q = queue->count < QUEUED_MAX ? malloc(sizeof *q + call->payload.len) : NULL;
	if (!q) {
		host_reply(call->function, call->thread, call->id, ERR_LIMIT, SLICE("too many calls wait for the database"));
		return false;
	}
	*q = (struct queued_call){.thread = call->thread, .id = call->id, .slot = call->slot, .payload_bytes = call->payload.len};
	memcpy(q->payload, call->payload.ptr, call->payload.len);
	if (!queue->first)
		queue->end = &queue->first;
	*queue->end = q;
	queue->end = &q->next;
	queue->count++;
	++*all;
	return true;
}

struct queued_call *queue_take(uint32_t *all, struct call_queue *queue)
{
	struct queued_call *q = queue->first;
	if (!q)
		return NULL;
	queue->first = q->next;
	queue->count--;
	--*all;
	return q;
}

void queue_drop_slot(uint32_t *all, struct call_queue *queue, uint32_t thread, uint32_t slot)
{
	for (struct queued_call **at = &queue->first, *q; (q = *at) != NULL;) {
		if (q->thread != thread || q->slot != slot) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		queue->count--;
		--*all;
		if (queue->end == &q->next)
			queue->end = at;
		free(q);
	}
}

void queue_refuse(uint32_t *all, struct broker_function *f, struct call_queue *queue)
{
	for (struct queued_call *q; (q = queue_take(all, queue)) != NULL;) {
		host_reply(f, q->thread, q->id, ERR_CONFLICT, SLICE("the transaction was rolled back"));
		free(q);
	}
}
