/*
 * The monitor process: it reads the records that gateways leave in their rings, sums them, watches for what
 * is not as it was declared or learned, and tells whoever may open its socket. What it does is in observe/;
 * here is how it lives:
 *
 *	monitor.c  manifest, loop, control messages      apps.c      the contracts that name what records number
 *	answer.c   the socket behind `ward top`          api*.c      what operators ask, see api.h
 *	gateways.c channels to the gateways, stream.c    actions.c   what is in force against calls
 *	history.c  what is kept beside sums              logs.c      what functions log
 *	kept.c     records that are kept longer          profiles.c  what is committed and what was learned
 *	deployments.c  what was deployed when
 *	outbox.c   who is told of incidents              report.c    the way outside, and what collectors get
 *
 * It trusts the supervisor; gateways not at all (observe/record_ring.h). Nobody waits for it: when it is gone
 * or behind, records are dropped and counted, and requests go on.
 */
#ifndef WARD_PROC_MONITOR_H
#define WARD_PROC_MONITOR_H

#include "app/app.h"
#include "observe/monitor.h"
#include "proc/process.h"

#define MONITOR_APPS_MAX 4u
#define MONITOR_READERS_MAX 8u
#define MONITOR_GATEWAYS_MAX 8u
#define MONITOR_STREAMS_MAX 16u

struct monitor_app {
	uint32_t generation; /* 0: free */
	struct arena arena;
	struct slice text;
	struct app_contract contract;
};

/* Someone on the socket, who asks one thing. */
struct monitor_reader {
	struct watch watch; /* fd -1: free */
	struct monitor_process *owner;
	uint64_t since_ms;
	struct buf request;
	struct buf answer;
	size_t at;
};

/* Who listens to events: the call of a gateway. */
struct monitor_stream {
	uint32_t gateway, id;
};

/* What those outside know of an incident. */
struct monitor_reported {
	uint32_t id;
	bool over;
};

struct actions;
struct budget_watch;
struct gateways;
struct history;
struct outbox;
struct kept;
struct deployments;

struct monitor_process {
	struct child *child;
	struct monitor *monitor;
	struct incident_rule rules[SIGNAL_KIND_COUNT]; /* as shipped, but for what the app's author says */
	struct watch listener;
	struct monitor_app apps[MONITOR_APPS_MAX];
	struct monitor_reader readers[MONITOR_READERS_MAX];
	struct gateways *gateways;
	struct actions *actions;
	struct budget_watch *budgets;
	struct history *history;
	struct monitor_stream streams[MONITOR_STREAMS_MAX];
	uint32_t stream_count;
	uint64_t streamed_count;	       /* of recent records, that streams have been told of */
	struct {
		uint32_t id;
		enum incident_state state;
		uint64_t signals;
	} told[INCIDENTS_MAX]; /* what streams know of each incident */
	bool incidents_changed; /* since then */
	struct channel broker; /* report.c */
	bool broker_up;
	struct outbox *outbox;
	struct kept *kept;
	struct deployments *deployments;
	struct monitor_reported reported[INCIDENTS_MAX]; /* outbox.c */
	uint64_t exported_count; /* of recent records */
	uint64_t exported_failure; /* number of the newest failure that collectors got */
	uint64_t exported_line;	 /* number of the newest line that collectors got */
	int64_t exported_ms;
	int64_t processes_asked_ms;
	const char *released_by; /* while an incident is being closed by hand */
	struct watch logs; /* fd -1: none */
	struct buf log_bytes;
	uint64_t ticked_ms, remembered_ms;
	int nap_ms; /* until the rings are looked at again */
};

/* apps.c: names the functions of a generation; the descriptors stay the caller's. */
result apps_take(struct monitor_process *p, uint32_t generation, int contract_fd, int versions_fd, struct error *err);
/* profiles.c: what the author committed as the behaviour of the newest generation. */
void profiles_adopt(struct monitor_process *p, int profile_fd);
void apps_drop(struct monitor_process *p, uint32_t generation);
/* For explanations: the contract of a function in the newest generation that has it, and what a host call of
 * it is. */
void *apps_contract(void *context, struct slice app, struct slice name);
struct slice apps_call_name(void *context, uint16_t call);

/* monitor.c: closes an incident by hand; ERR_NOT_FOUND when it is not live. */
result monitor_process_release(struct monitor_process *p, uint32_t incident, const char *by);
/* Asks the supervisor, who answers with PROCESSES. */
void monitor_process_want_processes(struct monitor_process *p);

/* logs.c: reads from the pipe from now on; takes the descriptor. */
void logs_take(struct monitor_process *p, int *fd);
/* Takes what is there now. */
void logs_rest(struct monitor_process *p);

/* answer.c */
void answer_accept(struct loop *loop, struct watch *watch, uint32_t events);

#endif
