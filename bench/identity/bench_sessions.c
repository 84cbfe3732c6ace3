/*
 * bench_sessions OUT.jsonl [USERS]: what checking a session costs on the hot path, in the gateway's table and
 * in the store, and in a store of a million users and three million sessions, whose peer is a small one.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <string.h>

#include "bench.h"
#include "proc/gateway/gateway.h"

#define LOOKUPS 20000u
#define ROUNDS 15u
#define BLOCK 5u
#define TOKEN_ROOM 48
#define HOT 3000u /* the sessions that are asked for again and again, as many as the small store has */
#define CHEAP ((struct password_cost){.passes = 1, .memory_kib = 64})

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

/* A session that is asked for: its token, and where it is in the list of those asked for. */
static void make_tokens(char (*tokens)[TOKEN_ROOM], uint32_t count, uint32_t sessions)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t which = (uint32_t)((uint64_t)i * 2654435761u % sessions);
		(void)snprintf(tokens[i], TOKEN_ROOM, "%043u", which);
	}
}

/* The mean of a lookup in µs, over LOOKUPS of them that go round the tokens. */
static double round_us(struct identity_store *store, char (*tokens)[TOKEN_ROOM], uint32_t count)
{
	struct session_claim claim;
	struct error err = {0};
	const uint64_t start = clock_mono_ns();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		must(identity_session_lookup(
			 store, slice_of(tokens[i % count], SESSION_TOKEN_CHARS), T0 + 1000, &err, &claim),
		    &err);
	return (double)(clock_mono_ns() - start) / 1000.0 / LOOKUPS;
}

/* BLOCK rounds over HOT tokens after one that is not counted. */
static void rounds_us(struct identity_store *store, char (*tokens)[TOKEN_ROOM], double *us)
{
	(void)round_us(store, tokens, HOT);
	for (size_t i = 0; i < BLOCK; i++)
		us[i] = round_us(store, tokens, HOT);
}

/* What a gateway does first: the hash of the token, and its own table (proc/gateway/session.c). */
static double gateway_us(void)
{
	double rounds[ROUNDS];
	struct session_table *table = session_table_new();
	ASSERT(table);
	static char token[HOT][TOKEN_ROOM];
	make_tokens(token, HOT, HOT);
	for (uint32_t i = 0; i < HOT; i++) {
		uint8_t hash[SESSION_HASH_BYTES];
		session_hash(slice_of(token[i], SESSION_TOKEN_CHARS), hash);
		session_keep(table, hash, &(struct identity_claim){.user = "u", .expires_ms = INT64_MAX}, T0);
	}
	for (size_t r = 0; r < ARRAY_LEN(rounds); r++) {
		size_t found = 0;
		const uint64_t start = clock_mono_ns();
		for (uint32_t i = 0; i < LOOKUPS; i++) {
			uint8_t hash[SESSION_HASH_BYTES];
			session_hash(slice_of(token[i % HOT], SESSION_TOKEN_CHARS), hash);
			found += session_find(table, hash, T0 + 1) != NULL;
		}
		rounds[r] = (double)(clock_mono_ns() - start) / 1000.0 / LOOKUPS;
		ASSERT(found > LOOKUPS * 9 / 10);
	}
	free(table);
	return median(rounds, ARRAY_LEN(rounds));
}

int main(int argc, char **argv)
{
	char small[] = "/tmp/ward-bench-small-XXXXXX", large[] = "/tmp/ward-bench-large-XXXXXX", name[80];
	const uint32_t users = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000u;
	FILE *out = argc > 1 ? fopen(argv[1], "ae") : NULL;
	if (!out || sodium_init() < 0)
		return 2;
	new_file(small);
	new_file(large);
	identity_close(open_store(small, CHEAP));
	identity_close(open_store(large, CHEAP));
	fill(small, 1000, 3);
	fill(large, users, 3);
	struct identity_store *a = open_store(small, CHEAP), *b = open_store(large, CHEAP);
	/* In blocks by turns, so that what else the machine does falls on both alike. */
	static char hot_a[HOT][TOKEN_ROOM], hot_b[HOT][TOKEN_ROOM], cold_b[LOOKUPS][TOKEN_ROOM];
	double small_us[ROUNDS], large_us[ROUNDS], cold_us[ROUNDS];
	make_tokens(hot_a, HOT, HOT);
	make_tokens(hot_b, HOT, users * 3);
	make_tokens(cold_b, LOOKUPS, users * 3);
	for (size_t r = 0; r < ROUNDS; r += BLOCK) {
		rounds_us(a, hot_a, &small_us[r]);
		rounds_us(b, hot_b, &large_us[r]);
	}
	for (size_t r = 0; r < ROUNDS; r++)
		cold_us[r] = round_us(b, cold_b, LOOKUPS);
	const double hot_small = median(small_us, ROUNDS), hot_large = median(large_us, ROUNDS);
	const double cold_large = median(cold_us, ROUNDS);
	row(out, "session-check, gateway", "us", gateway_us(), 2, "the limit");
	row(out, "session-check, store, hot", "us", hot_small, 2, "the limit");
	(void)snprintf(name, sizeof name, "session-check, store, hot, of %u", users * 3);
	row(out, name, "us", hot_large, hot_small, "of 3000");
	(void)snprintf(name, sizeof name, "session-check, store, all over %u", users * 3);
	row(out, name, "us", cold_large, hot_small, "of 3000, hot");
	identity_close(a);
	identity_close(b);
	(void)fclose(out);
	remove_store(small);
	remove_store(large);
	return 0;
}
