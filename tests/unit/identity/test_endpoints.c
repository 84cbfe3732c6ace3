/* The endpoints from outside: whole stories through identity_exchange, attacks on each. */
#include "browser.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity/audit.h"
#include "identity/mail.h"

static void a_user_comes_and_goes(void **state)
{
	struct browser b;
	open_site(&b, *state, &plain);
	assert_int_equal(ask(&b, "me", NULL), 401);
	assert_string_equal(said(&b, "type"), "sign-in-needed");
	assert_int_equal(ask(&b, "sign-up", CREDENTIALS), 200);
	assert_non_null(strstr(b.last, "\"email\":\"" EMAIL "\""));
	assert_null(strstr(b.last, b.token)); /* the token is for the cookie only */
	assert_int_equal(ask(&b, "me", NULL), 200);
	assert_int_equal(ask(&b, "sign-up", CREDENTIALS), 409);
	assert_int_equal(ask(&b, "sign-out", ""), 204);
	assert_string_equal(b.token, "");
	memcpy(b.token, b.old_token, sizeof b.token);
	assert_int_equal(ask(&b, "me", NULL), 401); /* replay */
	assert_int_equal(ask(&b, "sign-in", CREDENTIALS), 200);
	assert_int_equal(ask(&b, "account", NULL), 200);
	assert_non_null(strstr(b.last, "\"sessions\":[{"));
	identity_service_free(b.service);
}

static void odd_requests_are_refused(void **state)
{
	struct browser b;
	open_site(&b, *state, &plain);
	static const char *const bodies[] = {"", "[]", "{", "null", "{\"email\":1,\"password\":\"x\"}",
	    "{\"email\":\"a@b\"}", "{\"email\":\"a@b\",\"email\":\"c@d\",\"password\":\"x\"}",
	    "{\"email\":\"a@b\",\"password\":\"x\",\"role\":\"admin\"}",
	    "{\"email\":\"a@b\",\"password\":null}"};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		assert_int_equal(ask(&b, "sign-in", bodies[i]), 400);
	static const char *const paths[] = {"", "nothing", "sign-in/", "../sign-in", "SIGN-IN"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		assert_int_equal(ask(&b, paths[i], "{}"), 404);
	assert_int_equal(ask(&b, "sign-in", NULL), 404); /* a GET changes nothing */
	assert_int_equal(ask(&b, "mail/link", "{\"email\":\"a@b\"}"), 404);
	static const char *const closed[] = {
	    "totp/begin", "keys/create", "delete", "sessions/revoke", "passkey/register/begin", "password"};
	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
		assert_int_not_equal(ask(&b, closed[i], "{}") / 100, 2);
	identity_service_free(b.service);
}

static void a_planted_session_ends_at_sign_in(void **state)
{
	struct browser attacker, victim;
	open_site(&attacker, *state, &plain);
	open_site(&victim, *state, &plain);
	assert_int_equal(
	    ask(&attacker, "sign-up", "{\"email\":\"mallory@example.org\",\"password\":\"another harbour\"}"),
	    200);
	assert_int_equal(ask(&victim, "sign-up", CREDENTIALS), 200);
	/* A cookie tossed from a sibling domain: the attacker's own session in the victim's browser. */
	memcpy(victim.token, attacker.token, sizeof victim.token);
	assert_int_equal(ask(&victim, "sign-in", CREDENTIALS), 200);
	assert_string_not_equal(victim.token, attacker.token);
	assert_int_equal(ask(&attacker, "me", NULL), 401);
	identity_service_free(attacker.service);
	identity_service_free(victim.service);
}

static void a_second_factor_is_asked_for(void **state)
{
	struct browser b, other;
	char secret[64], recovery[32], code[9], challenge[64];
	open_site(&b, *state, &plain);
	open_site(&other, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	post(&other, 200, "sign-in", CREDENTIALS);
	enrol(&b, secret, recovery);
	assert_non_null(strstr(b.last, "\"mfa\":true"));
	assert_int_equal(ask(&other, "me", NULL), 401); /* sessions without the factor ended */
	char kept[64];
	memcpy(kept, b.token, sizeof kept);
	memcpy(b.token, b.old_token, sizeof b.token);
	assert_int_equal(ask(&b, "me", NULL), 401); /* rotated */
	memcpy(b.token, kept, sizeof b.token);

	/* The password alone gives a challenge and no session. */
	post(&other, 200, "sign-in", CREDENTIALS);
	assert_string_equal(said(&other, "next"), "second-factor");
	assert_int_equal(ask(&other, "me", NULL), 401);
	(void)snprintf(challenge, sizeof challenge, "%s", said(&other, "challenge"));
	post(&other, 200, "sign-in", CREDENTIALS);
	(void)snprintf(challenge, sizeof challenge, "%s", said(&other, "challenge"));
	code_of(secret, other.now, code); /* the code that enrolled is used up */
	post(&other, 401, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, code);
	assert_null(strstr(other.last, "already"));
	other.now += 30 * SECOND;
	code_of(secret, other.now, code);
	post(&other, 200, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, code);
	assert_non_null(strstr(other.last, "\"totp\""));
	post(&other, 401, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge,
	    code); /* replayed */

	/* A recovery code, once. */
	other.now += MINUTE;
	for (int i = 0; i < 2; i++) {
		post(&other, 200, "sign-in", CREDENTIALS);
		(void)snprintf(challenge, sizeof challenge, "%s", said(&other, "challenge"));
		post(&other, i == 0 ? 200 : 401, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}",
		    challenge, recovery);
	}
	identity_service_free(b.service);
	identity_service_free(other.service);
}

static void new_recovery_codes_end_the_old_ones_and_say_so(void **state)
{
	struct browser b, other;
	char secret[64], recovery[32], challenge[64];
	CLEANUP_BUF struct buf log = BUF_INIT(64u << 10);
	open_site(&b, *state, &plain);
	open_site(&other, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	enrol(&b, secret, recovery);
	post(&b, 200, "recovery/renew", "{}");
	assert_non_null(strstr(b.last, "\"oldCodesEnded\":true"));
	assert_null(strstr(b.last, recovery));
	assert_ok(audit_json(b.h->store, 0, 5, &log, NULL));
	assert_non_null(strstr(buf_cstr(&log), "new recovery codes made, the old ones ended"));
	post(&other, 200, "sign-in", CREDENTIALS);
	(void)snprintf(challenge, sizeof challenge, "%s", said(&other, "challenge"));
	post(&other, 401, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, recovery);
	identity_service_free(b.service);
	identity_service_free(other.service);
}

static void a_removed_app_lowers_every_session_it_raised(void **state)
{
	struct browser b, other;
	char secret[64], recovery[32], challenge[64];
	open_site(&b, *state, &plain);
	open_site(&other, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	enrol(&b, secret, recovery);
	post(&other, 200, "sign-in", CREDENTIALS);
	(void)snprintf(challenge, sizeof challenge, "%s", said(&other, "challenge"));
	post(&other, 200, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, recovery);
	assert_non_null(strstr(other.last, "\"mfa\":true"));
	post(&b, 200, "totp/remove", "{}");
	assert_non_null(strstr(b.last, "\"mfa\":false"));
	assert_int_equal(ask(&other, "me", NULL), 200); /* still signed in */
	assert_non_null(strstr(other.last, "\"mfa\":false"));
	identity_service_free(b.service);
	identity_service_free(other.service);
}

/* As a copy of the database alone would be: with another key beside it nothing in it can be compared with. */
static void recovery_codes_are_nothing_without_the_key(void **state)
{
	struct harness *h = *state;
	struct browser b;
	char secret[64], recovery[32], challenge[64], path[80];
	open_site(&b, h, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	enrol(&b, secret, recovery);
	identity_service_free(b.service);
	(void)snprintf(path, sizeof path, "%s.key", h->path);
	assert_int_equal(unlink(path), 0);
	harness_reopen(h);
	open_site(&b, h, &plain);
	post(&b, 200, "sign-in", CREDENTIALS);
	(void)snprintf(challenge, sizeof challenge, "%s", said(&b, "challenge"));
	post(&b, 401, "second-factor", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, recovery);
	identity_service_free(b.service);
}

static void codes_cannot_be_guessed(void **state)
{
	struct browser b;
	char secret[64], recovery[32];
	int wrong = 0, limited = 0;
	open_site(&b, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	enrol(&b, secret, recovery);
	for (int i = 0; i < 40; i++) {
		char challenge[64];
		post(&b, 200, "sign-in", CREDENTIALS);
		(void)snprintf(challenge, sizeof challenge, "%s", said(&b, "challenge"));
		char body[256];
		(void)snprintf(body, sizeof body, "{\"challenge\":\"%s\",\"code\":\"%06d\"}", challenge, i);
		const int status = ask(&b, "second-factor", body);
		wrong += status == 401;
		limited += status == 429;
		assert_true(status == 401 || (status == 429 && b.retry_after_s > 0));
	}
	assert_int_equal(wrong, 5);
	assert_int_equal(limited, 35);
	identity_service_free(b.service);
}

static void stepping_up_makes_fresh(void **state)
{
	struct browser b;
	open_site(&b, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	b.now += 11 * MINUTE;
	post(&b, 401, "totp/begin", "{}");
	assert_string_equal(said(&b, "type"), "fresh-needed");
	post(&b, 401, "confirm", "{\"password\":\"not this one\"}");
	post(&b, 401, "totp/begin", "{}");
	post(&b, 200, "confirm", "{\"password\":\"" PASSWORD "\"}");
	post(&b, 200, "totp/begin", "{}");
	identity_service_free(b.service);
}

static void a_password_is_changed_with_the_present_one(void **state)
{
	struct browser b, other;
	open_site(&b, *state, &plain);
	open_site(&other, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	post(&other, 200, "sign-in", CREDENTIALS);
	post(&b, 400, "password", "{\"present\":\"" PASSWORD "\",\"wanted\":\"password1\"}");
	assert_non_null(strstr(b.last, "anyone would try"));
	post(&b, 401, "password", "{\"present\":\"not this one\",\"wanted\":\"a louder harbour\"}");
	post(&b, 200, "password", "{\"present\":\"" PASSWORD "\",\"wanted\":\"a louder harbour\"}");
	assert_int_equal(ask(&b, "me", NULL), 200);
	assert_int_equal(ask(&other, "me", NULL), 401);
	identity_service_free(b.service);
	identity_service_free(other.service);
}

/* The token of the link in the next mail, which counts as sent. */
static void read_mail(struct browser *b, const char *subject, char token[64])
{
	struct mail m;
	assert_ok(mail_next(b->h->store, b->now, NULL, &m));
	if (!strstr(m.subject, subject))
		fail_msg("the mail is: %s", m.subject);
	const char *at = strstr(m.body, "#token=");
	(void)snprintf(token, 64, "%.*s", SESSION_TOKEN_CHARS, at ? at + 7 : "");
	assert_ok(mail_sent(b->h->store, m.id, b->now, NULL));
}

static void no_mail(struct browser *b)
{
	struct mail m;
	assert_code(mail_next(b->h->store, b->now, NULL, &m), ERR_NOT_FOUND);
}

static void a_new_address_is_proved_by_mail_and_password(void **state)
{
	struct browser b;
	char token[64], stranger[64];
	struct harness *h = *state;
	h->options.verify_email = true;
	harness_reopen(h);
	open_site(&b, h, &with_mail);
	/* A stranger signs up with Rosalind's address first; their mail goes to her. */
	post(&b, 202, "sign-up", "{\"email\":\"" EMAIL "\",\"password\":\"the stranger's own\"}");
	char answer[4096];
	(void)snprintf(answer, sizeof answer, "%s", b.last);
	read_mail(&b, "Confirm", stranger);
	post(&b, 202, "sign-up", CREDENTIALS);
	read_mail(&b, "Confirm", token);
	/* Her click on the stranger's mail confirms nothing with her own password. */
	post(&b, 401, "mail/verify", "{\"token\":\"%s\",\"password\":\"" PASSWORD "\"}", stranger);
	post(&b, 401, "mail/verify", "{\"token\":\"%s\",\"password\":\"not this one\"}", token);
	post(&b, 200, "mail/verify", "{\"token\":\"%s\",\"password\":\"" PASSWORD "\"}", token);
	post(&b, 401, "mail/verify", "{\"token\":\"%s\",\"password\":\"" PASSWORD "\"}", token);
	post(&b, 409, "mail/verify", "{\"token\":\"%s\",\"password\":\"the stranger's own\"}", stranger);
	assert_int_equal(ask(&b, "me", NULL), 200);
	/* Once there is an account the answer is the same, and only the mail knows. */
	b.address = "192.0.2.200";
	b.now += HOUR;
	post(&b, 202, "sign-up", "{\"email\":\"" EMAIL "\",\"password\":\"the stranger's own\"}");
	assert_string_equal(answer, b.last);
	read_mail(&b, "already", token);
	assert_string_equal(token, "");
	identity_service_free(b.service);
}

static void a_link_signs_in_once(void **state)
{
	struct browser b;
	char token[64], late[64];
	open_site(&b, *state, &with_mail);
	post(&b, 200, "sign-up", CREDENTIALS);
	post(&b, 204, "sign-out", "%s", "");
	post(&b, 202, "mail/link", "{\"email\":\"" EMAIL "\"}");
	read_mail(&b, "Sign in", token);
	post(&b, 200, "mail/sign-in", "{\"token\":\"%s\"}", token);
	assert_non_null(strstr(b.last, "\"mail\""));
	post(&b, 401, "mail/sign-in", "{\"token\":\"%s\"}", token);
	post(&b, 202, "mail/link", "{\"email\":\"" EMAIL "\"}");
	read_mail(&b, "Sign in", late);
	b.now += 10 * MINUTE;
	post(&b, 401, "mail/sign-in", "{\"token\":\"%s\"}", late);
	/* A token of one kind is not one of another. */
	post(&b, 202, "password/forgot", "{\"email\":\"" EMAIL "\"}");
	read_mail(&b, "new password", token);
	post(&b, 401, "mail/sign-in", "{\"token\":\"%s\"}", token);
	identity_service_free(b.service);
}

static void a_forgotten_password_is_chosen_anew(void **state)
{
	struct browser b, other;
	char token[64], second[64];
	struct harness *h = *state;
	open_site(&b, h, &with_mail);
	open_site(&other, h, &with_mail);
	post(&other, 200, "sign-up", CREDENTIALS);
	char answer[4096];
	post(&b, 202, "password/forgot", "{\"email\":\"nobody@example.org\"}");
	(void)snprintf(answer, sizeof answer, "%s", b.last);
	no_mail(&b);
	post(&b, 202, "password/forgot", "{\"email\":\"" EMAIL "\"}");
	assert_string_equal(answer, b.last);
	read_mail(&b, "new password", token);
	post(&b, 202, "password/forgot", "{\"email\":\"" EMAIL "\"}");
	read_mail(&b, "new password", second);
	post(&b, 400, "password/reset", "{\"token\":\"%s\",\"password\":\"password1\"}", token);
	post(&b, 204, "password/reset", "{\"token\":\"%s\",\"password\":\"a louder harbour\"}", token);
	read_mail(&b, "changed", token);
	assert_int_equal(ask(&other, "me", NULL), 401);
	/* The other mail was for the password that is gone. */
	post(&b, 401, "password/reset", "{\"token\":\"%s\",\"password\":\"a third harbour\"}", second);
	post(&b, 401, "sign-in", CREDENTIALS);
	post(&b, 200, "sign-in", "{\"email\":\"" EMAIL "\",\"password\":\"a louder harbour\"}");
	identity_service_free(b.service);
	identity_service_free(other.service);
}

static void no_mail_goes_around_the_second_factor(void **state)
{
	struct browser b;
	char secret[64], recovery[32], token[64];
	open_site(&b, *state, &with_mail);
	post(&b, 200, "sign-up", CREDENTIALS);
	enrol(&b, secret, recovery);
	read_mail(&b, "changed", token);
	post(&b, 204, "sign-out", "%s", "");
	post(&b, 202, "mail/link", "{\"email\":\"" EMAIL "\"}");
	read_mail(&b, "Sign in", token);
	post(&b, 200, "mail/sign-in", "{\"token\":\"%s\"}", token);
	assert_string_equal(said(&b, "next"), "second-factor");
	assert_int_equal(ask(&b, "me", NULL), 401);
	post(&b, 202, "password/forgot", "{\"email\":\"" EMAIL "\"}");
	read_mail(&b, "new password", token);
	post(&b, 204, "password/reset", "{\"token\":\"%s\",\"password\":\"a louder harbour\"}", token);
	post(&b, 200, "sign-in", "{\"email\":\"" EMAIL "\",\"password\":\"a louder harbour\"}");
	assert_string_equal(said(&b, "next"), "second-factor");
	identity_service_free(b.service);
}

static void mails_to_an_address_are_few(void **state)
{
	struct browser b;
	struct mail m;
	int sent = 0;
	open_site(&b, *state, &with_mail);
	post(&b, 200, "sign-up", CREDENTIALS);
	for (int i = 0; i < 30; i++)
		post(&b, 202, "password/forgot", "{\"email\":\"" EMAIL "\"}");
	while (is_ok(mail_next(b.h->store, b.now, NULL, &m))) {
		sent++;
		assert_ok(mail_sent(b.h->store, m.id, b.now, NULL));
	}
	assert_int_equal(sent, 3);
	identity_service_free(b.service);
}

static void mails_are_tried_again(void **state)
{
	struct browser b;
	struct mail m;
	open_site(&b, *state, &with_mail);
	post(&b, 202, "mail/link", "{\"email\":\"" EMAIL "\"}");
	assert_ok(mail_next(b.h->store, b.now, NULL, &m));
	assert_ok(mail_failed(b.h->store, m.id, b.now, NULL));
	no_mail(&b);
	b.now += MINUTE;
	assert_ok(mail_next(b.h->store, b.now, NULL, &m));
	assert_ok(mail_failed(b.h->store, m.id, b.now, NULL));
	b.now += MINUTE;
	no_mail(&b);
	b.now += MINUTE;
	assert_ok(mail_next(b.h->store, b.now, NULL, &m));
	CLEANUP_BUF struct buf text = BUF_INIT(8192);
	assert_ok(mail_message(&m, SLICE("Orchard <no-reply@example.org>"), b.now, &text, NULL));
	assert_non_null(strstr(buf_cstr(&text), "Subject: Sign in to orchard\r\n"));
	assert_null(strstr(buf_cstr(&text), "\r\r"));
	assert_code(mail_message(&m, SLICE("x\r\nBcc: a@b"), b.now, &text, NULL), ERR_INVALID);
	identity_service_free(b.service);
}

/* A mail server that is down for hours: the store stays bounded, and it does not show whose account there is.
 */
static void a_full_outbox_says_nothing(void **state)
{
	struct browser b;
	struct mail m;
	open_site(&b, *state, &with_mail);
	post(&b, 200, "sign-up", CREDENTIALS);
	assert_ok(identity_batch_begin(b.h->store, NULL));
	for (int i = 0; i < MAIL_WAITING_MAX; i++)
		assert_ok(mail_put(b.h->store, MAIL_CHANGED, "x@example.org", SLICE_NONE, "it", b.now, NULL));
	assert_ok(identity_batch_end(b.h->store, RESULT_OK, NULL));
	assert_code(
	    mail_put(b.h->store, MAIL_CHANGED, "x@example.org", SLICE_NONE, "it", b.now, NULL), ERR_LIMIT);
	post(&b, 202, "password/forgot", "{\"email\":\"" EMAIL "\"}");
	post(&b, 202, "password/forgot", "{\"email\":\"nobody@example.org\"}");
	/* One that is taken is not given out again while it is under way; one without a recipient is gone. */
	assert_ok(mail_take(b.h->store, b.now, NULL, &m));
	const int64_t first = m.id;
	assert_ok(mail_take(b.h->store, b.now, NULL, &m));
	assert_int_not_equal(m.id, first);
	assert_ok(mail_refused(b.h->store, m.id, NULL));
	assert_ok(mail_sent(b.h->store, first, b.now, NULL));
	assert_ok(mail_put(b.h->store, MAIL_CHANGED, "x@example.org", SLICE_NONE, "it", b.now, NULL));
	identity_service_free(b.service);
}

static void a_key_does_what_it_says_and_no_more(void **state)
{
	struct browser b, machine;
	struct session_claim claim;
	open_site(&b, *state, &plain);
	open_site(&machine, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	post(&b, 400, "keys/create", "{\"name\":\"ci\",\"scopes\":\"Orders Write\"}");
	post(&b, 401, "keys/create", "{\"name\":\"ci\",\"scopes\":\"orders.write\",\"tenant\":\"acme\"}");
	post(&b, 200, "keys/create",
	    "{\"name\":\"ci\",\"scopes\":\"orders.write orders.read\",\"days\":\"1\"}");
	(void)snprintf(machine.token, sizeof machine.token, "%s", said(&b, "key"));
	char id[32];
	(void)snprintf(id, sizeof id, "%s", said(&b, "id"));
	assert_ok(identity_session_lookup(b.h->store, slice_cstr(machine.token), b.now, NULL, &claim));
	assert_string_equal(claim.scopes, "orders.write orders.read");
	assert_false(session_is_fresh(&claim, T0, FRESH_MS));
	assert_string_equal(claim.role, "");
	assert_int_equal(claim.methods, METHOD_KEY);
	/* A key is no person: it cannot make keys, change the account or sign out. */
	assert_int_equal(ask(&machine, "account", NULL), 401);
	post(&machine, 401, "keys/create", "{\"name\":\"more\",\"scopes\":\"all\"}");
	post(&machine, 401, "delete", "{}");
	assert_code(identity_session_lookup(b.h->store, slice_cstr(machine.token), b.now + DAY, NULL, &claim),
	    ERR_DENIED);
	post(&b, 204, "keys/revoke", "{\"id\":\"%s\"}", id);
	assert_code(
	    identity_session_lookup(b.h->store, slice_cstr(machine.token), b.now, NULL, &claim), ERR_DENIED);
	post(&b, 404, "keys/revoke", "{\"id\":\"%s\"}", id);
	identity_service_free(b.service);
	identity_service_free(machine.service);
}

static void an_account_can_be_deleted_by_its_owner(void **state)
{
	struct browser b;
	open_site(&b, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	b.now += HOUR;
	post(&b, 401, "delete", "{}");
	post(&b, 200, "confirm", "{\"password\":\"" PASSWORD "\"}");
	post(&b, 204, "delete", "{}");
	assert_int_equal(ask(&b, "me", NULL), 401);
	post(&b, 401, "sign-in", CREDENTIALS);
	identity_service_free(b.service);
}

/* What a page does: count up until the hash begins with zeros. */
static void solve(const char *challenge, unsigned bits, char ret[128])
{
	for (uint64_t n = 0;; n++) {
		uint8_t hash[32];
		int len = snprintf(ret, 128, "%s:%llu", challenge, (unsigned long long)n);
		assert_ok(digest_bytes(DIGEST_SHA256, slice_of(ret, (size_t)len), NULL, hash));
		if (((uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16) >> (32 - bits) == 0)
			return;
	}
}

static void under_attack_a_proof_is_asked_for(void **state)
{
	struct browser b;
	char proof[128], challenge[80];
	struct harness *h = *state;
	const struct identity_site site = {.origin = SLICE("https://example.org"), .proof_bits = 8};
	open_site(&b, h, &site);
	post(&b, 200, "sign-up", CREDENTIALS);
	for (int i = 0; i < 100; i++) {
		char email[64], address[32];
		(void)snprintf(email, sizeof email, "user%d@example.org", i);
		(void)snprintf(address, sizeof address, "10.0.%d.1", i);
		(void)sign_in_from(h, email, "leaked elsewhere", address, T0, NULL);
	}
	assert_int_equal(h->heard.events[IDENTITY_STUFFING], 1);
	post(&b, 401, "sign-in", CREDENTIALS);
	assert_string_equal(said(&b, "type"), "proof-needed");
	(void)snprintf(challenge, sizeof challenge, "%s", said(&b, "challenge"));
	solve(challenge, 8, proof);
	b.address = "203.0.113.9";
	post(&b, 401, "sign-in", "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"proof\":\"%s\"}",
	    proof);
	b.address = "192.0.2.1";
	post(&b, 401, "sign-in",
	    "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"proof\":\"%s9999\"}", challenge);
	post(&b, 200, "sign-in", "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"proof\":\"%s\"}",
	    proof);
	post(&b, 401, "sign-in", "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"proof\":\"%s\"}",
	    proof); /* spent */
	post(&b, 401, "sign-in", CREDENTIALS);
	solve(said(&b, "challenge"), 8, proof);
	b.now += 3 * MINUTE;
	post(&b, 401, "sign-in", "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"proof\":\"%s\"}",
	    proof); /* too old */
	identity_service_free(b.service);
}

static void passkeys_begin_with_what_browsers_want(void **state)
{
	struct browser b;
	open_site(&b, *state, &plain);
	post(&b, 200, "sign-up", CREDENTIALS);
	post(&b, 200, "passkey/register/begin", "{}");
	json_t *root = json_loads(b.last, 0, NULL);
	const json_t *key = json_object_get(root, "publicKey");
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(key, "rp"), "id")), "example.org");
	assert_int_equal(json_array_size(json_object_get(key, "pubKeyCredParams")), 3);
	assert_int_equal(strlen(json_string_value(json_object_get(key, "challenge"))), SESSION_TOKEN_CHARS);
	assert_true(json_is_array(json_object_get(key, "exclude")));
	json_decref(root);
	post(&b, 200, "passkey/sign-in/begin", "{}");
	assert_non_null(strstr(b.last, "\"rpId\":\"example.org\""));
	post(&b, 401, "passkey/sign-in/finish",
	    "{\"id\":\"AAAA\",\"clientDataJSON\":\"AAAA\",\"authenticatorData\":\"AAAA\",\"signature\":"
	    "\"AAAA\"}");
	assert_string_equal(said(&b, "title"), "That was not accepted");
	identity_service_free(b.service);
}

static void a_closed_site_makes_no_accounts(void **state)
{
	struct browser b;
	const struct identity_site closed = {.origin = SLICE("https://example.org"),
	    .sign_up_closed = true,
	    .mail = true,
	    .proof = PROOF_NEVER};
	open_site(&b, *state, &closed);
	post(&b, 404, "sign-up", CREDENTIALS);
	post(&b, 202, "mail/link", "{\"email\":\"" EMAIL "\"}");
	no_mail(&b);
	identity_service_free(b.service);
}

int main(void)
{
#define WITH_STORE(f) cmocka_unit_test_setup_teardown(f, harness_up, harness_down)
	const struct CMUnitTest tests[] = {
	    WITH_STORE(a_user_comes_and_goes),
	    WITH_STORE(odd_requests_are_refused),
	    WITH_STORE(a_planted_session_ends_at_sign_in),
	    WITH_STORE(a_second_factor_is_asked_for),
	    WITH_STORE(new_recovery_codes_end_the_old_ones_and_say_so),
	    WITH_STORE(a_removed_app_lowers_every_session_it_raised),
	    WITH_STORE(recovery_codes_are_nothing_without_the_key),
	    WITH_STORE(codes_cannot_be_guessed),
	    WITH_STORE(stepping_up_makes_fresh),
	    WITH_STORE(a_password_is_changed_with_the_present_one),
	    WITH_STORE(a_new_address_is_proved_by_mail_and_password),
	    WITH_STORE(a_link_signs_in_once),
	    WITH_STORE(a_forgotten_password_is_chosen_anew),
	    WITH_STORE(no_mail_goes_around_the_second_factor),
	    WITH_STORE(mails_to_an_address_are_few),
	    WITH_STORE(mails_are_tried_again),
	    WITH_STORE(a_full_outbox_says_nothing),
	    WITH_STORE(a_key_does_what_it_says_and_no_more),
	    WITH_STORE(an_account_can_be_deleted_by_its_owner),
	    WITH_STORE(under_attack_a_proof_is_asked_for),
	    WITH_STORE(passkeys_begin_with_what_browsers_want),
	    WITH_STORE(a_closed_site_makes_no_accounts),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
