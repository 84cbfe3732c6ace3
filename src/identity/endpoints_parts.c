/* What endpoints are made of: reading fields, writing answers, links in mails; and the service itself. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity/endpoints_internal.h"
#include "identity/wallet.h"

static const struct {
	enum session_method bit;
	const char *name;
} method_names[] = {{METHOD_PASSWORD, "password"}, {METHOD_TOTP, "totp"}, {METHOD_RECOVERY, "recovery"},
    {METHOD_PASSKEY, "passkey"}, {METHOD_OIDC, "oidc"}, {METHOD_WALLET, "wallet"}, {METHOD_MAIL, "mail"},
    {METHOD_KEY, "key"}};

struct slice field(const struct identity_exchange *x, const char *name)
{
	return token_member_text(x->in, name);
}

result field_bytes(struct identity_exchange *x, const char *name, struct error *err, struct slice *ret)
{
	size_t length = 0;
	const char *end = NULL;
	struct slice text = field(x, name);
	uint8_t *bytes = arena_alloc(&x->arena, text.len + 1);
	if (!bytes)
		return error_set(err, ERR_LIMIT, "the request is too long");
	if (!text.ptr) {
		*ret = SLICE_NONE;
		return RESULT_OK;
	}
	if (sodium_base642bin(bytes, text.len + 1, text.ptr, text.len, NULL, &length, &end,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    end != text.ptr + text.len)
		return error_set(err, ERR_INVALID, "\"%s\" is not base64url", name);
	*ret = bytes_of(bytes, length);
	return RESULT_OK;
}

void answer_text(struct identity_exchange *x, const char *name, const char *value)
{
	(void)json_object_set_new(x->out, name, json_string(value));
}

void answer_time(json_t *object, const char *name, int64_t ms)
{
	(void)json_object_set_new(object, name, ms ? json_integer(ms) : json_null());
}

static json_t *words(struct slice text)
{
	json_t *list = json_array();
	struct slice rest = text.len ? text : SLICE_NONE;
	while (rest.ptr) {
		struct slice word = slice_cut(&rest, ' ');
		(void)json_array_append_new(list, json_stringn(word.ptr, word.len));
	}
	return list;
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

void answer_user(struct identity_exchange *x, const struct session_claim *claim)
{
	json_t *methods = json_array();
	for (size_t i = 0; i < ARRAY_LEN(method_names); i++)
		if (claim->methods & method_names[i].bit)
			(void)json_array_append_new(methods, json_string(method_names[i].name));
	(void)json_object_set_new(x->out, "user",
	    json_pack("{s:s,s:o,s:o,s:o,s:o}", "id", claim->user, "email", text_or_null(claim->email), "role",
		text_or_null(claim->role), "roles", words(slice_cstr(claim->roles)), "tenant",
		text_or_null(claim->tenant)));
	(void)json_object_set_new(x->out, "session",
	    json_pack("{s:b,s:o,s:I,s:I}", "mfa", claim->mfa, "methods", methods, "authenticated",
		(json_int_t)claim->authenticated_ms, "expires", (json_int_t)claim->expires_ms));
}

result answer_session(struct identity_exchange *x, const struct session_token *token,
    const struct session_claim *claim, struct error *err)
{
	/* A session that the browser brought along, perhaps planted, is not carried on beside the new one. */
	if (x->claim.user_row && !(x->claim.methods & METHOD_KEY) &&
	    memcmp(x->claim.hash, claim->hash, SESSION_HASH_BYTES) != 0)
		TRY(session_end(x->service->store, x->claim.hash, err));
	memcpy(x->response.token, token->text, sizeof x->response.token);
	x->response.claim = *claim;
	answer_user(x, claim);
	return RESULT_OK;
}

result answer_entry(struct identity_exchange *x, const struct entry *entry, struct error *err)
{
	if (!entry->second)
		return answer_session(x, &entry->token, &entry->claim, err);
	answer_text(x, "next", "second-factor");
	answer_text(x, "challenge", entry->token.text);
	return RESULT_OK;
}

bool sign_up_open(const struct identity_exchange *x)
{
	return x->caller.realm == REALM_APP && !x->service->sign_up_closed;
}

const char *pages_of(const struct identity_exchange *x)
{
	return x->caller.realm == REALM_OPERATOR ? "/_ward/operator/" : "/_ward/account/";
}

result has_second_factor(struct identity_exchange *x, struct error *err, bool *ret)
{
	struct user u;
	TRY(user_by_row(x->service->store, x->claim.user_row, err, &u));
	*ret = u.has_totp || u.passkeys > 0;
	return RESULT_OK;
}

void answer_accepted(struct identity_exchange *x)
{
	x->response.status = 202;
	answer_text(x, "next", "mail");
}

result notify(struct identity_exchange *x, const char *what, struct error *err)
{
	if (!x->service->mail || !x->claim.email[0])
		return RESULT_OK;
	return mail_put(
	    x->service->store, MAIL_CHANGED, x->claim.email, SLICE_NONE, what, x->caller.now_ms, err);
}

/* The token stands behind "#": browsers send that to nobody, and proxies do not log it. */
result mail_link(struct identity_exchange *x, enum mail_kind kind, const char *to, const char *page,
    const struct session_token *token, struct error *err)
{
	CLEANUP_BUF struct buf link = BUF_INIT(1024);
	buf_add_slice(&link, x->service->origin);
	buf_printf(&link, "%s%s%s%s", pages_of(x), page, token ? "#token=" : "", token ? token->text : "");
	if (!buf_ok(&link))
		return error_set(err, ERR_LIMIT, "the link is too long");
	result r = mail_put(x->service->store, kind, to, buf_slice(&link), NULL, x->caller.now_ms, err);
	/* A full outbox looks like a full mailbox: whether there is such an account must not show. */
	return r.code == ERR_LIMIT ? RESULT_OK : r;
}

bool mail_allowed(struct identity_exchange *x, const char *email)
{
	struct throttle *t = x->service->store->throttle;
	char address[ADDRESS_KEY_MAX], block[ADDRESS_KEY_MAX];
	address_keys(x->caller.address, address, block);
	const bool waits = throttle_wait_ms(t, THROTTLE_MAIL, slice_cstr(email), x->caller.now_ms) > 0 ||
			   throttle_wait_ms(t, THROTTLE_SIGN_UP, slice_cstr(address), x->caller.now_ms) > 0;
	throttle_count(t, THROTTLE_MAIL, slice_cstr(email), x->caller.now_ms);
	throttle_count(t, THROTTLE_SIGN_UP, slice_cstr(address), x->caller.now_ms);
	return !waits;
}

/* RFC 6761 section 6.3: names below "localhost" lead to this machine too. */
bool origin_is_local(struct slice origin)
{
	const char *start = origin.len ? memmem(origin.ptr, origin.len, "://", 3) : NULL;
	struct slice rest =
	    start ? slice_of(start + 3, origin.len - (size_t)(start + 3 - origin.ptr)) : SLICE_NONE;
	if (slice_starts(rest, SLICE("[::1]")))
		return rest.len == 5 || rest.ptr[5] == ':';
	const struct slice host = rest.len ? slice_cut(&rest, ':') : SLICE_NONE;
	return slice_eq_nocase(host, SLICE("localhost")) || slice_eq(host, SLICE("127.0.0.1")) ||
	       (host.len > 10 &&
		   slice_eq_nocase(slice_of(host.ptr + host.len - 10, 10), SLICE(".localhost")));
}

/* "https://shop.example:8443": the authority, and without its port the host. */
static result take_origin(struct identity_service *s, const struct identity_site *site, struct error *err)
{
	s->origin = arena_copy(&s->arena, site->origin);
	const char *start = s->origin.len ? memmem(s->origin.ptr, s->origin.len, "://", 3) : NULL;
	if (!start || !uri_is_valid(s->origin))
		return error_set(err, ERR_INVALID, "the origin \"%.*s\" is not one", SLICE_ARG(site->origin));
	s->host = slice_of(start + 3, s->origin.len - (size_t)(start + 3 - s->origin.ptr));
	if (!authority_is_valid(s->host) || memchr(s->host.ptr, '@', s->host.len))
		return error_set(err, ERR_INVALID, "the origin \"%.*s\" is not one", SLICE_ARG(site->origin));
	struct slice rest = s->host;
	const struct slice name = rest.ptr[0] == '[' ? rest : slice_cut(&rest, ':');
	s->local = origin_is_local(s->origin);
	s->rp_id = site->rp_id.len ? arena_copy(&s->arena, site->rp_id) : name;
	s->wallet_statement =
	    site->wallet_statement.len ? arena_copy(&s->arena, site->wallet_statement) : SLICE("Sign in.");
	return RESULT_OK;
}

static result take_providers(struct identity_service *s, const struct identity_site *site, struct error *err)
{
	if (site->provider_count > PROVIDERS_MAX)
		return error_set(err, ERR_LIMIT, "at most %u providers", PROVIDERS_MAX);
	for (size_t i = 0; i < site->provider_count; i++) {
		struct oidc_config config = site->providers[i];
		char *own = arena_printf(&s->arena, "%.*s/_ward/account/callback", SLICE_ARG(s->origin));
		if (!config.redirect_uri.len)
			config.redirect_uri = slice_cstr(own);
		TRY(oidc_provider_new(&config, err, &s->providers[i]));
		s->issuers[i] = arena_copy(&s->arena, config.issuer);
		s->provider_count++;
	}
	return RESULT_OK;
}

result identity_service_new(struct identity_store *store, const struct identity_site *site, struct error *err,
    struct identity_service **ret)
{
	struct identity_service *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, ERR_MEMORY, "no memory for the identity service");
	arena_init(&s->arena, 64u << 10);
	s->store = store;
	s->sign_up_closed = site->sign_up_closed;
	s->mail = site->mail;
	s->outbox = site->outbox;
	s->proof = site->proof;
	s->proof_bits = site->proof_bits ? site->proof_bits : PROOF_BITS_DEFAULT;
	result r = s->proof_bits <= PROOF_BITS_MAX ? take_origin(s, site, err)
						   : error_set(err, ERR_INVALID, "too many bits of proof");
	if (is_ok(r))
		r = take_providers(s, site, err);
	if (!is_ok(r)) {
		identity_service_free(s);
		return r;
	}
	*ret = s;
	return RESULT_OK;
}

bool identity_service_secret(struct identity_service *service, size_t i, struct slice secret)
{
	return i < service->provider_count && oidc_provider_secret(service->providers[i], secret);
}

void identity_service_free(struct identity_service *service)
{
	if (!service)
		return;
	for (size_t i = 0; i < service->provider_count; i++)
		oidc_provider_free(service->providers[i]);
	arena_done(&service->arena);
	free(service);
}
