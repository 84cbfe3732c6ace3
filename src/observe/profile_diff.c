/* Two profiles of a function held against each other. Called by `ward profile diff`; both count host calls
 * alike. */
#include "observe/profile_file.h"

#define SHARE_MOVES 0.2
#define MOST_GROWS 2u

struct diff {
	const struct profile *before, *now;
	struct slice function;
	call_namer namer;
	void *context;
	struct buf *out;
	unsigned count;
};

static void begin_line(struct diff *d)
{
	d->count++;
	buf_add_slice(d->out, d->function);
}

static void add_call(const struct diff *d, uint16_t call)
{
	const struct slice name = d->namer(d->context, call);
	buf_printf(d->out, "%s %.*s", host_kind_name(call_kind(call)), SLICE_ARG(name));
}

static const struct profile_call *call_in(const struct profile *p, uint16_t call)
{
	for (uint32_t i = 0; i < p->call_count; i++)
		if (p->calls[i].call == call)
			return &p->calls[i];
	return NULL;
}

static void add_share(const struct diff *d, double share)
{
	if (share > 0 && share < 0.01)
		buf_add_cstr(d->out, "under 1 %");
	else
		buf_printf(d->out, "%d %%", (int)(share * 100 + 0.5));
}

static void compare_calls(struct diff *d)
{
	for (uint32_t i = 0; i < d->now->call_count; i++) {
		const struct profile_call *c = &d->now->calls[i];
		if (call_in(d->before, c->call) || !c->count)
			continue;
		begin_line(d);
		buf_add_cstr(d->out, " now uses ");
		add_call(d, c->call);
		buf_add_cstr(d->out, ", in ");
		add_share(d, d->now->invocations ? (double)c->invocations / (double)d->now->invocations : 0);
		buf_add_cstr(d->out, " of calls\n");
	}
	for (uint32_t i = 0; i < d->before->call_count; i++) {
		const struct profile_call *c = call_in(d->now, d->before->calls[i].call);
		if (c && c->count)
			continue;
		begin_line(d);
		buf_add_cstr(d->out, " no longer uses ");
		add_call(d, d->before->calls[i].call);
		buf_add_char(d->out, '\n');
	}
}

static double share_of(const struct profile *p, uint16_t from, uint16_t to)
{
	const uint32_t all = profile_follow_times(p, from);
	return all ? (double)profile_edge_times(p, from, to) / all : 0;
}

/* Of what is used by both: a call that is new says by itself that its orders are. */
static bool is_known(const struct diff *d, uint16_t call)
{
	return call == PROFILE_EDGE_START || (call_in(d->before, call) && call_in(d->now, call));
}

static void add_order(const struct diff *d, uint16_t from, uint16_t to)
{
	if (from == PROFILE_EDGE_START && to == PROFILE_EDGE_START) {
		buf_add_cstr(d->out, "it makes no host call");
		return;
	}
	if (from == PROFILE_EDGE_START) {
		buf_add_cstr(d->out, "it begins with ");
		add_call(d, to);
		return;
	}
	buf_add_cstr(d->out, "after ");
	add_call(d, from);
	buf_add_cstr(d->out, to == PROFILE_EDGE_START ? " it ends" : " comes ");
	if (to != PROFILE_EDGE_START)
		add_call(d, to);
}

static void compare_order(struct diff *d, uint16_t from, uint16_t to)
{
	const double before = share_of(d->before, from, to), now = share_of(d->now, from, to);
	const double moved = now > before ? now - before : before - now;
	if (!is_known(d, from) || !is_known(d, to) || (before > 0 && now > 0 && moved < SHARE_MOVES))
		return;
	begin_line(d);
	buf_add_cstr(d->out, ": ");
	add_order(d, from, to);
	buf_add_cstr(d->out, " in ");
	add_share(d, now);
	buf_add_cstr(d->out, " of cases, before ");
	if (before > 0)
		buf_add_cstr(d->out, "in "), add_share(d, before);
	else
		buf_add_cstr(d->out, "never");
	buf_add_char(d->out, '\n');
}

static void compare_orders(struct diff *d)
{
	for (uint32_t i = 0; i < PROFILE_EDGES; i++)
		if (d->now->edges[i].count)
			compare_order(d, d->now->edges[i].from, d->now->edges[i].to);
	for (uint32_t i = 0; i < PROFILE_EDGES; i++) {
		const struct profile_edge *e = &d->before->edges[i];
		if (e->count && !profile_edge_times(d->now, e->from, e->to))
			compare_order(d, e->from, e->to);
	}
}

static void compare_callers(struct diff *d)
{
	static const char *const names[CALLER_CLASS_COUNT] = {
	    "anonymous callers", "those who are signed in", "operators", "ward itself"};
	for (unsigned c = 0; c < CALLER_CLASS_COUNT; c++)
		if (d->now->callers[c] && !d->before->callers[c]) {
			begin_line(d);
			buf_printf(d->out, " is now called by %s\n", names[c]);
		}
}

unsigned profile_diff(const struct profile *before, const struct profile *now, struct slice function,
    call_namer namer, void *context, struct buf *out)
{
	struct diff d = {before, now, function, namer, context, out, 0};
	compare_calls(&d);
	compare_orders(&d);
	compare_callers(&d);
	if (now->calls_most > MOST_GROWS * (uint32_t)before->calls_most &&
	    now->calls_most > before->calls_most + 1u) {
		begin_line(&d);
		buf_printf(out, " makes up to %u host calls in one request, before up to %u\n",
		    now->calls_most, before->calls_most);
	}
	return d.count;
}
