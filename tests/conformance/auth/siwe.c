/* EIP-4361 messages: parsing, composing, verifying, each with its negatives. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "identity/wallet.h"
#include "score.h"

#define GROUP_MAX 64

static struct wallet_request request_of(const json_t *fields, struct slice *resources, char chain[32])
{
	struct wallet_request r = {.scheme = score_text(fields, "scheme"),
	    .domain = score_text(fields, "domain"),
	    .address = score_text(fields, "address"),
	    .statement = score_text(fields, "statement"),
	    .uri = score_text(fields, "uri"),
	    .version = score_text(fields, "version"),
	    .chain_id = score_text(fields, "chainId"),
	    .nonce = score_text(fields, "nonce"),
	    .issued_at = score_text(fields, "issuedAt"),
	    .expiration_time = score_text(fields, "expirationTime"),
	    .not_before = score_text(fields, "notBefore"),
	    .request_id = score_text(fields, "requestId"),
	    .resources = resources};
	const json_t *number = json_object_get(fields, "chainId");
	const json_t *list = json_object_get(fields, "resources");
	if (json_is_integer(number)) {
		(void)snprintf(chain, 32, "%lld", (long long)json_integer_value(number));
		r.chain_id = slice_cstr(chain);
	}
	for (size_t i = 0; i < json_array_size(list) && i < WALLET_RESOURCES_MAX; i++) {
		const json_t *item = json_array_get(list, i);
		resources[r.resource_count++] = slice_of(json_string_value(item), json_string_length(item));
	}
	return r;
}

static result compose(const json_t *fields, struct buf *out, struct error *err)
{
	struct slice resources[WALLET_RESOURCES_MAX];
	char chain[32];
	const struct wallet_request request = request_of(fields, resources, chain);
	return wallet_message_compose(&request, out, err);
}

/* Every field says what the vector says, and composing them gives the text again. */
static result parse_and_compare(const json_t *vector, struct error *err)
{
	struct wallet_message m;
	const json_t *fields = json_object_get(vector, "fields");
	struct slice text = score_text(vector, "message");
	TRY(wallet_message_parse(text, err, &m));
	const struct {
		const char *name;
		struct slice got;
	} pairs[] = {{"scheme", m.scheme}, {"domain", m.domain}, {"address", m.address},
	    {"statement", m.statement}, {"uri", m.uri}, {"nonce", m.nonce}, {"issuedAt", m.issued_at},
	    {"expirationTime", m.expiration_time}, {"notBefore", m.not_before}, {"requestId", m.request_id}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (!slice_eq(pairs[i].got, score_text(fields, pairs[i].name)))
			return error_set(err, ERR_INTERNAL, "%s was read as \"%.*s\"", pairs[i].name,
			    SLICE_ARG(pairs[i].got));
	if (m.chain_id != (uint64_t)json_integer_value(json_object_get(fields, "chainId")) ||
	    m.resource_count != json_array_size(json_object_get(fields, "resources")))
		return error_set(err, ERR_INTERNAL, "the chain or the resources were read wrongly");
	CLEANUP_BUF struct buf again = BUF_INIT(WALLET_MESSAGE_MAX);
	TRY(compose(fields, &again, err));
	if (!slice_eq(buf_slice(&again), text))
		return error_set(err, ERR_INTERNAL, "composing gives another text");
	return RESULT_OK;
}

static result parse_only(const json_t *vector, struct error *err)
{
	struct wallet_message m;
	return wallet_message_parse(slice_of(json_string_value(vector), json_string_length(vector)), err, &m);
}

static result compose_only(const json_t *vector, struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_INIT(WALLET_MESSAGE_MAX);
	return compose(vector, &out, err);
}

static result verify(const json_t *vector, struct error *err)
{
	struct wallet_message m;
	struct wallet_expectation e = {.domain = score_text(vector, "domainBinding"),
	    .nonce = score_text(vector, "matchNonce"),
	    .now_ms = (int64_t)time(NULL) * 1000};
	struct slice at = score_text(vector, "time");
	CLEANUP_BUF struct buf text = BUF_INIT(WALLET_MESSAGE_MAX);
	if (at.ptr && !timestamp_parse(at, &e.now_ms))
		return error_set(err, ERR_INTERNAL, "the vector's time");
	TRY(compose(vector, &text, err));
	TRY(wallet_message_parse(buf_slice(&text), err, &m));
	return wallet_verify(&m, buf_slice(&text), score_text(vector, "signature"), &e, err);
}

static void run(
    const char *dir, const char *name, bool should_pass, result (*check)(const json_t *, struct error *))
{
	char file[GROUP_MAX], group[GROUP_MAX];
	const char *id;
	json_t *vector;
	(void)snprintf(file, sizeof file, "siwe/%s.json", name);
	(void)snprintf(group, sizeof group, "siwe/%s", name);
	json_t *root = score_load(dir, file);
	json_object_foreach(root, id, vector)
	{
		struct error err = {0};
		const result r = check(vector, &err);
		score(group, id, should_pass, r, &err);
	}
	json_decref(root);
}

/*
 * Wallets that are contracts: whether their signature holds, only their chain can say. What can be shown
 * without one is that the message parses and that the signature is not taken for that of a key.
 */
static void run_contracts(const char *dir)
{
	const char *id;
	json_t *vector;
	json_t *root = score_load(dir, "siwe/eip1271.json");
	json_object_foreach(root, id, vector)
	{
		struct error err = {0};
		struct wallet_message m;
		struct slice text = score_text(vector, "message");
		const struct wallet_expectation e = {.now_ms = 0};
		if (is_ok(wallet_message_parse(text, &err, &m)) &&
		    !is_ok(wallet_verify(&m, text, score_text(vector, "signature"), &e, &err)))
			score_skip(
			    "siwe/eip1271", id, "the wallet is a contract: its chain would have to be asked");
		else
			score("siwe/eip1271", id, false, RESULT_OK, &err);
	}
	json_decref(root);
}

void score_siwe(const char *dir)
{
	run(dir, "parsing_positive", true, parse_and_compare);
	run(dir, "parsing_negative", false, parse_only);
	run(dir, "parsing_negative_objects", false, compose_only);
	run(dir, "verification_positive", true, verify);
	run(dir, "verification_negative", false, verify);
	run_contracts(dir);
}
