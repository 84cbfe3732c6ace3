/*
 * Is a value that stands beside a telling name a secret, or a placeholder, a reference, a word? Judged from
 * the value alone by the lists of rules/secrets.yaml, character classes, entropy, and how far its letters
 * read like words.
 */
#ifndef WARD_REVIEW_SECRETS_VALUE_H
#define WARD_REVIEW_SECRETS_VALUE_H

#include "review/secrets/rules.h"

/* How the value was written down: the looser the form, the more the value itself must show. */
enum value_form {
	VALUE_QUOTED,
	VALUE_BARE,  /* name=value, name: value */
	VALUE_PROSE, /* words between the name and the value */
	VALUE_LIST,  /* a list of numbers */
};

bool secret_value_holds(const struct secret_values *v, enum secret_judge judge, size_t min,
    enum value_form form, struct slice value);

/* A placeholder, a template, a reference to where the secret is kept, or ciphertext. */
bool secret_value_is_placeholder(const struct secret_values *v, struct slice value);

/* Letters that read like words: most neighbouring pairs are common ones. False when there are too few letters
 * to tell. */
bool secret_value_reads_like_words(const struct secret_values *v, struct slice value);

#endif
