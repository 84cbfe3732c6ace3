/* Private keys in armour (RFC 7468, RFC 4880 section 6.2), also when each line is quoted, indented, numbered
 * or escaped. */
#ifndef WARD_REVIEW_SECRETS_PEM_H
#define WARD_REVIEW_SECRETS_PEM_H

#include "base/slice.h"

/*
 * True when an unencrypted private key begins with the "-----BEGIN" at text[at]; *ret_block runs to the end
 * of its last line. False for encrypted keys, for other labels, and for bodies too short to be a key.
 */
bool private_key_block(struct slice text, size_t at, struct slice *ret_block);

#endif
