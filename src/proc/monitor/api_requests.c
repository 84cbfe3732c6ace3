/* The newest requests, one of them, and those of a trace; errors and logs. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "observe/sketch.h"
#include "observe/traceparent.h"
#include "proc/monitor/api.h"
#include "proc/monitor/history.h"
#include "proc/monitor/kept.h"

#define LIMIT 100u
#define LIMIT_MAX 1000u

static void write_trace(const char *name, const uint8_t *bytes, size_t n, struct json_writer *w)
{
	static const uint8_t none[16] = {0};
	char text[32];
	hex_format(bytes, n, text);
	json_member_text(w, name, memcmp(bytes, none, n) == 0 ? SLICE("") : slice_of(text, 2 * n));
}

static void write_call_name(const struct app_function *f, uint16_t call, struct json_writer *w)
{
	json_member_text(w, "kind", slice_cstr(host_kind_name(call_kind(call))));
	json_member_text(w, "name", apps_call_name((void *)(uintptr_t)f, call));
}

/* The i-th host call, with its times where they were kept. */
static void write_call(
    const struct invocation *v, unsigned i, const struct app_function *f, struct json_writer *w)
{
	json_begin(w, '{');
	write_call_name(f, v->sequence[i], w);
	if (i < INVOCATION_TIMED_MAX && v->call_took[i]) {
		json_member_uint(w, "start_us", sketch_bucket_low(v->call_began[i]));
		json_member_uint(w, "took_us", sketch_bucket_low(v->call_took[i]));
	}
	json_end(w, '}');
}

/* The name that a record has as a number of the function's type set; 0 is none. */
static void write_field(const char *name, const struct app_function *f, uint16_t field, struct json_writer *w)
{
	struct type_set *types;
	if (!field || !f || !is_ok(app_type_set(f, NULL, &types)))
		return;
	json_member_text(w, name, type_set_name(types, (uint16_t)(field - 1)));
	type_set_free(types);
}

static void write_incidents_of(const struct monitor_process *p, uint64_t request, struct json_writer *w)
{
	json_member_begin(w, "incidents", '[');
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &p->monitor->observer.book.incidents[n];
		for (uint32_t k = 0;
		     i->state != INCIDENT_NONE && k < i->evidence_count && k < INCIDENT_EVIDENCE; k++) {
			if (i->evidence[k].request != request)
				continue;
			json_uint(w, i->id);
			break;
		}
	}
	json_end(w, ']');
}

static void write_more(const struct monitor_process *p, const struct invocation *v,
    const struct app_function *f, struct json_writer *w)
{
	uint64_t calls = 0;
	json_member_begin(w, "calls", '[');
	for (unsigned i = 0; i < v->sequence_count; i++)
		write_call(v, i, f, w);
	json_end(w, ']');
	json_member_begin(w, "host_calls", '{');
	for (unsigned k = 0; k < HOST_KIND_COUNT; k++) {
		calls += v->calls[k];
		if (v->calls[k])
			json_member_uint(w, host_kind_name((enum host_kind)k), v->calls[k]);
	}
	json_end(w, '}');
	json_member_uint(w, "calls_more", calls > v->sequence_count ? calls - v->sequence_count : 0);
	if (v->denials) {
		json_member_begin(w, "denied", '{');
		write_call_name(f, v->denied_call, w);
		json_end(w, '}');
	}
	write_field("refused_field", f, v->refused_field, w);
	if (v->payload) {
		json_member_begin(w, "payload", '{');
		json_member_text(w, "class", slice_cstr(payload_class_name((enum payload_class)v->payload)));
		write_field("field", f, v->payload_field, w);
		json_end(w, '}');
	}
	if (history_error_of(p->history, v->request))
		json_member_hex(w, "error", history_error_of(p->history, v->request));
	write_trace("span", v->span_id, sizeof v->span_id, w);
	write_trace("parent", v->parent_id, sizeof v->parent_id, w);
	write_incidents_of(p, v->request, w);
}

static void write_request(
    const struct monitor_process *p, const struct found_record *found, bool full, struct json_writer *w)
{
	const struct invocation *v = found->record;
	json_begin(w, '{');
	json_member_hex(w, "id", v->request);
	json_member_uint(w, "time_ms", v->time_us / 1000);
	json_member_text(w, "function", slice_cstr(api_function_name(p, found->function)));
	json_member_version(w, "version", v->version);
	json_member_text(w, "trigger", slice_cstr(trigger_name((enum invocation_trigger)v->trigger)));
	json_member_uint(w, "status", v->status);
	json_member_text(w, "outcome", slice_cstr(outcome_name((enum invocation_outcome)v->outcome)));
	json_member_hex(w, "caller", v->caller);
	json_member_text(
	    w, "caller_class", slice_cstr(caller_class_name((enum caller_class)v->caller_class)));
	json_member_hex(w, "address", v->address);
	json_member_uint(w, "wall_us", v->wall_us);
	json_member_uint(w, "queue_us", v->queue_us);
	json_member_uint(w, "cpu_us", v->cpu_us);
	json_member_uint(w, "memory_kib", v->memory_kib);
	json_member_uint(w, "bytes_in", v->bytes_in);
	json_member_uint(w, "bytes_out", v->bytes_out);
	json_member_uint(w, "denials", v->denials);
	write_trace("trace", v->trace_id, sizeof v->trace_id, w);
	if (full)
		write_more(p, v, found->contract, w);
	json_end(w, '}');
}

void api_write_requests(
    const struct monitor_process *p, uint64_t since_count, uint32_t most, struct json_writer *w)
{
	const uint64_t came = p->monitor->recent_count - since_count;
	json_begin(w, '{');
	json_member_begin(w, "requests", '[');
	for (uint64_t i = 0; i < came && i < most; i++) {
		const struct found_record found = kept_recent(p, i);
		write_request(p, &found, false, w);
	}
	json_end(w, ']');
	json_member_uint(w, "more", came > most ? came - most : 0);
	json_end(w, '}');
}

struct filter {
	bool by_function, by_outcome, failures, refused;
	uint32_t function;
	enum invocation_outcome outcome;
	uint64_t caller, address, slow_us;
};

static bool outcome_of(const char *text, struct filter *f)
{
	f->failures = strcmp(text, "failures") == 0;
	f->refused = strcmp(text, "refused") == 0;
	for (unsigned i = 0; i < OUTCOME_COUNT; i++)
		if (strcmp(text, outcome_name((enum invocation_outcome)i)) == 0) {
			f->by_outcome = true;
			f->outcome = (enum invocation_outcome)i;
		}
	return f->failures || f->refused || f->by_outcome;
}

/* NULL when the query is sound, else what is wrong with it. */
static const char *read_filter(const struct api_request *q, struct filter *f)
{
	char text[API_VALUE_MAX];
	*f = (struct filter){.slow_us = api_query_number(q, "slow_us", 0)};
	if (api_query(q, "function", text)) {
		f->by_function = true;
		if (!api_function_id(q->p, slice_cstr(text), &f->function))
			return "there is no function of this name";
	}
	if (api_query(q, "outcome", text) && !outcome_of(text, f))
		return "there is no such outcome";
	if (api_query(q, "caller", text) && !api_number_of_hex(slice_cstr(text), &f->caller))
		return "a caller is 16 hexadecimal digits";
	if (api_query(q, "address", text) && !api_number_of_hex(slice_cstr(text), &f->address))
		return "an address is 16 hexadecimal digits";
	return NULL;
}

static bool passes(const struct filter *f, const struct invocation *v, uint32_t function)
{
	const enum invocation_outcome outcome = (enum invocation_outcome)v->outcome;
	const bool failure = outcome_is_failure(outcome);
	return (!f->by_function || function == f->function) && (!f->by_outcome || outcome == f->outcome) &&
	       (!f->failures || failure) && (!f->refused || (!failure && !outcome_is_answer(outcome))) &&
	       (!f->caller || v->caller == f->caller) && (!f->address || v->address == f->address) &&
	       v->wall_us >= f->slow_us;
}

/* A list that is being written: what passes, from after `before` on, up to a limit. */
struct listing {
	const struct api_request *q;
	struct json_writer *w;
	struct filter filter;
	uint64_t before; /* 0: from the newest on */
	uint64_t left;
	bool more;
};

/* False when the list is full. */
static bool list_one(struct listing *l, const struct found_record *found)
{
	if (l->before) {
		l->before = found->record->request == l->before ? 0 : l->before;
		return true;
	}
	if (!passes(&l->filter, found->record, found->function))
		return true;
	l->more = l->left == 0;
	if (l->more)
		return false;
	l->left--;
	write_request(l->q->p, found, false, l->w);
	return true;
}

/* Of failures there are more than of all others. */
static bool only_failures(const struct filter *f)
{
	return f->failures || (f->by_outcome && outcome_is_failure(f->outcome));
}

static void list(struct listing *l)
{
	struct found_record found;
	for (uint64_t i = 0; (found = kept_recent(l->q->p, i)).record; i++)
		if (!list_one(l, &found))
			return;
	size_t count = 0;
	const struct kept_record **older =
	    only_failures(&l->filter) ? kept_older_failures(l->q->p, &count) : NULL;
	for (size_t i = 0; older && i < count; i++) {
		found = kept_of(l->q->p, older[i]);
		if (!list_one(l, &found))
			break;
	}
	free(older);
}

void api_requests(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	struct listing l = {.q = q, .w = &w};
	char text[API_VALUE_MAX];
	const char *wrong = read_filter(q, &l.filter);
	if (wrong) {
		api_problem(a, 400, "invalid-filter", "The filter is not sound", wrong);
		return;
	}
	l.left = api_query_number(q, "limit", LIMIT);
	l.left = l.left > LIMIT_MAX ? LIMIT_MAX : l.left;
	/* One that is not kept any more is as none: the newest are told. */
	if (api_query(q, "before", text) && api_number_of_hex(slice_cstr(text), &l.before) &&
	    !kept_find(q->p, l.before).record)
		l.before = 0;
	json_begin(&w, '{');
	json_member_begin(&w, "requests", '[');
	list(&l);
	json_end(&w, ']');
	json_member_bool(&w, "more", l.more);
	json_end(&w, '}');
}

void api_one_request(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	uint64_t request;
	const struct found_record found = api_number_of_hex(slice_cstr(q->param), &request)
					      ? kept_find(q->p, request)
					      : (struct found_record){0};
	if (found.record)
		write_request(q->p, &found, true, &w);
	else
		api_problem(a, 404, "not-found", "There is no such request among those that are kept", NULL);
}

static bool trace_of_hex(const char *text, uint8_t ret[16])
{
	uint64_t half[2];
	if (strlen(text) != 32 || !api_number_of_hex(slice_of(text, 16), &half[0]) ||
	    !api_number_of_hex(slice_of(text + 16, 16), &half[1]))
		return false;
	for (int i = 0; i < 16; i++)
		ret[i] = (uint8_t)(half[i / 8] >> (56 - 8 * (i % 8)));
	return true;
}

void api_trace(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	static struct found_record found[KEPT_TRACE_MAX];
	uint8_t trace_id[16];
	const size_t count = trace_of_hex(q->param, trace_id) ? kept_trace(q->p, trace_id, found) : 0;
	if (count == 0) {
		api_problem(
		    a, 404, "not-found", "There is no such trace among the requests that are kept", NULL);
		return;
	}
	json_begin(&w, '{');
	json_member_text(&w, "trace", slice_cstr(q->param));
	json_member_begin(&w, "requests", '[');
	for (size_t i = 0; i < count; i++)
		write_request(q->p, &found[i], true, &w);
	json_end(&w, ']');
	json_end(&w, '}');
}

static void answer_errors(const struct api_request *q, struct api_answer *a, uint32_t function)
{
	struct json_writer w = {.out = &a->body};
	json_begin(&w, '{');
	history_write_errors(q->p->history, q->p->monitor, function, &w);
	json_end(&w, '}');
}

void api_errors(const struct api_request *q, struct api_answer *a)
{
	answer_errors(q, a, UINT32_MAX);
}

void api_errors_function(const struct api_request *q, struct api_answer *a)
{
	uint32_t id;
	if (api_function_id(q->p, slice_cstr(q->param), &id))
		answer_errors(q, a, id);
	else
		api_problem(a, 404, "not-found", "The app has no such function", NULL);
}

static void write_line(const struct history_line *line, struct json_writer *w)
{
	json_begin(w, '{');
	json_member_uint(w, "number", line->number);
	json_member_uint(w, "time_ms", (uint64_t)line->time_ms);
	json_member_text(w, "level",
	    slice_cstr(
		line->level == LEVEL_THROWN ? "error" : history_level_name((enum history_level)line->level)));
	json_member_text(w, "process", SLICE("worker"));
	json_member_text(w, "function", slice_cstr(line->function));
	json_member_hex(w, "request", line->request);
	json_member_text(w, "text", slice_cstr(line->text));
	json_end(w, '}');
}

/* Newest first; after: only lines with a higher number, for whoever follows. */
void api_logs(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	char function[API_VALUE_MAX] = "", request_text[API_VALUE_MAX], level_text[API_VALUE_MAX];
	uint64_t request = 0;
	enum history_level level = LEVEL_DEBUG;
	const uint64_t limit = api_query_number(q, "limit", 200), after = api_query_number(q, "after", 0);
	(void)api_query(q, "function", function);
	if ((api_query(q, "request", request_text) &&
		!api_number_of_hex(slice_cstr(request_text), &request)) ||
	    (api_query(q, "level", level_text) && !history_level_of(slice_cstr(level_text), &level))) {
		api_problem(a, 400, "invalid-filter", "The filter is not sound", NULL);
		return;
	}
	const struct history_line *line;
	uint64_t shown = 0;
	json_begin(&w, '{');
	json_member_begin(&w, "lines", '[');
	for (uint64_t i = 0; shown < limit && (line = history_line_of(q->p->history, i)); i++) {
		if (line->number <= after)
			break;
		if ((*function && strcmp(function, line->function) != 0) ||
		    (request && request != line->request) || line->level < level)
			continue;
		write_line(line, &w);
		shown++;
	}
	json_end(&w, ']');
	json_end(&w, '}');
}
