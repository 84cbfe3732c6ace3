/*
 * What of its authority an app has used: for every function, when it last ran each query, reached each host,
 *held each secret, published to each topic. Kept by the broker in STATE/usage.json, read by `ward tighten`.
 *
 *	{"ward":1,"since_ms":1767225600000,"used":{"pay":{"query GetOwnOrder":1767225601000,"host
 *api.example.com:443":0}}}
 *
 * Noting is one store, so that it can stand on every call: resolve an index once, then usage_note() it.
 */
#ifndef WARD_APP_USAGE_H
#define WARD_APP_USAGE_H

#include "app/app.h"

#define USAGE_FILE "usage.json"

struct usage;

/* One grant of one function. */
struct usage_grant {
	struct slice function;
	struct slice
	    what; /* "query GetOwnOrder", "host api.example.com:443", "secret KEY", "publish order.paid" */
	int64_t last_ms; /* Unix time; 0: never since the recording began */
};

/*
 * For the grants of a contract, which are copied; what the file in state_dir (NULL: none) knows about them is
 * taken over. A file that cannot be read starts the recording anew at now_ms. Returns owned.
 */
result usage_open(const char *state_dir, const struct app_contract *contract, int64_t now_ms,
    struct error *err, struct usage **ret);
/* NULL is fine. Does not save. */
void usage_free(struct usage *usage);

/*
 * The place of a function's first grant; its queries come first, as contract.queries, then its egress,
 * secrets and topics in the order of the contract.
 */
size_t usage_first(const struct usage *usage, size_t function);
/* Marks grant `index` as used. */
void usage_note(struct usage *usage, size_t index, int64_t now_ms);
/* Writes the file when a grant was used for the first time, or again after an hour, since the last time. */
result usage_save(struct usage *usage, struct error *err);

int64_t usage_since_ms(const struct usage *usage);
size_t usage_count(const struct usage *usage);
struct usage_grant usage_grant(const struct usage *usage, size_t index);

#endif
