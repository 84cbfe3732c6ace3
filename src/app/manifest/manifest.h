/*
 * ward.yaml, checked: what an author declares about the app and each function. manifest_schema.c holds the
 * one table from which this is parsed, checked and documented. The same structs carry the resolved contract
 * (app.h).
 *
 * All slices lie in the arena that they were parsed into and are NUL-terminated.
 */
#ifndef WARD_APP_MANIFEST_H
#define WARD_APP_MANIFEST_H

#include "app/diagnostics/diagnostics.h"
#include "base/arena.h"
#include "http/forwarded.h"
#include "http/head.h"

#define MANIFEST_FILE "ward.yaml"
#define MANIFEST_BYTES_MAX (1u << 20)
#define MANIFEST_FUNCTIONS_MAX 1000u

struct slice_list {
	struct slice *items;
	size_t count;
};

struct manifest_route {
	bool present;
	enum http_method method;
	struct slice path;	  /* "/orders/{order}/pay" */
	struct slice_list params; /* names in order of appearance: "order" */
	struct text_place place;
};

enum auth_kind { AUTH_PUBLIC, AUTH_USER, AUTH_ROLE, AUTH_SCOPE, AUTH_KIND_COUNT };

struct manifest_access {
	enum auth_kind kind;
	struct slice name; /* of the role or scope; empty for the others */
	uint64_t fresh_us; /* signed in no longer ago than this; 0: whenever */
	bool mfa;	   /* with a second factor */
	bool tenant;	   /* on behalf of a tenant */
	struct text_place place;
};

enum rate_scope { RATE_APP, RATE_USER, RATE_IP, RATE_SCOPE_COUNT };

struct manifest_rate {
	uint64_t count; /* 0: no limit */
	uint64_t per_us;
	enum rate_scope scope;
};

struct manifest_limits {
	uint64_t cpu_us;
	uint64_t wall_us;
	uint64_t memory_bytes;
	uint64_t body_bytes;
	uint64_t concurrency; /* calls at the same time, on the whole machine */
	struct manifest_rate rate;
};

/* What may be spent in a UTC day, of a function or of the app; 0: no bound. */
struct manifest_budget {
	uint64_t calls;
	uint64_t cpu_us;
	uint64_t response_bytes; /* of answers to callers */
	uint64_t fetches;	 /* requests to other hosts */
};

/* Where callers may come from; at most one of the two has entries. */
struct manifest_countries {
	struct slice_list allow, deny;
};

struct manifest_egress {
	struct slice host; /* lower case, or an IP address without brackets */
	uint16_t port;
	bool tls;
	bool private_ok;	    /* may lie in a private or loopback range */
	uint32_t methods;	    /* bit (1 << enum http_method) */
	struct slice_list paths;    /* prefixes that end at a segment; empty: all */
	struct slice secret;	    /* name of the secret that ward adds; empty: none */
	struct slice secret_header; /* "Authorization" */
	struct slice secret_format; /* "Bearer {}" */
	uint64_t timeout_us;
	uint64_t response_bytes;
	struct slice why;
	struct slice sign; /* of a webhook: name of the secret that signs what is posted; empty: it is not signed */
	struct text_place place;
};

struct manifest_function {
	struct slice name;
	struct slice source;	  /* "functions/pay.ts" */
	struct slice export_name; /* "pay" */
	struct slice why;	  /* what it is for, in the author's words */
	struct manifest_route http;
	struct manifest_access auth;
	struct slice_list queries; /* names, sorted */
	struct manifest_egress *egress;
	size_t egress_count;
	struct slice_list secrets; /* held by the guest itself */
	struct slice_list publish; /* topics */
	struct manifest_limits limits;
	struct manifest_budget budget;
	uint64_t quiet_us; /* the longest pause between calls that is ordinary; 0: whatever was learned */
	struct text_place place;
	struct text_place source_place;
	struct text_place *query_places; /* as queries; NULL in a resolved contract */
};

enum database_kind { DATABASE_NONE, DATABASE_SQLITE, DATABASE_POSTGRES, DATABASE_KIND_COUNT };

struct manifest_database {
	enum database_kind kind;
	struct slice url_secret; /* POSTGRES: name of the secret that holds the URL */
	bool unverified;	 /* POSTGRES: the URL may ask for less than a verified certificate */
};

/* What pages from public/ may load beside their own origin (Content-Security-Policy level 3). */
struct manifest_page {
	struct slice_list connect, images, styles, fonts, frames, media;
	bool inline_styles; /* style attributes and elements */
	bool wasm;	    /* 'wasm-unsafe-eval' */
};

/* A provider whose word about who somebody is is taken (OpenID Connect). */
struct manifest_issuer {
	struct slice name;	/* on the button of the sign-in page */
	struct slice issuer;	/* "https://accounts.example.com", byte by byte as the provider calls itself */
	struct slice client_id;
	struct slice secret;	/* name of the secret that is the client's; empty: a public client */
	bool private_ok;
	struct text_place place;
};

enum proof_use { PROOF_USE_ATTACKED, PROOF_USE_ALWAYS, PROOF_USE_COUNT };

struct manifest_identity {
	bool sign_up_closed;
	bool verify; /* an address is proved by mail before there is an account */
	enum proof_use proof;
	struct manifest_issuer *issuers;
	size_t issuer_count;
};

struct manifest_mail {
	struct slice host; /* empty: no mails are sent */
	uint16_t port;
	bool tls; /* from the first byte; else by STARTTLS, without which nothing is sent but on loopback */
	bool private_ok, loopback, needs_private;
	struct slice from;
	struct slice user, secret;
};

/* Kinds of signals, as the monitor names them (observe/signal.h; a test compares). */
#define WATCH_SIGNALS(X)                                                                                     \
	X(denial) X(first_use) X(new_order) X(trap) X(input_refused) X(mismatch) X(payload) X(many_calls)     \
	X(caller_rate) X(auth_failures) X(probing) X(flood) X(silence) X(cpu) X(memory) X(response_size)      \
	X(latency) X(failures) X(statistics) X(budget_low) X(budget_spent)
enum watch_signal {
#define X(name) WATCH_SIGNAL_##name,
	WATCH_SIGNALS(X)
#undef X
	    WATCH_SIGNAL_COUNT
};

enum watch_rule {
	RULE_STANDARD, /* as shipped */
	RULE_RECORD,
	RULE_ALERT,
	RULE_CHALLENGE,
	RULE_THROTTLE,
	RULE_QUARANTINE,
	WATCH_RULES
};

struct manifest_hosts {
	struct manifest_egress *items;
	size_t count;
};

/* How the app is watched. */
struct manifest_watch {
	uint64_t learn_us, span_us, learn_calls, learn_spans;
	uint32_t rules[WATCH_SIGNAL_COUNT]; /* enum watch_rule */
	struct manifest_hosts webhooks, otlp; /* each with one path */
	struct slice_list mail;		      /* addresses that incidents are mailed to */
};

struct manifest {
	struct slice app;
	struct slice_list trusted_proxies; /* ranges, as net_range_parse() reads them */
	enum forwarded_header proxy_header;
	struct manifest_watch watch;
	struct manifest_budget budget;
	struct manifest_countries countries;
	struct manifest_database database;
	struct manifest_page page;
	struct manifest_identity identity;
	struct manifest_mail mail;
	struct manifest_function *functions; /* sorted by name */
	size_t function_count;
};

/*
 * Parses and checks the text of a ward.yaml; it is hostile. Everything that is wrong becomes a diagnostic,
 * and what could be read is in *ret. RESULT_OK also then; a failure is of ward itself (memory).
 */
result manifest_parse(struct slice text, struct arena *arena, struct diagnostics *diagnostics,
    struct error *err, struct manifest *ret);

/* docs/ward-yaml.md, from the same table. */
void manifest_reference(struct buf *out);

const char *auth_kind_name(enum auth_kind kind);
const char *rate_scope_name(enum rate_scope scope);
const char *database_kind_name(enum database_kind kind);
const char *proof_use_name(enum proof_use use);
const char *watch_rule_name(enum watch_rule rule);
/* "user, signed in within 5min, second factor": one line, the same in lock, explain and pages. */
void manifest_access_text(const struct manifest_access *access, struct buf *out);
void manifest_egress_text(const struct manifest_egress *egress, struct buf *out);
/* "hooks.example.com:443/ward": what tells one webhook from another. */
void manifest_webhook_name(const struct manifest_egress *webhook, struct buf *out);
/* "20ms", "5min"; "32MiB"; "10/min/user": as they are written in ward.yaml, in the largest unit that is
 * exact. */
void duration_text(uint64_t us, struct buf *out);
void size_text(uint64_t bytes, struct buf *out);
void rate_text(const struct manifest_rate *rate, struct buf *out);

#endif
