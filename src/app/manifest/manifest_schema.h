/*
 * The table behind ward.yaml: every key with how it is written, what it means when it is left out, its
 * bounds, and what it is for. manifest.c reads by it, manifest_reference.c prints it. A key that is not here
 * does not exist.
 */
#ifndef WARD_APP_MANIFEST_SCHEMA_H
#define WARD_APP_MANIFEST_SCHEMA_H

#include "app/manifest/manifest.h"
#include "app/manifest/yaml.h"

/* What a reading carries along. */
struct reading {
	struct arena *arena;
	struct diagnostics *diagnostics;
	bool no_memory;
};

struct key;

/* Reads a node into the field at target; what is wrong becomes a diagnostic and leaves the field as it was.
 */
typedef void key_read_fn(
    struct reading *r, const struct key *key, const struct yaml_node *node, void *target);

struct key {
	const char *name;
	key_read_fn *read;
	size_t offset;		       /* of the field in the group's struct */
	const struct key_group *group; /* of a map below this key; NULL: none */
	const char *form;	       /* as it is written, for the reference */
	const char *standard;	       /* when left out; read like a written one; NULL: nothing */
	bool required;
	uint64_t min, max; /* of numbers, in the base unit */
	const char *about;
};

struct key_group {
	const char *what;  /* "a function", in messages */
	const char *title; /* in the reference */
	const struct key *keys;
	size_t count;
	size_t size; /* of the struct that it fills */
};

/* The map form of `auth` as it is written, before it is one of the kinds. */
struct access_text {
	bool user, mfa, tenant;
	struct slice role, scope;
	uint64_t fresh_us;
};

extern const struct key_group manifest_group, function_group, access_group, database_group, egress_group,
    watch_group, watch_rules_group, countries_group, webhook_group;

/* The groups in the order of the reference; ended by NULL. */
extern const struct key_group *const manifest_groups[];

/* Fills *target from a map: unknown keys, missing keys and standards are seen to here. */
void read_group(struct reading *r, const struct key_group *group, const struct yaml_node *node, void *target);

/* Readers (manifest_values.c: plain values; manifest_fields.c: those with a grammar of their own). */
key_read_fn read_text, read_name, read_source, read_identifier, read_flag, read_duration, read_size,
    read_count, read_port, read_rate, read_queries, read_secrets, read_topics, read_origins, read_paths,
    read_methods, read_proxies, read_proxy_header;
key_read_fn read_database, read_database_kind, read_url, read_page, read_functions, read_route, read_access,
    read_role, read_limits, read_budget, read_watch, read_egress, read_host, read_secret_use, read_header, read_secret_name;
/* countries.c */
key_read_fn read_countries, read_country_lists;
bool check_country(struct reading *r, const struct yaml_node *n);
/* manifest_identity.c */
key_read_fn read_identity, read_sign_up, read_proof, read_issuers, read_issuer_url, read_mail, read_smtp, read_sender;

/* One outbound host with what must hold beyond the table. */
void read_one_egress(
    struct reading *r, const struct key_group *group, const struct yaml_node *node, struct manifest_egress *e);

/* A diagnostic at a node; hint may be NULL. */
void refuse_node(struct reading *r, const struct yaml_node *node, const char *code, const char *hint,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Wants a scalar that is not null; false and a diagnostic when it is none. */
bool wants_text(struct reading *r, const struct key *key, const struct yaml_node *node, struct slice *ret);
/* A host by its exact name or address; *ret_private: it says by itself that it is not public. */
bool is_host(struct slice host, bool *ret_private);
bool is_name(struct slice text, size_t max); /* [a-z][a-z0-9_-]* */
/* A role or scope: [a-z][a-z0-9._:-]*, and so one that identity/user.h can give. */
#define ROLE_NAME_MAX 64u
#define ROLE_NAME_HINT "use lower-case letters, digits and \".\", \"_\", \":\", \"-\", a letter first"
bool is_role_name(struct slice text);
bool is_identifier(struct slice text, size_t max); /* of JavaScript, ASCII */
bool is_secret_name(struct slice text);		   /* [A-Z][A-Z0-9_]* */
bool is_header_name(struct slice text);		   /* RFC 9110 section 5.6.2, token */

#endif
