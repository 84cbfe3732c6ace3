/*
 * The broker: the only process that holds data. It runs named queries for workers, each under the grants of the one
 * function whose channel the call came through, keeps users and sessions for the gateways, and passes outbound requests
 * that a contract allows on to egress.
 *
 *	grants.c   which function a channel is, what it may ask     query.c   host calls on the database
 *	fetch.c    host calls on the network                        accounts.c  users and sessions for gateways
 *
 * Its verbs are closed: what is not in enum host_verb or enum auth_operation does not exist, and what a contract does
 * not grant is denied, recorded and told to the supervisor.
 */
#ifndef WARD_PROC_BROKER_H
#define WARD_PROC_BROKER_H

#include "app/app.h"
#include "app/secrets/secret_store.h"
#include "app/usage/usage.h"
#include "base/strmap.h"
#include "contract/type.h"
#include "data/session.h"
#include "ipc/channel.h"
#include "ipc/records.h"
#include "proc/process.h"

#define BROKER_GENERATIONS_MAX 3u
#define BROKER_GATEWAYS_MAX 8u
#define WORKER_THREADS_MAX 8u
#define TRANSACTIONS_MAX 64u
#define SESSIONS_IDLE_MAX 4u
#define PENDING_MAX 4096u
#define REPLY_VALUE_MAX (16u << 20)

struct broker;
struct broker_app;

/* A function and the connections that carry its authority. */
struct broker_function {
	struct broker_app *app;
	const struct app_function *contract;
	uint32_t ref;
	struct type_set *types;
	struct strmap queries; /* name to its index + 1 */
	struct sql_session *session; /* for single statements; opened at the first call */
	struct sql_session *idle[SESSIONS_IDLE_MAX]; /* for the next transactions */
	struct channel *workers[WORKER_THREADS_MAX];
	/* Transactions by thread and request slot of the worker; each its own connection under the same grants. */
	struct remote_function *remote; /* remote.c; NULL: nothing is under way */
	struct transaction {
		struct sql_session *session;
		uint32_t thread;
		uint32_t slot;
	} transactions[TRANSACTIONS_MAX];
};

struct broker_app {
	uint32_t generation;
	struct arena arena;
	struct slice text;
	struct app_contract contract;
	struct usage *usage;
	struct broker_function *functions;
};

/* What egress said; the slices hold for the call. status: of HTTP or SMTP, 0 when there was none. */
struct egress_answer {
	enum err_code code;
	uint32_t status;
	struct slice headers, body; /* body: a message when code is not ERR_NONE */
};
typedef void egress_done_fn(struct broker *b, void *context, const struct egress_answer *answer);

/* A host call or sign-in whose answer comes from elsewhere. */
struct pending {
	bool used;
	uint16_t turn;
	egress_done_fn *done; /* the broker's own request; NULL: a function's */
	void *context;
	uint32_t function_ref;
	uint32_t thread;
	uint32_t worker_call;
	uint64_t request;
};

struct broker {
	struct child *child;
	uint8_t ticket_key[TICKET_KEY_BYTES];
	struct sql_db *db; /* NULL until DATABASE came, when the data are on a server */
	struct remote_database *remote; /* NULL: they are in a file */
	struct broker_app *apps[BROKER_GENERATIONS_MAX];
	struct channel gateways[BROKER_GATEWAYS_MAX];
	bool gateway_up[BROKER_GATEWAYS_MAX];
	struct channel egress;
	bool egress_up;
	struct channel monitor;
	bool monitor_up;
	struct pending *pending; /* PENDING_MAX */
	uint32_t pending_next;
	struct buf value;
	struct account_service *accounts;
	struct waiting_call *waiting, **waiting_end; /* in order of arrival */
	uint32_t waiting_count;
	int64_t unix_ms;
	int64_t used_saved_ms;
};

/* One host call as it came from a worker, checked for form and for its ticket. */
struct host_call {
	struct broker_function *function;
	uint32_t thread;
	uint32_t id;
	uint32_t slot;
	enum host_verb verb;
	struct ticket_claims caller;
	struct slice name;
	struct slice argument;
	struct slice payload; /* the record as it came, for those that have to wait */
};

/* grants.c */
/* *ret is the broker's, until the generation is dropped. */
result broker_take_app(struct broker *b, uint32_t generation, int contract_fd, struct error *err,
    const struct app_contract **ret);
void broker_drop_app(struct broker *b, uint32_t generation);
struct broker_function *broker_function_of(struct broker *b, uint32_t ref);
void broker_worker_gone(struct broker_function *f);
/* Records a denial: log and supervisor. */
void broker_denied(struct broker *b, const struct host_call *call, const char *what);

/* used.c: marks a grant as used; its number as usage.h counts those of a function. */
void broker_used(struct broker *b, const struct broker_function *f, size_t grant);
/* Keeps what was used; now: also when it was done a moment ago. */
void broker_save_used(struct broker *b, bool now);

/* waiting.c: keeps the call; makes all that wait again, in order. */
void waiting_add(struct broker *b, const struct host_call *call);
void waiting_retry(struct broker *b);
/* broker.c: one host call as it came. */
void host_call_take(struct broker *b, struct broker_function *f, uint32_t thread, const struct record *record);

/* query.c */
void query_call(struct broker *b, const struct host_call *call);
void transaction_call(struct broker *b, const struct host_call *call);
/* The request is over: what it left open is rolled back. */
void transaction_end(struct broker_function *f, uint32_t thread, uint32_t slot);
void transactions_end_all(struct broker_function *f);

/*
 * remote.c: the same on a database that is on a server. Nothing waits: a call is begun, and answered when the server has
 * answered. Calls of one transaction are made in their order.
 */
void remote_start(struct broker *b);
result remote_open(struct broker *b, int database_fd, int *roots_fd, struct error *err);
void remote_socket(struct broker *b, int fd, const char *why);
void remote_query(struct broker *b, const struct host_call *call, size_t index);
void remote_transaction(struct broker *b, const struct host_call *call);
/* A request is over; a worker; a function. */
void remote_call_ended(struct broker_function *f, uint32_t thread, uint32_t slot);
void remote_worker_gone(struct broker_function *f);
void remote_function_done(struct broker_function *f);
/* Once a turn: calls whose turn has come, deadlines. */
void remote_turn(struct broker *b);
/* Whether deadlines have to be looked at soon. */
bool remote_is_busy(const struct broker *b);

/* fetch.c */
void fetch_call(struct broker *b, const struct host_call *call);
/* What came of a function's request; head NULL: the answer did not come whole. */
void fetch_answer(struct broker *b, const struct pending *p, const struct fetch_reply_head *head, const struct slice parts[2]);

/* pending.c: a place, or NULL when all are taken; its number for egress */
struct pending *pending_take(struct broker *b);
uint32_t pending_id(const struct broker *b, const struct pending *p);
void fetch_reply(struct broker *b, const struct record *record);
void fetch_egress_gone(struct broker *b);
/* A request of the broker itself. False when it could not be sent: done is not called. */
bool fetch_own(struct broker *b, enum record_type type, const struct slice *parts, size_t count, egress_done_fn *done, void *context);

/* reports.c: what the monitor wants told outside */
void report_send(struct broker *b, const struct record *record);
/* signing.c: the header lines that prove who posts and when (Standard Webhooks); false when the secret is not set. */
bool webhook_sign(struct slice secret_name, uint64_t message, struct slice body, int64_t now_ms, struct buf *lines);
/* alerts.c: a mail about incidents to those whom the contract names. */
void accounts_alert(
    struct broker *b, const struct app_contract *contract, struct slice subject, struct slice text);

/* secrets.c: the master key where the supervisor was given one, else "". */
result secrets_start(const char *key_text, struct error *err);
/* The app's secret that no call may be given: the URL of its database. "": there is none. */
result secrets_withhold(struct slice name, struct error *err);
/* False, with a line in the log, when it is not set. secret_value_done() afterwards. */
bool secret_find(struct slice name, struct secret_value *ret);
/*
 * Adds the header that the rule's secret fills, if it has one, to lines (BUF_SECRET), and says where its value stands there;
 * false when the secret is not set.
 */
bool secret_header(const struct broker_function *f, const struct manifest_egress *rule, struct buf *lines,
    struct slice *ret_value);
/* A function asks for a secret that its contract says it holds. */
void secret_call(struct broker *b, const struct host_call *call);

/* accounts.c, with accounts_site.c and accounts_net.c */
result accounts_start(struct broker *b, struct error *err);
/* "ORIGIN\nNAME": how browsers see the app and what it is called. Accounts are offered from then on. */
void accounts_site(struct broker *b, struct slice text);
void accounts_request(struct broker *b, uint32_t gateway, const struct record *record);
/* What the app that serves from now on says of sign-in and mails; contract holds for the call. */
void accounts_app(struct broker *b, const struct app_contract *contract);
/* An act of an operator, for the audit log. */
void accounts_audit(struct broker *b, const struct record *record);
/* Answers that the password threads have finished. */
void accounts_finish(struct broker *b);

/* Answers a host call. value: the encoded value, or the message when code is not ERR_NONE. */
void host_reply(struct broker_function *f, uint32_t thread, uint32_t id, enum err_code code, struct slice value);
/* The same with a secret for a value: nothing of it stays behind in the channel. */
void host_reply_secret(struct broker_function *f, uint32_t thread, uint32_t id, struct slice value);

#endif
