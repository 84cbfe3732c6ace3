/*
 * The functions with calls at their workers. Only their channels are looked at in a turn, so that a turn
 * costs the same however many functions an app has. A worker speaks only of calls it was given: what one
 * without any might still say (the answer to a call that was given up) waits in its ring until it is called
 * again.
 */
#include "base/check.h"
#include "proc/gateway/gateway.h"

void busy_add(struct gateway *g, struct gw_function *f)
{
	if (f->busy)
		return;
	f->busy = true;
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

bool busy_may_sleep(struct gateway *g)
{
	bool quiet = true;
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
		quiet = (!f->worker || channel_may_sleep(f->worker)) && quiet;
		at = &f->busy_next;
	}
	return quiet;
}
