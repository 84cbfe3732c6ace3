/* Incidents as they are told of, what is in force, and what an operator does about it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/manifest/countries.h"
#include "base/check.h"
#include "proc/monitor/actions.h"
#include "proc/monitor/api.h"
#include "proc/monitor/history.h"

#define MINUTES 60
#define MINUTES_MAX 43200
#define MINUTE_MS 60000ll

static void write_subject(const struct incident *i, struct json_writer *w)
{
	json_member_begin(w, "subject", '{');
	json_member_text(w, "kind", !i->subject ? SLICE("") : i->subject_is_address ? SLICE("address") : SLICE("caller"));
	json_member_hex(w, "id", i->subject);
	json_end(w, '}');
}

static void write_evidence(const struct incident *i, const struct app_function *f, struct json_writer *w)
{
	json_member_begin(w, "evidence", '[');
	for (uint32_t n = 0; n < i->evidence_count && n < INCIDENT_EVIDENCE; n++) {
		const struct signal *s = &i->evidence[n];
		CLEANUP_BUF struct buf words = BUF_INIT(4096);
		signal_explain(s, apps_call_name, (void *)(uintptr_t)f, &words);
		json_begin(w, '{');
		json_member_uint(w, "time_ms", (uint64_t)s->time_ms);
		json_member_text(w, "words", buf_slice(&words));
		json_member_real(w, "value", s->value);
		json_member_real(w, "expected", s->expected);
		json_member_text(w, "unit", slice_cstr(signal_manifests[s->kind].unit));
		json_member_hex(w, "request", s->request);
		json_member_hex(w, "caller", s->caller);
		json_member_hex(w, "address", s->address);
		json_end(w, '}');
	}
	json_end(w, ']');
}

void api_write_incident(const struct monitor_process *p, const struct incident *i, struct json_writer *w)
{
	const struct app_function *f = api_function(p, i->function);
	const struct signal_manifest *kind = &signal_manifests[i->kind];
	const struct incident_rule *rule = &p->monitor->observer.book.rules[i->kind];
	const char *name = api_function_name(p, i->function);
	const bool has_words = (i->kind == SIGNAL_DENIAL || i->kind == SIGNAL_TRAP) && i->function < p->monitor->total_count;
	CLEANUP_BUF struct buf words = BUF_INIT(8192);
	incident_explain(&p->monitor->observer.book, i, slice_cstr(name), apps_call_name, (void *)(uintptr_t)f, &words);
	json_begin(w, '{');
	json_member_uint(w, "id", i->id);
	json_member_text(w, "kind", slice_cstr(kind->name));
	json_member_bool(w, "exact", kind->exact);
	json_member_text(w, "function", slice_cstr(name));
	json_member_text(w, "state", slice_cstr(incident_state_name(i->state)));
	json_member_text(w, "action", slice_cstr(incident_action_name(i->action)));
	json_member_text(w, "rule", slice_cstr(incident_action_name(rule->action)));
	json_member_uint(w, "opened_ms", (uint64_t)i->opened_ms);
	json_member_uint(w, "acted_ms", (uint64_t)i->acted_ms);
	json_member_uint(w, "last_ms", (uint64_t)i->last_ms);
	json_member_uint(w, "closed_ms", (uint64_t)i->closed_ms);
	json_member_uint(w, "ends_ms", i->state == INCIDENT_CLOSED ? 0 : (uint64_t)(i->last_ms + rule->release_ms));
	json_member_uint(w, "signals", i->signals);
	write_subject(i, w);
	json_member_text(w, "words", buf_slice(&words));
	json_member_text(w, "advice", slice_cstr(kind->advice));
	history_write_steps(p->history, i->id, w);
	write_evidence(i, f, w);
	json_member_text(w, "newest", slice_cstr(has_words ? p->monitor->totals[i->function].evidence : ""));
	json_end(w, '}');
}

static int newest_first(const void *a, const void *b)
{
	const struct incident *const *x = a, *const *y = b;
	return (*x)->last_ms > (*y)->last_ms ? -1 : (*x)->last_ms < (*y)->last_ms ? 1 : (*x)->id > (*y)->id ? -1 : 1;
}

void api_incidents(const struct api_request *q, struct api_answer *a)
{
	const struct incident *found[INCIDENTS_MAX];
	struct json_writer w = {.out = &a->body};
	char text[API_VALUE_MAX];
	const bool all = api_query(q, "state", text) && strcmp(text, "all") == 0;
	size_t count = 0;
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &q->p->monitor->observer.book.incidents[n];
		if (i->state != INCIDENT_NONE && (all || i->state != INCIDENT_CLOSED))
			found[count++] = i;
	}
	qsort(found, count, sizeof(struct incident *), newest_first);
	json_begin(&w, '{');
	json_member_begin(&w, "incidents", '[');
	for (size_t n = 0; n < count; n++)
		api_write_incident(q->p, found[n], &w);
	json_end(&w, ']');
	json_end(&w, '}');
}

static const struct incident *find(const struct api_request *q)
{
	uint64_t id;
	if (!slice_to_u64(slice_cstr(q->param), &id) || id == 0)
		return NULL;
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++)
		if (q->p->monitor->observer.book.incidents[n].id == id)
			return &q->p->monitor->observer.book.incidents[n];
	return NULL;
}

void api_one_incident(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	const struct incident *i = find(q);
	if (i)
		api_write_incident(q->p, i, &w);
	else
		api_problem(a, 404, "not-found", "There is no such incident", NULL);
}

/* Who asks, NUL-terminated. */
static void operator_text(const struct api_request *q, char text[ACTION_TEXT_MAX])
{
	(void)snprintf(text, ACTION_TEXT_MAX, "%.*s", SLICE_ARG(q->operator));
}

void api_incident_release(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	char by[ACTION_TEXT_MAX];
	const struct incident *i = find(q);
	operator_text(q, by);
	if (!i || !is_ok(monitor_process_release(q->p, i->id, by))) {
		api_problem(a, 404, "not-found", "There is no such live incident", NULL);
		return;
	}
	api_write_incident(q->p, i, &w);
}

static void write_action(const struct action *action, struct json_writer *w)
{
	json_begin(w, '{');
	json_member_uint(w, "id", action->id);
	json_member_text(w, "action", slice_cstr(action_name(action->kind)));
	json_member_text(w, "function", slice_cstr(action->function));
	json_member_hex(w, "caller", action->caller);
	json_member_hex(w, "address", action->address);
	json_member_text(w, "prefix", slice_cstr(action->prefix_text));
	json_member_text(w, "country", slice_cstr(action->country));
	json_member_uint(w, "per_minute", action->kind == GUARD_THROTTLE ? action->per_minute : 0);
	json_member_uint(w, "since_ms", (uint64_t)action->since_ms);
	json_member_uint(w, "until_ms", (uint64_t)action->until_ms);
	json_member_uint(w, "incident", action->incident);
	json_member_text(w, "by", slice_cstr(action->by));
	json_member_text(w, "why", slice_cstr(action->why));
	json_end(w, '}');
}

void api_write_actions(const struct monitor_process *p, struct json_writer *w)
{
	json_begin(w, '{');
	json_member_begin(w, "actions", '[');
	for (uint32_t i = 0; i < ACTIONS_MAX; i++)
		if (p->actions->of[i].id)
			write_action(&p->actions->of[i], w);
	json_end(w, ']');
	json_end(w, '}');
}

void api_actions(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	api_write_actions(q->p, &w);
}

static struct slice member(const json_t *body, const char *name)
{
	return slice_cstr(json_string_value(json_object_get(body, name)));
}

/* A member that is a number in hexadecimal or absent; false for anything else. */
static bool hex_member(const json_t *body, const char *name, uint64_t *ret)
{
	const struct slice text = member(body, name);
	*ret = 0;
	return text.len == 0 ? !json_object_get(body, name) || json_is_string(json_object_get(body, name))
			     : api_number_of_hex(text, ret);
}

static const char *read_target(const struct api_request *q, const json_t *body, struct action *a)
{
	uint32_t id = 0;
	const struct slice function = member(body, "function"), prefix = member(body, "prefix"), country = member(body, "country");
	if (function.len && !api_function_id(q->p, function, &id))
		return "function names none of the app";
	if (!hex_member(body, "caller", &a->caller) || !hex_member(body, "address", &a->address))
		return "caller and address are 16 hexadecimal digits";
	a->by_prefix = prefix.len > 0;
	if (a->by_prefix && (prefix.len >= sizeof a->prefix_text || !is_ok(ban_prefix_parse(prefix, NULL, &a->prefix))))
		return "prefix is an address or a range of them, as 192.0.2.0/24";
	(void)snprintf(a->function, sizeof a->function, "%.*s", SLICE_ARG(function));
	(void)snprintf(a->prefix_text, sizeof a->prefix_text, "%.*s", SLICE_ARG(prefix));
	if (country.len && !is_country(country))
		return "country is a code of two upper-case letters, as KP";
	if (country.len && !(q->p->child->flags & SETUP_COUNTRIES))
		return "ward was started without a database of countries (--countries FILE)";
	(void)snprintf(a->country, sizeof a->country, "%.*s", SLICE_ARG(country));
	const unsigned subjects = (a->caller != 0) + (a->address != 0) + a->by_prefix + (country.len > 0);
	if (subjects > 1)
		return "name one of caller, address, prefix and country";
	if (a->kind == GUARD_BAN && subjects == 0)
		return "a ban needs caller, address, prefix or country";
	if (a->kind != GUARD_BAN && (function.len == 0 || a->by_prefix || country.len))
		return "this needs a function, and maybe a caller or an address";
	if (a->kind == GUARD_QUARANTINE && subjects > 0)
		return "a quarantine is of the whole function";
	a->per_minute = a->kind == GUARD_THROTTLE ? actions_rate(q->p, id, a->caller, a->address) : 0;
	return NULL;
}

/* NULL when the body is sound, else what is wrong with it. */
static const char *read_action(const struct api_request *q, const json_t *body, struct action *a)
{
	const json_t *minutes = json_object_get(body, "minutes");
	const json_int_t count = minutes ? json_integer_value(minutes) : MINUTES;
	if (!json_is_object(body))
		return "the body is one JSON object";
	if (!action_of_name(member(body, "action"), &a->kind))
		return "action is quarantine, throttle, challenge or ban";
	if (count < 1 || count > MINUTES_MAX)
		return "minutes is a number from 1 to 43200";
	a->since_ms = q->now_ms;
	a->until_ms = q->now_ms + count * MINUTE_MS;
	operator_text(q, a->by);
	(void)snprintf(a->why, sizeof a->why, "%.*s", SLICE_ARG(member(body, "why")));
	return read_target(q, body, a);
}

void api_action_add(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	struct action wanted = {0};
	json_t *body = json_loadb(q->body.ptr ? q->body.ptr : "", q->body.len, JSON_REJECT_DUPLICATES, NULL);
	const char *wrong = read_action(q, body, &wanted);
	json_decref(body);
	const struct action *made = wrong ? NULL : actions_add(q->p, &wanted);
	if (wrong) {
		api_problem(a, 400, "invalid-action", "The action is not sound", wrong);
	} else if (!made) {
		api_problem(a, 503, "overloaded", "There are too many actions in force", NULL);
	} else {
		a->status = 201;
		write_action(made, &w);
	}
}

void api_action_release(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	struct action was;
	char by[ACTION_TEXT_MAX];
	uint64_t id;
	operator_text(q, by);
	if (slice_to_u64(slice_cstr(q->param), &id) && id <= UINT32_MAX && actions_end(q->p, (uint32_t)id, by, &was))
		write_action(&was, &w);
	else
		api_problem(a, 404, "not-found", "There is no such action in force", NULL);
}
