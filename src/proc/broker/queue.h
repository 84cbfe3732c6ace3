/*
 * Calls that wait for the database on a server, as they came, in order: for a job of their function, or behind another call of
 * their transaction. `all` counts those of every queue.
 */
#ifndef WARD_PROC_BROKER_QUEUE_H
#define WARD_PROC_BROKER_QUEUE_H

#include "proc/broker/broker.h"

/* A call that waits, as it came. */
struct queued_call {
	struct queued_call *next;
	uint32_t thread;
	uint32_t id;
	uint32_t slot;
	size_t payload_bytes;
	char payload[];
};

struct call_queue {
	struct queued_call *first, **end; /* end NULL: empty since ever */
	uint32_t count;
};

/* False: there are too many, and the call has been answered so. */
bool queue_add(uint32_t *all, struct call_queue *queue, const struct host_call *call);
/* The first, owned; NULL: there is none. */
struct queued_call *queue_take(uint32_t *all, struct call_queue *queue);
/* Forgets those of a worker's slot whose request is over. */
void queue_drop_slot(uint32_t *all, struct call_queue *queue, uint32_t thread, uint32_t slot);
/* Answers those that nobody will make any more. */
void queue_refuse(uint32_t *all, struct broker_function *f, struct call_queue *queue);

#endif
