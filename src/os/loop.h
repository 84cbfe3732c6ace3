/*
 * One epoll loop, one thread. A watch is embedded in the struct it serves; its callback gets the watch back and
 * finds the struct with CONTAINER_OF. No allocation, no ownership: whoever adds a watch removes it before the
 * descriptor closes.
 */
#ifndef WARD_OS_LOOP_H
#define WARD_OS_LOOP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/result.h"

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

struct loop;
struct watch;
typedef void watch_fn(struct loop *loop, struct watch *watch, uint32_t events);

struct watch {
	int fd;
	watch_fn *ready;
};

struct loop {
	int epoll_fd; /* owned */
	bool stopped;
	uint64_t now_ms; /* monotonic, taken once a turn */
	/* Called before the loop would sleep; returns the longest sleep in ms (-1: no bound, 0: do not sleep). */
	int (*before_sleep)(struct loop *loop);
	/* Called when it has woken, before any watch; and when all watches of the turn have been served. */
	void (*after_wake)(struct loop *loop);
	void (*after_turn)(struct loop *loop);
	/* The rest of the current batch, so that a removed watch is not called again within it. */
	struct epoll_event *batch;
	int batch_count;
};

result loop_init(struct loop *loop, struct error *err);
void loop_done(struct loop *loop);

/* events: EPOLLIN | EPOLLOUT | EPOLLET ... */
result loop_add(struct loop *loop, struct watch *watch, uint32_t events, struct error *err);
result loop_change(struct loop *loop, struct watch *watch, uint32_t events, struct error *err);
void loop_remove(struct loop *loop, struct watch *watch);

/* Turns until loop->stopped. */
void loop_run(struct loop *loop);
/* One turn that sleeps at most timeout_ms. */
void loop_turn(struct loop *loop, int timeout_ms);

#endif
