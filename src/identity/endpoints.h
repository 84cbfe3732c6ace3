/*
 * What stands behind /_ward/auth/ and /_ward/operator/auth/: one call takes a request of a gateway and gives
 *the answer, so that the broker runs everything and the gateway only carries bytes. docs/identity.md lists
 *the endpoints; the table in endpoints.c is where they are.
 *
 *	x = identity_exchange_new(service, &request)
 *	loop on x->step:
 *	  IDENTITY_WORK   identity_exchange_work(x) on any thread, then identity_exchange_worked(x)
 *	  IDENTITY_FETCH  fetch x->flow.url (post, body, authorization), then identity_exchange_fetched(x,
 *status, body) IDENTITY_DONE   send x->response; identity_exchange_free(x)
 *
 * Requests come from anyone. The gateway has checked that a POST comes from the same site (Origin,
 *Fetch-Metadata) and that the address is the caller's; everything else is checked here.
 */
#ifndef WARD_IDENTITY_ENDPOINTS_H
#define WARD_IDENTITY_ENDPOINTS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "identity/oidc.h"
#include "identity/passkeys.h"
#include "identity/proof.h"
#include "identity/sign_in.h"

#define IDENTITY_PATH "/_ward/auth/"
#define IDENTITY_OPERATOR_PATH "/_ward/operator/auth/"
#define IDENTITY_BODY_MAX (64u << 10)
#define IDENTITY_ANSWER_MAX (1u << 20)
#define FRESH_MS (10ll * 60 * 1000) /* what changes how one signs in needs a proof this young */
#define PROVIDERS_MAX 8u

enum proof_mode { PROOF_WHEN_ATTACKED, PROOF_ALWAYS, PROOF_NEVER };

struct identity_site {
	struct slice origin; /* "https://shop.example", as browsers write it */
	struct slice rp_id;  /* of passkeys; empty: the host of origin */
	bool sign_up_closed; /* accounts are made by `ward user` only */
	bool mail;	     /* somebody sends the outbox; without it there are no links and no resets */
	bool outbox;	     /* `ward dev`: mails are shown instead of sent; whoever may see them is the gateway's to say */
	enum proof_mode proof;
	unsigned proof_bits;	       /* 0: PROOF_BITS_DEFAULT */
	struct slice wallet_statement; /* empty: "Sign in." */
	const struct oidc_config
	    *providers; /* redirect_uri may be empty: origin + "/_ward/account/callback" */
	size_t provider_count;
};

/* Whether "scheme://host:port" names the machine itself. */
bool origin_is_local(struct slice origin);

struct identity_service;
/* The texts of site are copied; the store is borrowed and outlives the service. */
result identity_service_new(struct identity_store *store, const struct identity_site *site, struct error *err,
    struct identity_service **ret);
void identity_service_free(struct identity_service *service);
/* The client secret of site->providers[i], which may be another than a moment ago. */
bool identity_service_secret(struct identity_service *service, size_t i, struct slice secret);

struct identity_request {
	bool post;	    /* else GET */
	struct slice path;  /* "/_ward/auth/sign-in", without a query */
	struct slice body;  /* JSON, or empty */
	struct slice token; /* from the realm's cookie or Authorization: Bearer; may be empty */
	struct slice flow;  /* from the cookie __Host-ward_flow; may be empty */
	bool operator_asks; /* the gateway has made sure that an operator does: no session is asked for */
	bool demand_proof; /* where a proof of work may be asked for, it is: somebody watches an attack */
	struct identity_caller caller;
};

struct identity_response {
	int status;
	struct buf json; /* empty with 204 */
	/* Cookies to set: the value, or one of the flags to take it away, or neither. */
	char token[SESSION_TOKEN_CHARS + 1];
	bool clear_token;
	char flow[SESSION_TOKEN_CHARS + 1];
	bool clear_flow;
	uint32_t retry_after_s; /* Retry-After, when not 0 */
	/* Who the caller is after this, for the gateway's table; user_row 0: nobody. */
	struct session_claim claim;
	struct error why; /* of a refusal, for the log; never sent */
};

enum identity_step { IDENTITY_WORK, IDENTITY_FETCH, IDENTITY_DONE };

struct identity_endpoint;

struct identity_exchange {
	enum identity_step step;
	struct identity_response response;
	struct oidc_flow flow; /* IDENTITY_FETCH */
	/* The rest is the endpoints' own. */
	struct identity_service *service;
	const struct identity_endpoint *endpoint;
	struct arena arena;
	struct identity_request request; /* copied */
	struct identity_caller caller;
	struct session_claim claim; /* of the caller's session; user_row 0: none */
	json_t *in;
	json_t *out;
	const char *problem; /* type of the answer when it is refused, or NULL */
	struct sign_in sign_in;
	struct challenge challenge;
};

/* Never NULL but for want of memory. The request is not needed after the call. */
struct identity_exchange *identity_exchange_new(
    struct identity_service *service, const struct identity_request *request);
void identity_exchange_work(struct identity_exchange *x);
void identity_exchange_worked(struct identity_exchange *x, int64_t now_ms);
void identity_exchange_fetched(
    struct identity_exchange *x, uint32_t status, struct slice body, int64_t now_ms);
void identity_exchange_free(struct identity_exchange *x);

#endif
