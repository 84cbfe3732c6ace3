/* Counting for the outside vectors: each case ends as passed, failed or skipped, under an id of its own. */
#ifndef WARD_TEST_SCORE_H
#define WARD_TEST_SCORE_H

#include <jansson.h>

#include "identity/crypto.h"

/*
 * One case: r is what the verifier said, should_pass what the vector says. A refusal must carry its reason.
 * With SCORE_VERBOSE in the environment each refusal and its reason is printed.
 */
void score(const char *group, const char *id, bool should_pass, result r, const struct error *err);
void score_skip(const char *group, const char *id, const char *why);

/* A file of the data as JSON; ends the program when it is not there. */
json_t *score_load(const char *dir, const char *name);
struct slice score_text(const json_t *object, const char *name);
/* Hexadecimal as bytes, in memory that lasts as long as the program. */
struct slice score_hex(const json_t *object, const char *name);

void score_siwe(const char *dir);
void score_webauthn(const char *dir);
void score_wycheproof(const char *dir);

#endif
