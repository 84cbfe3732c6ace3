/* The operators' realm: doors that do not open, second factors that must be there, and what the audit log
 * says of it. */
#include "browser.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "identity/api_key.h"
#include "identity/audit.h"
#include "identity/internal.h"

static const struct identity_site local = {
    .origin = SLICE("http://localhost:8080"), .mail = true, .proof = PROOF_NEVER};

static void make(struct harness *h, enum user_realm realm, const char *email)
{
	struct user u;
	char hash[PASSWORD_HASH_MAX];
	const struct password_cost cost = identity_password_cost(h->store);
	assert_ok(password_hash(SLICE(PASSWORD), &cost, NULL, hash));
	const struct new_user fields = {.realm = realm,
	    .email = email,
	    .password_hash = hash,
	    .status = USER_ACTIVE,
	    .email_verified = true};
	assert_ok(user_create(h->store, &fields, T0, NULL, &u));
}

static void open_operator(struct browser *b, struct harness *h, const struct identity_site *site)
{
	open_site(b, h, site);
	b->realm = REALM_OPERATOR;
}

static void nobody_makes_an_operator_of_themselves(void **state)
{
	struct browser b;
	open_operator(&b, *state, &with_mail);
	static const char *const shut[] = {"sign-up", "mail/link", "mail/sign-in", "mail/verify",
	    "wallet/begin", "wallet/finish", "oidc/start", "oidc/finish", "links/remove", "tenant",
	    "keys/create", "delete"};
	for (size_t i = 0; i < sizeof shut / sizeof *shut; i++)
		post(&b, 404, shut[i], CREDENTIALS);
	assert_int_equal(ask(&b, "methods", NULL), 200);
	assert_non_null(strstr(b.last, "\"signUp\":false"));
	identity_service_free(b.service);
}

static void neither_realm_opens_the_others_door(void **state)
{
	struct browser app, op;
	char app_token[64], op_token[64];
	make(*state, REALM_APP, EMAIL);
	make(*state, REALM_OPERATOR, EMAIL);
	open_site(&app, *state, &plain);
	open_operator(&op, *state, &plain);
	post(&app, 200, "sign-in", CREDENTIALS);
	post(&op, 200, "sign-in", CREDENTIALS);
	memcpy(app_token, app.token, sizeof app_token);
	memcpy(op_token, op.token, sizeof op_token);
	memcpy(app.token, op_token, sizeof app.token);
	memcpy(op.token, app_token, sizeof op.token);
	assert_int_equal(ask(&app, "me", NULL), 401);
	assert_int_equal(ask(&app, "account", NULL), 401);
	assert_int_equal(ask(&op, "me", NULL), 401);
	assert_int_equal(ask(&op, "account", NULL), 401);
	assert_int_equal(ask(&op, "audit", NULL), 401);
	/* Nor does a sign-in at one door end or take over the session of the other. */
	post(&op, 200, "sign-in", CREDENTIALS);
	memcpy(app.token, app_token, sizeof app.token);
	assert_int_equal(ask(&app, "me", NULL), 200);
	identity_service_free(app.service);
	identity_service_free(op.service);
}

static void a_second_step_cannot_be_taken_at_the_other_door(void **state)
{
	struct browser app, op;
	char secret[64], recovery[32], code[9], challenge[64];
	make(*state, REALM_APP, EMAIL);
	open_site(&app, *state, &plain);
	open_operator(&op, *state, &plain);
	post(&app, 200, "sign-in", CREDENTIALS);
	enrol(&app, secret, recovery);
	app.now = op.now = T0 + 5 * MINUTE;
	post(&app, 200, "sign-in", CREDENTIALS);
	(void)snprintf(challenge, sizeof challenge, "%s", said(&app, "challenge"));
	code_of(secret, app.now, code);
	post(&op, 401, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, code);
	assert_string_equal(op.token, "");
	post(&app, 200, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, code);
	identity_service_free(app.service);
	identity_service_free(op.service);
}

static void a_password_alone_reaches_the_enrolment_only(void **state)
{
	struct browser b;
	char secret[64], recovery[32];
	make(*state, REALM_OPERATOR, EMAIL);
	open_operator(&b, *state, &plain);
	post(&b, 200, "sign-in", CREDENTIALS);
	assert_non_null(strstr(b.last, "\"mfa\":false"));
	assert_int_equal(ask(&b, "audit", NULL), 401);
	assert_string_equal(said(&b, "type"), "second-factor-needed");
	assert_int_equal(ask(&b, "account", NULL), 200);
	enrol(&b, secret, recovery);
	assert_non_null(strstr(b.last, "\"mfa\":true"));
	assert_int_equal(ask(&b, "audit", NULL), 200);
	identity_service_free(b.service);
}

static void a_key_of_an_operator_reads_or_acts_and_is_no_person(void **state)
{
	struct user u, of_app;
	struct browser b;
	struct harness *h = *state;
	struct api_key_text key;
	struct session_claim claim;
	char id[API_KEY_ID_CHARS + 1];
	CLEANUP_BUF struct buf log = BUF_INIT(64u << 10);
	make(h, REALM_OPERATOR, EMAIL);
	make(h, REALM_APP, EMAIL);
	assert_ok(user_by_email(h->store, REALM_OPERATOR, EMAIL, NULL, &u));
	assert_ok(user_by_email(h->store, REALM_APP, EMAIL, NULL, &of_app));
	struct api_key_fields fields = {SLICE("deploy"), SLICE("read act"), SLICE(""), 0};
	assert_code(api_key_create(h->store, u.row, &fields, T0, NULL, &key, id), ERR_INVALID);
	fields.scopes = SLICE("orders.write");
	assert_code(api_key_create(h->store, u.row, &fields, T0, NULL, &key, id), ERR_INVALID);
	fields.scopes = SLICE(OPERATOR_KEY_READ);
	assert_ok(api_key_create(h->store, u.row, &fields, T0, NULL, &key, id));
	assert_ok(session_lookup(h->store, slice_cstr(key.text), T0, NULL, &claim));
	assert_int_equal(claim.realm, REALM_OPERATOR);
	assert_string_equal(claim.scopes, "read");
	assert_string_equal(claim.key, "deploy");
	assert_false(claim.mfa);
	/* At either door of accounts it is nobody. */
	open_operator(&b, h, &plain);
	memcpy(b.token, key.text, sizeof key.text);
	static const char *const shut[] = {"audit", "account"};
	for (size_t i = 0; i < sizeof shut / sizeof *shut; i++)
		assert_int_equal(ask(&b, shut[i], NULL), 401);
	post(&b, 401, "totp/begin", "{}");
	/* Nothing of it but its hash is in the store. */
	assert_ok(audit_json(h->store, 0, 10, &log, NULL));
	assert_non_null(strstr(buf_cstr(&log), "API key \\\"deploy\\\" made"));
	assert_null(strstr(buf_cstr(&log), key.text));
	assert_code(api_key_revoke(h->store, of_app.row, slice_cstr(id), NULL), ERR_NOT_FOUND);
	h->heard.dropped = 0;
	assert_ok(api_key_revoke(h->store, u.row, slice_cstr(id), NULL));
	assert_int_equal(h->heard.dropped, 1);
	assert_code(session_lookup(h->store, slice_cstr(key.text), T0, NULL, &claim), ERR_DENIED);
	/* It ends with its operator. */
	fields.scopes = SLICE(OPERATOR_KEY_ACT);
	assert_ok(api_key_create(h->store, u.row, &fields, T0, NULL, &key, id));
	assert_ok(user_set_status(h->store, u.row, USER_DISABLED, NULL));
	assert_code(session_lookup(h->store, slice_cstr(key.text), T0, NULL, &claim), ERR_DENIED);
	identity_service_free(b.service);
}

/* Somebody who learned the password of an operator with a passkey must not be able to enrol an app of their
 * own. */
static void a_learned_password_enrols_nothing_beside_a_passkey(void **state)
{
	struct user u;
	struct browser b;
	struct harness *h = *state;
	make(h, REALM_OPERATOR, EMAIL);
	assert_ok(user_by_email(h->store, REALM_OPERATOR, EMAIL, NULL, &u));
	assert_ok(store_run(h->store, ST_PASSKEY_INSERT,
	    SQL_ARGS(SQL_BLOB("credential", 10), SQL_INT(u.row), SQL_TEXT("key"), SQL_INT(-7),
		SQL_BLOB("key", 3), SQL_INT(0), SQL_BLOB("0123456789abcdef", 16),
		SQL_INT(PASSKEY_USER_VERIFIED), SQL_INT(T0)),
	    NULL, NULL));
	for (int i = 0; i < 2; i++) {
		open_operator(&b, h, i ? &local : &plain);
		post(&b, 200, "sign-in", CREDENTIALS);
		static const char *const shut[] = {
		    "totp/begin", "passkey/register/begin", "sessions/revoke-others", "recovery/renew"};
		for (size_t k = 0; k < sizeof shut / sizeof *shut; k++) {
			post(&b, 401, shut[k], "{}");
			assert_string_equal(said(&b, "type"), "second-factor-needed");
		}
		post(&b, 401, "password",
		    "{\"present\":\"" PASSWORD "\",\"wanted\":\"another harbour town\"}");
		assert_int_equal(ask(&b, "audit", NULL), 401);
		assert_int_equal(ask(&b, "account", NULL), 401);
		post(&b, 204, "sign-out", "{}");
		identity_service_free(b.service);
	}
}

static void passkeys_of_operators_must_verify_their_user(void **state)
{
	struct browser b;
	make(*state, REALM_OPERATOR, EMAIL);
	open_operator(&b, *state, &plain);
	post(&b, 200, "passkey/sign-in/begin", "{}");
	assert_non_null(strstr(b.last, "\"userVerification\":\"required\""));
	post(&b, 200, "sign-in", CREDENTIALS);
	post(&b, 200, "passkey/register/begin", "{}");
	assert_non_null(strstr(b.last, "\"userVerification\":\"required\""));
	identity_service_free(b.service);
}

static void on_this_machine_a_password_is_enough(void **state)
{
	struct browser b;
	make(*state, REALM_OPERATOR, EMAIL);
	open_operator(&b, *state, &local);
	post(&b, 200, "sign-in", CREDENTIALS);
	assert_int_equal(ask(&b, "audit", NULL), 200);
	identity_service_free(b.service);
	static const struct {
		const char *origin;
		bool is_local;
	} origins[] = {{"http://localhost:8080", true}, {"http://127.0.0.1", true}, {"http://[::1]:80", true},
	    {"http://app.localhost", true}, {"https://localhost.example.org", false},
	    {"https://example.org", false}, {"https://127.0.0.1.example.org", false},
	    {"https://notlocalhost", false}, {"https://.localhost.evil", false}, {"", false}};
	for (size_t i = 0; i < sizeof origins / sizeof *origins; i++)
		assert_int_equal(origin_is_local(slice_cstr(origins[i].origin)), origins[i].is_local);
}

static void operators_sessions_are_short(void **state)
{
	struct browser app, op;
	make(*state, REALM_APP, EMAIL);
	make(*state, REALM_OPERATOR, EMAIL);
	open_site(&app, *state, &plain);
	open_operator(&op, *state, &plain);
	post(&app, 200, "sign-in", CREDENTIALS);
	post(&op, 200, "sign-in", CREDENTIALS);
	app.now = op.now = T0 + 13 * HOUR;
	assert_int_equal(ask(&op, "me", NULL), 401);
	assert_int_equal(ask(&app, "me", NULL), 200);
	identity_service_free(app.service);
	identity_service_free(op.service);
}

static json_t *audit(struct harness *h, size_t limit)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	assert_ok(audit_json(h->store, 0, limit, &text, NULL));
	return json_loads(buf_cstr(&text), 0, NULL);
}

static const char *newest(json_t *log, const char *member)
{
	return json_string_value(json_object_get(json_array_get(json_object_get(log, "events"), 0), member));
}

static void acts_are_in_the_audit_log_and_refused_tries_are_not(void **state)
{
	struct browser b;
	struct harness *h = *state;
	make(h, REALM_OPERATOR, EMAIL);
	open_operator(&b, h, &local);
	post(&b, 200, "sign-in", CREDENTIALS);
	json_t *log = audit(h, 10);
	assert_string_equal(newest(log, "kind"), "signed_in");
	assert_string_equal(newest(log, "realm"), "operator");
	assert_string_equal(newest(log, "address"), "192.0.2.1");
	const size_t before = json_array_size(json_object_get(log, "events"));
	json_decref(log);
	b.token[0] = '\0';
	for (int i = 0; i < 30; i++)
		(void)ask(&b, "sign-in", "{\"email\":\"" EMAIL "\",\"password\":\"not this one\"}");
	log = audit(h, 100);
	assert_int_equal(json_array_size(json_object_get(log, "events")), before);
	json_decref(log);
	assert_ok(
	    audit_act(h->store, SLICE(EMAIL), SLICE("192.0.2.9"), SLICE("POST /x\n\033[31mfaked"), T0, NULL));
	log = audit(h, 1);
	assert_string_equal(newest(log, "by"), EMAIL);
	assert_string_equal(
	    newest(log, "detail"), "POST /x??[31mfaked"); /* no line and no colour of a stranger's */
	assert_true(json_is_true(json_object_get(log, "more")));
	json_decref(log);
	identity_service_free(b.service);
}

static void the_app_cannot_push_operators_acts_out(void **state)
{
	struct harness *h = *state;
	assert_ok(audit_act(h->store, SLICE("ada"), SLICE("192.0.2.9"), SLICE("POST /x"), T0, NULL));
	assert_ok(store_run(h->store, ST_BEGIN, NULL, 0, NULL, NULL));
	const struct identity_event event = {.kind = IDENTITY_SIGNED_IN, .user = "u", .detail = "x"};
	const struct identity_caller caller = caller_at("192.0.2.1", T0);
	for (int i = 0; i < 200100; i++)
		audit_event(h->store, &event, &caller);
	assert_ok(store_run(h->store, ST_COMMIT, NULL, 0, NULL, NULL));
	assert_ok(audit_sweep(h->store, T0 + DAY, NULL));
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	assert_ok(audit_json(h->store, 2, 10, &text, NULL));
	assert_non_null(strstr(buf_cstr(&text), "POST /x"));
	buf_clear(&text);
	assert_ok(audit_json(h->store, 3, 10, &text, NULL));
	assert_null(strstr(buf_cstr(&text), "signed_in")); /* the app's oldest have gone */
	assert_ok(audit_sweep(h->store, T0 + 401 * DAY, NULL));
	buf_clear(&text);
	assert_ok(audit_json(h->store, 0, 10, &text, NULL));
	assert_string_equal(buf_cstr(&text), "{\"events\":[],\"more\":false}");
}

int main(void)
{
#define WITH_STORE(f) cmocka_unit_test_setup_teardown(f, harness_up, harness_down)
	const struct CMUnitTest tests[] = {
	    WITH_STORE(nobody_makes_an_operator_of_themselves),
	    WITH_STORE(neither_realm_opens_the_others_door),
	    WITH_STORE(a_second_step_cannot_be_taken_at_the_other_door),
	    WITH_STORE(a_password_alone_reaches_the_enrolment_only),
	    WITH_STORE(a_key_of_an_operator_reads_or_acts_and_is_no_person),
	    WITH_STORE(a_learned_password_enrols_nothing_beside_a_passkey),
	    WITH_STORE(passkeys_of_operators_must_verify_their_user),
	    WITH_STORE(on_this_machine_a_password_is_enough),
	    WITH_STORE(operators_sessions_are_short),
	    WITH_STORE(acts_are_in_the_audit_log_and_refused_tries_are_not),
	    WITH_STORE(the_app_cannot_push_operators_acts_out),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
