/*
 * The functions with calls at their workers. Only their channels are looked at in a turn, so that a turn
 * costs the same however many functions an app has. A worker speaks only of calls it was given: what one
 * without any might still say (the answer to a call that was given up) waits in its ring until it is called
 * again.
 */
#include "os/spawn.h"
#include "proc/gateway/gateway.h"

/* A worker that has computed this long without a word holds its core, */
#define HOLDS_MS 2u
/* and will do so again. */
#define HOLDS_AGAIN_MS 50u

void busy_add(struct gateway *g, struct gw_function *f)
{
	if (f->busy)
		return;
	f->busy = true;
	f->heard_ms = g->child->loop.now_ms;
	f->busy_next = g->busy;
	g->busy = f;
}

void busy_forget(struct gateway *g, const struct gw_app *app)
{
	struct gw_function **at = &g->busy;
	while (*at)
		if ((*at)->app == app)
			*at = (*at)->busy_next;
		else
			at = &(*at)->busy_next;
}

void busy_take(struct gateway *g, void (*take)(struct gateway *g, struct gw_function *f))
{
	/* What is called on the way is put in front, where this walk has been. */
	for (struct gw_function *f = g->busy; f; f = f->busy_next)
		if (f->worker) {
			channel_awake(f->worker);
			take(g, f);
		}
}

static bool holds_core(const struct gateway *g, const struct gw_function *f)
{
	return f->worker && f->in_flight > 0 && g->child->loop.now_ms - f->heard_ms >= HOLDS_MS && !channel_peer_sleeps(f->worker);
}

/*
 * While calls are short the gateway wakes in its turn: it would else break into its worker's work, and into its clients'
 * on the same machine, for one request at a time. Beside a worker that computes for long it must not wait for its turn.
 */
static void choose_wake(struct gateway *g, bool held)
{
	const uint64_t now_ms = g->child->loop.now_ms;
	if (held)
		g->held_until_ms = now_ms + HOLDS_AGAIN_MS;
	const enum wake how = now_ms < g->held_until_ms ? WAKE_AT_ONCE : WAKE_IN_TURN;
	if (how != g->wake)
		wake_how(how);
	g->wake = how;
}

bool busy_may_sleep(struct gateway *g)
{
	bool quiet = true, held = false;
	struct gw_function **at = &g->busy;
	while (*at) {
		struct gw_function *f = *at;
		if (f->worker)
			channel_flush(f->worker);
		if (f->in_flight == 0 && (!f->worker || channel_sent(f->worker))) {
			f->busy = false;
			*at = f->busy_next;
			continue;
		}
		held = held || holds_core(g, f);
		quiet = (!f->worker || channel_may_sleep(f->worker)) && quiet;
		at = &f->busy_next;
	}
	choose_wake(g, held);
	return quiet;
}
