#include "os/loop.h"

#include <errno.h>
#include <unistd.h>

#include "base/check.h"
#include "os/clock.h"

#define LOOP_BATCH 256

result loop_init(struct loop *loop, struct error *err)
{
	*loop = (struct loop){.epoll_fd = epoll_create1(EPOLL_CLOEXEC), .now_ms = clock_mono_ms()};
	if (loop->epoll_fd < 0)
		return error_errno(err, "cannot make an epoll set");
	return RESULT_OK;
}

void loop_done(struct loop *loop)
{
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	loop->epoll_fd = -1;
}

static result control(struct loop *loop, int op, struct watch *watch, uint32_t events, struct error *err)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	if (epoll_ctl(loop->epoll_fd, op, watch->fd, &event) < 0)
		return error_errno(err, "cannot watch descriptor %d", watch->fd);
	return RESULT_OK;
}

result loop_add(struct loop *loop, struct watch *watch, uint32_t events, struct error *err)
{
	return control(loop, EPOLL_CTL_ADD, watch, events, err);
}

result loop_change(struct loop *loop, struct watch *watch, uint32_t events, struct error *err)
{
	return control(loop, EPOLL_CTL_MOD, watch, events, err);
}

void loop_remove(struct loop *loop, struct watch *watch)
{
	/* A descriptor that is already gone leaves the set by itself. */
	ignore_result(control(loop, EPOLL_CTL_DEL, watch, 0, NULL));
	for (int i = 0; i < loop->batch_count; i++)
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].data.ptr = NULL;
}

void loop_turn(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[LOOP_BATCH];
	int n = epoll_wait(loop->epoll_fd, events, LOOP_BATCH, timeout_ms);
	ASSERT(n >= 0 || errno == EINTR);
	loop->now_ms = clock_mono_ms();
	if (loop->after_wake)
		loop->after_wake(loop);
	loop->batch = events;
	loop->batch_count = n > 0 ? n : 0;
	for (int i = 0; i < n; i++) {
		struct watch *watch = events[i].data.ptr;
		if (watch)
			watch->ready(loop, watch, events[i].events);
	}
	loop->batch_count = 0;
	if (loop->after_turn)
		loop->after_turn(loop);
}

void loop_run(struct loop *loop)
{
	while (!loop->stopped)
		loop_turn(loop, loop->before_sleep ? loop->before_sleep(loop) : -1);
}
