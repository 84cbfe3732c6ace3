/*
 * Denials, which the broker tells of while the request still runs, joined with the record that the gateway
 * writes when it has ended. Neither waits for the other: what finds no partner is a signal all the same.
 */
#include <stdio.h>

#include "observe/monitor.h"

#define DENIAL_WAITS_S 2

static void keep_evidence(struct monitor *m, const struct monitor_function *f, struct slice what)
{
	struct monitor_total *t = &m->totals[f->rollup];
	(void)snprintf(t->evidence, sizeof t->evidence, "%.*s", SLICE_ARG(what));
}

static void report(
    struct monitor *m, uint32_t function, enum signal_kind kind, uint16_t call, uint16_t count, int64_t now_s)
{
	const struct signal s = {
	    .kind = kind, .function = function, .time_ms = now_s * 1000, .call = call, .value = count};
	(void)incident_report(&m->observer.book, &s);
}

/* No record came: the request's sums are lost, that it was denied is not. */
static void tell_alone(struct monitor *m, struct monitor_denial *d, int64_t now_s)
{
	const struct monitor_function *f = monitor_function_of(m, d->ref);
	if (f) {
		m->totals[f->rollup].sum.denials += d->count;
		report(m, f->rollup, SIGNAL_DENIAL, d->call, d->count, now_s);
	}
	*d = (struct monitor_denial){0};
	m->denied_count--;
}

static struct monitor_denial *find(struct monitor *m, uint32_t ref, uint32_t request)
{
	for (uint32_t i = 0; i < MONITOR_DENIED; i++) {
		struct monitor_denial *d = &m->denied[i];
		if (d->count && d->ref == ref && d->request == request)
			return d;
	}
	return NULL;
}

/* A free place, or the one that waits longest, told of at once. */
static struct monitor_denial *place(struct monitor *m, int64_t now_s)
{
	struct monitor_denial *oldest = &m->denied[0];
	for (uint32_t i = 0; i < MONITOR_DENIED; i++) {
		if (!m->denied[i].count)
			return &m->denied[i];
		if (m->denied[i].since_s < oldest->since_s)
			oldest = &m->denied[i];
	}
	tell_alone(m, oldest, now_s);
	return oldest;
}

void monitor_denied(
    struct monitor *m, uint32_t ref, uint32_t request, uint16_t call, struct slice what, int64_t now_s)
{
	const struct monitor_function *f = monitor_function_of(m, ref);
	if (!f)
		return;
	keep_evidence(m, f, what);
	struct monitor_denial *d = find(m, ref, request);
	if (!d) {
		d = place(m, now_s);
		*d = (struct monitor_denial){.ref = ref, .request = request, .call = call, .since_s = now_s};
		m->denied_count++;
	}
	d->count = d->count < UINT16_MAX ? (uint16_t)(d->count + 1) : UINT16_MAX;
}

void monitor_trapped(struct monitor *m, uint32_t ref, struct slice what, int64_t now_s)
{
	const struct monitor_function *f = monitor_function_of(m, ref);
	if (!f)
		return;
	keep_evidence(m, f, what);
	report(m, f->rollup, SIGNAL_TRAP, 0, 1, now_s);
}

void monitor_join_denials(struct monitor *m, struct invocation *v)
{
	struct monitor_denial *d = find(m, v->function, (uint32_t)v->request);
	if (!d)
		return;
	v->denials = d->count;
	v->denied_call = d->call;
	*d = (struct monitor_denial){0};
	m->denied_count--;
}

void monitor_expire_denials(struct monitor *m, int64_t now_s)
{
	for (uint32_t i = 0; i < MONITOR_DENIED && m->denied_count; i++)
		if (m->denied[i].count && now_s - m->denied[i].since_s >= DENIAL_WAITS_S)
			tell_alone(m, &m->denied[i], now_s);
}
