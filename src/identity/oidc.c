/* The code flow. Called on the store's thread; answers come from a provider and, through a browser, from
 * anyone. */
#include "identity/oidc.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "identity/oidc_provider.h"

#define BODY_MAX 8192u
#define URLSAFE sodium_base64_VARIANT_URLSAFE_NO_PADDING

/* Which state may follow which: a row a state, a bit a follower. */
#define TO(s) (1u << (s))
static const unsigned followers[OIDC_STATE_COUNT] = {
    [OIDC_IDLE] = TO(OIDC_DISCOVERING) | TO(OIDC_READY) | TO(OIDC_EXCHANGING) | TO(OIDC_FAILED),
    [OIDC_DISCOVERING] = TO(OIDC_READY) | TO(OIDC_EXCHANGING) | TO(OIDC_FAILED),
    [OIDC_READY] = 0,
    [OIDC_EXCHANGING] = TO(OIDC_FETCHING_KEYS) | TO(OIDC_DONE) | TO(OIDC_FAILED),
    [OIDC_FETCHING_KEYS] = TO(OIDC_FETCHING_KEYS) | TO(OIDC_DONE) | TO(OIDC_FAILED),
    [OIDC_DONE] = 0,
    [OIDC_FAILED] = TO(OIDC_FAILED),
};

static void set_state(struct oidc_flow *f, enum oidc_state state)
{
	ASSERT(followers[f->state] & TO(state));
	f->state = state;
}

static result failed(struct oidc_flow *f, result r)
{
	set_state(f, OIDC_FAILED);
	return r;
}

static void random_text(char ret[OIDC_SECRET_CHARS + 1])
{
	uint8_t bytes[32];
	randombytes_buf(bytes, sizeof bytes);
	(void)sodium_bin2base64(ret, OIDC_SECRET_CHARS + 1, bytes, sizeof bytes, URLSAFE);
}

void oidc_secrets_make(struct oidc_secrets *ret)
{
	random_text(ret->nonce);
	random_text(ret->verifier);
}

bool oidc_flow_wants_fetch(const struct oidc_flow *f)
{
	return f->state == OIDC_DISCOVERING || f->state == OIDC_EXCHANGING || f->state == OIDC_FETCHING_KEYS;
}

void oidc_flow_done(struct oidc_flow *f)
{
	buf_done(&f->body);
	buf_done(&f->authorization);
	free(f->id_token);
	sodium_memzero(f, sizeof *f);
}

static void begin(struct oidc_flow *f, struct oidc_provider *p)
{
	memset(f, 0, sizeof *f);
	f->provider = p;
	f->private_ok = p->private_ok;
	buf_init(&f->body, BODY_MAX);
	buf_init(&f->authorization, BODY_MAX);
}

static void want(struct oidc_flow *f, enum oidc_state state, const char *url, bool post)
{
	set_state(f, state);
	(void)snprintf(f->url, sizeof f->url, "%s", url);
	f->post = post;
}

static void want_discovery(struct oidc_flow *f)
{
	char url[OIDC_URL_MAX + 48];
	size_t n = strlen(f->provider->issuer);
	/* Discovery section 4: a slash at the end of the issuer is not doubled. */
	(void)snprintf(url, sizeof url, "%.*s/.well-known/openid-configuration",
	    (int)(n && f->provider->issuer[n - 1] == '/' ? n - 1 : n), f->provider->issuer);
	want(f, OIDC_DISCOVERING, url, false);
}

/* A clock that was set back makes nothing young again. */
static bool younger(int64_t then_ms, int64_t now_ms, int64_t age_ms)
{
	return then_ms != 0 && now_ms >= then_ms && now_ms - then_ms < age_ms;
}

static bool is_known(const struct oidc_provider *p, int64_t now_ms)
{
	return younger(p->metadata_ms, now_ms, OIDC_METADATA_KEPT_MS);
}

result oidc_flow_start(struct oidc_provider *p, int64_t now_ms, struct error *err, struct oidc_flow *f)
{
	(void)err;
	begin(f, p);
	if (is_known(p, now_ms))
		set_state(f, OIDC_READY);
	else
		want_discovery(f);
	return RESULT_OK;
}

result oidc_authorize_url(const struct oidc_flow *f, const struct oidc_secrets *secrets, struct slice state,
    struct buf *out, struct error *err)
{
	uint8_t hash[32];
	char challenge[OIDC_SECRET_CHARS + 1];
	const struct oidc_provider *p = f->provider;
	ASSERT(f->state == OIDC_READY);
	TRY(digest_bytes(DIGEST_SHA256, slice_cstr(secrets->verifier), err, hash));
	(void)sodium_bin2base64(challenge, sizeof challenge, hash, sizeof hash, URLSAFE);
	buf_add_cstr(out, p->authorization_endpoint);
	if (!strchr(p->authorization_endpoint, '?'))
		buf_add_char(out, '?');
	form_add(out, "response_type", SLICE("code"));
	form_add(out, "client_id", slice_cstr(p->client_id));
	form_add(out, "redirect_uri", slice_cstr(p->redirect_uri));
	form_add(out, "scope", slice_cstr(p->scope));
	form_add(out, "state", state);
	form_add(out, "nonce", slice_cstr(secrets->nonce));
	form_add(out, "code_challenge", slice_cstr(challenge));
	form_add(out, "code_challenge_method", SLICE("S256"));
	return buf_ok(out) ? RESULT_OK
			   : error_set(err, ERR_LIMIT, "the address of the provider's page is too long");
}

/* RFC 6749 section 2.3.1: id and secret form-encoded, then Basic. */
static void add_authorization(struct oidc_flow *f)
{
	char text[2 * BODY_MAX];
	const struct oidc_provider *p = f->provider;
	CLEANUP_BUF struct buf plain = BUF_INIT(BODY_MAX);
	form_encode(&plain, slice_cstr(p->client_id));
	buf_add_char(&plain, ':');
	form_encode(&plain, slice_cstr(p->client_secret));
	if (!buf_ok(&plain))
		return;
	(void)sodium_bin2base64(
	    text, sizeof text, (const unsigned char *)plain.ptr, plain.len, sodium_base64_VARIANT_ORIGINAL);
	buf_add_cstr(&f->authorization, "Basic ");
	buf_add_cstr(&f->authorization, text);
	sodium_memzero(text, sizeof text);
}

static result want_token(struct oidc_flow *f, struct error *err)
{
	const struct oidc_provider *p = f->provider;
	buf_clear(&f->body);
	form_add(&f->body, "grant_type", SLICE("authorization_code"));
	form_add(&f->body, "code", slice_cstr(f->code));
	form_add(&f->body, "redirect_uri", slice_cstr(p->redirect_uri));
	form_add(&f->body, "code_verifier", slice_cstr(f->secrets.verifier));
	if (p->client_secret[0] && !p->secret_in_body) {
		add_authorization(f);
	} else {
		form_add(&f->body, "client_id", slice_cstr(p->client_id));
		if (p->client_secret[0])
			form_add(&f->body, "client_secret", slice_cstr(p->client_secret));
	}
	if (!buf_ok(&f->body) || !buf_ok(&f->authorization))
		return failed(f, error_set(err, ERR_LIMIT, "the code is too long"));
	want(f, OIDC_EXCHANGING, p->token_endpoint, true);
	return RESULT_OK;
}

/* RFC 9207 section 2.4: where the provider names itself, it must, and it must be the one that was asked. */
static result check_issuer(const struct oidc_provider *p, struct slice issuer, struct error *err)
{
	if (issuer.len == 0 && !p->answers_with_issuer)
		return RESULT_OK;
	if (!slice_eq_cstr(issuer, p->issuer))
		return error_set(
		    err, ERR_DENIED, "the answer is from another provider than the one that was asked");
	return RESULT_OK;
}

result oidc_flow_finish(struct oidc_provider *p, const struct oidc_callback *callback,
    const struct oidc_secrets *secrets, int64_t now_ms, struct error *err, struct oidc_flow *f)
{
	begin(f, p);
	f->finishing = true;
	f->secrets = *secrets;
	result r = check_issuer(p, callback->issuer, err);
	if (!is_ok(r))
		return failed(f, r);
	if (callback->error.len)
		return failed(
		    f, error_set(err, ERR_DENIED, "the provider refused: %.*s", SLICE_ARG(callback->error)));
	if (callback->code.len == 0 || callback->code.len >= sizeof f->code)
		return failed(f, error_set(err, ERR_INVALID, "the provider gave no code"));
	memcpy(f->code, callback->code.ptr, callback->code.len);
	if (is_known(p, now_ms))
		return want_token(f, err);
	want_discovery(f);
	return RESULT_OK;
}

static void take_email(struct oidc_flow *f, const json_t *claims)
{
	struct slice email = token_member_text(claims, "email");
	if (email.len == 0 || email.len >= sizeof f->email)
		return;
	(void)snprintf(f->email, sizeof f->email, "%.*s", SLICE_ARG(email));
	f->email_verified = json_is_true(json_object_get(claims, "email_verified"));
}

static result check_id_token(struct oidc_flow *f, int64_t now_ms, struct error *err, bool *ret_unknown_key)
{
	struct oidc_provider *p = f->provider;
	CLEANUP_JWT struct jwt t = {0};
	TRY(jwt_parse(slice_cstr(f->id_token), err, &t));
	result r = jwt_verify(&t, p->keys, err);
	*ret_unknown_key = r.code == ERR_NOT_FOUND;
	TRY(r);
	const struct id_token_expectation e = {.issuer = slice_cstr(p->issuer),
	    .client_id = slice_cstr(p->client_id),
	    .nonce = slice_cstr(f->secrets.nonce),
	    .now_ms = now_ms};
	TRY(id_token_check(t.claims, &e, err));
	(void)snprintf(f->subject, sizeof f->subject, "%.*s", SLICE_ARG(token_member_text(t.claims, "sub")));
	take_email(f, t.claims);
	return RESULT_OK;
}

static result finish(struct oidc_flow *f, int64_t now_ms, struct error *err)
{
	bool unknown_key = false;
	struct oidc_provider *p = f->provider;
	const bool fresh = p->keys && younger(p->keys_ms, now_ms, OIDC_KEYS_KEPT_MS);
	if (!fresh && !f->keys_renewed) {
		want(f, OIDC_FETCHING_KEYS, p->jwks_uri, false);
		return RESULT_OK;
	}
	result r = check_id_token(f, now_ms, err, &unknown_key);
	/* Keys are rotated: a token by a new one is checked once more with the keys of now. */
	if (unknown_key && !f->keys_renewed && !younger(p->keys_ms, now_ms, OIDC_KEYS_RENEW_MS)) {
		want(f, OIDC_FETCHING_KEYS, p->jwks_uri, false);
		return RESULT_OK;
	}
	if (!is_ok(r))
		return failed(f, r.code == ERR_NOT_FOUND
				     ? error_set(err, ERR_DENIED, "the token's key is not the issuer's")
				     : r);
	set_state(f, OIDC_DONE);
	return RESULT_OK;
}

static result take_token(struct oidc_flow *f, struct slice body, int64_t now_ms, struct error *err)
{
	json_t *root =
	    body.len <= JWKS_BYTES_MAX ? json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	struct slice token = token_member_text(root, "id_token");
	f->id_token = token.ptr ? strndup(token.ptr, token.len) : NULL;
	json_decref(root);
	if (!f->id_token)
		return failed(f, error_set(err, ERR_DENIED, "the provider gave no ID token"));
	return finish(f, now_ms, err);
}

static result take_keys(struct oidc_flow *f, struct slice body, int64_t now_ms, struct error *err)
{
	struct jwks *keys = NULL;
	struct oidc_provider *p = f->provider;
	result r = jwks_parse(body, err, &keys);
	if (!is_ok(r))
		return failed(f, r);
	jwks_free(p->keys);
	p->keys = keys;
	p->keys_ms = now_ms;
	f->keys_renewed = true;
	return finish(f, now_ms, err);
}

static result take_metadata(struct oidc_flow *f, struct slice body, int64_t now_ms, struct error *err)
{
	result r = oidc_metadata_read(f->provider, body, now_ms, err);
	if (!is_ok(r))
		return failed(f, r);
	if (f->finishing)
		return want_token(f, err);
	set_state(f, OIDC_READY);
	return RESULT_OK;
}

result oidc_flow_fetched(
    struct oidc_flow *f, uint32_t status, struct slice body, int64_t now_ms, struct error *err)
{
	ASSERT(oidc_flow_wants_fetch(f));
	if (status != 200)
		return failed(
		    f, error_set(err, ERR_DENIED, "the provider answered %u at %s", status, f->url));
	switch (f->state) {
	case OIDC_DISCOVERING:
		return take_metadata(f, body, now_ms, err);
	case OIDC_EXCHANGING:
		return take_token(f, body, now_ms, err);
	default:
		return take_keys(f, body, now_ms, err);
	}
}
