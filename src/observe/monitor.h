/*
 * The monitor without its process: rings in, sums, incidents and exports out. The process that owns it gives
 * it rings and the names of functions, calls monitor_poll() every few milliseconds and monitor_tick() every
 * second, and is told of incidents.
 *
 * Rings come from processes that may be hostile: their records are checked, a record of a function that
 * nobody named is counted and dropped, and no ring can keep the others waiting.
 */
#ifndef WARD_OBSERVE_MONITOR_H
#define WARD_OBSERVE_MONITOR_H

#include "observe/observer.h"
#include "observe/otlp.h"
#include "observe/record_ring.h"
#include "observe/rollup.h"

#define MONITOR_RINGS_MAX 64u
#define MONITOR_RECENT 4096u /* newest records kept for the requests page */

#define MONITOR_NAME_BYTES 256u
#define MONITOR_EVIDENCE_BYTES 200u
#define MONITOR_DENIED 256u /* denials that wait for the record of their request */

struct monitor_function {
	uint32_t ref;	  /* generation << 16 | index in the contract */
	uint32_t rollup;  /* its number in the store, the same in every generation */
	uint32_t version; /* put into its records */
};

#define MONITOR_NO_WHOLE UINT32_MAX

/* A function since the monitor began. */
struct monitor_total {
	char app[MONITOR_NAME_BYTES], name[MONITOR_NAME_BYTES];
	uint32_t version;
	uint32_t whole; /* rollup number of the sums of its whole app; MONITOR_NO_WHOLE: it is ward's own, not the app's */
	struct rollup_cell sum;
	char evidence[MONITOR_EVIDENCE_BYTES]; /* what the broker or the supervisor said of the newest denial
						*/
};

/* Denials of one request, told of by the broker; its record tells the rest. */
struct monitor_denial {
	uint32_t ref;
	uint32_t request; /* low half */
	uint16_t call;	  /* call_of() the first */
	uint16_t count;	  /* 0: free */
	int64_t since_s;
};

struct monitor {
	struct rollup *rollup;
	struct observer observer;
	struct record_reader rings[MONITOR_RINGS_MAX];
	uint32_t ring_count;
	struct monitor_function *functions; /* owned, sorted by ref */
	uint32_t function_count, function_room;
	struct monitor_total *totals; /* owned, by rollup number */
	uint32_t total_count;
	struct monitor_denial denied[MONITOR_DENIED];
	uint32_t denied_count;
	struct invocation *recent; /* owned, MONITOR_RECENT, a ring */
	uint32_t *recent_functions; /* owned, beside them: the rollup number, good in every generation */
	uint64_t recent_count;
	uint64_t records, unnamed;
	int64_t started_s;
	/* Hears of every named record, joined with what is known of it; NULL: nobody does. */
	void (*seen)(void *context, uint32_t function, const struct invocation *v);
	void *seen_context;
};

/* The store's path is borrowed for the call; heard as in incident.h. Returns owned. */
result monitor_open(const char *path, const struct observer_config *config, incident_heard heard,
    void *context, int64_t now_s, struct error *err, struct monitor **ret);
void monitor_close(struct monitor *m);

/* Maps the ring; fd is borrowed. ERR_LIMIT past MONITOR_RINGS_MAX. */
result monitor_add_ring(struct monitor *m, int fd, struct error *err);

/* Names a function of a generation; the same app and name go on in the sums of earlier generations. What is called with a
 * colon in its name is ward's own. version:
 * 0 where the records say it themselves. */
result monitor_name(struct monitor *m, uint32_t ref, struct slice app, struct slice name, uint32_t version,
    struct error *err);
/* A generation is over: its references mean nothing any more. */
void monitor_forget_generation(struct monitor *m, uint32_t generation);

/*
 * A denial that the broker told of: `request` is the low half of its number, `call` what was asked for
 * (call_of()), `what` its words. It is joined with the record of that request; when none comes within two
 * seconds it is a signal by itself. A reference that nobody named is ignored.
 */
void monitor_denied(
    struct monitor *m, uint32_t ref, uint32_t request, uint16_t call, struct slice what, int64_t now_s);
/* A worker was ended for a system call that its filter refuses: a trap, with that call as its evidence. */
void monitor_trapped(struct monitor *m, uint32_t ref, struct slice what, int64_t now_s);

/* Reads up to `most` records of each ring; returns how many came. */
size_t monitor_poll(struct monitor *m, size_t most);
result monitor_tick(struct monitor *m, int64_t now_s, struct error *err);

/*
 * What was learned and which incidents there are, into a file and back (memory.c). Read only into a monitor that was just
 * opened, over the same rollup store; ERR_SYSTEM without a file, ERR_INVALID for one that is damaged or of another build:
 * then nothing was read, and learning begins anew.
 */
result monitor_remember(const struct monitor *m, const char *path, struct error *err);
result monitor_recall(struct monitor *m, const char *path, struct error *err);

/* The i-th newest record, or NULL; and the rollup number of its function. */
const struct invocation *monitor_recent(const struct monitor *m, uint64_t i);
uint32_t monitor_recent_function(const struct monitor *m, uint64_t i);

/* /metrics. */
void monitor_metrics(const struct monitor *m, struct buf *out);

/*
 * What `ward top` shows, one JSON object: functions with their last minute, live incidents in words, newest
 * first. namer_of gives the namer's context for a function ("APP/FUNCTION").
 */
typedef void *(*monitor_contract)(void *context, struct slice app, struct slice name);
result monitor_overview(const struct monitor *m, int64_t now_s, call_namer namer, monitor_contract contract,
    void *context, struct error *err, struct buf *out);

/* monitor_denied.c, for monitor.c: adds what is known of this request's denials; a second has passed. */
void monitor_join_denials(struct monitor *m, struct invocation *v);
void monitor_expire_denials(struct monitor *m, int64_t now_s);
/* The place of a named reference, or NULL. */
const struct monitor_function *monitor_function_of(const struct monitor *m, uint32_t ref);

#endif
