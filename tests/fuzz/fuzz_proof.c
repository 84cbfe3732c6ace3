/* Ward-Proof from arbitrary bytes: it opens only with the nonce of this address and the work done. */
#include <sodium.h>
#include <stdint.h>

#include "base/check.h"
#include "gateway_harness.h"
#include "proc/gateway/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gateway_harness h;
	static bool begun;
	uint8_t hash[crypto_hash_sha256_BYTES];
	if (!begun)
		harness_init(&h);
	begun = true;
	harness_proof(&h, slice_of((const char *)data, size));
	if (!proof_given(&h.conn))
		return 0;
	(void)crypto_hash_sha256(hash, data, size);
	ASSERT(size > 17 && size < sizeof h.conn.proof && data[16] == ':');
	ASSERT(hash[0] == 0 && hash[1] == 0 && hash[2] < 64);
	/* Of anybody else it is not. */
	harness_from(&h, "203.0.113.1");
	ASSERT(!proof_given(&h.conn));
	harness_from(&h, "198.51.100.7");
	return 0;
}
