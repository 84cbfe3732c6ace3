/*
 * bench_sessions OUT.jsonl: what checking a session costs in the store, small and with a million users and
 * three million sessions, and whether a known account can be told from an unknown one by time. Peer of a
 * large store is the small one.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "identity/sign_in.h"
#include "os/clock.h"

#define T0 1800000000000ll
#define LOOKUPS 20000u
#define HOT 3000u /* the sessions that are asked for again and again, as many as the small store has */
#define TRIES 2000u

static void must(result r, const struct error *err)
{
	if (is_ok(r))
		return;
	(void)fprintf(stderr, "bench_sessions: %s\n", err->text);
	exit(1);
}

static struct identity_store *open_store(const char *path)
{
	struct error err = {0};
	struct identity_store *store = NULL;
	const struct identity_options options = {
	    .path = path, .cost = {.passes = 1, .memory_kib = 64}, .cheap_hashes_for_tests = true};
	must(identity_open(&options, &err, &store), &err);
	return store;
}

/* Straight into the tables: a million sign-ups would take a day of hashing. Tokens are numbers in text,
 * hashed as always. */
static void fill(const char *path, uint32_t users, uint32_t sessions_each)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *user = NULL, *session = NULL;
	ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
	(void)sqlite3_exec(
	    db, "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN", NULL, NULL, NULL);
	ASSERT(sqlite3_prepare_v2(db,
		   "INSERT INTO users(id, public_id, realm, email, status, roles, created_ms) VALUES(?1, ?2, "
		   "0, ?3, 0, 'member', ?4)",
		   -1, &user, NULL) == SQLITE_OK);
	ASSERT(sqlite3_prepare_v2(db,
		   "INSERT INTO sessions VALUES(?1, ?2, ?3, ?3, ?3, ?4, 1, 0, '', '192.0.2.1', 'bench')", -1,
		   &session, NULL) == SQLITE_OK);
	for (uint32_t u = 1; u <= users; u++) {
		char text[64];
		int n = snprintf(text, sizeof text, "user%026u", u);
		(void)sqlite3_bind_int64(user, 1, u);
		(void)sqlite3_bind_text(user, 2, text + n - 26, 26, SQLITE_TRANSIENT);
		n = snprintf(text, sizeof text, "user%u@example.org", u);
		(void)sqlite3_bind_text(user, 3, text, n, SQLITE_TRANSIENT);
		(void)sqlite3_bind_int64(user, 4, T0);
		ASSERT(sqlite3_step(user) == SQLITE_DONE && sqlite3_reset(user) == SQLITE_OK);
	}
	for (uint32_t i = 0; i < users * sessions_each; i++) {
		char token[64];
		uint8_t hash[SESSION_HASH_BYTES];
		int n = snprintf(token, sizeof token, "%043u", i);
		session_token_hash(slice_of(token, (size_t)n), hash);
		(void)sqlite3_bind_blob(session, 1, hash, sizeof hash, SQLITE_TRANSIENT);
		(void)sqlite3_bind_int64(session, 2, i / sessions_each + 1);
		(void)sqlite3_bind_int64(session, 3, T0);
		(void)sqlite3_bind_int64(session, 4, T0 + 90ll * 86400000);
		ASSERT(sqlite3_step(session) == SQLITE_DONE && sqlite3_reset(session) == SQLITE_OK);
	}
	(void)sqlite3_finalize(user);
	(void)sqlite3_finalize(session);
	ASSERT(sqlite3_exec(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK);
	(void)sqlite3_close(db);
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Median over rounds of the mean of a lookup, in µs. spread: how many sessions are asked for. */
static double lookup_us(struct identity_store *store, uint32_t sessions, uint32_t spread)
{
	double rounds[9];
	struct session_claim claim;
	for (size_t r = 0; r < ARRAY_LEN(rounds); r++) {
		const uint64_t start = clock_mono_ns();
		for (uint32_t i = 0; i < LOOKUPS; i++) {
			char token[64];
			struct error err = {0};
			const uint32_t which = (uint32_t)((uint64_t)(i % spread) * 2654435761u % sessions);
			int n = snprintf(token, sizeof token, "%043u", which);
			must(identity_session_lookup(
				 store, slice_of(token, (size_t)n), T0 + 1000, &err, &claim),
			    &err);
		}
		rounds[r] = (double)(clock_mono_ns() - start) / 1000.0 / LOOKUPS;
	}
	qsort(rounds, ARRAY_LEN(rounds), sizeof *rounds, compare);
	return rounds[ARRAY_LEN(rounds) / 2];
}

static void row(
    FILE *out, const char *name, const char *unit, double ours, double peer, const char *peer_name)
{
	(void)fprintf(out,
	    "{\"name\":\"%s\",\"unit\":\"%s\",\"ours\":%.3f,\"peer\":%.3f,\"peer_name\":\"%s\",\"ratio\":%."
	    "3f}\n",
	    name, unit, ours, peer, peer_name, peer > 0 ? ours / peer : 0);
	(void)printf("%-44s %10.3f %-4s  %s %.3f\n", name, ours, unit, peer_name, peer);
}

/* One try, begin to answer, with a wrong password, from an address of its own so that no delay runs. */
static double try_us(struct identity_store *store, const char *email, uint32_t number)
{
	struct sign_in s;
	struct error err = {0};
	struct sign_in_outcome outcome;
	char address[32];
	(void)snprintf(address, sizeof address, "10.%u.%u.1", number / 250, number % 250);
	/* An hour apart: the account's own delay has faded. */
	const struct identity_caller caller = {
	    .address = slice_cstr(address), .now_ms = T0 + number * 3600000ll};
	const uint64_t start = clock_mono_ns();
	must(identity_sign_in_begin(
		 store, REALM_APP, slice_cstr(email), SLICE("not the password"), &caller, &err, &s),
	    &err);
	password_job_run(&s.job);
	ASSERT(!is_ok(identity_sign_in_finish(store, &s, &caller, &err, &outcome)));
	return (double)(clock_mono_ns() - start) / 1000.0;
}

/* Welch's t over the faster nine tenths: what an attacker who filters noise would look at. */
static void timing(FILE *out, const char *path)
{
	static double known[TRIES], unknown[TRIES];
	struct error err = {0};
	struct user u;
	char hash[PASSWORD_HASH_MAX];
	struct identity_store *store = open_store(path);
	const struct password_cost cost = identity_password_cost(store);
	must(password_hash(SLICE("a quiet harbour"), &cost, &err, hash), &err);
	const struct new_user fields = {
	    .email = "known@example.org", .password_hash = hash, .status = USER_ACTIVE};
	must(user_create(store, &fields, T0, &err, &u), &err);
	for (uint32_t i = 0; i < TRIES; i++) {
		const bool first = i % 2;
		const double a = try_us(store, first ? "known@example.org" : "nobody@example.org", 2 * i);
		const double b = try_us(store, first ? "nobody@example.org" : "known@example.org", 2 * i + 1);
		known[i] = first ? a : b;
		unknown[i] = first ? b : a;
	}
	identity_close(store);
	qsort(known, TRIES, sizeof *known, compare);
	qsort(unknown, TRIES, sizeof *unknown, compare);
	const uint32_t kept = TRIES * 9 / 10;
	double sum[2] = {0}, square[2] = {0};
	for (uint32_t i = 0; i < kept; i++) {
		sum[0] += known[i];
		sum[1] += unknown[i];
		square[0] += known[i] * known[i];
		square[1] += unknown[i] * unknown[i];
	}
	const double mean[2] = {sum[0] / kept, sum[1] / kept};
	const double noise = square[0] / kept - mean[0] * mean[0];
	const double difference = mean[0] - mean[1];
	/* difference / sqrt(noise) without the mathematical library: squares are compared. */
	row(out, "sign-in refused: known minus unknown account", "us", difference, mean[1],
	    "unknown account takes");
	row(out, "the same, squared, against its variance", "us2", difference * difference, noise,
	    "variance of one try");
}

int main(int argc, char **argv)
{
	char small[] = "/tmp/ward-bench-small-XXXXXX", large[] = "/tmp/ward-bench-large-XXXXXX";
	const uint32_t users = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000u;
	FILE *out = argc > 1 ? fopen(argv[1], "ae") : NULL;
	if (!out || sodium_init() < 0)
		return 2;
	(void)close(mkstemp(small));
	(void)close(mkstemp(large));
	identity_close(open_store(small));
	identity_close(open_store(large));
	fill(small, 1000, 3);
	fill(large, users, 3);
	struct identity_store *a = open_store(small), *b = open_store(large);
	const double hot_small = lookup_us(a, 3000, 3000), hot_large = lookup_us(b, users * 3, HOT);
	const double cold_large = lookup_us(b, users * 3, UINT32_MAX);
	row(out, "session-check in the store, hot, 3 000 000", "us", hot_large, hot_small, "3 000 sessions");
	row(out, "session-check in the store, all over", "us", cold_large, hot_small, "3 000 sessions");
	identity_close(a);
	identity_close(b);
	timing(out, small);
	(void)fclose(out);
	const char *const beside[] = {"", "-wal", "-shm", ".key"};
	for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "%s%s", small, beside[i]);
		(void)unlink(path);
		(void)snprintf(path, sizeof path, "%s%s", large, beside[i]);
		(void)unlink(path);
	}
	return 0;
}
