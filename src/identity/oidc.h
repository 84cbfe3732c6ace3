/*
 * Sign-in at another provider: OpenID Connect's code flow with PKCE (RFC 7636), nonce, state and the issuer
 *in the answer (RFC 9207). Pure: what has to be fetched is asked for and handed in, so that the egress
 *process does the network.
 *
 *	oidc_flow_start()  -> [fetch]* -> ready -> oidc_authorize_url()        send the browser there
 *	oidc_flow_finish() -> [fetch]* -> done  -> flow->subject, flow->email  it came back with a code
 *
 * A flow is one at a time; the provider it belongs to keeps what was discovered between flows.
 */
#ifndef WARD_IDENTITY_OIDC_H
#define WARD_IDENTITY_OIDC_H

#include "base/buf.h"
#include "identity/jwt.h"

#define OIDC_URL_MAX 512u
#define OIDC_SECRET_CHARS 43u /* base64url of 32 random bytes */

struct oidc_config {
	struct slice name; /* in paths: [a-z0-9-]+ */
	struct slice issuer;
	struct slice client_id;
	struct slice client_secret; /* empty: a public client */
	struct slice scope;	    /* empty: "openid email" */
	struct slice redirect_uri;
	bool private_ok; /* it may lie on this machine or in a private range, also without TLS; all it is asked is then asked at the very scheme,
			    host and port of its issuer */
};

struct oidc_provider;
/* Copies the texts. */
result oidc_provider_new(const struct oidc_config *config, struct error *err, struct oidc_provider **ret);
void oidc_provider_free(struct oidc_provider *p);
struct slice oidc_provider_name(const struct oidc_provider *p);
/* A new client secret; the text is copied. False for want of memory. */
bool oidc_provider_secret(struct oidc_provider *p, struct slice secret);

/* The secrets of one sign-in, kept by whoever began it until the browser is back. */
struct oidc_secrets {
	char nonce[OIDC_SECRET_CHARS + 1];
	char verifier[OIDC_SECRET_CHARS + 1];
};
void oidc_secrets_make(struct oidc_secrets *ret);

enum oidc_state {
	OIDC_IDLE,
	OIDC_DISCOVERING,
	OIDC_READY,
	OIDC_EXCHANGING,
	OIDC_FETCHING_KEYS,
	OIDC_DONE,
	OIDC_FAILED,
	OIDC_STATE_COUNT
};

struct oidc_flow {
	enum oidc_state state;
	struct oidc_provider *provider; /* outlives the flow */
	bool finishing;
	struct oidc_secrets secrets;
	char code[1024];
	bool keys_renewed;
	/* What to fetch, while oidc_flow_wants_fetch(). */
	char url[OIDC_URL_MAX + 48]; /* room for the path of discovery */
	bool post;		     /* with body, as application/x-www-form-urlencoded */
	bool private_ok;	     /* of the provider */
	struct buf body;	     /* owned */
	struct buf authorization;    /* value of the header, or empty; owned */
	/* What came out of it. */
	char *id_token; /* owned */
	char subject[256];
	char email[255];
	bool email_verified;
};

bool oidc_flow_wants_fetch(const struct oidc_flow *f);
void oidc_flow_done(struct oidc_flow *f);

/* Makes sure that the provider is known. OIDC_READY or OIDC_DISCOVERING after it. */
result oidc_flow_start(struct oidc_provider *p, int64_t now_ms, struct error *err, struct oidc_flow *f);

/* The browser's answer, as the query of the redirect had it. Empty: not there. */
struct oidc_callback {
	struct slice code;
	struct slice error;
	struct slice issuer;
};
/* state has been checked and used up by the caller: it found the secrets by it. */
result oidc_flow_finish(struct oidc_provider *p, const struct oidc_callback *callback,
    const struct oidc_secrets *secrets, int64_t now_ms, struct error *err, struct oidc_flow *f);

/* The answer to what was wanted. status 0: nothing could be fetched. ERR_DENIED and OIDC_FAILED when it ends
 * the flow. */
result oidc_flow_fetched(
    struct oidc_flow *f, uint32_t status, struct slice body, int64_t now_ms, struct error *err);

/* In OIDC_READY only. */
result oidc_authorize_url(const struct oidc_flow *f, const struct oidc_secrets *secrets, struct slice state,
    struct buf *out, struct error *err);

#endif
