/* A software bill of materials in CycloneDX 1.6 JSON (ECMA-424): every locked package, its hash, source,
 * licence and what it needs. */
#ifndef WARD_REVIEW_DEPS_SBOM_H
#define WARD_REVIEW_DEPS_SBOM_H

#include "review/deps/deps.h"

struct sbom_options {
	struct slice name;	   /* of the project; empty: the lockfile's own */
	struct slice version;	   /* of the project; may be empty */
	struct slice tool_version; /* of ward */
	int64_t time_s; /* since 1970; 0: no timestamp, so that the text depends on the lockfiles only */
};

/*
 * Writes the whole document. The serial number is derived from the content (RFC 9562 version 8), so that the
 * same lockfiles give the same document. Advisories found, when the caller has any, belong into a VEX of
 * their own and are not part of it.
 */
result sbom_write(
    const struct deps *deps, const struct sbom_options *options, struct buf *out, struct error *err);

#endif
