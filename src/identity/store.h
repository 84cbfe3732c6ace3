/*
 * The identity store: users, sessions, factors and what limits their abuse, in one SQLite file (mode 0600)
 *that only the broker opens. Every function that takes a store is called from one thread; what costs CPU time
 *(hashing, checking signatures) is split off into jobs that hold no store (password.h) and may run anywhere.
 *
 *	store.h     open, clean up, events            user.h      accounts, roles, tenants
 *	password.h  hashing, pure                     session.h   tokens, rotation, revocation
 *	sign_in.h   the way in and its delays         throttle.h  the delays themselves
 *
 * Time is an argument (Unix milliseconds), so that a test needs no waiting.
 */
#ifndef WARD_IDENTITY_STORE_H
#define WARD_IDENTITY_STORE_H

#include "base/result.h"
#include "base/slice.h"
#include "identity/password.h"

struct identity_store;

/* The app's users and ward's own operators. They never meet: to each door the accounts of the other are not there. */
enum user_realm { REALM_APP, REALM_OPERATOR, REALM_COUNT };

/* Who asks: for delays, for the list of sessions and for records. The texts are borrowed for the call. */
struct identity_caller {
	struct slice address; /* IPv4 or IPv6 in text, as the gateway saw it */
	struct slice agent;   /* User-Agent, may be empty */
	int64_t now_ms;
	enum user_realm realm; /* whose door they stand at */
};

enum identity_event_kind {
	IDENTITY_SIGNED_UP,
	IDENTITY_SIGNED_IN,
	IDENTITY_SIGN_IN_REFUSED, /* wrong credentials; detail says which part for the log, never for the
				     caller */
	IDENTITY_DELAYED,	  /* a limit of throttle.h answered instead of a check */
	IDENTITY_SIGNED_OUT,
	IDENTITY_PASSWORD_CHANGED,
	IDENTITY_FACTOR_CHANGED,
	IDENTITY_ROLES_CHANGED,
	IDENTITY_ACCOUNT_CHANGED,
	IDENTITY_STUFFING,	 /* many accounts tried within a minute; once an attack */
	IDENTITY_STUFFING_ENDED, /* ten calm minutes after it */
	IDENTITY_CLONED_PASSKEY, /* a sign counter went backwards */
	IDENTITY_EVENT_COUNT,
};

struct identity_event {
	enum identity_event_kind kind;
	const char *user;     /* id, "" when unknown */
	struct slice address; /* of the caller, may be empty */
	const char *detail;   /* for the log; holds no secret */
	uint64_t count;	      /* IDENTITY_STUFFING: failures so far */
};

/* What the broker wants to be told. Called on the store's thread, inside the call that caused it; keep it
 * short. */
struct identity_listener {
	void *context;
	void (*event)(void *context, const struct identity_event *event);
	/* The session with this token hash is gone or says something else now: forget what is kept about it.
	 */
	void (*session_dropped)(void *context, const uint8_t hash[32]);
	/* Somebody else, `ward user`, has written to the file: forget whatever is kept. At most a second late. */
	void (*changed_outside)(void *context);
};

struct identity_options {
	const char *path;
	struct password_cost cost;   /* zeroed: tuned at first start to about 250 ms and kept in the file */
	bool cheap_hashes_for_tests; /* allows a cost below PASSWORD_COST_FLOOR */
	int64_t session_idle_ms;     /* 0: 14 days */
	int64_t session_absolute_ms; /* 0: 90 days */
	bool verify_email;	     /* sign-up answers the same for known addresses and waits for the mail */
	struct slice
	    app_name; /* not allowed as a password, and the name in mails; borrowed for the store's life */
	struct identity_listener listener;
};

/*
 * Opens or creates the store, brings its tables up to date, and at first start measures this machine to
 * choose the password cost (takes about a second). ERR_INVALID: the file is of a later ward, or the cost is
 * too low.
 */
result identity_open(
    const struct identity_options *options, struct error *err, struct identity_store **ret_store);
void identity_close(struct identity_store *store);
/* Whether sign-up answers the same for known addresses and waits for the mail; replaces that of the options. */
void identity_verify_email(struct identity_store *store, bool verify);
/* The name in mails and beside codes, and no password; replaces that of the options. */
void identity_name_app(struct identity_store *store, struct slice name);

/* About once a second: notices what another process has changed, writes when sessions were last seen, removes
 * a bounded number of dead rows, ends quiet alarms. */
result identity_tick(struct identity_store *store, int64_t now_ms, struct error *err);

/* The cost new hashes get. */
struct password_cost identity_password_cost(const struct identity_store *store);

/* Many changes as one, as an import makes them: all are kept, or, when r is a failure, none. */
result identity_batch_begin(struct identity_store *store, struct error *err);
result identity_batch_end(struct identity_store *store, result r, struct error *err);

struct identity_counts {
	uint64_t users;
	uint64_t sessions;
	uint64_t refused; /* sign-ins since start */
	uint64_t delayed;
	uint64_t stuffing; /* attacks reported since start */
};
result identity_counts(struct identity_store *store, struct error *err, struct identity_counts *ret);

#endif
