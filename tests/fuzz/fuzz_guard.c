/* Records of the monitor from arbitrary bytes: the first says how long the first record is, the next how long
 * the second; then a request. */
#include <stdint.h>

#include "base/check.h"
#include "base/size.h"
#include "gateway_harness.h"
#include "ipc/watch_records.h"
#include "proc/gateway/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gateway_harness h;
	static bool begun;
	static const char *const addresses[] = {"198.51.100.7", "2001:db8::7", "::1"};
	const struct identity_claim who = {.user = "usr_ada"};
	if (!begun)
		harness_init(&h);
	begun = true;
	while (size > 1) {
		const size_t n = size_min(data[0], size - 1);
		const struct record record = {.payload = slice_of((const char *)data + 1, n)};
		guard_take(&h.gateway, &record);
		data += n + 1;
		size -= n + 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		harness_from(&h, addresses[i]);
		const enum invocation_outcome early = guard_refuses_early(&h.conn, &h.function);
		ASSERT((early == OUTCOME_OK) == (harness_answer(&h) == 0));
		const enum invocation_outcome late = guard_refuses_caller(&h.conn, &h.function, &who);
		ASSERT((late == OUTCOME_OK) == (harness_answer(&h) == 0));
		ASSERT(guard_refuses_place(&h.conn) == (harness_answer(&h) == 403));
		(void)guard_challenges_sign_in(&h.conn);
	}
	/* The next input begins without guards. */
	static const struct guard_head anew = {.action = GUARD_ANEW};
	const struct record clear = {.payload = slice_of((const char *)&anew, sizeof anew)};
	guard_take(&h.gateway, &clear);
	return 0;
}
