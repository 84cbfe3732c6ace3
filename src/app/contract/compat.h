/*
 * What breaks for callers between two contracts of an app, field by field: an input that was accepted and is
 * now refused, an output, or the data of an error, that may now hold what it did not. The other way round
 * nothing breaks: an input may grow wider, an output narrower, and an output may have new members.
 */
#ifndef WARD_APP_COMPAT_H
#define WARD_APP_COMPAT_H

#include "app/app.h"

struct compat_break {
	struct slice function;
	struct slice where; /* "input.lines[].qty", "output.status", "route" */
	struct slice text;  /* "integer(1..99) became integer(1..50)" */
};

struct compat_breaks {
	struct compat_break *items; /* by function, in the order of the types */
	size_t count;
};

/* All in the arena. */
result compat_compare(const struct app_contract *before, const struct app_contract *after,
    struct arena *arena, struct error *err, struct compat_breaks *ret);

/*
 * The same against the contract that is deployed (STATE/deployed.json, written by `ward serve`), as warnings
 * on ward.yaml. No deployed contract, or one of another version of ward: no findings.
 */
result compat_check(const char *state_dir, const struct app_contract *contract,
    struct diagnostics *diagnostics, struct error *err);

/* Keeps app.json as what is deployed from now on. */
result compat_deployed(const char *state_dir, struct slice app_json, struct error *err);

#define DEPLOYED_FILE "deployed.json"

#endif
