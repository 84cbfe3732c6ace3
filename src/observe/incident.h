/*
 * Incidents: signals of one kind, function and subject, kept together from the first to the last, with a
 *timeline, the evidence and what was done. One incident is one alert; what follows joins it.
 *
 * A rule for each kind of signal says what to do, once so many signals came within so long: record, alert,
 *challenge, throttle, quarantine. Actions end by themselves when the incident has been quiet for the rule's
 *release time, or by hand. State changes only through one function over one table.
 *
 *	NONE -> OPEN -> ACTING -> QUIET -> CLOSED        QUIET -> ACTING when it begins again
 */
#ifndef WARD_OBSERVE_INCIDENT_H
#define WARD_OBSERVE_INCIDENT_H

#include "observe/signal.h"

enum incident_action {
	ACTION_RECORD,
	ACTION_ALERT,
	ACTION_CHALLENGE,  /* the subject must prove itself: sign in again, solve a puzzle */
	ACTION_THROTTLE,   /* the subject gets a tenth of its rate */
	ACTION_QUARANTINE, /* the function answers 503 and its events wait */
	ACTION_COUNT,
};

struct incident_rule {
	enum incident_action action;
	uint32_t signals_least; /* within within_ms, before the action is taken; until then it is recorded */
	int64_t within_ms;
	int64_t release_ms; /* quiet for so long ends it */
};

/* A rule a kind, as shipped: nothing takes a function down unless its owner says so. */
extern const struct incident_rule incident_rules_default[SIGNAL_KIND_COUNT];

enum incident_state {
	INCIDENT_NONE,
	INCIDENT_OPEN,
	INCIDENT_ACTING,
	INCIDENT_QUIET,
	INCIDENT_CLOSED,
	INCIDENT_STATE_COUNT
};

#define INCIDENT_EVIDENCE 16u
#define INCIDENTS_MAX 512u

struct incident {
	uint32_t id; /* counts up, from 1 */
	enum incident_state state;
	enum signal_kind kind;
	enum incident_action action; /* in force, or ACTION_RECORD */
	uint32_t function;
	uint64_t subject; /* caller or address the signals point at, 0 for none */
	bool subject_is_address;
	int64_t opened_ms, acted_ms, last_ms, closed_ms;
	uint64_t signals;
	int64_t window_begin_ms; /* of counting towards the rule's signals_least */
	uint32_t window_signals;
	double worst;
	/* The first half of the evidence is kept, the rest is the newest. */
	struct signal evidence[INCIDENT_EVIDENCE];
	uint32_t evidence_count; /* ever offered */
};

/* Hears of every change of state: what is stored, alerted and shown. */
typedef void (*incident_heard)(void *context, const struct incident *incident, enum incident_state before);

struct incident_book {
	struct incident incidents[INCIDENTS_MAX];
	uint32_t next_id;
	uint64_t dropped;		   /* signals for which there was no room among live incidents */
	const struct incident_rule *rules; /* SIGNAL_KIND_COUNT of them */
	incident_heard heard;
	void *context;
};

/* The rules are borrowed and must outlive the book; heard may be NULL. */
void incident_book_init(
    struct incident_book *book, const struct incident_rule *rules, incident_heard heard, void *context);

/* Adds a signal to its incident or opens one. NULL when there was no room. */
const struct incident *incident_report(struct incident_book *book, const struct signal *s);
/* Lets time pass: quiet incidents close and their actions end. */
void incident_tick(struct incident_book *book, int64_t now_ms);
/* By hand. ERR_NOT_FOUND when there is no live incident of that number. */
result incident_release(struct incident_book *book, uint32_t id, int64_t now_ms, struct error *err);

/* The strongest action in force for a call of this function by this caller from this address. */
enum incident_action incident_action_for(
    const struct incident_book *book, uint32_t function, uint64_t caller, uint64_t address);

const char *incident_action_name(enum incident_action action);
const char *incident_state_name(enum incident_state state);

/* What happened, to what, since when, what was done, when it ends, what to look at: a paragraph for a
 * developer. */
void incident_explain(const struct incident_book *book, const struct incident *i, struct slice function_name,
    call_namer namer, void *context, struct buf *out);

#endif
