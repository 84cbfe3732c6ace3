/*
 * Hashes that other systems made, checked so that their users can come along: bcrypt ($2a$, $2b$, $2y$),
 * scrypt
 * ($scrypt$ln=..,r=..,p=..$salt$hash as passlib writes it), PBKDF2 (passlib's
 * $pbkdf2-sha256$rounds$salt$hash and -sha512, Django's pbkdf2_sha256$rounds$salt$hash). Pure and
 * thread-safe.
 */
#ifndef WARD_IDENTITY_PASSWORD_IMPORT_H
#define WARD_IDENTITY_PASSWORD_IMPORT_H

#include "base/result.h"
#include "base/slice.h"

/* ERR_DENIED when it does not match, ERR_INVALID when the text is no hash of these kinds or too costly to
 * check. */
result password_import_verify(struct slice password, const char *stored, struct error *err);

/* Whether the text has one of these forms, or Argon2id's, with every part in range: what an import accepts.
 */
result password_import_check(const char *stored, struct error *err);

#endif
