/*
 * Tests that a matched text must pass before it is reported: checksums that issuers put into their tokens,
 * structures that can be decoded, and plain shape. All offline; a secret never leaves the machine.
 */
#ifndef WARD_REVIEW_SECRETS_CHECK_H
#define WARD_REVIEW_SECRETS_CHECK_H

#include "base/slice.h"

struct secret_values;

struct check_input {
	struct slice text;  /* the whole file */
	size_t match_at;    /* of the whole match */
	struct slice match; /* the whole match */
	struct slice value; /* the secret in it */
	const struct secret_values *values;
};

/* The bit of a check by name, or 0 when there is none of that name. */
uint32_t secret_check_bit(struct slice name);
/* True when all checks of the mask hold; *ret_verified when one of them is a checksum of the issuer's. */
bool secret_checks_hold(uint32_t mask, const struct check_input *in, bool *ret_verified);

#endif
