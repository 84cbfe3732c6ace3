/*
 * What is in force against calls: by a rule, for as long as its incident lives, or by an operator's hand, until a time. The
 * monitor keeps the list and tells every gateway of each change; the gateways do it (ipc/watch_records.h, GUARD).
 */
#ifndef WARD_PROC_MONITOR_ACTIONS_H
#define WARD_PROC_MONITOR_ACTIONS_H

#include "ipc/watch_records.h"
#include "observe/ban_list.h"
#include "proc/monitor/monitor.h"

#define ACTIONS_MAX 1024u
#define ACTION_TEXT_MAX 128u

struct action {
	uint32_t id;	   /* 0: free */
	uint32_t incident; /* 0: by hand */
	enum guard_action kind;
	uint64_t caller, address;
	bool by_prefix;
	struct ban_prefix prefix;
	char prefix_text[64];
	char country[3]; /* "": of none */
	uint32_t per_minute; /* THROTTLE */
	int64_t since_ms, until_ms;
	char function[MONITOR_NAME_BYTES]; /* "": all */
	char by[ACTION_TEXT_MAX], why[ACTION_TEXT_MAX];
};

struct actions {
	struct action of[ACTIONS_MAX];
	uint32_t next_id;
	bool changed; /* since streams were told */
};

/* An incident has changed its state: its action begins, goes on or ends. */
void actions_on_incident(struct monitor_process *p, const struct incident *i);
/* By hand: takes id, since and until from here. NULL when there are too many. */
const struct action *actions_add(struct monitor_process *p, const struct action *wanted);
/* False when there is none. *ret is what it was. An incident whose action it was is released with it. */
bool actions_end(struct monitor_process *p, uint32_t id, const char *by, struct action *ret);
/* Ends what has run out, prolongs what belongs to a live incident. */
void actions_tick(struct monitor_process *p, int64_t now_ms);
/* What was done by hand, kept in a file beside the sums and taken from it. Callers and addresses are known by hashes of
 * this run (a text of SETUP): what names one does not outlive it. */
void actions_remember(const struct monitor_process *p);
void actions_recall(struct monitor_process *p, int64_t now_ms);
/* Everything, to a gateway that begins. */
void actions_tell_all(struct monitor_process *p, uint32_t gateway);
/* Calls a minute of the last one of a function by a caller or address (0: all), as the newest records tell. */
uint32_t actions_rate(const struct monitor_process *p, uint32_t function, uint64_t caller, uint64_t address);

/* "none", "challenge", "throttle", "quarantine": the strongest that holds for the function as a whole. */
const char *actions_of_function(const struct monitor_process *p, uint32_t function);
const char *action_name(enum guard_action kind);
bool action_of_name(struct slice name, enum guard_action *ret);

#endif
