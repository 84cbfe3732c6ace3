#include "browser.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "identity/totp.h"

static void keep_cookies(struct browser *b, const struct identity_response *r)
{
	if (r->token[0] || r->clear_token) {
		memcpy(b->old_token, b->token, sizeof b->old_token);
		(void)snprintf(b->token, sizeof b->token, "%s", r->token);
	}
	if (r->flow[0] || r->clear_flow)
		(void)snprintf(b->flow, sizeof b->flow, "%s", r->flow);
}

int ask(struct browser *b, const char *path, const char *body)
{
	char whole[128];
	const bool post = body != NULL;
	(void)snprintf(whole, sizeof whole, "%s%s",
	    b->realm == REALM_OPERATOR ? IDENTITY_OPERATOR_PATH : IDENTITY_PATH, path);
	struct identity_request request = {.post = post,
	    .path = slice_cstr(whole),
	    .body = slice_cstr(body),
	    .token = slice_cstr(b->token),
	    .flow = slice_cstr(b->flow),
	    .caller = caller_at(b->address, b->now)};
	request.caller.realm = b->realm;
	struct identity_exchange *x = identity_exchange_new(b->service, &request);
	assert_non_null(x);
	while (x->step != IDENTITY_DONE) {
		if (x->step == IDENTITY_WORK) {
			identity_exchange_work(x);
			identity_exchange_worked(x, b->now);
		} else {
			identity_exchange_fetched(x, 0, SLICE_NONE, b->now);
		}
	}
	b->status = x->response.status;
	b->retry_after_s = x->response.retry_after_s;
	(void)snprintf(b->last, sizeof b->last, "%s", buf_cstr(&x->response.json));
	keep_cookies(b, &x->response);
	identity_exchange_free(x);
	return b->status;
}

/* The member of the last answer, or "". */
const char *said(struct browser *b, const char *name)
{
	static char text[2048];
	json_t *root = json_loads(b->last, 0, NULL);
	const char *value = json_string_value(json_object_get(root, name));
	(void)snprintf(text, sizeof text, "%s", value ? value : "");
	json_decref(root);
	return text;
}

void open_site(struct browser *b, struct harness *h, const struct identity_site *site)
{
	memset(b, 0, sizeof *b);
	b->h = h;
	b->address = "192.0.2.1";
	b->now = T0;
	assert_ok(identity_service_new(h->store, site, NULL, &b->service));
}

const struct identity_site plain = {.origin = SLICE("https://example.org"), .proof = PROOF_NEVER};
const struct identity_site with_mail = {
    .origin = SLICE("https://example.org"), .mail = true, .proof = PROOF_NEVER};

void code_of(const char *base32, int64_t now, char ret[9])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint8_t secret[TOTP_SECRET_BYTES] = {0};
	for (size_t i = 0; base32[i]; i++) {
		const unsigned value = (unsigned)(strchr(letters, base32[i]) - letters);
		for (size_t bit = 0; bit < 5; bit++)
			if (value >> (4 - bit) & 1)
				secret[(i * 5 + bit) / 8] |= (uint8_t)(0x80 >> (i * 5 + bit) % 8);
	}
	assert_ok(
	    totp_code(DIGEST_SHA1, bytes_of(secret, sizeof secret), (uint64_t)(now / 30000), 6, NULL, ret));
}

void post(struct browser *b, int expected, const char *path, const char *fmt, ...)
{
	char body[4096];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(body, sizeof body, fmt, args);
	va_end(args);
	if (ask(b, path, body) != expected)
		fail_msg("%s %s: %d %s", path, body, b->status, b->last);
}

/* Enrols; secret and the first recovery code come out. */
void enrol(struct browser *b, char secret[64], char recovery[32])
{
	char code[9], challenge[64];
	post(b, 200, "totp/begin", "{}");
	(void)snprintf(secret, 64, "%s", said(b, "secret"));
	(void)snprintf(challenge, sizeof challenge, "%s", said(b, "challenge"));
	post(b, 401, "totp/finish", "{\"challenge\":\"%s\",\"code\":\"000000\"}", challenge);
	code_of(secret, b->now, code);
	post(b, 200, "totp/finish", "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, code);
	json_t *root = json_loads(b->last, 0, NULL);
	const json_t *codes = json_object_get(root, "recoveryCodes");
	assert_int_equal(json_array_size(codes), RECOVERY_CODES);
	(void)snprintf(recovery, 32, "%s", json_string_value(json_array_get(codes, 0)));
	json_decref(root);
}
