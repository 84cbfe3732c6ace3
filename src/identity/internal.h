/*
 * Inside the identity store: the file, its prepared statements, and how the .c files of this folder talk to
 * them. Not for other folders.
 */
#ifndef WARD_IDENTITY_INTERNAL_H
#define WARD_IDENTITY_INTERNAL_H

#include <sqlite3.h>

#include "base/check.h"
#include "identity/audit.h"
#include "identity/overview.h"
#include "identity/challenge.h"
#include "identity/session.h"
#include "identity/statements.h"
#include "identity/throttle.h"

#define SESSION_CACHE_PLACES 16384u
#define TOUCHES_MAX 1024u
#define SWEEP_ROWS 512

/* A session that was seen, not written yet: a write for each request would cost more than the request. */
struct touch {
	uint8_t hash[SESSION_HASH_BYTES];
	int64_t seen_ms;
};

/* Keys derived from the one in the file beside the store. */
struct store_keys {
	uint8_t seal[32];  /* secrets at rest */
	uint8_t proof[32]; /* proof-of-work challenges */
	uint8_t codes[32]; /* hashes of recovery codes */
};

struct cached_claim {
	int64_t read_ms; /* 0: empty */
	uint32_t epoch;	 /* of the store when it was read: others are forgotten */
	struct session_claim claim;
};

struct identity_store {
	sqlite3 *db;
	uint32_t cache_epoch;
	struct cached_claim *cache; /* owned; SESSION_CACHE_PLACES, whose pages are taken as they are used */
	sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared at first use */
	struct password_cost cost;
	char dummy_hash[PASSWORD_HASH_MAX];
	int64_t session_idle_ms;
	int64_t session_absolute_ms;
	bool verify_email;
	char app_name[65];
	struct store_keys keys;
	struct identity_listener listener;
	struct throttle *throttle;
	struct stuffing_watch stuffing;
	struct identity_tally tally;
	struct touch touches[TOUCHES_MAX];
	size_t touch_count;
	uint8_t sweep_from[SESSION_HASH_BYTES];
	int64_t data_version; /* of the file; 0: not read yet */
	uint64_t refused, delayed, attacks;
	uint32_t depth; /* of transactions */
	/* Who acts just now, for the audit log: audit.h. */
	enum user_realm acting_realm;
	char acting[AUDIT_NAME_MAX + 1]; /* "" : the account itself */
	int64_t now_ms;
	int64_t audit_swept_ms;
};

/* A value to bind. Texts and blobs are borrowed until the statement is reset. */
struct sql_arg {
	enum { SQL_ARG_NULL, SQL_ARG_INT, SQL_ARG_TEXT, SQL_ARG_BLOB } kind;
	int64_t num;
	struct slice bytes;
};
#define SQL_NULL ((struct sql_arg){.kind = SQL_ARG_NULL})
#define SQL_INT(v) ((struct sql_arg){.kind = SQL_ARG_INT, .num = (int64_t)(v)})
#define SQL_SLICE(s) ((struct sql_arg){.kind = SQL_ARG_TEXT, .bytes = (s)})
#define SQL_TEXT(cstr) SQL_SLICE(slice_cstr(cstr))
/* NULL for a NULL or empty C string. */
#define SQL_TEXT_OR_NULL(cstr) ((cstr) && *(cstr) ? SQL_TEXT(cstr) : SQL_NULL)
#define SQL_BLOB(p, n) ((struct sql_arg){.kind = SQL_ARG_BLOB, .bytes = slice_of((const char *)(p), (n))})
#define SQL_ARGS(...)                                                                                        \
	(const struct sql_arg[]){__VA_ARGS__},                                                               \
	    sizeof((const struct sql_arg[]){__VA_ARGS__}) / sizeof(struct sql_arg)

/* A statement that is running; give it back with query_done() (safe on NULL), or by CLEANUP_QUERY. */
struct query {
	sqlite3_stmt *st;
};
void query_done(struct query *q);
#define CLEANUP_QUERY __attribute__((cleanup(query_done)))

/* Binds; rows then come from query_next(). */
result query_start(struct identity_store *s, enum statement which, const struct sql_arg *args, size_t count,
    struct error *err, struct query *ret);
/* *ret_row false at the end. */
result query_next(struct identity_store *s, struct query *q, struct error *err, bool *ret_row);
/* The first row, or ERR_NOT_FOUND without a message of its own. */
result query_first(struct identity_store *s, enum statement which, const struct sql_arg *args, size_t count,
    struct error *err, struct query *ret);
/* A statement without rows. *ret_changed may be NULL. ERR_CONFLICT when a UNIQUE rule says no. */
result store_run(struct identity_store *s, enum statement which, const struct sql_arg *args, size_t count,
    struct error *err, int *ret_changed);

/* Nested calls join the outermost. An outermost store_commit() that fails has rolled back. */
result store_begin(struct identity_store *s, struct error *err);
result store_commit(struct identity_store *s, struct error *err);
void store_rollback(struct identity_store *s);
/* Commits when r is ok, else rolls back and returns r. */
result store_end(struct identity_store *s, result r, struct error *err);

/* Copies column text into text[size], always terminated. */
void column_copy(const struct query *q, int column, char *text, size_t size);
bool column_blob(const struct query *q, int column, uint8_t *bytes, size_t size);

void store_event(struct identity_store *s, enum identity_event_kind kind, const char *user,
    const struct identity_caller *caller, const char *detail);
void store_session_dropped(struct identity_store *s, const uint8_t hash[SESSION_HASH_BYTES]);

/* session_cache.c */
const struct session_claim *session_cache_find(
    struct identity_store *s, const uint8_t hash[SESSION_HASH_BYTES], int64_t now_ms);
void session_cache_keep(struct identity_store *s, const struct session_claim *claim, int64_t now_ms);
void session_cache_drop_all(struct identity_store *s);
void session_cache_drop(struct identity_store *s, const uint8_t hash[SESSION_HASH_BYTES]);

/* Writes the pending touches. */
result store_flush_touches(struct identity_store *s, struct error *err);

/* The word list of a policy check: the app's name and what identifies the account. */
result store_check_policy(
    struct identity_store *s, struct slice password, const char *email, struct error *err);

/* Reads or makes the key beside the store at path, and derives from it. */
result store_keys_open(const char *path, struct error *err, struct store_keys *ret);

/* A random token and its hash. */
void token_make(struct session_token *ret_token, uint8_t ret_hash[SESSION_HASH_BYTES]);

#endif
