/*
 * The scanners that are not rules over a parsed file: secrets in every file (and in the history, when asked),
 * dependencies in lockfiles. Run once a review, after its files were walked; they add to the same findings.
 */
#ifndef WARD_REVIEW_SCANNERS_H
#define WARD_REVIEW_SCANNERS_H

#include "review/deps/sbom.h"
#include "review/secrets/secrets.h"

struct scanner_options {
	const char *root;
	unsigned threads; /* at least 1 */
	bool history;	  /* every commit's added lines as well */
	const char
	    *advisories; /* the file of `ward advisories`; NULL: the default place, and none is no error */
};

/* What findings point to and what is asked for later; lives as long as the findings. */
struct scanners {
	struct secret_rules *secret_rules;
	struct deps_rules *deps_rules;
	struct advisories advisories; /* not open: text.ptr NULL */
	struct deps deps;
};

/* *ret_scanners is filled on success only. Findings in files that hold a suppressing comment are marked. */
result scanners_run(const struct scanner_options *options, const struct file_set *files,
    struct findings *findings, struct error *err, struct scanners **ret_scanners);
void scanners_free(struct scanners *scanners);

/* Writes the bill of materials, or the state to compare with next time (DEPS_STATE_FILE below root), to a
 * file. */
result scanners_write_sbom(
    const struct scanners *s, const char *path, const char *version, struct error *err);
result scanners_accept_deps(const struct scanners *s, const char *root, struct error *err);

/* Calls each with every rule that the scanners may report, for listings and --explain. */
typedef void (*rule_seen)(void *ctx, const struct rule_info *info);
result scanners_rules(rule_seen each, void *ctx, struct error *err);

#endif
