/* Attestation objects, authenticator data and client data from arbitrary bytes. The first byte says which. */
#include "base/check.h"
#include "identity/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slice origins[] = {SLICE("https://example.org")};
static const char created[] =
    "{\"type\":\"webauthn.create\",\"challenge\":\"ZnV6eg\",\"origin\":\"https://example.org\"}";
static const char got[] =
    "{\"type\":\"webauthn.get\",\"challenge\":\"ZnV6eg\",\"origin\":\"https://example.org\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct passkey registered;
	struct passkey p;
	struct passkey_proof proof;
	const struct webauthn_policy policy = {
	    .rp_id = SLICE("example.org"), .origins = origins, .origin_count = 1};
	const struct slice challenge = SLICE("fuzz");
	if (size < 2)
		return 0;
	struct slice rest = bytes_of(data + 1, size - 1);
	if (data[0] % 3 == 0) {
		if (is_ok(webauthn_register(&policy, challenge, slice_cstr(created), rest, NULL, &p))) {
			ASSERT(p.id_len > 0 && p.id_len <= CREDENTIAL_ID_MAX && p.cose_key_len > 0);
			registered = p;
		}
	} else if (data[0] % 3 == 1) {
		/* Nobody holds the key of whatever was registered: no signature can be right. */
		p = registered;
		ASSERT(!is_ok(webauthn_sign_in(&policy, challenge, &p, slice_cstr(got), rest,
		    SLICE("\x30\x06\x02\x01\x01\x02\x01\x01"), NULL, &proof)));
	} else {
		(void)webauthn_register(&policy, challenge, rest, SLICE("\xa0"), NULL, &p).code;
	}
	return 0;
}
