/*
 * The database of an app: a file of its state directory, or a PostgreSQL server whose URL lies sealed there
 * as a secret. What is done to it before an app serves is done here, by whoever starts ward: migrations, and
 * on PostgreSQL one role for each function. The processes that serve never see the URL.
 */
#ifndef WARD_APP_DATABASE_H
#define WARD_APP_DATABASE_H

#include "app/app.h"
#include "data/remote.h"

/* What the broker needs to reach a server: where it is, and the secret that roles log in with. */
struct app_database {
	bool remote; /* else a file, and the rest is empty */
	struct sql_place place;
	unsigned char secret[SQL_SECRET_BYTES];
};

/*
 * The URL, checked (sql_place_read()); key_text: the master key where it does not lie in the state directory
 * and can no longer be asked for (master_key_outside()), else NULL or "". ERR_NOT_FOUND when the secret is
 * not set. Owned: app_database_url_free() wipes it.
 */
result app_database_url(const struct manifest_database *database, const char *state_dir, const char *key_text,
    struct error *err, char **ret_url);
void app_database_url_free(char *url);

/* Applies the migrations that are missing and makes the roles what the contract says. */
result app_database_prepare(const char *app_dir, const char *state_dir, const struct app_contract *contract,
    const char *key_text, struct error *err, struct app_database *ret);

#endif
