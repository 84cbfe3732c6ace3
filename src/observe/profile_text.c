/* A behaviour profile in plain words, for `ward explain` and the page. */
#include "observe/profile.h"

static void add_name(uint16_t call, call_namer namer, void *context, struct buf *out)
{
	struct slice name = namer ? namer(context, call) : SLICE_NONE;
	if (name.ptr)
		buf_add_slice(out, name);
	else if (call_index(call) == CALL_INDEX_UNKNOWN)
		buf_printf(out, "a %s that its contract does not list", host_kind_name(call_kind(call)));
	else
		buf_printf(out, "%s #%u", host_kind_name(call_kind(call)), call_index(call));
}

static unsigned percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)((part * 100 + whole / 2) / whole) : 0;
}

/* "every call", "91 % of calls" */
static void add_share(uint64_t part, uint64_t whole, const char *one, const char *many, struct buf *out)
{
	if (part == whole)
		buf_printf(out, "every %s", one);
	else
		buf_printf(out, "%u %% of %s", percent(part, whole), many);
}

static void describe_calls(const struct profile *p, call_namer namer, void *context, struct buf *out)
{
	if (!p->call_count)
		buf_add_cstr(out, "It makes no host calls.\n");
	for (uint32_t i = 0; i < p->call_count; i++) {
		const struct profile_call *c = &p->calls[i];
		buf_printf(out, "%s ", i ? "It also uses" : "It uses");
		add_name(c->call, namer, context, out);
		buf_add_cstr(out, " in ");
		add_share(c->invocations, p->invocations, "call", "calls", out);
		if (c->most == 1)
			buf_add_cstr(out, ", once.\n");
		else
			buf_printf(out, ", up to %u times.\n", c->most);
	}
}

static void describe_orders(const struct profile *p, call_namer namer, void *context, struct buf *out)
{
	for (uint32_t i = 0; i < PROFILE_EDGES; i++) {
		const struct profile_edge *e = &p->edges[i];
		if (!e->count || e->from == PROFILE_EDGE_START || e->to == PROFILE_EDGE_START)
			continue;
		uint64_t after = 0;
		for (uint32_t k = 0; k < PROFILE_EDGES; k++)
			after += p->edges[k].count && p->edges[k].from == e->from ? p->edges[k].count : 0;
		buf_add_cstr(out, "After ");
		add_name(e->from, namer, context, out);
		buf_add_cstr(out, " comes ");
		add_name(e->to, namer, context, out);
		buf_add_cstr(out, " in ");
		add_share(e->count, after, "case", "cases", out);
		buf_add_cstr(out, ".\n");
	}
}

static void describe_hours(const struct profile *p, struct buf *out)
{
	unsigned silent = 0, busiest = 0;
	for (unsigned h = 0; h < 24; h++) {
		silent += p->hours[h] == 0;
		busiest = p->hours[h] > p->hours[busiest] ? h : busiest;
	}
	buf_printf(out, "It is busiest from %02u:00 to %02u:00 UTC", busiest, (busiest + 1) % 24);
	buf_printf(out, silent ? " and was never called in %u of the 24 hours.\n" : ".\n", silent);
}

static void describe_callers(const struct profile *p, struct buf *out)
{
	static const char *const names[CALLER_CLASS_COUNT] = {
	    "anonymous", "signed in", "operators", "ward itself"};
	unsigned told = 0;
	buf_add_cstr(out, "Its callers are ");
	for (unsigned c = 0; c < CALLER_CLASS_COUNT; c++) {
		if (!p->callers[c])
			continue;
		buf_printf(out, "%s%s", told++ ? ", " : "", names[c]);
		if (p->callers[c] < p->invocations)
			buf_printf(out, " (%u %%)", percent(p->callers[c], p->invocations));
	}
	buf_add_cstr(out, ".\n");
}

void profile_describe(const struct profile *p, call_namer namer, void *context, struct buf *out)
{
	buf_printf(out, "%s from %llu calls of version %08x.\n",
	    p->learned ? "Learned" : "Still being learned,", (unsigned long long)p->invocations, p->version);
	if (!p->invocations)
		return;
	describe_calls(p, namer, context, out);
	describe_orders(p, namer, context, out);
	describe_callers(p, out);
	describe_hours(p, out);
}
