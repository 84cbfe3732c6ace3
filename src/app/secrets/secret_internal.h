/* Inside the secret store: secret_box.c seals, secret_file.c keeps the file, secret_store.c is what others
 * call. */
#ifndef WARD_APP_SECRET_INTERNAL_H
#define WARD_APP_SECRET_INTERNAL_H

#include <sys/types.h>
#include <time.h>

#include "app/secrets/master_key.h"
#include "app/secrets/secret_store.h"

struct sealed {
	char *name;
	uint64_t version;
	int64_t set_ms;
	unsigned char *box; /* nonce, then ciphertext and tag */
	size_t box_bytes;
};

struct secret_store {
	char *state_dir;
	unsigned char *key; /* locked, MASTER_KEY_BYTES */
	enum master_key_source source;
	struct sealed *items; /* SECRETS_MAX, sorted by name */
	size_t count;
	char *withheld; /* the name of one that is not given out; NULL: none */
	struct timespec read_at; /* of the file as it was read */
	ino_t read_inode;
};

/* The largest and smallest box there can be. */
extern const size_t secret_box_bytes_min, secret_box_bytes_max;

/* Fills s->box; name and version are authenticated with the value. */
result secret_seal(const unsigned char *key, struct sealed *s, struct slice value, struct error *err);
/* ERR_DENIED when it does not open. */
result secret_open(
    const unsigned char *key, const struct sealed *s, struct error *err, struct secret_value *ret);
void sealed_done(struct sealed *s);
void secrets_sort(struct secret_store *store);

/* Reads the file that is sealed with the store's key; a missing file is no secrets. */
result secret_file_load(struct secret_store *store, struct error *err);
bool secret_file_changed(const struct secret_store *store);
result secret_file_save(const struct secret_store *store, struct error *err);
/*
 * For a change of the key: the file under the new key is written beside the old one (prepare), then the key
 * is replaced, then the file (commit). Whatever a power cut leaves behind, one of the two files fits the key.
 */
result secret_file_prepare(const struct secret_store *store, struct error *err);
result secret_file_commit(const struct secret_store *store, struct error *err);
/* Held by *ret_fd until it is closed. */
result secret_file_lock(const struct secret_store *store, struct error *err, int *ret_fd);

#endif
