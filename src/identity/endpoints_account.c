/* Who one is, one's own account, and what can be switched on here at all. */
#include <sodium.h>
#include <string.h>

#include "identity/api_key.h"
#include "identity/endpoints_internal.h"
#include "identity/link.h"

#define LIST_MAX 100u

/* What a sign-in page has to show. */
result run_methods(struct identity_exchange *x, struct error *err)
{
	const struct identity_service *s = x->service;
	json_t *providers = json_array();
	(void)err;
	for (size_t i = 0; i < s->provider_count; i++) {
		struct slice name = oidc_provider_name(s->providers[i]);
		(void)json_array_append_new(providers, json_stringn(name.ptr, name.len));
	}
	const char *name = s->store->app_name[0] ? s->store->app_name : "ward";
	(void)json_object_set_new(x->out, "app", json_string(name));
	(void)json_object_set_new(x->out, "signUp", json_boolean(sign_up_open(x)));
	(void)json_object_set_new(x->out, "mail", json_boolean(s->mail));
	(void)json_object_set_new(x->out, "providers", providers);
	return RESULT_OK;
}

result run_me(struct identity_exchange *x, struct error *err)
{
	if (!x->claim.user_row) {
		x->problem = "sign-in-needed";
		return error_set(err, ERR_DENIED, "no session");
	}
	x->response.claim = x->claim;
	answer_user(x, &x->claim);
	return RESULT_OK;
}

static result add_sessions(struct identity_exchange *x, struct error *err)
{
	size_t count = 0;
	char own[SESSION_ID_CHARS + 1];
	struct session_row *rows = arena_array(&x->arena, LIST_MAX, sizeof *rows);
	json_t *list = json_array();
	(void)json_object_set_new(x->out, "sessions", list);
	if (!rows)
		return error_set(err, ERR_MEMORY, "no memory for the list");
	TRY(session_list(
	    x->service->store, x->claim.user_row, x->caller.now_ms, rows, LIST_MAX, err, &count));
	(void)sodium_bin2hex(own, sizeof own, x->claim.hash, SESSION_ID_CHARS / 2);
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:I,s:I,s:s,s:s,s:b,s:b}", "id", rows[i].id, "created",
			      (json_int_t)rows[i].created_ms, "seen", (json_int_t)rows[i].seen_ms, "address",
			      rows[i].address, "agent", rows[i].agent, "mfa", rows[i].mfa, "current",
			      strcmp(rows[i].id, own) == 0));
	return RESULT_OK;
}

static result add_passkeys(struct identity_exchange *x, struct error *err)
{
	size_t count = 0;
	struct passkey_row rows[PASSKEYS_PER_USER];
	json_t *list = json_array();
	(void)json_object_set_new(x->out, "passkeys", list);
	TRY(passkey_list(x->service->store, x->claim.user_row, rows, PASSKEYS_PER_USER, err, &count));
	for (size_t i = 0; i < count; i++) {
		json_t *row = json_pack(
		    "{s:s,s:s,s:b}", "id", rows[i].id, "name", rows[i].name, "backedUp", rows[i].backed_up);
		answer_time(row, "created", rows[i].created_ms);
		answer_time(row, "used", rows[i].used_ms);
		(void)json_array_append_new(list, row);
	}
	return RESULT_OK;
}

static result add_links(struct identity_exchange *x, struct error *err)
{
	size_t count = 0;
	struct link_row rows[32];
	json_t *list = json_array();
	(void)json_object_set_new(x->out, "links", list);
	TRY(link_list(x->service->store, x->claim.user_row, rows, ARRAY_LEN(rows), err, &count));
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:s,s:I}", "provider", rows[i].provider, "subject", rows[i].subject,
			      "created", (json_int_t)rows[i].created_ms));
	return RESULT_OK;
}

static result add_keys(struct identity_exchange *x, struct error *err)
{
	size_t count = 0;
	json_t *list = json_array();
	struct api_key_row *rows = arena_array(&x->arena, API_KEYS_PER_USER, sizeof *rows);
	(void)json_object_set_new(x->out, "keys", list);
	if (!rows)
		return error_set(err, ERR_MEMORY, "no memory for the list");
	TRY(api_key_list(x->service->store, x->claim.user_row, rows, API_KEYS_PER_USER, err, &count));
	for (size_t i = 0; i < count; i++) {
		json_t *row = json_pack("{s:s,s:s,s:s,s:s}", "id", rows[i].id, "name", rows[i].name, "scopes",
		    rows[i].scopes, "tenant", rows[i].tenant);
		answer_time(row, "created", rows[i].created_ms);
		answer_time(row, "expires", rows[i].expires_ms);
		answer_time(row, "used", rows[i].used_ms);
		(void)json_array_append_new(list, row);
	}
	return RESULT_OK;
}

static result add_tenants(struct identity_exchange *x, struct error *err)
{
	bool row = true;
	json_t *list = json_array();
	CLEANUP_QUERY struct query q = {0};
	(void)json_object_set_new(x->out, "tenants", list);
	TRY(query_start(x->service->store, ST_TENANT_LIST, SQL_ARGS(SQL_INT(x->claim.user_row)), err, &q));
	for (;;) {
		char tenant[TENANT_BYTES_MAX + 1], role[ROLE_BYTES_MAX + 1];
		TRY(query_next(x->service->store, &q, err, &row));
		if (!row)
			return RESULT_OK;
		column_copy(&q, 0, tenant, sizeof tenant);
		column_copy(&q, 1, role, sizeof role);
		(void)json_array_append_new(list, json_pack("{s:s,s:s}", "tenant", tenant, "role", role));
	}
}

/* Everything the store holds of the caller, but for what is secret: the account page, and the export. */
result run_account(struct identity_exchange *x, struct error *err)
{
	struct user u;
	size_t codes = 0;
	struct identity_store *store = x->service->store;
	TRY(user_by_row(store, x->claim.user_row, err, &u));
	TRY(recovery_codes_left(store, u.row, err, &codes));
	answer_user(x, &x->claim);
	(void)json_object_set_new(x->out, "account",
	    json_pack("{s:I,s:b,s:b,s:b,s:i}", "created", (json_int_t)u.created_ms, "emailVerified",
		u.email_verified, "password", u.has_password, "totp", u.has_totp, "recoveryCodes",
		(int)codes));
	TRY(add_sessions(x, err));
	TRY(add_passkeys(x, err));
	TRY(add_links(x, err));
	TRY(add_tenants(x, err));
	x->response.claim = x->claim;
	return add_keys(x, err);
}

result run_sign_out(struct identity_exchange *x, struct error *err)
{
	x->response.status = 204;
	x->response.clear_token = true;
	if (!x->claim.user_row || (x->claim.methods & METHOD_KEY))
		return RESULT_OK;
	return identity_sign_out(x->service->store, x->request.token, &x->caller, err);
}

result run_sessions_revoke(struct identity_exchange *x, struct error *err)
{
	x->response.status = 204;
	return session_revoke(x->service->store, x->claim.user_row, field(x, "id"), err);
}

result run_sessions_revoke_others(struct identity_exchange *x, struct error *err)
{
	x->response.status = 204;
	return session_end_all(x->service->store, x->claim.user_row, x->claim.hash, err, NULL);
}

result run_tenant(struct identity_exchange *x, struct error *err)
{
	struct session_token token;
	struct session_claim claim;
	TRY(session_choose_tenant(
	    x->service->store, &x->claim, field(x, "tenant"), x->caller.now_ms, err, &token, &claim));
	x->claim.user_row = 0;
	return answer_session(x, &token, &claim, err);
}

result run_key_create(struct identity_exchange *x, struct error *err)
{
	uint64_t days = 0;
	struct api_key_text text;
	char id[API_KEY_ID_CHARS + 1];
	struct slice wanted = field(x, "days");
	if (wanted.len && (!slice_to_u64(wanted, &days) || days == 0 || days > 3650))
		return error_set(err, ERR_INVALID, "a key lasts 1 to 3650 days");
	const struct api_key_fields fields = {.name = field(x, "name"),
	    .scopes = field(x, "scopes"),
	    .tenant = field(x, "tenant"),
	    .expires_ms = days ? x->caller.now_ms + (int64_t)days * 24 * 60 * 60 * 1000 : 0};
	TRY(api_key_create(x->service->store, x->claim.user_row, &fields, x->caller.now_ms, err, &text, id));
	answer_text(x, "id", id);
	answer_text(x, "key", text.text);
	return notify(x, "an API key was made", err);
}

result run_key_revoke(struct identity_exchange *x, struct error *err)
{
	x->response.status = 204;
	return api_key_revoke(x->service->store, x->claim.user_row, field(x, "id"), err);
}

/* The mails of the last day, as `ward dev` shows them. */
result run_outbox(struct identity_exchange *x, struct error *err)
{
	return mail_outbox_json(x->service->store, LIST_MAX, &x->response.json, err);
}

/* The newest of the audit log. */
result run_audit(struct identity_exchange *x, struct error *err)
{
	uint64_t limit = LIST_MAX, before = 0;
	const struct slice most = field(x, "limit"), last = field(x, "before");
	if ((most.len && !slice_to_u64(most, &limit)) || (last.len && (!slice_to_u64(last, &before) || before > INT64_MAX)))
		return error_set(err, ERR_INVALID, "\"limit\" and \"before\" are numbers");
	return audit_json(x->service->store, (int64_t)before, (size_t)limit, &x->response.json, err);
}

/* Accounts in numbers. */
result run_overview(struct identity_exchange *x, struct error *err)
{
	return identity_overview_json(x->service->store, x->caller.now_ms, err, &x->response.json);
}

result run_delete(struct identity_exchange *x, struct error *err)
{
	TRY(notify(x, "the account was deleted", err));
	TRY(user_delete(x->service->store, x->claim.user_row, err));
	x->response.status = 204;
	x->response.clear_token = true;
	return RESULT_OK;
}
