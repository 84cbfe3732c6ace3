/*
 * Dependencies of a project: what its lockfiles say, whether that is sound, what is known against the
 *versions, what the installed code reaches, and what changed since the state that was last recorded in
 *`ward.deps`.
 *
 * ward.deps is text, one package a line, sorted, made to be read in a diff:
 *	ward-deps 1
 *	<name> <version> <integrity or -> <reach, parted by commas, or -> [script]
 */
#ifndef WARD_REVIEW_DEPS_DEPS_H
#define WARD_REVIEW_DEPS_DEPS_H

#include "review/deps/advisories.h"
#include "review/deps/lock.h"
#include "review/deps/reach.h"
#include "review/deps/rules.h"
#include "review/file_set.h"

struct deps_options {
	const struct advisories *advisories; /* NULL: versions are not compared with what is published */
	bool skip_sources;		     /* do not read node_modules */
	bool skip_state;		     /* do not compare with ward.deps */
};

#define LOCKFILES_MAX 512u
#define DEPS_STATE_FILE "ward.deps"

/* All dependencies found; sbom_write() and deps_state_write() read it. */
struct deps {
	struct arena arena;
	struct lockfile *locks; /* owned */
	size_t lock_count;
	struct dep_reach **reach; /* [lock_count], each [lock.count]; in the arena */
};

/*
 * Parses every lockfile of the set and adds findings. *ret_deps is filled also when the caller passes NULL
 * advisories; free it with deps_done(). ERR_MEMORY and the like only: broken files become findings.
 */
result deps_scan(const struct deps_rules *rules, const struct file_set *files,
    const struct deps_options *options, struct findings *findings, struct error *err, struct deps *ret_deps);
void deps_done(struct deps *deps);

/* The recorded form of what is there now. */
result deps_state_write(
    const struct deps_rules *rules, const struct deps *deps, struct buf *out, struct error *err);
/* Adds a finding for what differs from the recorded text. `file` is where findings point when the lockfile
 * has no line. */
result deps_state_compare(const struct deps_rules *rules, const struct deps *deps, struct slice recorded,
    struct findings *findings, struct error *err);

/* One dependency's own soundness: source, integrity, name. config may be NULL. */
struct registry_config;
struct dep_context {
	const struct deps_rules *rules;
	const struct lockfile *lock;
	const struct registry_config *config;
	const struct strmap *workspaces; /* names of the repository's own packages */
	struct findings *findings;
	struct error *err;
};
result dep_check(const struct dep_context *c, const struct dep *dep);
/* Adds one finding about dep. */
result dep_report(const struct dep_context *c, const struct rule_info *rule, const struct dep *dep,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Registries that .npmrc and .yarnrc files name. */
struct registry_config {
	struct strmap hosts;  /* hosts that may be named */
	struct strmap scopes; /* "@acme" to the host as struct slice * */
	bool private_default; /* `registry=` is another than the public ones */
};
/* Reads one file's text; ".npmrc", ".yarnrc" and ".yarnrc.yml" alike. *ret_insecure_line: where certificates
 * are not checked, or 0. */
result registry_config_read(struct registry_config *config, const struct deps_rules *rules, struct slice text,
    struct arena *arena, struct error *err, uint32_t *ret_insecure_line);
void registry_config_done(struct registry_config *config);

/* Kinds of integrity, weakest last. */
enum integrity { INTEGRITY_NONE, INTEGRITY_STRONG, INTEGRITY_WEAK, INTEGRITY_MALFORMED };
enum integrity integrity_judge(struct slice text, enum lock_kind kind);

/* The popular name that this one imitates, or empty. */
struct slice look_alike_of(const struct deps_rules *rules, struct slice name);
/* Edits (insert, delete, replace, swap of neighbours) from a to b, or limit + 1 when there are more. Both at
 * most 64 bytes. */
unsigned name_distance(struct slice a, struct slice b, unsigned limit);

#endif
