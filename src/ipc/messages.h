/*
 * Every message between processes of ward, in two tables.
 *
 * Control messages travel over a SOCK_SEQPACKET pair between the supervisor and each process, carry three numbers,
 * a short text and descriptors, and are rare. Records travel through shared-memory channels (channel.h) between
 * the processes that serve requests. What is not in a table does not exist: a message of another type, another
 * size or from another peer closes that peer. docs/messages.md is made from these tables and a test keeps it so.
 */
#ifndef WARD_IPC_MESSAGES_H
#define WARD_IPC_MESSAGES_H

#include <stdint.h>

/* Bump with any change of the tables: processes of different versions must not talk. */
#define MESSAGES_VERSION 4u

/*	 name, direction, meaning of the numbers a b c and of the text, descriptors */
#define CONTROL_MESSAGES(X)                                                                                  \
	X(SETUP, "supervisor to any", "a: index of the process among its kind; b: CPU; c: flags (SETUP_*); text: ticket key in hexadecimal; gateway: trusted proxies; broker: master key; monitor: number of the run",  \
	    "own doorbell; gateway: listener, the rate limits and the calls under way that all gateways share; " \
	    "broker: state directory; monitor: its directory, the socket it answers on")                    \
	X(APP, "supervisor to gateway, broker, monitor", "a: generation",                                    \
	    "sealed contract; gateway, broker: sealed assets; monitor: sealed versions of the functions, sealed profile")    \
	X(APP_READY, "gateway, broker to supervisor", "a: generation", "")                                   \
	X(APP_DRAINED, "gateway to supervisor", "a: generation: no request of it is left", "")               \
	X(APP_DROP, "supervisor to gateway, broker, monitor", "a: generation to forget", "")                          \
	X(CHANNEL, "supervisor to any", "a: enum process_kind of the peer; b: generation << 16 | function; " \
					"c: thread or index of the peer", "channel memory, the peer's doorbell")     \
	X(CHANNEL_GONE, "supervisor to any", "as CHANNEL: the peer has ended; text: why", "")                \
	X(READY, "any to supervisor", "a: 0 locked, 1 serving", "locked: notify descriptor of the filter")     \
	X(FAILED, "any to supervisor", "text: why it cannot start", "")                                      \
	X(DRAIN, "supervisor to gateway, monitor", "a: ms it may take", "")                                  \
	X(WORKER_WANTED, "gateway to supervisor", "b: generation << 16 | function", "")                      \
	X(WORKER_STUCK, "gateway to supervisor", "b: generation << 16 | function: it answers no more", "")   \
	X(WORKER_START, "supervisor to zygote", "b: number of the worker; c: threads",                       \
	    "worker's control socket, worker's log")                                                         \
	X(WORKER_STARTED, "zygote to supervisor", "a: pid; b: number of the worker", "pidfd")                \
	X(WORKER_ENDED, "zygote to supervisor", "a: pid; b: number of the worker; c: wait status", "")       \
	X(WORKER_RUN, "supervisor to worker", "b: generation << 16 | function, the one it is from now on",   \
	    "sealed bundle, sealed contract of the function")                                                \
	X(SITE, "supervisor to gateway, broker", "text: origin of the app, LF, its name", "")              \
	X(DEV_FINDINGS, "supervisor to gateway", "what the last build of `ward dev` found", "sealed JSON array")  \
	X(DENIED, "broker to supervisor, supervisor to monitor",                                             \
	    "a: low half of the request; b: generation << 16 | function; c: enum host_verb, HOST_VERB_COUNT for a system call; " \
	    "text: what and why", "")                                                                        \
	X(RECORDS, "supervisor to gateway, monitor", "a: index of the gateway", "its ring of records")       \
	X(DATABASE, "supervisor to broker", "the app's data are on a PostgreSQL server",                     \
	    "sealed struct app_database; the certificates that its server may have, if any are asked for")   \
	X(SOCKET_WANTED, "broker to supervisor, supervisor to dialer",                                       \
	    "one connection more to the database server; its place is in the dialer's SETUP", "")            \
	X(SOCKET, "dialer to supervisor, supervisor to broker", "text: why there is none", "connected socket, or none")     \
	X(LOGS, "supervisor to monitor", "", "a pipe with what functions log")                               \
	X(PROCESSES_WANTED, "monitor to supervisor", "an operator wants to see them", "")                    \
	X(PROCESSES, "supervisor to monitor", "", "sealed JSON, as `ward ps --json`")

enum control_type {
#define X(name, direction, meaning, fds) CONTROL_##name,
	CONTROL_MESSAGES(X)
#undef X
	    CONTROL_TYPE_COUNT
};

#define SETUP_DEV 1u	/* `ward dev`: verbose, errors shown on the page */
#define SETUP_COUNTRIES 4u /* monitor: gateways know which country an address is in */
#define SETUP_REMOTE 2u /* broker: the data are on a server, and DATABASE says which */

/*	 name, direction, payload, largest payload in bytes */
#define RECORDS(X)                                                                                           \
	X(CALL, "gateway to worker", "struct call_head, then caller, ticket and input", 64u << 20)           \
	X(CANCEL, "gateway to worker", "nothing: the caller has gone or waited too long", 0)                 \
	X(RESULT, "worker to gateway", "struct result_head, then an encoded value or a text", 64u << 20)     \
	X(HOST_CALL, "worker to broker", "struct host_call_head, then ticket and argument", 64u << 20)       \
	X(HOST_REPLY, "broker to worker", "struct host_reply_head, then an encoded value or a text", 64u << 20) \
	X(CALL_ENDED, "worker to broker", "nothing: what the request left open is rolled back", 0)           \
	X(AUTH, "gateway to broker", "struct auth_head, then fields", 128u << 10)                             \
	X(AUDIT, "gateway to broker", "struct audit_head, then fields: an act of an operator", 8u << 10)      \
	X(AUTH_REPLY, "broker to gateway", "struct auth_reply_head, then fields", 2u << 20)                 \
	X(SESSION_DROPPED, "broker to gateway", "hash of the token that is no longer good; empty: any may be", 32)              \
	X(FETCH, "broker to egress", "struct fetch_head, then request", 16u << 20)                           \
	X(MAIL, "broker to egress", "struct mail_head, then server, credentials, envelope and text", 64u << 10)   \
	X(FETCH_REPLY, "egress to broker", "struct fetch_reply_head, then response", 16u << 20)                 \
	X(WATCH, "gateway to monitor", "struct watch_head, then a request of an operator", 128u << 10)       \
	X(WATCH_END, "gateway to monitor", "nothing: whoever asked has gone", 0)                             \
	X(WATCH_REPLY, "monitor to gateway", "struct watch_reply_head, then bytes", 64u << 20)               \
	X(GUARD, "monitor to gateway", "struct guard_head, then a function's name", 1024)                   \
	X(REPORT, "monitor to broker", "struct report_head, then to whom and a body for those outside whom the contract names", 4u << 20) \
	X(REPORT_DONE, "broker to monitor", "struct report_done_head, then why: what came of a webhook's message", 1024)

enum record_type {
#define X(name, direction, payload, max) RECORD_##name,
	RECORDS(X)
#undef X
	    RECORD_TYPE_COUNT
};

const char *control_name(unsigned type);
const char *record_name(unsigned type);
/* Largest payload of a record type; 0 also for unknown types. */
uint32_t record_max(unsigned type);

#endif
