/* The master key of the secret store: where it comes from, and who may read it. */
#ifndef WARD_APP_MASTER_KEY_H
#define WARD_APP_MASTER_KEY_H

#include "base/result.h"

#define MASTER_KEY_BYTES 32u
#define MASTER_KEY_TEXT_BYTES (2 * MASTER_KEY_BYTES + 1) /* hexadecimal digits and NUL */

enum master_key_source { MASTER_KEY_CREDENTIAL, MASTER_KEY_ENVIRONMENT, MASTER_KEY_FILE, MASTER_KEY_GIVEN };

/* Into key[MASTER_KEY_BYTES]. create: make STATE/master.key when there is none anywhere. ERR_NOT_FOUND,
 * ERR_DENIED. */
result master_key_load(const char *state_dir, bool create, unsigned char *key,
    enum master_key_source *ret_source, struct error *err);
/*
 * A key that was given from outside the state directory (credential, environment), as text, for the one
 * process that needs it and that neither reaches; "" when there is none.
 */
result master_key_outside(char ret_text[MASTER_KEY_TEXT_BYTES], struct error *err);
/* From such a text. */
result master_key_parse(const char *text, unsigned char *key, struct error *err);
/* Wipes the variable out of the environment, /proc/PID/environ included: for a process whose children need no
 * key. */
void master_key_forget_environment(void);
/* Replaces STATE/master.key. */
result master_key_write(const char *state_dir, const unsigned char *key, struct error *err);

#endif
