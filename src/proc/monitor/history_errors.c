/* Errors that functions threw, grouped. The text is a guest's and may be anything. */
#include <stdio.h>
#include <stdlib.h>

#include "observe/mix.h"
#include "proc/monitor/api.h"
#include "proc/monitor/history.h"
#include "proc/monitor/history_internal.h"

static uint64_t hash_text(uint64_t seed, struct slice text, bool digits)
{
	uint64_t hash = seed;
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];
		if (digits || c < '0' || c > '9')
			hash = mix64(hash ^ (uint8_t)c);
	}
	return hash;
}

/* What a stack says where there is one; else the message without its digits, so that an id in it is no new error. */
static uint64_t group_of(uint32_t function, struct slice text)
{
	struct slice frames = text;
	const struct slice message = slice_cut(&frames, '\n');
	frames = slice_trim(frames);
	const uint64_t hash =
	    frames.len ? hash_text(function + 1, frames, true) : hash_text(function + 1, message, false);
	return hash ? hash : 1;
}

/* The group's place; the one that was longest not met makes room. */
static struct history_error *place_of(struct history *h, uint64_t id)
{
	struct history_error *place = &h->errors[0];
	for (unsigned i = 0; i < HISTORY_ERRORS; i++) {
		if (h->errors[i].id == id)
			return &h->errors[i];
		if (h->errors[i].last_ms < place->last_ms)
			place = &h->errors[i];
	}
	*place = (struct history_error){.id = id};
	return place;
}

void history_thrown(struct history *h, int64_t now_ms, uint32_t function, uint64_t request, struct slice text)
{
	struct history_error *e = place_of(h, group_of(function, text));
	e->function = function;
	e->count++;
	e->request = request;
	e->first_ms = e->first_ms ? e->first_ms : now_ms;
	e->last_ms = now_ms;
	(void)snprintf(e->text, sizeof e->text, "%.*s", SLICE_ARG(text));
	h->pairs[h->pair_count % HISTORY_PAIRS].request = request;
	h->pairs[h->pair_count++ % HISTORY_PAIRS].error = e->id;
}

uint64_t history_error_of(const struct history *h, uint64_t request)
{
	for (unsigned i = 0; request && i < HISTORY_PAIRS; i++)
		if (h->pairs[i].request == request)
			return h->pairs[i].error;
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct history_error *const *x = a, *const *y = b;
	return (*x)->last_ms > (*y)->last_ms ? -1 : (*x)->last_ms < (*y)->last_ms;
}

/* The newest record of the error's request, for what only a record says. */
static const struct invocation *record_of(const struct monitor *m, uint64_t request)
{
	const struct invocation *v;
	for (uint64_t i = 0; request && (v = monitor_recent(m, i)); i++)
		if (v->request == request)
			return v;
	return NULL;
}

static void write_error(const struct history_error *e, const struct monitor *m, struct json_writer *w)
{
	const struct invocation *v = record_of(m, e->request);
	struct slice frames = slice_cstr(e->text);
	json_begin(w, '{');
	json_member_hex(w, "id", e->id);
	json_member_text(
	    w, "function", slice_cstr(e->function < m->total_count ? m->totals[e->function].name : ""));
	json_member_text(
	    w, "outcome", slice_cstr(outcome_name(v ? (enum invocation_outcome)v->outcome : OUTCOME_EXCEPTION)));
	json_member_text(w, "message", slice_cut(&frames, '\n'));
	json_member_begin(w, "stack", '[');
	while (frames.ptr) {
		const struct slice frame = slice_trim(slice_cut(&frames, '\n'));
		if (frame.len)
			json_text(w, frame);
	}
	json_end(w, ']');
	json_member_uint(w, "count", e->count);
	json_member_uint(w, "first_ms", (uint64_t)e->first_ms);
	json_member_uint(w, "last_ms", (uint64_t)e->last_ms);
	json_member_version(w, "version", v                              ? v->version
					  : e->function < m->total_count ? m->totals[e->function].version
									 : 0);
	json_member_hex(w, "request", e->request);
	json_end(w, '}');
}

void history_write_errors(
    const struct history *h, const struct monitor *m, uint32_t function, struct json_writer *w)
{
	const struct history_error *sorted[HISTORY_ERRORS];
	size_t count = 0;
	for (unsigned i = 0; i < HISTORY_ERRORS; i++)
		if (h->errors[i].id && (function == UINT32_MAX || h->errors[i].function == function))
			sorted[count++] = &h->errors[i];
	qsort(sorted, count, sizeof(struct history_error *), newest_first);
	json_member_begin(w, "errors", '[');
	for (size_t i = 0; i < count; i++)
		write_error(sorted[i], m, w);
	json_end(w, ']');
}
