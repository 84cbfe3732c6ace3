/*
 * Passwords that are tried first by anyone who guesses: the list that ward ships (common_words.txt, made into
 * a table when ward is built), looked up after undoing what people do to a common word (capitals, digits for
 * letters, a year or an exclamation mark behind it), and runs of keys or digits that need no list. Pure.
 */
#ifndef WARD_IDENTITY_COMMON_PASSWORDS_H
#define WARD_IDENTITY_COMMON_PASSWORDS_H

#include "base/slice.h"

/* extra: words as good as listed for this account. */
bool password_is_common(struct slice password, const struct slice *extra, size_t extra_count);

/* How many words the shipped list holds. */
size_t common_password_count(void);

#endif
