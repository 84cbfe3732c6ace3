/*
 * The gateway: one process per core, each with its own listener on the shared port. It reads HTTP, checks and types
 * what came in, knows who calls, passes typed calls to workers and writes typed results.
 *
 *	conn.c      sockets, bytes, time limits           conn_input.c  requests out of bytes
 *	request.c   from a whole request to an answer or a call
 *	call.c      calls in flight, results of workers   router.c    method and path to a function
 *	session.c   who calls: cookies, tokens, cache     auth.c      the endpoints under /_ward/auth/
 *	generation.c  contracts taken up and dropped      problem.c   errors as RFC 9457
 *	answer.c    what a function returned, as an answer    outcome.c  and how its call ended
 *	upload.c    forms and files
 *	rate.c      limits.rate                           place.c     where connections come from, and how many
 *	observe.c   what the monitor hears of each request
 *	dev.c       what only `ward dev` serves          operator.c who may use the operators' interface
 *	dashboard.c the operators' page                   proxy.c     callers behind proxies
 *	origin.c    whether a request comes from a page of ours
 *	watching.c  the operators' interface, stream.c   guard.c     what the monitor decided, proof.c
 *	trace.c     traces of W3C                        sense.c     injections, for the monitor to know
 *	admit.c     how many may be inside under overload    busy.c  whose channels are looked at
 *	budget.c    what may be spent in a day           country.c   where callers may come from
 *
 * It trusts the supervisor and the broker; clients and workers not at all.
 */
#ifndef WARD_PROC_GATEWAY_H
#define WARD_PROC_GATEWAY_H

#include "app/app.h"
#include "base/strmap.h"
#include "contract/type.h"
#include "http/chunked.h"
#include "http/forwarded.h"
#include "http/head.h"
#include "http/response.h"
#include "ipc/channel.h"
#include "ipc/records.h"
#include "observe/budget.h"
#include "observe/gcra.h"
#include "observe/record_ring.h"
#include "observe/tally.h"
#include "observe/traceparent.h"
#include "os/spawn.h"
#include "proc/process.h"

#define CONNS_MAX 20000u
/* Of one IPv4 address or IPv6 /64, to one gateway. A proxy in front is one address. */
#define CONNS_PER_PLACE_MAX 512u
#define CALLS_MAX 4096u
#define BODY_BYTES_MAX (64u << 20)
#define SCRATCH_BYTES (64u << 10)
#define FUNCTION_IN_FLIGHT_MAX 1024u
#define ADDRESS_TEXT_MAX 48u
#define GENERATIONS_MAX 3u
#define RATE_KEY_BYTES 16u
#define PLACE_SLOTS 65536u

struct gateway;
struct gw_app;

/* A function as this gateway sees it. */
struct gw_function {
	struct gw_app *app;
	const struct app_function *contract;
	uint32_t ref;
	struct type_set *types;
	const struct type *input;  /* NULL: takes nothing */
	const struct type *output; /* NULL: returns nothing */
	bool has_outputs;	   /* some of its values are pages or redirects */
	size_t body_bytes_max;
	struct gcra_rate rate; /* interval_ns 0: no limit */
	struct channel *worker; /* NULL while there is none */
	bool wanted;		/* the supervisor has been asked for a worker */
	uint32_t in_flight;
	bool busy; /* busy.c */
	struct gw_function *busy_next;
	uint64_t heard_ms; /* when its worker was last heard of, or got its first call */
	uint64_t stuck_told_ms;
	struct admission *admission; /* admit.c */
	struct gw_budget *budget; /* budget.c; NULL: neither the function nor the app has one */
};

struct route_segment {
	struct slice literal; /* ptr NULL: a parameter */
	size_t param;	      /* index into the route's parameters */
};

struct route {
	struct gw_function *function;
	struct route_segment *segments;
	size_t segment_count;
	size_t literals; /* more literal segments win */
};

struct router {
	struct route *routes; /* sorted: more literal routes first */
	size_t count;
	struct strmap fixed; /* a digit for the method and the path, to struct route, for routes without parameters */
};

#define ROUTE_PARAMS_MAX 16u

struct route_match {
	const struct route *route;
	struct slice params[ROUTE_PARAMS_MAX]; /* as sent, not decoded */
	unsigned methods; /* bits of the methods that this path has, when the one asked for is not among them */
};

struct asset {
	struct slice path; /* "/index.html" */
	struct slice type;
	struct slice etag; /* quoted */
	struct slice bytes;
};

/* One generation of the app. */
struct gw_app {
	uint32_t generation;
	uint32_t in_flight;
	bool retired; /* a newer one serves */
	struct arena arena;
	struct slice text;
	struct app_contract contract;
	struct gw_function *functions;
	struct router router;
	struct slice pack; /* the mapped assets */
	struct asset *assets;
	size_t asset_count;
	struct strmap asset_paths;
	struct buf csp;
	struct net_range proxies[NET_RANGES_MAX];
	size_t proxy_count;
	struct country_rule *countries; /* country.c; NULL: from everywhere */
};

enum conn_state {
	CONN_HEAD,  /* reading a request head */
	CONN_BODY,  /* reading a body */
	CONN_WAIT,  /* a call or sign-in is under way */
	CONN_WRITE, /* an answer did not fit into the socket */
	CONN_LINGER, /* answered for the last time; the client has not closed yet */
	CONN_STREAM, /* an answer without an end: stream.c */
	CONN_STATES,
};

struct call;

struct conn {
	struct watch watch;
	struct gateway *gateway;
	struct conn *prev, *next; /* in the list of its state, oldest first */
	enum conn_state state;
	uint64_t since_ms; /* when it entered the state */
	struct buf in;	   /* bytes not yet consumed; empty and unallocated while idle */
	struct buf body;   /* decoded chunks */
	struct buf out;
	size_t out_at;
	struct http_chunked chunks;
	bool readable;	 /* the socket may hold more */
	bool peer_closed; /* it will send no more */
	bool close_after; /* the answer under way is the last */
	bool head_only;	  /* HEAD: no body in the answer */
	bool keep_alive;
	size_t body_needed; /* bytes of a body with Content-Length */
	uint32_t requests;
	struct call *call; /* what it waits for, or NULL */
	bool operator_told; /* the broker has just said whose the token of the request at the front of `in` is */
	struct net_address peer;
	bool counted;	     /* among the connections of its peer's place: proxies are not */
	uint64_t peer_place;
	/* Of the caller of the request at hand: the peer itself, or whom a trusted proxy names. */
	char address[ADDRESS_TEXT_MAX];
	uint64_t place; /* a keyed hash of the IPv4 address, or of the /64 of an IPv6 one */
	char proof[40]; /* Ward-Proof of the request at hand, or "" */
	bool traced;	/* the request at hand came with a trace: trace.c */
	struct traceparent trace;
	uint64_t span; /* of the request at hand */
};

/* Who calls, as the broker said it. */
struct identity_claim {
	char user[TICKET_TEXT_MAX + 1];
	char role[TICKET_TEXT_MAX + 1];
	char tenant[TICKET_TEXT_MAX + 1];
	char roles[512];  /* all, blanks between */
	char scopes[512]; /* of an API key, blanks between */
	int64_t expires_ms;
	int64_t authenticated_ms;
	uint8_t realm; /* enum user_realm */
	bool mfa;
	char name[97]; /* of an operator */
};

enum call_kind { GW_CALL_FUNCTION, GW_CALL_AUTH, GW_CALL_WATCH };

/* Something a connection waits for. The connection may leave first: conn is NULL then and the answer is dropped. */
struct call {
	enum call_kind kind;
	bool used;
	uint16_t turn;
	struct conn *conn;
	struct gw_function *function; /* GW_CALL_FUNCTION */
	uint64_t request;
	uint64_t deadline_ms;
	struct buf input; /* an encoded input that waits for its session or its worker */
	bool parked;	  /* no worker yet */
	bool admitted;	  /* admit_enter() let it in */
	bool budgeted;	  /* budget_enter() reserved for it */
	bool known;	  /* who is set */
	uint8_t realm;	  /* GW_CALL_AUTH: enum user_realm */
	bool asks_operator; /* GW_CALL_AUTH: the request is looked at again once it is known who sends it */
	bool signs_in;	  /* GW_CALL_AUTH: a try that may be wrong */
	uint64_t began_ns;	/* when the function was called */
	struct invocation seen; /* what the monitor will hear of it, as far as it is known */
	struct identity_claim who;
	uint8_t token_hash[32];
};

struct session_table;

struct gateway {
	struct child *child;
	struct watch listener;
	bool draining;
	char origin[256];  /* how browsers see the app */
	bool origin_local; /* it names this machine */
	bool loopback; /* the listener is on a loopback address: operator.h */
	uint8_t ticket_key[TICKET_KEY_BYTES];
	uint8_t rate_key[RATE_KEY_BYTES]; /* the same in all gateways */
	struct gcra rates;		  /* shared with them */
	struct tally calls_now;		  /* of each function, shared with them; see concurrency.c */
	struct budgets budgets;		  /* of each function with one, shared with them and the monitor */
	struct net_range proxies[NET_RANGES_MAX]; /* of the command line */
	size_t proxy_count;
	struct gw_app *apps[GENERATIONS_MAX];
	struct gw_app *app; /* serving; NULL before the first */
	struct gw_function *busy; /* a list through busy_next */
	enum wake wake;
	uint64_t held_until_ms; /* a worker holds its core, or has lately */
	struct channel broker;
	bool broker_up;
	struct channel monitor; /* watching.c */
	bool monitor_up;
	struct countries *countries; /* NULL: no database was given */
	struct guard_list *guards; /* guard.c; NULL until there is one */
	struct conn *first[CONN_STATES], *last[CONN_STATES];
	uint32_t conn_count;
	uint16_t (*places)[PLACE_SLOTS]; /* two rows: connections by place, see place.c */
	struct call *calls; /* CALLS_MAX */
	uint32_t *free_calls;
	uint32_t free_call_count;
	struct session_table *sessions;
	struct record_writer records; /* for the monitor; page NULL while there is no ring */
	struct {		      /* the newest: what a record says of it */
		uint64_t id;
		uint16_t status;
		uint16_t field; /* that was refused: 1 + its name's number in the function's types; 0: none */
		uint32_t bytes;
	} answered;
	uint64_t request_base;
	uint64_t request_count;
	int64_t unix_ms; /* taken once a turn */
	struct slice findings; /* ward dev: a mapped JSON array, or empty */
	char *scratch;	 /* SCRATCH_BYTES */
	struct buf reply; /* the answer being written */
	struct buf value; /* the value being built */
	struct buf json;
};

/* conn.c */
void conn_accept(struct loop *loop, struct watch *watch, uint32_t events);
void conn_set_state(struct conn *c, enum conn_state state);
/* Sends an answer; the connection reads its next request or closes. */
void conn_respond(struct conn *c, const struct http_response *r, struct slice body);
void conn_close(struct conn *c);
/* Sends what waits in out, as far as the socket takes it; false when the connection is gone. What is left: out_at < out.len. */
bool conn_send_out(struct conn *c);
void conns_sweep(struct gateway *g);
/* After an answer was written from outside a read: goes on with what the client has sent meanwhile. */
void conn_continue(struct conn *c);
void conns_close_idle(struct gateway *g);

/* request.c: returns what became of a request whose head is whole */
enum request_step { REQUEST_ANSWERED, REQUEST_BODY, REQUEST_WAIT };
/* With only the head: decides about the body. *ret_body_max: what it may have at most. */
enum request_step request_head(struct conn *c, const struct http_head *h, size_t *ret_body_max);
/* With the body. */
void request_whole(struct conn *c, const struct http_head *h, struct slice body);

/* call.c */
struct call *call_new(struct gateway *g, enum call_kind kind, struct conn *c);
uint32_t call_id(const struct gateway *g, const struct call *call);
void call_done(struct gateway *g, struct call *call);
/* Sends the encoded input to the function's worker, or answers 503. */
void call_function(struct conn *c, struct gw_function *f, struct slice input, const struct identity_claim *who);
void call_abandon(struct gateway *g, struct call *call);
void calls_result(struct gateway *g, struct gw_function *f, const struct record *record);
void calls_worker_here(struct gateway *g, struct gw_function *f);
void calls_worker_gone(struct gateway *g, struct gw_function *f);
void calls_broker_gone(struct gateway *g);
void calls_sweep(struct gateway *g, uint64_t now_ms);

/* busy.c: a record was posted to the function's worker; what its worker says is taken until no call is left. */
void busy_add(struct gateway *g, struct gw_function *f);
void busy_forget(struct gateway *g, const struct gw_app *app);
/* Calls `take` for each of them with a worker. */
void busy_take(struct gateway *g, void (*take)(struct gateway *g, struct gw_function *f));
/* Wakes the workers that have something to do; true when none of them has answered meanwhile. */
bool busy_may_sleep(struct gateway *g);

/* outcome.c: the outcome of a record. Outcomes of records begin with those that a worker reports. */
enum invocation_outcome outcome_of(unsigned call_outcome);
void outcome_problem(struct conn *c, enum call_outcome outcome, uint64_t id);
/* Answers with what the worker sent, name and value, if it is sound; head NULL: it was not. How the call ended. */
enum invocation_outcome outcome_answer(
    struct conn *c, struct gw_function *f, const struct result_head *head, const struct slice parts[2], uint64_t id);

/* answer.c: the value is a worker's and may be hostile. False when its type does not have it. */
bool answer_value(struct conn *c, const struct gw_function *f, struct slice value, uint64_t id);

/* router.c */
result router_build(struct gw_app *app, struct error *err);
bool router_match(const struct router *r, enum http_method method, struct slice path, struct route_match *ret);

/* session.c */
struct session_table *session_table_new(void);
/* The token of a request from the cookie of its realm or Authorization; ptr NULL without one. */
struct slice session_token_of(const struct http_head *h, struct slice cookie, bool *ret_bearer);
struct slice session_token(const struct http_head *h, bool *ret_bearer);
void session_hash(struct slice token, uint8_t ret_hash[32]);
const struct identity_claim *session_find(struct session_table *t, const uint8_t hash[32], int64_t now_ms);
/*
 * What is known without a question. Nothing is while a word of the broker waits to be read: it may be that this very session has
 * ended, and its owner has been told so by another gateway.
 */
const struct identity_claim *session_known(const struct gateway *g, const uint8_t hash[32]);
void session_keep(struct session_table *t, const uint8_t hash[32], const struct identity_claim *who, int64_t now_ms);
void session_drop(struct session_table *t, const uint8_t hash[32]);
/* Everything: the accounts were changed by somebody else. */
void session_drop_all(struct session_table *t);

/* auth.c */
bool auth_path(struct slice path);
void auth_request(struct conn *c, const struct http_head *h, struct slice body);
void auth_lookup(struct conn *c, struct gw_function *f, struct slice input, struct slice token);
/* Asks whose an operator's token is; the request is then looked at again. False when that could not be asked: it is answered. */
bool auth_ask_operator(struct conn *c, struct slice token);
/* A GET under /_ward/api/ that the broker answers, of somebody whom operator_allows() has let in. */
void auth_operator_request(struct conn *c, const struct http_head *h, struct slice body);
void auth_reply(struct gateway *g, const struct record *record);
/* Access of a known caller to a function; NULL when allowed, else the reason for the answer. */
bool auth_allows(const struct manifest_access *access, const struct identity_claim *who, int64_t now_ms, int *ret_status,
    const char **ret_why);

/* origin.c: "ORIGIN\nNAME" of the app */
void origin_take(struct gateway *g, struct slice site);
bool origin_is_own(const struct gateway *g, struct slice origin);
/* A request that changes something and rides on a cookie must come from a page of ours. */
bool auth_same_site(const struct gateway *g, const struct http_head *h);

/* generation.c */
result generation_take(struct gateway *g, uint32_t generation, int contract_fd, int assets_fd, struct error *err);
void generation_drop(struct gateway *g, uint32_t generation);
struct gw_function *generation_function(struct gateway *g, uint32_t ref);
void generation_check_drained(struct gateway *g, struct gw_app *app);

/* dev.c */
bool dev_mode(const struct gateway *g);
/* Maps the findings of the last build; the descriptor stays the caller's. */
void dev_take_findings(struct gateway *g, int fd);
/* True when the path is one of `ward dev` and was answered. */
bool dev_serve(struct conn *c, struct slice path);
/* The page with dev.js at its end, in the gateway's buffer; false when it is too large. */
bool dev_page(struct conn *c, struct slice html, struct slice *ret);

/* dashboard.c: true when the path is the operators' page or a file of it, and was answered. */
bool dashboard_serve(struct conn *c, const struct http_head *h);

/* rate.c: limits.rate */
result rate_prepare(struct gateway *g, struct error *err);
result rate_of_function(struct gw_function *f, struct error *err);
/*
 * Books one call; true when that was one too many and the 429 has been written. Limits by address and by app are asked
 * for from the head alone, before a body is read; limits by user once it is known who calls (NULL: nobody, who is counted
 * by address).
 */
bool rate_refuses_early(struct conn *c, const struct gw_function *f);
bool rate_refuses_caller(struct conn *c, const struct gw_function *f, const struct identity_claim *who);

/* A number for a caller: keyed, so that nobody outside can make another's. */
uint64_t rate_hash(const struct gateway *g, const void *bytes, size_t n);

/* observe.c: takes up a ring; the descriptor stays the caller's. */
void observe_ring(struct gateway *g, int fd);
/* A request that was answered without a call of the function. After the answer. */
void observe_refused(
    struct conn *c, const struct gw_function *f, const struct identity_claim *who, enum invocation_outcome outcome);
/* A try to sign in that was answered. */
void observe_sign_in(struct conn *c);
/* A call begins, gets its worker, and ends: after the answer, or without one when its client has gone. */
void observe_begin(
    struct gateway *g, struct call *call, const struct conn *c, struct slice input, const struct identity_claim *who);
void observe_posted(struct call *call);
/* What the worker says of the call: believed about that function alone. */
void observe_used(struct call *call, const struct result_head *head);
void observe_end(struct gateway *g, const struct call *call, enum invocation_outcome outcome, bool answered);

/* admit.c: whether one more call may be inside; it leaves once, with how long it waited for its worker. */
struct admission;
result admit_prepare(struct gw_function *f, struct arena *arena, struct error *err);
bool admit_enter(struct call *call);
void admit_leave(struct call *call, uint32_t queue_us);

/* sense.c: whether a text of the encoded input looks like an injection, and in which field. */
void sense_input(struct slice input, struct invocation *v);

/* place.c: an address as one caller: of IPv6 its /64, which whoever has one address in it has */
result places_prepare(struct gateway *g, struct error *err);
/* A keyed hash: the same in all gateways, and nobody outside can aim at another's. */
uint64_t place_of_address(const struct gateway *g, const struct net_address *a);
/* Counts one more connection; false, with nothing counted, when the place has as many as it may. */
bool place_enter(struct gateway *g, uint64_t place);
void place_leave(struct gateway *g, uint64_t place);

/* concurrency.c: limits.concurrency, counted in all gateways together */
result concurrency_prepare(struct gateway *g, struct error *err);
/* One call more of the function; false when it has as many as it may. */
bool concurrency_enter(struct gateway *g, const struct gw_function *f);
void concurrency_leave(struct gateway *g, const struct gw_function *f);

/* proxy.c */
struct sockaddr_storage;
/* list: ranges of the command line, commas between. */
result proxy_prepare(struct gateway *g, struct slice list, struct error *err);
result proxy_of_app(struct gw_app *app, struct error *err);
struct net_address proxy_address(const struct sockaddr_storage *from);
bool proxy_trusted(const struct gateway *g, const struct net_address *a);
/* At each head: whose request it is. */
void proxy_caller(struct conn *c, const struct http_head *h);

/* problem.c */
struct problem {
	int status;
	const char *type;  /* "invalid-input": urn:ward:problem:TYPE */
	const char *title; /* a short sentence */
	const char *detail; /* NULL or a sentence for the caller; never inner detail */
	uint64_t id;
	struct slice errors; /* a JSON array, or empty */
	unsigned retry_after_s;
	struct slice extra; /* header lines */
};
void problem_respond(struct conn *c, const struct problem *p);
/* The common case. */
void problem_simple(struct conn *c, int status, const char *type, const char *title, const char *detail);
uint64_t request_id_new(struct gateway *g);

#endif
