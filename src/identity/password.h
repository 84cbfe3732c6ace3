/*
 * Passwords: what is accepted, how it is hashed, how it is checked. Pure and thread-safe; nothing here knows
 * a store.
 *
 * Hashes are Argon2id (RFC 9106) by libsodium in the PHC string form, which carries its own parameters, so
 * that a file may hold hashes of several costs. Hashes of other systems (password_import.h) are checked too
 * and replaced by an Argon2id hash at the first sign-in that proves them.
 */
#ifndef WARD_IDENTITY_PASSWORD_H
#define WARD_IDENTITY_PASSWORD_H

#include "base/result.h"
#include "base/slice.h"

#define PASSWORD_CHARS_MIN 8u
#define PASSWORD_CHARS_MAX 128u
#define PASSWORD_BYTES_MAX (PASSWORD_CHARS_MAX * 4u)
#define PASSWORD_HASH_MAX 512u /* text with its NUL */

struct password_cost {
	uint32_t passes;
	uint32_t memory_kib;
};

/* The least that OWASP's password storage cheat sheet allows for Argon2id with one lane: 19 MiB and two
 * passes. */
#define PASSWORD_COST_FLOOR ((struct password_cost){.passes = 2, .memory_kib = 19456})

/* Finds the cost that takes about target_ms here. Never below the floor, however slow the machine. */
result password_cost_tune(uint32_t target_ms, struct error *err, struct password_cost *ret_cost);
/* False for a cost below the floor in either part that another part does not make up for. */
bool password_cost_is_enough(const struct password_cost *cost);

/*
 * The policy: 8 to 128 characters of UTF-8, no rule about which, and not one of the common ones. context is
 * words that are as good as public for this account: the e-mail address, the app's name. ERR_INVALID says
 * which rule, in words for the person who types.
 */
result password_check_policy(
    struct slice password, const struct slice *context, size_t context_count, struct error *err);

result password_hash(struct slice password, const struct password_cost *cost, struct error *err,
    char ret_hash[PASSWORD_HASH_MAX]);
/* ERR_DENIED when it does not match, ERR_INVALID when the stored text is no hash we know. */
result password_verify(struct slice password, const char *stored, struct error *err);
/* The PHC form of Argon2id, whatever its cost. */
bool password_is_argon2id(const char *stored);
/* Made by Argon2id at this very cost. */
bool password_is_current(const char *stored, const struct password_cost *cost);

/*
 * One piece of work for a thread that may take its time: check `password` against `stored` (skipped when
 * stored is empty); if that matched and `wanted`, hash `fresh_password`, or the same password when the stored
 * hash is not current. Filled by sign_in.h, run once by password_job_run(), read back by sign_in.h. Wiped by
 * password_job_done().
 */
struct password_job {
	char password[PASSWORD_BYTES_MAX + 1];
	size_t password_len;
	char fresh_password[PASSWORD_BYTES_MAX + 1];
	size_t fresh_len;
	char stored[PASSWORD_HASH_MAX];
	struct password_cost cost;
	/* answers */
	bool ran;
	bool matches;
	char fresh[PASSWORD_HASH_MAX]; /* a new hash to store, or "" */
	struct error error;	       /* code ERR_NONE unless hashing itself failed */
};

void password_job_run(struct password_job *job);
void password_job_done(struct password_job *job);

/* A hash of a password that nobody knows, to be checked where there is no account, so that both take the same
 * time. */
result password_dummy(const struct password_cost *cost, struct error *err, char ret_hash[PASSWORD_HASH_MAX]);

#endif
