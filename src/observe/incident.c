/* Incidents. Called by the monitor for every signal and every second. */
#include "observe/incident.h"

#include <time.h>

#include "base/check.h"

#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)

const struct incident_rule incident_rules_default[SIGNAL_KIND_COUNT] = {
    [SIGNAL_DENIAL] = {ACTION_ALERT, 1, MINUTE_MS, 60 * MINUTE_MS},
    [SIGNAL_FIRST_USE] = {ACTION_ALERT, 1, MINUTE_MS, 60 * MINUTE_MS},
    [SIGNAL_NEW_ORDER] = {ACTION_ALERT, 1, MINUTE_MS, 60 * MINUTE_MS},
    [SIGNAL_TRAP] = {ACTION_ALERT, 1, MINUTE_MS, 60 * MINUTE_MS},
    [SIGNAL_INPUT_REFUSED] = {ACTION_RECORD, 1, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_MISMATCH] = {ACTION_ALERT, 1, MINUTE_MS, 60 * MINUTE_MS},
    [SIGNAL_PAYLOAD] = {ACTION_RECORD, 1, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_MANY_CALLS] = {ACTION_ALERT, 1, MINUTE_MS, 30 * MINUTE_MS},
    [SIGNAL_CALLER_RATE] = {ACTION_THROTTLE, 1, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_AUTH_FAILURES] = {ACTION_CHALLENGE, 1, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_PROBING] = {ACTION_THROTTLE, 1, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_FLOOD] = {ACTION_ALERT, 1, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_SILENCE] = {ACTION_ALERT, 1, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_CPU] = {ACTION_ALERT, 1, MINUTE_MS, 30 * MINUTE_MS},
    [SIGNAL_MEMORY] = {ACTION_ALERT, 1, MINUTE_MS, 60 * MINUTE_MS},
    [SIGNAL_RESPONSE_SIZE] = {ACTION_ALERT, 1, MINUTE_MS, 30 * MINUTE_MS},
    [SIGNAL_LATENCY] = {ACTION_ALERT, 2, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_FAILURES] = {ACTION_ALERT, 1, MINUTE_MS, 10 * MINUTE_MS},
    [SIGNAL_STATISTICS] = {ACTION_RECORD, 1, MINUTE_MS, 60 * MINUTE_MS},
    [SIGNAL_BUDGET_LOW] = {ACTION_ALERT, 1, MINUTE_MS, 60 * MINUTE_MS},
    [SIGNAL_BUDGET_SPENT] = {ACTION_ALERT, 1, MINUTE_MS, 2 * MINUTE_MS},
};

static const char *const action_names[ACTION_COUNT] = {
    "record", "alert", "challenge", "throttle", "quarantine"};
static const char *const state_names[INCIDENT_STATE_COUNT] = {"none", "open", "acting", "quiet", "closed"};

/* Which changes of state there are. */
static const bool may_follow[INCIDENT_STATE_COUNT][INCIDENT_STATE_COUNT] = {
    [INCIDENT_NONE] = {[INCIDENT_OPEN] = true},
    [INCIDENT_OPEN] = {[INCIDENT_ACTING] = true, [INCIDENT_CLOSED] = true},
    [INCIDENT_ACTING] = {[INCIDENT_QUIET] = true, [INCIDENT_CLOSED] = true},
    [INCIDENT_QUIET] = {[INCIDENT_ACTING] = true, [INCIDENT_CLOSED] = true},
};

void incident_book_init(
    struct incident_book *book, const struct incident_rule *rules, incident_heard heard, void *context)
{
	*book = (struct incident_book){.next_id = 1, .rules = rules, .heard = heard, .context = context};
}

static const struct incident_rule *rule_of(const struct incident_book *book, const struct incident *i)
{
	return &book->rules[i->kind];
}

static void set_state(
    struct incident_book *book, struct incident *i, enum incident_state state, int64_t now_ms)
{
	enum incident_state before = i->state;
	ASSERT(may_follow[before][state]);
	i->state = state;
	if (state == INCIDENT_ACTING) {
		i->action = rule_of(book, i)->action;
		i->acted_ms = now_ms;
	}
	if (state == INCIDENT_CLOSED) {
		i->closed_ms = now_ms;
		i->action = ACTION_RECORD;
	}
	if (book->heard)
		book->heard(book->context, i, before);
}

static bool is_live(const struct incident *i)
{
	return i->state == INCIDENT_OPEN || i->state == INCIDENT_ACTING || i->state == INCIDENT_QUIET;
}

static uint64_t subject_of(const struct signal *s, bool *ret_is_address)
{
	/* Exact signals are about the function whoever called; a subject is for what only somebody does. */
	bool by_subject =
	    s->kind == SIGNAL_CALLER_RATE || s->kind == SIGNAL_PROBING || s->kind == SIGNAL_PAYLOAD;
	*ret_is_address = by_subject && !s->caller && s->address;
	return !by_subject ? 0 : s->caller ? s->caller : s->address;
}

/* Which of two is missed less: the one that is over, then the one that only records, then the one longest
 * quiet. */
static bool is_cheaper(const struct incident *a, const struct incident *b)
{
	if (is_live(a) != is_live(b))
		return !is_live(a);
	if (a->action != b->action)
		return a->action < b->action;
	return a->last_ms < b->last_ms;
}

/*
 * The live incident of this signal, or a place for a new one. Strangers can open many that only record (a
 * payload from each of many addresses): those make room, incidents that act never do.
 */
static struct incident *find_place(struct incident_book *book, const struct signal *s, uint64_t subject)
{
	struct incident *place = &book->incidents[0];
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		struct incident *i = &book->incidents[n];
		if (is_live(i) && i->kind == s->kind && i->function == s->function && i->subject == subject)
			return i;
		place = is_cheaper(i, place) ? i : place;
	}
	if (is_live(place) && place->action > ACTION_RECORD)
		return NULL;
	if (is_live(place))
		set_state(book, place, INCIDENT_CLOSED, s->time_ms);
	return place;
}

static void keep_evidence(struct incident *i, const struct signal *s)
{
	const uint32_t half = INCIDENT_EVIDENCE / 2;
	uint32_t n = i->evidence_count++;
	i->evidence[n < INCIDENT_EVIDENCE ? n : half + (n - INCIDENT_EVIDENCE) % half] = *s;
}

static bool rule_is_met(const struct incident_rule *rule, struct incident *i, int64_t now_ms)
{
	if (now_ms - i->window_begin_ms > rule->within_ms) {
		i->window_begin_ms = now_ms;
		i->window_signals = 0;
	}
	i->window_signals++;
	return rule->action != ACTION_RECORD && i->window_signals >= rule->signals_least;
}

const struct incident *incident_report(struct incident_book *book, const struct signal *s)
{
	bool is_address;
	uint64_t subject = subject_of(s, &is_address);
	struct incident *i = find_place(book, s, subject);
	if (!i) {
		book->dropped++;
		return NULL;
	}
	if (!is_live(i)) {
		*i = (struct incident){.id = book->next_id++,
		    .kind = s->kind,
		    .function = s->function,
		    .subject = subject,
		    .subject_is_address = is_address,
		    .opened_ms = s->time_ms,
		    .window_begin_ms = s->time_ms};
		set_state(book, i, INCIDENT_OPEN, s->time_ms);
	}
	i->signals++;
	i->last_ms = s->time_ms;
	i->worst = s->value > i->worst ? s->value : i->worst;
	keep_evidence(i, s);
	bool met = rule_is_met(rule_of(book, i), i, s->time_ms);
	if ((i->state == INCIDENT_OPEN && met) || i->state == INCIDENT_QUIET)
		set_state(book, i, INCIDENT_ACTING, s->time_ms);
	return i;
}

void incident_tick(struct incident_book *book, int64_t now_ms)
{
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		struct incident *i = &book->incidents[n];
		if (!is_live(i))
			continue;
		int64_t quiet_ms = now_ms - i->last_ms, release_ms = rule_of(book, i)->release_ms;
		if (i->state == INCIDENT_ACTING && quiet_ms >= release_ms / 2)
			set_state(book, i, INCIDENT_QUIET, now_ms);
		if (quiet_ms >= release_ms)
			set_state(book, i, INCIDENT_CLOSED, now_ms);
	}
}

result incident_release(struct incident_book *book, uint32_t id, int64_t now_ms, struct error *err)
{
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		if (book->incidents[n].id == id && is_live(&book->incidents[n])) {
			set_state(book, &book->incidents[n], INCIDENT_CLOSED, now_ms);
			return RESULT_OK;
		}
	}
	return error_set(err, ERR_NOT_FOUND, "there is no live incident %u", id);
}

enum incident_action incident_action_for(
    const struct incident_book *book, uint32_t function, uint64_t caller, uint64_t address)
{
	enum incident_action strongest = ACTION_RECORD;
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &book->incidents[n];
		if (!is_live(i) || i->function != function || i->action <= strongest)
			continue;
		uint64_t who = i->subject_is_address ? address : caller;
		if (i->subject == 0 || i->subject == who)
			strongest = i->action;
	}
	return strongest;
}

const char *incident_action_name(enum incident_action action)
{
	return action_names[action];
}

const char *incident_state_name(enum incident_state state)
{
	return state_names[state];
}

static void add_time(int64_t unix_ms, struct buf *out)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm t;
	if (gmtime_r(&seconds, &t))
		buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d UTC", t.tm_year + 1900, t.tm_mon + 1,
		    t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

void incident_explain(const struct incident_book *book, const struct incident *i, struct slice function_name,
    call_namer namer, void *context, struct buf *out)
{
	static const char *const done[ACTION_COUNT] = {"It was recorded only.", "You were alerted.",
	    "Whoever calls must prove themselves first.", "The caller is throttled to a tenth.",
	    "The function is quarantined: callers get 503 and its events wait."};
	buf_add_cstr(out, "Function ");
	buf_add_slice(out, function_name);
	buf_add_cstr(out, ", ");
	add_time(i->opened_ms, out);
	buf_add_cstr(out, ": ");
	if (i->evidence_count)
		signal_explain(&i->evidence[0], namer, context, out);
	if (i->signals > 1)
		buf_printf(out, " It was seen %llu times until ", (unsigned long long)i->signals),
		    add_time(i->last_ms, out), buf_add_char(out, '.');
	buf_printf(out, " %s", i->acted_ms ? done[rule_of(book, i)->action] : done[ACTION_RECORD]);
	if (i->state == INCIDENT_CLOSED)
		buf_add_cstr(out, " It is over since "), add_time(i->closed_ms, out), buf_add_char(out, '.');
	else
		buf_printf(out, " It ends by itself after %lld minutes without another.",
		    (long long)(rule_of(book, i)->release_ms / MINUTE_MS));
	buf_printf(out, " %s", signal_manifests[i->kind].advice);
}
