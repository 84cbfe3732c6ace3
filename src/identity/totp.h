/*
 * Time-based one-time codes (RFC 6238 over RFC 4226) and recovery codes. Pure.
 */
#ifndef WARD_IDENTITY_TOTP_H
#define WARD_IDENTITY_TOTP_H

#include "identity/crypto.h"

#define TOTP_SECRET_BYTES 20u
#define TOTP_STEP_SECONDS 30
#define TOTP_WINDOW 1 /* steps before and after that are taken too: RFC 6238 section 5.2 */
#define TOTP_DIGITS 6u
#define BASE32_CHARS(bytes) (((bytes)*8 + 4) / 5)

/* The code of one step, with leading zeros. digits: 6 to 8. */
result totp_code(enum digest digest, struct slice secret, uint64_t step, unsigned digits, struct error *err,
    char ret_code[9]);

/*
 * Whether the code is right around now and newer than last_step, which makes each code good once. ERR_DENIED
 * otherwise. All steps of the window are always computed.
 */
result totp_verify(struct slice secret, struct slice code, int64_t now_ms, int64_t last_step,
    struct error *err, int64_t *ret_step);

/* RFC 4648 section 6 without padding, as authenticator apps want it. ret holds BASE32_CHARS(n) + 1. */
void base32_encode(struct slice bytes, char *ret);

/* otpauth://totp/... for a QR code; ERR_LIMIT when it does not fit. */
result totp_uri(struct slice secret, struct slice issuer, struct slice account, char *ret, size_t size,
    struct error *err);

/* "xxxxx-xxxxx" of letters and digits that are not mistaken for each other: 50 random bits. */
#define RECOVERY_CODE_CHARS 11u
#define RECOVERY_CODES 10u
void recovery_code_make(char ret[RECOVERY_CODE_CHARS + 1]);
/* The form whose hash is stored: lower case, without spaces and dashes. False when it has not the right
 * length. */
bool recovery_code_normalise(struct slice text, char ret[RECOVERY_CODE_CHARS]);

#endif
