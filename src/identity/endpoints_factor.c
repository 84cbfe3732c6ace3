/* Authenticator apps, recovery codes and passkeys. */
#include "identity/endpoints_internal.h"

result run_second_factor(struct identity_exchange *x, struct error *err)
{
	struct session_token token;
	struct session_claim claim;
	TRY(second_factor_finish(x->service->store, field(x, "challenge"), field(x, "code"), &x->caller, err,
	    &token, &claim, &x->response.retry_after_s));
	return answer_session(x, &token, &claim, err);
}

result run_totp_begin(struct identity_exchange *x, struct error *err)
{
	struct totp_offer offer;
	TRY(totp_enrol_begin(x->service->store, &x->claim, x->caller.now_ms, err, &offer));
	answer_text(x, "challenge", offer.challenge.text);
	answer_text(x, "secret", offer.secret);
	answer_text(x, "uri", offer.uri);
	return RESULT_OK;
}

static void answer_codes(struct identity_exchange *x, const struct recovery_codes *made)
{
	json_t *list = json_array();
	for (size_t i = 0; i < RECOVERY_CODES; i++)
		(void)json_array_append_new(list, json_string(made->codes[i]));
	(void)json_object_set_new(x->out, "recoveryCodes", list);
}

result run_totp_finish(struct identity_exchange *x, struct error *err)
{
	struct recovery_codes made;
	struct session_token token;
	struct session_claim claim;
	TRY(totp_enrol_finish(x->service->store, &x->claim, field(x, "challenge"), field(x, "code"),
	    x->caller.now_ms, err, &made, &token, &claim));
	answer_codes(x, &made);
	TRY(notify(x, "an authenticator app was added", err));
	x->claim.user_row = 0; /* rotated: the old token is dead */
	return answer_session(x, &token, &claim, err);
}

/* Taking a factor away is a change of privilege too. */
static result rotate(struct identity_exchange *x, uint32_t method, bool mfa, struct error *err)
{
	struct session_token token;
	struct session_claim claim;
	TRY(session_rotate(x->service->store, &x->claim, method, mfa, x->caller.now_ms, err, &token, &claim));
	x->claim.user_row = 0;
	return answer_session(x, &token, &claim, err);
}

result run_totp_remove(struct identity_exchange *x, struct error *err)
{
	TRY(totp_remove(x->service->store, &x->claim, err));
	TRY(notify(x, "the authenticator app was removed", err));
	return rotate(x, 0, false, err);
}

result run_recovery_renew(struct identity_exchange *x, struct error *err)
{
	struct recovery_codes made;
	TRY(recovery_codes_renew(x->service->store, x->claim.user_row, err, &made));
	answer_codes(x, &made);
	(void)json_object_set_new(x->out, "oldCodesEnded", json_true());
	store_event(x->service->store, IDENTITY_FACTOR_CHANGED, x->claim.user, &x->caller,
	    "new recovery codes made, the old ones ended");
	return notify(x, "new recovery codes were made; the old ones no longer work", err);
}

static struct passkey_site site_of(const struct identity_exchange *x)
{
	return (struct passkey_site){.rp_id = x->service->rp_id,
	    .origin = x->service->origin,
	    .verifies_user = x->caller.realm == REALM_OPERATOR};
}

static const char *verification_of(const struct identity_exchange *x)
{
	return x->caller.realm == REALM_OPERATOR ? "required" : "preferred";
}

/* PublicKeyCredentialCreationOptions, with binary parts in base64url. */
result run_passkey_register_begin(struct identity_exchange *x, struct error *err)
{
	struct session_token challenge;
	CLEANUP_BUF struct buf ids = BUF_INIT(64u << 10);
	const struct identity_service *s = x->service;
	const char *name = s->store->app_name[0] ? s->store->app_name : "ward";
	const char *account = x->claim.email[0] ? x->claim.email : x->claim.user;
	TRY(passkey_register_begin(s->store, &x->claim, x->caller.now_ms, err, &challenge));
	TRY(passkey_ids_json(s->store, x->claim.user_row, &ids, err));
	(void)json_object_set_new(x->out, "publicKey",
	    json_pack("{s:s,s:{s:s%,s:s},s:{s:s,s:s,s:s},s:[{s:s,s:i},{s:s,s:i},{s:s,s:i}],s:i,s:s,s:{s:s,s:"
		      "b,s:s},s:o}",
		"challenge", challenge.text, "rp", "id", s->rp_id.ptr, s->rp_id.len, "name", name, "user",
		"id", x->claim.user, "name", account, "displayName", account, "pubKeyCredParams", "type",
		"public-key", "alg", -8, "type", "public-key", "alg", -7, "type", "public-key", "alg", -257,
		"timeout", 300000, "attestation", "none", "authenticatorSelection", "residentKey", "required",
		"requireResidentKey", 1, "userVerification", verification_of(x), "exclude",
		json_loadb(ids.ptr, ids.len, 0, NULL)));
	return RESULT_OK;
}

result run_passkey_register_finish(struct identity_exchange *x, struct error *err)
{
	bool verified = false;
	struct slice client_data, object;
	const struct passkey_site site = site_of(x);
	TRY(field_bytes(x, "clientDataJSON", err, &client_data));
	TRY(field_bytes(x, "attestationObject", err, &object));
	TRY(passkey_register_finish(x->service->store, &x->claim, &site, field(x, "name"), client_data,
	    object, x->caller.now_ms, err, &verified));
	TRY(notify(x, "a passkey was added", err));
	/* Made with a gesture of its own user just now: as an app's first code, it counts as the second
	 * factor. */
	return rotate(x, METHOD_PASSKEY, verified, err);
}

result run_passkey_sign_in_begin(struct identity_exchange *x, struct error *err)
{
	struct session_token challenge;
	TRY(passkey_sign_in_begin(x->service->store, x->caller.now_ms, err, &challenge));
	(void)json_object_set_new(x->out, "publicKey",
	    json_pack("{s:s,s:s%,s:i,s:s}", "challenge", challenge.text, "rpId", x->service->rp_id.ptr,
		x->service->rp_id.len, "timeout", 300000, "userVerification", verification_of(x)));
	return RESULT_OK;
}

/* With a session of the same account this is its step-up; else a sign-in. */
result run_passkey_sign_in_finish(struct identity_exchange *x, struct error *err)
{
	int64_t user_row = 0;
	bool is_mfa = false;
	struct entry entry = {0};
	struct passkey_answer answer = {0};
	const struct passkey_site site = site_of(x);
	struct identity_store *store = x->service->store;
	TRY(field_bytes(x, "id", err, &answer.credential_id));
	TRY(field_bytes(x, "clientDataJSON", err, &answer.client_data));
	TRY(field_bytes(x, "authenticatorData", err, &answer.authenticator_data));
	TRY(field_bytes(x, "signature", err, &answer.signature));
	TRY(field_bytes(x, "userHandle", err, &answer.user_handle));
	TRY(passkey_sign_in_finish(store, &site, &answer, &x->caller, err, &user_row, &is_mfa));
	if (x->claim.user_row == user_row && !(x->claim.methods & METHOD_KEY)) {
		TRY(session_rotate(store, &x->claim, METHOD_PASSKEY, is_mfa, x->caller.now_ms, err,
		    &entry.token, &entry.claim));
		x->claim.user_row = 0;
	} else {
		TRY(factor_enter(store, user_row, METHOD_PASSKEY, is_mfa, &x->caller, err, &entry));
	}
	return answer_entry(x, &entry, err);
}

result run_passkey_remove(struct identity_exchange *x, struct error *err)
{
	TRY(passkey_remove(x->service->store, &x->claim, field(x, "id"), err));
	TRY(notify(x, "a passkey was removed", err));
	return rotate(x, 0, false, err);
}
