/* What the identity benches share: rows for the report, a store in a file of its own, and a median. */
#ifndef WARD_BENCH_IDENTITY_H
#define WARD_BENCH_IDENTITY_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "identity/sign_in.h"
#include "os/clock.h"

#define T0 1800000000000ll

static inline void must(result r, const struct error *err)
{
	if (is_ok(r))
		return;
	(void)fprintf(stderr, "bench: %s\n", err->text);
	exit(1);
}

static inline void row(
    FILE *out, const char *name, const char *unit, double ours, double peer, const char *peer_name)
{
	(void)fprintf(out,
	    "{\"name\":\"%s\",\"unit\":\"%s\",\"ours\":%.4f,\"peer\":%.4f,\"peer_name\":\"%s\",\"ratio\":%."
	    "3f}\n",
	    name, unit, ours, peer, peer_name, peer > 0 ? ours / peer : 0);
	(void)printf("%-56s %12.3f %-6s %s %.3f\n", name, ours, unit, peer_name, peer);
}

static inline int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Sorts. */
static inline double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare_doubles);
	return values[count / 2];
}

/* path: a template for mkstemp(). */
static inline void new_file(char *path)
{
	const int fd = mkstemp(path);
	ASSERT(fd >= 0);
	(void)close(fd);
}

static inline struct identity_store *open_store(const char *path, struct password_cost cost)
{
	struct error err = {0};
	struct identity_store *store = NULL;
	const struct identity_options options = {.path = path, .cost = cost, .cheap_hashes_for_tests = true};
	must(identity_open(&options, &err, &store), &err);
	return store;
}

static inline void remove_store(const char *path)
{
	const char *const beside[] = {"", "-wal", "-shm", ".key"};
	for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
		char name[80];
		(void)snprintf(name, sizeof name, "%s%s", path, beside[i]);
		(void)unlink(name);
	}
}

/* Somebody who can sign in with this password. */
static inline void add_user(struct identity_store *store, const char *email, const char *password)
{
	struct error err = {0};
	struct user u;
	char hash[PASSWORD_HASH_MAX];
	const struct password_cost cost = identity_password_cost(store);
	must(password_hash(slice_cstr(password), &cost, &err, hash), &err);
	const struct new_user fields = {.email = email, .password_hash = hash, .status = USER_ACTIVE};
	must(user_create(store, &fields, T0, &err, &u), &err);
}

#endif
