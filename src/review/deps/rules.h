/*
 * The dependency scanner's knowledge, from rules/deps.yaml and rules/npm-names.txt: what it tells,
 * registries, telling names, and the texts by which code shows what it reaches.
 *
 * Fields of deps.yaml: registries, git_hosts, internal_parts: lists of names; rules[]: id (published as
 * "dep-ID"), title, severity, why, fix, and references for all; reach[]: name, `modules` (imported by that
 * name, with or without node:), `texts` (anywhere in code).
 */
#ifndef WARD_REVIEW_DEPS_RULES_H
#define WARD_REVIEW_DEPS_RULES_H

#include "base/strmap.h"
#include "review/finding.h"
#include "review/anchors.h"

enum dep_rule {
	DEP_LOCK_UNREADABLE,
	DEP_LOCK_MISSING,
	DEP_INTEGRITY_MISSING,
	DEP_INTEGRITY_WEAK,
	DEP_INTEGRITY_MALFORMED,
	DEP_INTEGRITY_CONFLICT,
	DEP_HOST,
	DEP_HTTP,
	DEP_GIT,
	DEP_NAME_MISMATCH,
	DEP_CONFUSION,
	DEP_LOOK_ALIKE,
	DEP_INSTALL_SCRIPT,
	DEP_ADVISORY,
	DEP_REACH_HIDDEN,
	DEP_REACH_INSTALL,
	DEP_CHANGED_INTEGRITY,
	DEP_CHANGED_REACH,
	DEP_CHANGED_NEW,
	DEP_NPMRC_INSECURE,
	DEP_RULE_COUNT,
};

#define REACH_KINDS_MAX 16u

/* One way for code to show a reach: a bit and whether the text must be a quoted module name. */
struct reach_mark {
	uint32_t bit;
	bool module;
};

struct deps_rules {
	struct arena arena;
	struct rule_info info[DEP_RULE_COUNT];
	/* The advisory rule once for each severity, since a finding's severity is its rule's. */
	struct rule_info advisory[SEVERITY_CRITICAL + 1];
	struct strmap registries;
	struct strmap git_hosts;
	struct strmap internal_parts;
	struct strmap popular; /* name to itself, all of the list */
	struct slice *names;   /* in order of popularity */
	size_t name_count;
	const char *reach_names[REACH_KINDS_MAX];
	size_t reach_count;
	struct reach_mark *marks;
	size_t mark_count;
	struct anchors anchors;
};

result deps_rules_load(
    struct slice yaml, struct slice names, struct error *err, struct deps_rules **ret_rules);
result deps_rules_builtin(struct error *err, struct deps_rules **ret_rules);
void deps_rules_free(struct deps_rules *rules);

#endif
