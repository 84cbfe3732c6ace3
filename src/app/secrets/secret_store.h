/*
 * Secrets at rest: STATE/secrets.json, each value sealed with XChaCha20-Poly1305 (libsodium) under one master
 *key, its name and version authenticated with it so that values cannot be swapped. Written by `ward secret`,
 *read by the broker.
 *
 * The master key (32 bytes) comes from the first of
 *	$CREDENTIALS_DIRECTORY/ward-master-key	a systemd credential (LoadCredential=), 64 hexadecimal digits
 *	$WARD_MASTER_KEY			the same text; see master_key_forget_environment()
 *	STATE/master.key			a file of the running user's that nobody else can read; made
 *when the first secret is set A file that others can read is refused. Values come from standard input only,
 *never from arguments.
 */
#ifndef WARD_APP_SECRET_STORE_H
#define WARD_APP_SECRET_STORE_H

#include "base/result.h"
#include "base/slice.h"

#define SECRET_VALUE_MAX (64u << 10)
#define SECRETS_MAX 1000u

struct secret_store;

/* What is known of a secret without opening it. */
struct secret_info {
	struct slice name;
	uint64_t version; /* 1 when it was set, one more at each rotation */
	int64_t set_ms;	  /* Unix time of this version */
};

/* A value in the clear, in memory that is locked and guarded. Always through secret_value_done(). */
struct secret_value {
	struct slice bytes;
	void *memory;
};

/*
 * Opens the store of a state directory. create: make the directory's key and file when there are none;
 * otherwise a missing file is an empty store. ERR_DENIED when the key's file is open to others or the key is
 * not the one that the secrets were sealed with. Returns owned.
 */
result secret_store_open(const char *state_dir, bool create, struct error *err, struct secret_store **ret);
/* The same with a key that another process found (master_key_outside()). */
result secret_store_open_with(
    const char *state_dir, const char *key_text, struct error *err, struct secret_store **ret);
/* Wipes the key. NULL is fine. */
void secret_store_free(struct secret_store *store);

/* Reads the file again when it has changed since; for the broker, between requests. */
result secret_store_refresh(struct secret_store *store, struct error *err);

size_t secret_store_count(const struct secret_store *store);
struct secret_info secret_store_info(const struct secret_store *store, size_t i); /* sorted by name */

/* ERR_NOT_FOUND; ERR_DENIED when it was tampered with. */
result secret_store_get(
    const struct secret_store *store, struct slice name, struct error *err, struct secret_value *ret);
void secret_value_done(struct secret_value *value);
/* From now on secret_store_get() gives this one to nobody (ERR_DENIED), whatever is asked of this process. "": all again. */
result secret_store_withhold(struct secret_store *store, struct slice name, struct error *err);

/*
 * Sets a secret that is not there (ERR_CONFLICT otherwise), or with replace a new version of one that is
 * (ERR_NOT_FOUND otherwise). On disk when it returns.
 */
result secret_store_put(struct secret_store *store, struct slice name, struct slice value, bool replace,
    int64_t now_ms, struct error *err);
result secret_store_remove(struct secret_store *store, struct slice name, struct error *err);

/* Seals everything anew under a fresh master key and writes both; only for a key in STATE/master.key. */
result secret_store_rekey(struct secret_store *store, struct error *err);

#endif
