/* The table of endpoints and what is the same for all of them. Called by the store's thread; requests come
 * from anyone. */
#include "identity/endpoints.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity/endpoints_internal.h"

static const struct identity_endpoint endpoints[] = {
    {false, "methods", NEEDS_NOTHING, "", run_methods, NULL},
    {true, "sign-up", APP_ONLY | NEEDS_PROOF, "email! password! proof", run_sign_up, resume_sign_in},
    {true, "sign-in", NEEDS_PROOF, "email! password! proof", run_sign_in, resume_sign_in},
    {true, "second-factor", HIDES_REASON, "challenge! code!", run_second_factor, NULL},
    {true, "sign-out", NEEDS_NOTHING, "", run_sign_out, NULL},
    {false, "me", NEEDS_NOTHING, "", run_me, NULL},
    {true, "confirm", BEFORE_SECOND | NEEDS_SESSION, "password code", run_confirm, resume_confirm},
    {true, "password", NEEDS_SESSION, "present! wanted!", run_change_password, resume_change_password},

    {true, "mail/link", APP_ONLY | NEEDS_MAIL | NEEDS_PROOF, "email! proof", run_mail_link, NULL},
    {true, "mail/sign-in", APP_ONLY | NEEDS_MAIL | HIDES_REASON, "token!", run_mail_sign_in, NULL},
    {true, "mail/verify", APP_ONLY | NEEDS_MAIL | HIDES_REASON, "token! password!", run_mail_verify,
	resume_mail_verify},
    {true, "password/forgot", NEEDS_MAIL | NEEDS_PROOF, "email! proof", run_forgot, NULL},
    {true, "password/reset", NEEDS_NOTHING, "token! password!", run_reset, resume_reset},

    {true, "totp/begin", NEEDS_FRESH, "", run_totp_begin, NULL},
    {true, "totp/finish", NEEDS_FRESH | HIDES_REASON, "challenge! code!", run_totp_finish, NULL},
    {true, "totp/remove", NEEDS_FRESH, "", run_totp_remove, NULL},
    {true, "recovery/renew", NEEDS_FRESH, "", run_recovery_renew, NULL},

    {true, "passkey/register/begin", NEEDS_FRESH, "", run_passkey_register_begin, NULL},
    {true, "passkey/register/finish", NEEDS_FRESH | HIDES_REASON, "name! clientDataJSON! attestationObject!",
	run_passkey_register_finish, NULL},
    {true, "passkey/sign-in/begin", NEEDS_NOTHING, "", run_passkey_sign_in_begin, NULL},
    {true, "passkey/sign-in/finish", HIDES_REASON,
	"id! clientDataJSON! authenticatorData! signature! userHandle", run_passkey_sign_in_finish, NULL},
    {true, "passkey/remove", NEEDS_FRESH, "id!", run_passkey_remove, NULL},

    {true, "wallet/begin", APP_ONLY, "address! chain", run_wallet_begin, NULL},
    {true, "wallet/finish", APP_ONLY | HIDES_REASON, "message! signature!", run_wallet_finish, NULL},
    {true, "oidc/start", APP_ONLY, "provider!", run_oidc_start, resume_oidc_start},
    {true, "oidc/finish", APP_ONLY | HIDES_REASON, "state! code iss error", run_oidc_finish,
	resume_oidc_finish},
    {true, "links/remove", APP_ONLY | NEEDS_FRESH, "provider! subject!", run_link_remove, NULL},

    {false, "account", NEEDS_SESSION, "", run_account, NULL},
    {true, "sessions/revoke", NEEDS_SESSION, "id!", run_sessions_revoke, NULL},
    {true, "sessions/revoke-others", NEEDS_SESSION, "", run_sessions_revoke_others, NULL},
    {true, "tenant", APP_ONLY | NEEDS_SESSION, "tenant!", run_tenant, NULL},
    {true, "keys/create", APP_ONLY | NEEDS_FRESH, "name! scopes! tenant days", run_key_create, NULL},
    {true, "keys/revoke", APP_ONLY | NEEDS_SESSION, "id!", run_key_revoke, NULL},
    {false, "outbox", OPERATOR_ONLY | NEEDS_OUTBOX | NEEDS_SESSION, "", run_outbox, NULL},
    {false, "audit", OPERATOR_ONLY | NEEDS_SESSION, "limit before", run_audit, NULL},
    {false, "identity", OPERATOR_ONLY | NEEDS_SESSION, "", run_overview, NULL},
    {true, "delete", APP_ONLY | NEEDS_FRESH, "", run_delete, NULL},
};

/* How a refusal looks outside, by its kind. */
static const struct refusal {
	enum err_code code;
	int status;
	const char *type;
	const char *title; /* NULL: the error's own text, which is for the person */
} refusals[] = {
    {ERR_INVALID, 400, "invalid-input", NULL},
    {ERR_DENIED, 401, "refused", "That was not accepted"},
    {ERR_NOT_FOUND, 404, "not-found", NULL},
    {ERR_CONFLICT, 409, "conflict", NULL},
    {ERR_LIMIT, 429, "too-many-tries", "Too many tries, wait a little"},
};
static const struct refusal broken = {ERR_INTERNAL, 503, "unavailable", "This is not available right now"};

static void write_problem(struct identity_exchange *x, const struct refusal *r, const char *title)
{
	char proof[PROOF_CHALLENGE_CHARS + 1];
	const struct identity_service *s = x->service;
	json_t *problem = json_pack(
	    "{s:s,s:s,s:i}", "type", x->problem ? x->problem : r->type, "title", title, "status", r->status);
	if (x->problem && strcmp(x->problem, "proof-needed") == 0) {
		proof_challenge(
		    s->store->keys.proof, x->caller.address, s->proof_bits, x->caller.now_ms, proof);
		(void)json_object_set_new(problem, "challenge", json_string(proof));
		(void)json_object_set_new(problem, "bits", json_integer(s->proof_bits));
	}
	json_decref(x->out);
	x->out = problem;
	x->response.status = r->status;
}

static void refuse(struct identity_exchange *x, const struct error *err)
{
	const struct refusal *r = &broken;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (refusals[i].code == err->code)
			r = &refusals[i];
	const bool hides = x->endpoint && (x->endpoint->needs & HIDES_REASON) && r->code == ERR_INVALID;
	x->response.why = *err;
	x->response.token[0] = '\0';
	write_problem(x, r, hides ? "That was not accepted" : r->title ? r->title : err->text);
	if (x->endpoint && (x->endpoint->needs & HIDES_REASON) &&
	    (r->code == ERR_DENIED || r->code == ERR_INVALID))
		store_event(
		    x->service->store, IDENTITY_SIGN_IN_REFUSED, x->claim.user, &x->caller, err->text);
}

static void write_answer(struct identity_exchange *x)
{
	char *text = x->response.json.len ? NULL : json_dumps(x->out, JSON_COMPACT);
	if (text && x->response.status != 204)
		buf_add_cstr(&x->response.json, text);
	free(text);
}

static void finish(struct identity_exchange *x, result r, const struct error *err)
{
	if (!is_ok(r))
		refuse(x, err);
	else if (x->step != IDENTITY_DONE)
		return;
	x->step = IDENTITY_DONE;
	write_answer(x);
}

static const struct realm_door {
	struct slice prefix;
	unsigned shut; /* endpoints with one of these flags are not there */
} doors[REALM_COUNT] = {
    [REALM_APP] = {SLICE(IDENTITY_PATH), OPERATOR_ONLY},
    [REALM_OPERATOR] = {SLICE(IDENTITY_OPERATOR_PATH), APP_ONLY},
};

static const struct identity_endpoint *find(const struct identity_exchange *x)
{
	const struct realm_door *door = &doors[x->caller.realm];
	struct slice name = x->request.path;
	if (!slice_starts(name, door->prefix))
		return NULL;
	name = slice_of(name.ptr + door->prefix.len, name.len - door->prefix.len);
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
		const struct identity_endpoint *e = &endpoints[i];
		if (e->post == x->request.post && slice_eq_cstr(name, e->path) && !(e->needs & door->shut) &&
		    (!(e->needs & NEEDS_MAIL) || x->service->mail) && (!(e->needs & NEEDS_OUTBOX) || x->service->outbox))
			return e;
	}
	return NULL;
}

/* "email! proof": the word, and whether it must be there. */
static bool next_field(struct slice *rest, struct slice *ret_name, bool *ret_needed)
{
	if (!rest->ptr || rest->len == 0)
		return false;
	*ret_name = slice_cut(rest, ' ');
	*ret_needed = slice_ends(*ret_name, SLICE("!"));
	ret_name->len -= *ret_needed;
	return true;
}

static bool is_field(const struct identity_endpoint *e, const char *key)
{
	struct slice rest = slice_cstr(e->fields), name;
	bool needed;
	while (next_field(&rest, &name, &needed))
		if (slice_eq_cstr(name, key))
			return true;
	return false;
}

/* Known members only, all of them texts, those that are needed there. */
static result check_fields(struct identity_exchange *x, struct error *err)
{
	const char *key;
	json_t *value;
	struct slice rest = slice_cstr(x->endpoint->fields), name;
	bool needed;
	json_object_foreach(x->in, key, value)
	{
		if (!is_field(x->endpoint, key))
			return error_set(err, ERR_INVALID, "\"%.64s\" is not expected here", key);
		if (!json_is_string(value))
			return error_set(err, ERR_INVALID, "\"%.64s\" must be a text", key);
	}
	while (next_field(&rest, &name, &needed))
		if (needed && !json_object_getn(x->in, name.ptr, name.len))
			return error_set(err, ERR_INVALID, "\"%.*s\" is missing", SLICE_ARG(name));
	return RESULT_OK;
}

static result read_body(struct identity_exchange *x, struct error *err)
{
	struct slice body = x->request.body;
	if (body.len > IDENTITY_BODY_MAX)
		return error_set(err, ERR_INVALID, "the request is too long");
	x->in = body.len ? json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL) : json_object();
	if (!json_is_object(x->in))
		return error_set(err, ERR_INVALID, "the request is not a JSON object");
	return check_fields(x, err);
}

static bool proof_is_on(const struct identity_service *s)
{
	return s->proof == PROOF_ALWAYS ||
	       (s->proof == PROOF_WHEN_ATTACKED && s->store->stuffing.under_attack);
}

static result check_proof(struct identity_exchange *x, struct error *err)
{
	struct identity_service *s = x->service;
	if (!(x->endpoint->needs & NEEDS_PROOF) || !(proof_is_on(s) || x->request.demand_proof))
		return RESULT_OK;
	result r = proof_check(
	    s->store->keys.proof, &s->spent, field(x, "proof"), x->caller.address, x->caller.now_ms, err);
	if (!is_ok(r))
		x->problem = "proof-needed";
	return r;
}

/* A session of the other realm is as none: operators and the app's users never meet. */
static result find_session(struct identity_exchange *x, struct error *err)
{
	if (x->request.token.len == 0)
		return error_set(err, ERR_DENIED, "no token");
	TRY(session_lookup(x->service->store, x->request.token, x->caller.now_ms, err, &x->claim));
	if (x->claim.realm == x->caller.realm)
		return RESULT_OK;
	memset(&x->claim, 0, sizeof x->claim);
	return error_set(err, ERR_DENIED, "a session of another realm");
}

/*
 * An operator's password alone opens nothing but the way to a second factor, and where the account has one,
 * not even that: whoever learned the password could add their own. On this machine's own origin there need
 * not be one.
 */
static result check_second_factor(struct identity_exchange *x, struct error *err)
{
	bool has = false;
	if (x->caller.realm != REALM_OPERATOR || x->claim.mfa || (x->endpoint->needs & BEFORE_SECOND))
		return RESULT_OK;
	TRY(has_second_factor(x, err, &has));
	if (!has && (x->service->local || !(x->endpoint->needs & OPERATOR_ONLY)))
		return RESULT_OK;
	x->problem = "second-factor-needed";
	return error_set(err, ERR_DENIED, "an operator needs a second factor for this");
}

static result check_session(struct identity_exchange *x, struct error *err)
{
	const unsigned needs = x->endpoint->needs;
	if (x->request.operator_asks && (needs & OPERATOR_ONLY))
		return RESULT_OK;
	struct error why = {0};
	result r = find_session(x, &why);
	if (!is_ok(r) && r.code != ERR_DENIED)
		return error_set(err, why.code, "%s", why.text);
	if (!(needs & (NEEDS_SESSION | NEEDS_FRESH)))
		return RESULT_OK;
	if (!is_ok(r) || (x->claim.methods & METHOD_KEY)) {
		x->problem = "sign-in-needed";
		return error_set(err, ERR_DENIED, "%s", is_ok(r) ? "an API key is not a person" : why.text);
	}
	TRY(check_second_factor(x, err));
	if ((needs & NEEDS_FRESH) && !session_is_fresh(&x->claim, x->caller.now_ms, FRESH_MS)) {
		x->problem = "fresh-needed";
		return error_set(err, ERR_DENIED, "the last proof is too old for this");
	}
	return RESULT_OK;
}

static result begin(struct identity_exchange *x, struct error *err)
{
	x->endpoint = find(x);
	audit_acting(x->service->store, "", x->caller.realm, x->caller.now_ms);
	if (!x->endpoint)
		return error_set(err, ERR_NOT_FOUND, "there is nothing at this address");
	TRY(read_body(x, err));
	TRY(check_session(x, err));
	TRY(check_proof(x, err));
	return x->endpoint->run(x, err);
}

static bool copy_request(struct identity_exchange *x, const struct identity_request *request)
{
	const struct identity_request *r = request;
	x->request = *r;
	const struct {
		struct slice *to;
		struct slice from;
	} texts[] = {{&x->request.path, r->path}, {&x->request.body, r->body}, {&x->request.token, r->token},
	    {&x->request.flow, r->flow}, {&x->caller.address, r->caller.address},
	    {&x->caller.agent, r->caller.agent}};
	x->caller.now_ms = r->caller.now_ms;
	x->caller.realm = r->caller.realm;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		*texts[i].to = arena_copy(&x->arena, texts[i].from);
		if (!texts[i].to->ptr)
			return false;
	}
	return true;
}

struct identity_exchange *identity_exchange_new(
    struct identity_service *service, const struct identity_request *request)
{
	struct error err = {0};
	struct identity_exchange *x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->service = service;
	x->step = IDENTITY_DONE;
	x->response.status = 200;
	x->response.json = BUF_INIT(IDENTITY_ANSWER_MAX);
	x->out = json_object();
	arena_init(&x->arena, 8 * IDENTITY_BODY_MAX);
	result r = request->body.len <= IDENTITY_BODY_MAX && copy_request(x, request)
		       ? begin(x, &err)
		       : error_set(&err, ERR_INVALID, "the request is too long");
	finish(x, r, &err);
	return x;
}

void identity_exchange_work(struct identity_exchange *x)
{
	ASSERT(x->step == IDENTITY_WORK);
	password_job_run(&x->sign_in.job);
}

void identity_exchange_worked(struct identity_exchange *x, int64_t now_ms)
{
	struct error err = {0};
	ASSERT(x->step == IDENTITY_WORK);
	x->step = IDENTITY_DONE;
	x->caller.now_ms = now_ms;
	audit_acting(x->service->store, "", x->caller.realm, now_ms);
	finish(x, x->endpoint->resume(x, &err), &err);
}

void identity_exchange_fetched(
    struct identity_exchange *x, uint32_t status, struct slice body, int64_t now_ms)
{
	struct error err = {0};
	ASSERT(x->step == IDENTITY_FETCH);
	x->caller.now_ms = now_ms;
	audit_acting(x->service->store, "", x->caller.realm, now_ms);
	result r = oidc_flow_fetched(&x->flow, status, body, now_ms, &err);
	if (is_ok(r) && oidc_flow_wants_fetch(&x->flow))
		return;
	x->step = IDENTITY_DONE;
	if (is_ok(r))
		r = x->endpoint->resume(x, &err);
	finish(x, r, &err);
}

void identity_exchange_free(struct identity_exchange *x)
{
	if (!x)
		return;
	sign_in_done(&x->sign_in);
	oidc_flow_done(&x->flow);
	buf_done(&x->response.json);
	json_decref(x->in);
	json_decref(x->out);
	arena_done(&x->arena);
	sodium_memzero(x, sizeof *x);
	free(x);
}
