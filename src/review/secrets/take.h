/* Reads one value where one is expected: quoted in any notation, bare, a list of numbers, or within a call
 * that passes it through. */
#ifndef WARD_REVIEW_SECRETS_TAKE_H
#define WARD_REVIEW_SECRETS_TAKE_H

#include "review/secrets/assign.h"
#include "review/secrets/cursor.h"

/* separator: what stood before, '=' ':' '(' ',' or ' '; it decides whether a value may be bare and begin on
 * the next line. */
bool value_take(const struct secret_names *names, struct cursor *c, char separator, struct assignment *ret);

#endif
