/*
 * The endpoints of ward behind lines of JSON, so that a script can be the gateway and a browser the user:
 *
 *	{"op":"open","path":..,"origin":..,"mail":bool,"verify":bool,"provider":{..}}
 *	{"op":"ask","post":bool,"path":..,"body":..,"token":..,"flow":..,"address":..}
 *		->
 *{"status":..,"json":..,"token":..,"clear_token":..,"flow":..,"clear_flow":..,"retry_after":..}
 *	{"op":"mail"}             -> {"to":..,"subject":..,"body":..} or {"error":..}
 *	{"op":"wallet"}           -> {"address":..}: a new key
 *	{"op":"sign","message":..} -> {"signature":..}: EIP-191, as a wallet does it
 */
#include <secp256k1_recovery.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../oidc/fetch.h"
#include "identity/endpoints.h"
#include "identity/mail.h"
#include "identity/wallet.h"
#include "os/clock.h"

#define LINE_BYTES_MAX (256 * 1024)

static struct identity_store *store;
static struct identity_service *service;
static uint8_t wallet_key[32];

static result op_open(const json_t *in, struct error *err, json_t *out)
{
	const json_t *p = json_object_get(in, "provider");
	const struct oidc_config provider = {.name = token_member_text(p, "name"),
	    .issuer = token_member_text(p, "issuer"),
	    .client_id = token_member_text(p, "client_id"),
	    .client_secret = token_member_text(p, "client_secret"),
	    .private_ok = true};
	const struct identity_options options = {.path = json_string_value(json_object_get(in, "path")),
	    .cost = {.passes = 1, .memory_kib = 256},
	    .cheap_hashes_for_tests = true,
	    .app_name = SLICE("Orchard"),
	    .verify_email = json_is_true(json_object_get(in, "verify"))};
	const struct identity_site site = {.origin = token_member_text(in, "origin"),
	    .mail = json_is_true(json_object_get(in, "mail")),
	    .proof = json_is_true(json_object_get(in, "proof")) ? PROOF_ALWAYS : PROOF_NEVER,
	    .proof_bits = 12,
	    .providers = &provider,
	    .provider_count = json_is_object(p)};
	(void)out;
	identity_service_free(service);
	service = NULL;
	identity_close(store);
	store = NULL;
	TRY(identity_open(&options, err, &store));
	return identity_service_new(store, &site, err, &service);
}

static void run(struct identity_exchange *x)
{
	while (x->step != IDENTITY_DONE) {
		if (x->step == IDENTITY_WORK) {
			identity_exchange_work(x);
			identity_exchange_worked(x, clock_unix_ms());
			continue;
		}
		CLEANUP_BUF struct buf body = BUF_INIT(1u << 20);
		const uint32_t status = fetch_one(&x->flow, &body);
		identity_exchange_fetched(x, status, buf_slice(&body), clock_unix_ms());
	}
}

static result op_ask(const json_t *in, struct error *err, json_t *out)
{
	const struct identity_request request = {.post = json_is_true(json_object_get(in, "post")),
	    .path = token_member_text(in, "path"),
	    .body = token_member_text(in, "body"),
	    .token = token_member_text(in, "token"),
	    .flow = token_member_text(in, "flow"),
	    .caller = {.address = token_member_text(in, "address"),
		.agent = token_member_text(in, "agent"),
		.now_ms = clock_unix_ms()}};
	struct identity_exchange *x = identity_exchange_new(service, &request);
	if (!x)
		return error_set(err, ERR_MEMORY, "no memory");
	run(x);
	const struct identity_response *r = &x->response;
	(void)json_object_set_new(out, "status", json_integer(r->status));
	(void)json_object_set_new(out, "json", json_stringn(r->json.ptr ? r->json.ptr : "", r->json.len));
	(void)json_object_set_new(out, "token", json_string(r->token));
	(void)json_object_set_new(out, "clear_token", json_boolean(r->clear_token));
	(void)json_object_set_new(out, "flow", json_string(r->flow));
	(void)json_object_set_new(out, "clear_flow", json_boolean(r->clear_flow));
	(void)json_object_set_new(out, "retry_after", json_integer(r->retry_after_s));
	(void)json_object_set_new(out, "why", json_string(r->why.text));
	identity_exchange_free(x);
	return RESULT_OK;
}

static result op_mail(const json_t *in, struct error *err, json_t *out)
{
	struct mail m;
	(void)in;
	TRY(mail_next(store, clock_unix_ms(), err, &m));
	(void)json_object_set_new(out, "to", json_string(m.to));
	(void)json_object_set_new(out, "subject", json_string(m.subject));
	(void)json_object_set_new(out, "body", json_string(m.body));
	return mail_sent(store, m.id, clock_unix_ms(), err);
}

static const secp256k1_context *signing_context(void)
{
	static secp256k1_context *ctx;
	if (!ctx)
		ctx = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
	return ctx;
}

static result op_wallet(const json_t *in, struct error *err, json_t *out)
{
	uint8_t point[65], hash[32];
	size_t n = sizeof point;
	char address[WALLET_ADDRESS_CHARS + 1];
	secp256k1_pubkey pub;
	(void)in;
	randombytes_buf(wallet_key, sizeof wallet_key);
	if (!secp256k1_ec_pubkey_create(signing_context(), &pub, wallet_key))
		return error_set(err, ERR_INTERNAL, "no key");
	(void)secp256k1_ec_pubkey_serialize(signing_context(), point, &n, &pub, SECP256K1_EC_UNCOMPRESSED);
	keccak_256(bytes_of(point + 1, 64), hash);
	wallet_address(hash + 12, address);
	(void)json_object_set_new(out, "address", json_string(address));
	return RESULT_OK;
}

static result op_sign(const json_t *in, struct error *err, json_t *out)
{
	char framed[8192], hex[133] = "0x";
	uint8_t hash[32], bytes[65];
	int recovery = 0;
	secp256k1_ecdsa_recoverable_signature signature;
	struct slice text = token_member_text(in, "message");
	int n = snprintf(framed, sizeof framed,
	    "\x19"
	    "Ethereum Signed Message:\n%zu%.*s",
	    text.len, SLICE_ARG(text));
	keccak_256(slice_of(framed, (size_t)n), hash);
	if (!secp256k1_ecdsa_sign_recoverable(signing_context(), &signature, hash, wallet_key, NULL, NULL))
		return error_set(err, ERR_INTERNAL, "cannot sign");
	(void)secp256k1_ecdsa_recoverable_signature_serialize_compact(
	    signing_context(), bytes, &recovery, &signature);
	bytes[64] = (uint8_t)(27 + recovery);
	(void)sodium_bin2hex(hex + 2, sizeof hex - 2, bytes, sizeof bytes);
	(void)json_object_set_new(out, "signature", json_string(hex));
	return RESULT_OK;
}

static const struct operation {
	const char *name;
	result (*run)(const json_t *in, struct error *err, json_t *out);
} operations[] = {
    {"open", op_open}, {"ask", op_ask}, {"mail", op_mail}, {"wallet", op_wallet}, {"sign", op_sign}};

int main(void)
{
	static char line[LINE_BYTES_MAX];
	fetch_init();
	while (fgets(line, sizeof line, stdin)) {
		struct error err = {0};
		json_t *in = json_loads(line, 0, NULL);
		json_t *out = json_object();
		result r = error_set(&err, ERR_INVALID, "no such operation");
		for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
			if (slice_eq_cstr(token_member_text(in, "op"), operations[i].name))
				r = operations[i].run(in, &err, out);
		if (!is_ok(r))
			(void)json_object_set_new(out, "error", json_string(err.text));
		(void)json_dumpf(out, stdout, JSON_COMPACT);
		(void)putchar('\n');
		(void)fflush(stdout);
		json_decref(in);
		json_decref(out);
	}
	identity_service_free(service);
	identity_close(store);
	return 0;
}
