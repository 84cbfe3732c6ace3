/* EIP-4361 messages from arbitrary bytes: what parses is made of its parts again, byte for byte. */
#include "base/check.h"
#include "identity/wallet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wallet_message m;
	struct slice text = slice_of((const char *)data, size);
	if (!is_ok(wallet_message_parse(text, NULL, &m)))
		return 0;
	const struct wallet_request r = {.scheme = m.scheme,
	    .domain = m.domain,
	    .address = m.address,
	    .statement = m.statement,
	    .uri = m.uri,
	    .version = SLICE("1"),
	    .chain_id = m.chain,
	    .nonce = m.nonce,
	    .issued_at = m.issued_at,
	    .expiration_time = m.expiration_time,
	    .not_before = m.not_before,
	    .request_id = m.request_id,
	    .resources = m.resources,
	    .resource_count = m.resource_count};
	CLEANUP_BUF struct buf again = BUF_INIT(2 * WALLET_MESSAGE_MAX);
	ASSERT(is_ok(wallet_message_compose(&r, &again, NULL)));
	/* An empty list of resources is the one thing that has two forms. */
	ASSERT(slice_eq(buf_slice(&again), text) || m.resource_count == 0);
	struct wallet_expectation e = {.now_ms = m.issued_ms};
	ASSERT(!is_ok(wallet_verify(&m, text, SLICE("0x00"), &e, NULL)));
	return 0;
}
