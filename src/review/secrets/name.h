/*
 * The name around a telling word: where it begins and ends, and whether its other words turn the meaning
 * ("password" but not "password_id", "key" but not "primary key").
 */
#ifndef WARD_REVIEW_SECRETS_NAME_H
#define WARD_REVIEW_SECRETS_NAME_H

#include "review/secrets/rules.h"

struct secret_name {
	size_t at;
	size_t len;
};

/*
 * The name that holds the telling word at text[at, at + len). use says how the word must stand in its name:
 * anywhere, by itself (bounded by case, digits or punctuation), or at a word's end. False when it is not a
 * name that can hold a secret.
 */
bool secret_name_read(const struct secret_names *names, struct slice text, size_t at, size_t len,
    enum anchor_use use, struct secret_name *ret_name);

#endif
