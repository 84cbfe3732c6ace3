/* Versions by Semantic Versioning 2.0.0 and the ranges that OSV records give (introduced, fixed,
 * last_affected). */
#ifndef WARD_REVIEW_DEPS_SEMVER_H
#define WARD_REVIEW_DEPS_SEMVER_H

#include "base/slice.h"

struct semver {
	uint64_t major, minor, patch;
	struct slice pre; /* "rc.1", borrowed; empty for a release */
};

/* "1.2.3", "v1.2.3-rc.1+build", also short ones ("1.2", "0") as OSV has them. False for anything else. */
bool semver_parse(struct slice text, struct semver *ret);
/* Section 11: <0, 0, >0. */
int semver_compare(const struct semver *a, const struct semver *b);

#endif
