/*
 * Sign-in with a wallet: EIP-4361 messages, signed as EIP-191 "personal messages" by a secp256k1 key whose
 * address is in the message. Pure and thread-safe. Wallets that are contracts (EIP-1271) cannot be checked
 * without asking their chain and are refused.
 */
#ifndef WARD_IDENTITY_WALLET_H
#define WARD_IDENTITY_WALLET_H

#include "base/buf.h"
#include "base/result.h"

#define WALLET_MESSAGE_MAX 4096u
#define WALLET_RESOURCES_MAX 32u
#define WALLET_ADDRESS_CHARS 42u

/* All slices point into the message; an absent part has ptr NULL. */
struct wallet_message {
	struct slice scheme;
	struct slice domain;  /* RFC 3986 authority */
	struct slice address; /* with its EIP-55 checksum */
	struct slice statement;
	struct slice uri;
	struct slice chain; /* as written */
	uint64_t chain_id;
	struct slice nonce;
	struct slice issued_at;
	struct slice expiration_time;
	struct slice not_before;
	struct slice request_id;
	struct slice resources[WALLET_RESOURCES_MAX];
	size_t resource_count;
	int64_t issued_ms;
	int64_t expires_ms;    /* INT64_MAX without one */
	int64_t not_before_ms; /* INT64_MIN without one */
};

/* The grammar of EIP-4361, every byte of it. ERR_INVALID says what is wrong. */
result wallet_message_parse(struct slice text, struct error *err, struct wallet_message *ret);

/* The parts of a message that is to be signed. The optional ones are left out when ptr is NULL. */
struct wallet_request {
	struct slice scheme; /* optional */
	struct slice domain;
	struct slice address;
	struct slice statement; /* optional */
	struct slice uri;
	struct slice version;
	struct slice chain_id;
	struct slice nonce;
	struct slice issued_at;
	struct slice expiration_time; /* optional, as all after it */
	struct slice not_before;
	struct slice request_id;
	const struct slice *resources;
	size_t resource_count;
};
/* Appends the text. ERR_INVALID, and nothing that may be used, unless it parses. */
result wallet_message_compose(const struct wallet_request *request, struct buf *out, struct error *err);

/* What the server expects the message to say. A part that is empty is not compared. */
struct wallet_expectation {
	struct slice domain;
	struct slice scheme;
	struct slice nonce;
	int64_t now_ms;
};

/*
 * Domain, nonce, times, then the signature (65 bytes in hexadecimal after 0x) by the address in the message.
 * ERR_DENIED or ERR_INVALID with the reason, for the log.
 */
result wallet_verify(const struct wallet_message *message, struct slice text, struct slice signature,
    const struct wallet_expectation *expected, struct error *err);

/* An address in text with the checksum of EIP-55. */
void wallet_address(const uint8_t address[20], char ret[WALLET_ADDRESS_CHARS + 1]);

/* RFC 3339 section 5.6, dates that exist only. */
bool timestamp_parse(struct slice text, int64_t *ret_ms);
/* The generic syntax of RFC 3986 with a scheme. */
bool uri_is_valid(struct slice text);
bool authority_is_valid(struct slice text);
bool scheme_is_valid(struct slice text);

#endif
