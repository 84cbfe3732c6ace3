/*
 * An app: what its author wrote (ward.yaml, migrations, queries, TypeScript), loaded and checked as one, and
 *the resolved contract that ward runs by.
 *
 *	app_load()            ward.yaml + migrations + queries, cross-checked       -> struct app
 *	app_data_json()       for the TypeScript compiler                           -> .ward/build/data.json
 *	app_resolve()         with the compiler's contract.json                     -> .ward/build/app.json
 *	app_contract_parse()  app.json, read by the processes                       -> struct app_contract
 *	app_type_set()        schemas of one function, compiled, the same everywhere
 */
#ifndef WARD_APP_APP_H
#define WARD_APP_APP_H

#include "app/diagnostics/diagnostics.h"
#include "app/manifest/manifest.h"
#include "contract/type.h"
#include "data/derive.h"

#define APP_JSON_BYTES_MAX (64u << 20)

struct app {
	struct arena arena;
	struct slice dir;
	struct manifest manifest;
	struct sql_schema schema;
};

/*
 * Reads and checks the app at dir. Findings go to diagnostics. ERR_INVALID when there are errors among them,
 * so that nothing is built from a half-read app; other failures are of the machine. Zero *ret first;
 * app_done() also then. state_dir is where the URL of a PostgreSQL database lies sealed; NULL:
 * dir/.ward/state.
 */
result app_load(const char *dir, const char *state_dir, struct diagnostics *diagnostics, struct error *err,
    struct app *ret);
void app_done(struct app *app);

/* ARCHITECTURE.md, "data.json". Ask buf_ok(). */
void app_data_json(const struct app *app, struct buf *out);

/* One declared error of a function. */
struct app_error {
	struct slice name;
	uint32_t status;     /* HTTP, 400 to 599 */
	struct slice schema; /* of its data; ptr NULL: carries none */
	struct slice title;  /* for callers; empty: its name stands for it */
};

/* The resolved contract of one function. */
struct app_function {
	struct manifest_function contract;
	const struct sql_query **queries; /* as contract.queries */
	size_t query_count;
	struct app_error *errors; /* sorted by name */
	size_t error_count;
	struct slice input;	/* schema text; ptr NULL: takes nothing */
	struct slice output;	/* schema text; ptr NULL: returns nothing */
	struct slice bundle;	/* file names in .ward/build */
	struct slice map;	/* empty: none */
	struct slice_list uses; /* modules of "ward" that it imports */
};

struct app_contract {
	struct slice app;
	struct manifest_database database;
	struct manifest_page page;
	struct manifest_identity identity;
	struct manifest_mail mail;
	struct manifest_budget budget; /* of all functions together */
	struct manifest_countries countries;
	struct slice_list trusted_proxies;
	enum forwarded_header proxy_header;
	struct manifest_watch watch;
	struct sql_query *queries; /* sorted by name */
	size_t query_count;
	struct app_function *functions; /* sorted by name */
	size_t function_count;
};

/*
 * Merges the compiler's contract.json into the app and writes app.json. Findings (a path parameter that the
 * input type does not have, a result that cannot be ...) go to diagnostics; ERR_INVALID when there are errors
 * or when contract.json is not as described.
 */
result app_resolve(const struct app *app, struct slice contract_json, struct diagnostics *diagnostics,
    struct error *err, struct buf *out);

/*
 * Reads app.json, strictly: unknown members, wrong types, doubles, names that point to nothing are
 * ERR_INVALID. All in the arena; text is borrowed for the call only. Names are NUL-terminated.
 */
result app_contract_parse(
    struct slice text, struct arena *arena, struct error *err, struct app_contract *ret);

/* The contract that `ward build` left in dir/.ward/build; fails when the app is not built. */
result app_contract_read(const char *dir, struct arena *arena, struct error *err, struct app_contract *ret);

/* Points each function to its queries by name; ERR_INVALID when one is missing. For those who build a
 * contract. */
result app_contract_link(struct app_contract *contract, struct arena *arena, struct error *err);

/* The whole of app.json. Ask buf_ok(). */
void app_contract_json(const struct app_contract *contract, struct buf *out);

/*
 * The contract of function i alone, in the form of app.json: what its worker gets. Queries come without SQL
 * text and grants. Ask buf_ok().
 */
void app_contract_function_json(const struct app_contract *contract, size_t i, struct buf *out);

/* The function's own part of app.json, for people who look at it. Ask buf_ok(). */
void app_contract_function_part(const struct app_function *function, struct buf *out);

/* NULL when there is none of that name. */
const struct app_function *app_contract_find(const struct app_contract *contract, struct slice name);

/*
 * The sealed type set of one function: input, output, errors by name, then params and row of each query by
 * name, under the labels of ARCHITECTURE.md, in this order in every process. Returns owned: type_set_free().
 */
result app_type_set(const struct app_function *function, struct error *err, struct type_set **ret);

/* The Content-Security-Policy of the app's pages, a header value. */
void app_csp(const struct app_contract *contract, struct buf *out);

/* Texts of the app's files for code frames; a source_reader's function with a struct app_sources as context.
 */
struct app_sources {
	const char *dir;
	struct arena arena;
};
bool app_source_read(void *context, struct slice file, struct slice *ret_text);

#endif
