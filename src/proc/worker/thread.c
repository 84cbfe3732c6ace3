/* The loop of one worker thread: take what has come, run it, answer in one batch, reset, sleep. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "ipc/channel.h"
#include "os/clock.h"
#include "os/spawn.h"
#include "proc/worker/worker.h"

/* Calls taken before the gateway is told: larger batches cost fewer wake-ups, smaller ones answer earlier. */
#define BATCH_MAX 32
/* An answer waits no longer than this for those that come behind it. */
#define BATCH_NS 200000u

static unsigned take_broker_records(struct worker_thread *t)
{
	unsigned taken = 0;
	struct record record;
	while (is_ok(channel_next(&t->broker, NULL, &record))) {
		if (record.type == RECORD_HOST_REPLY)
			slot_host_reply(t, &record);
		taken++;
	}
	return taken;
}

static unsigned take_gateway_records(struct worker_thread *t)
{
	unsigned taken = 0;
	struct record record;
	const uint64_t until_ns = clock_mono_ns() + BATCH_NS;
	/* With no slot free the calls wait in the ring, where the gateway sees that this function is full. */
	while (taken < BATCH_MAX && (t->free_count > 0 || t->spent_count > 0)) {
		if (!is_ok(channel_next(&t->gateway, NULL, &record)))
			break;
		/*
		 * Put back before the next one starts: it then runs in the instance whose pages are in the cache, where the
		 * batch as a whole would walk through as many instances as it has calls. The last is put back after its answer.
		 */
		slots_reset_spent(t);
		if (record.type == RECORD_CALL)
			slot_call(t, &record);
		else if (record.type == RECORD_CANCEL)
			slot_cancel(t, record.id);
		taken++;
		if (clock_mono_ns() >= until_ns)
			break;
	}
	return taken;
}

/* Until the bell rings or a timer is due. Without timers the bell is read at once, which sleeps by itself. */
static void wait_for_bell(struct worker_thread *t)
{
	const uint64_t next = slots_next_ns(t);
	if (next == UINT64_MAX) {
		doorbell_clear(t->bell_fd);
		return;
	}
	const uint64_t now = clock_mono_ns();
	const uint64_t left = next <= now ? 0 : next - now;
	const struct timespec timeout = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
	struct pollfd p = {.fd = t->bell_fd, .events = POLLIN};
	if (ppoll(&p, 1, &timeout, NULL) > 0)
		doorbell_clear(t->bell_fd);
}

static void sleep_until_rung(struct worker_thread *t)
{
	/* Both flags are set before either ring is looked at again, so that neither peer's record is overslept. */
	bool quiet = channel_may_sleep(&t->gateway);
	quiet = channel_may_sleep(&t->broker) && quiet;
	/* With every slot busy a waiting call is no reason to stay awake. */
	bool full = t->free_count == 0;
	if (quiet || full) {
		engine_thread_idle();
		wait_for_bell(t);
		engine_thread_busy();
	}
	channel_awake(&t->gateway);
	channel_awake(&t->broker);
}

void worker_thread_run(struct worker_thread *t)
{
	engine_thread_busy();
	for (;;) {
		unsigned taken = take_broker_records(t);
		taken += take_gateway_records(t);
		uint64_t next = slots_next_ns(t);
		if (next != UINT64_MAX && next <= clock_mono_ns())
			slots_tick(t, clock_mono_ns());
		channel_flush(&t->gateway);
		channel_flush(&t->broker);
		slots_reset_spent(t);
		/* A gateway or broker that is gone ends this process too: the supervisor starts a fresh one. */
		if (t->gateway.broken || t->broker.broken)
			exit(1);
		if (taken == 0)
			sleep_until_rung(t);
	}
}
