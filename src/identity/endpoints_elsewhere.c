/* Identities elsewhere: wallets and OpenID Connect providers. */
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "identity/endpoints_internal.h"
#include "identity/link.h"
#include "identity/wallet.h"

static void timestamp(int64_t ms, char ret[24])
{
	struct tm tm;
	const time_t seconds = ms / 1000;
	(void)gmtime_r(&seconds, &tm);
	(void)strftime(ret, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* The whole text that is to be signed is made here: the page only passes it on. */
result run_wallet_begin(struct identity_exchange *x, struct error *err)
{
	struct session_token nonce;
	char issued[24], expires[24];
	CLEANUP_BUF struct buf text = BUF_INIT(WALLET_MESSAGE_MAX);
	const struct identity_service *s = x->service;
	struct slice chain = field(x, "chain");
	timestamp(x->caller.now_ms, issued);
	timestamp(x->caller.now_ms + 10 * 60 * 1000, expires);
	TRY(challenge_make(s->store, CHALLENGE_WALLET, 0, SLICE_NONE, x->caller.now_ms, err, &nonce));
	const struct wallet_request request = {.domain = s->host,
	    .address = field(x, "address"),
	    .statement = s->wallet_statement,
	    .uri = s->origin,
	    .version = SLICE("1"),
	    .chain_id = chain.len ? chain : SLICE("1"),
	    .nonce = slice_cstr(nonce.text),
	    .issued_at = slice_cstr(issued),
	    .expiration_time = slice_cstr(expires)};
	TRY(wallet_message_compose(&request, &text, err));
	answer_text(x, "message", buf_cstr(&text));
	return RESULT_OK;
}

/* The account tied to an identity that was just proved, or a new one; with a session, the session's own
 * account. */
static result account_of(struct identity_exchange *x, struct slice provider, struct slice subject,
    const char *verified_email, struct error *err, int64_t *ret_row)
{
	struct user u;
	int64_t row = 0;
	struct identity_store *store = x->service->store;
	result r = link_find(store, provider, subject, err, &row);
	if (is_ok(r)) {
		*ret_row = row;
		return RESULT_OK;
	}
	if (r.code != ERR_NOT_FOUND)
		return r;
	if (!sign_up_open(x))
		return error_set(
		    err, ERR_DENIED, "no account is tied to this identity, and there is no sign-up");
	const struct new_user fields = {.realm = x->caller.realm,
	    .email = verified_email,
	    .status = USER_ACTIVE,
	    .email_verified = verified_email != NULL};
	/* An account with this address is not taken over, whatever the provider says: its owner signs in and
	 * adds the identity. */
	TRY(user_create(store, &fields, x->caller.now_ms, err, &u));
	TRY(link_add(store, u.row, provider, subject, x->caller.now_ms, err));
	store_event(store, IDENTITY_SIGNED_UP, u.id, &x->caller, "by an identity elsewhere");
	*ret_row = u.row;
	return RESULT_OK;
}

static result sign_in_by(struct identity_exchange *x, uint32_t method, struct slice provider,
    struct slice subject, const char *verified_email, struct error *err)
{
	int64_t row = 0;
	struct entry entry;
	struct identity_store *store = x->service->store;
	TRY(store_begin(store, err));
	TRY(store_end(store, account_of(x, provider, subject, verified_email, err, &row), err));
	TRY(factor_enter(store, row, method, false, &x->caller, err, &entry));
	return answer_entry(x, &entry, err);
}

/* With a session, the identity is added to its account; that needs a fresh proof like every other way in. */
static result add_link(struct identity_exchange *x, uint32_t method, struct slice provider,
    struct slice subject, struct error *err)
{
	struct session_token token;
	struct session_claim claim;
	struct identity_store *store = x->service->store;
	if (!session_is_fresh(&x->claim, x->caller.now_ms, FRESH_MS)) {
		x->problem = "fresh-needed";
		return error_set(err, ERR_DENIED, "the last proof is too old for this");
	}
	TRY(link_add(store, x->claim.user_row, provider, subject, x->caller.now_ms, err));
	TRY(notify(x, "a way to sign in was added", err));
	TRY(session_rotate(store, &x->claim, method, false, x->caller.now_ms, err, &token, &claim));
	store_event(store, IDENTITY_FACTOR_CHANGED, claim.user, &x->caller, "an identity elsewhere added");
	x->claim.user_row = 0;
	return answer_session(x, &token, &claim, err);
}

static bool has_session(const struct identity_exchange *x)
{
	return x->claim.user_row != 0 && !(x->claim.methods & METHOD_KEY);
}

result run_wallet_finish(struct identity_exchange *x, struct error *err)
{
	struct wallet_message m;
	char subject[80];
	const struct identity_service *s = x->service;
	struct slice text = field(x, "message");
	TRY(wallet_message_parse(text, err, &m));
	TRY(challenge_take(s->store, CHALLENGE_WALLET, m.nonce, x->caller.now_ms, err, &x->challenge));
	const struct wallet_expectation expected = {
	    .domain = s->host, .nonce = m.nonce, .now_ms = x->caller.now_ms};
	TRY(wallet_verify(&m, text, field(x, "signature"), &expected, err));
	int n = snprintf(subject, sizeof subject, "eip155:%.*s", SLICE_ARG(m.address));
	for (int i = 0; i < n; i++)
		subject[i] = (char)tolower((unsigned char)subject[i]);
	const struct slice who = slice_of(subject, (size_t)n);
	return has_session(x) ? add_link(x, METHOD_WALLET, SLICE(LINK_WALLET), who, err)
			      : sign_in_by(x, METHOD_WALLET, SLICE(LINK_WALLET), who, NULL, err);
}

static result find_provider(struct identity_exchange *x, struct slice name, struct error *err, size_t *ret)
{
	for (size_t i = 0; i < x->service->provider_count; i++) {
		if (!slice_eq(oidc_provider_name(x->service->providers[i]), name))
			continue;
		*ret = i;
		return RESULT_OK;
	}
	return error_set(err, ERR_NOT_FOUND, "there is no such provider");
}

result run_oidc_start(struct identity_exchange *x, struct error *err)
{
	size_t at = 0;
	TRY(find_provider(x, field(x, "provider"), err, &at));
	TRY(oidc_flow_start(x->service->providers[at], x->caller.now_ms, err, &x->flow));
	if (oidc_flow_wants_fetch(&x->flow)) {
		x->step = IDENTITY_FETCH;
		return RESULT_OK;
	}
	return resume_oidc_start(x, err);
}

/*
 * The state is bound to this browser by a cookie beside it, so that nobody can have a victim finish a sign-in
 * that the attacker began (RFC 6819 section 4.4.1.8).
 */
result resume_oidc_start(struct identity_exchange *x, struct error *err)
{
	struct session_token state, flow;
	struct oidc_secrets secrets;
	uint8_t hash[SESSION_HASH_BYTES];
	char hex[2 * SESSION_HASH_BYTES + 1], data[512];
	CLEANUP_BUF struct buf url = BUF_INIT(8192);
	oidc_secrets_make(&secrets);
	token_make(&flow, hash);
	(void)sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	const struct slice name = oidc_provider_name(x->flow.provider);
	int n = snprintf(
	    data, sizeof data, "%.*s %s %s %s", SLICE_ARG(name), secrets.nonce, secrets.verifier, hex);
	if (n < 0 || (size_t)n >= sizeof data)
		return error_set(err, ERR_LIMIT, "the provider's name is too long");
	TRY(challenge_make(
	    x->service->store, CHALLENGE_OIDC, 0, slice_of(data, (size_t)n), x->caller.now_ms, err, &state));
	TRY(oidc_authorize_url(&x->flow, &secrets, slice_cstr(state.text), &url, err));
	memcpy(x->response.flow, flow.text, sizeof x->response.flow);
	answer_text(x, "url", buf_cstr(&url));
	return RESULT_OK;
}

static result read_state(
    struct identity_exchange *x, struct error *err, size_t *ret_provider, struct oidc_secrets *ret)
{
	uint8_t hash[SESSION_HASH_BYTES];
	char hex[2 * SESSION_HASH_BYTES + 1];
	struct slice rest = slice_of(x->challenge.data, x->challenge.data_len);
	struct slice name = slice_cut(&rest, ' ');
	struct slice nonce = slice_cut(&rest, ' ');
	struct slice verifier = slice_cut(&rest, ' ');
	session_token_hash(x->request.flow, hash);
	(void)sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	if (!bytes_equal(rest, slice_cstr(hex)))
		return error_set(err, ERR_DENIED, "the sign-in was begun in another browser");
	(void)snprintf(ret->nonce, sizeof ret->nonce, "%.*s", SLICE_ARG(nonce));
	(void)snprintf(ret->verifier, sizeof ret->verifier, "%.*s", SLICE_ARG(verifier));
	return find_provider(x, name, err, ret_provider);
}

result run_oidc_finish(struct identity_exchange *x, struct error *err)
{
	size_t at = 0;
	struct oidc_secrets secrets;
	x->response.clear_flow = true;
	TRY(challenge_take(
	    x->service->store, CHALLENGE_OIDC, field(x, "state"), x->caller.now_ms, err, &x->challenge));
	TRY(read_state(x, err, &at, &secrets));
	const struct oidc_callback callback = {
	    .code = field(x, "code"), .error = field(x, "error"), .issuer = field(x, "iss")};
	TRY(oidc_flow_finish(
	    x->service->providers[at], &callback, &secrets, x->caller.now_ms, err, &x->flow));
	x->step = IDENTITY_FETCH;
	return RESULT_OK;
}

result resume_oidc_finish(struct identity_exchange *x, struct error *err)
{
	size_t at = 0;
	char email[EMAIL_BYTES_MAX + 1];
	const struct oidc_flow *f = &x->flow;
	TRY(find_provider(x, oidc_provider_name(f->provider), err, &at));
	const struct slice issuer = x->service->issuers[at], subject = slice_cstr(f->subject);
	if (has_session(x))
		return add_link(x, METHOD_OIDC, issuer, subject, err);
	const bool usable = f->email_verified && is_ok(email_normalise(slice_cstr(f->email), NULL, email));
	return sign_in_by(x, METHOD_OIDC, issuer, subject, usable ? email : NULL, err);
}

result run_link_remove(struct identity_exchange *x, struct error *err)
{
	TRY(link_remove(
	    x->service->store, x->claim.user_row, field(x, "provider"), field(x, "subject"), err));
	x->response.status = 204;
	return notify(x, "a way to sign in was removed", err);
}
