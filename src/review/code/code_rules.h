/*
 * Rules over JavaScript and TypeScript. Also data (rules/code/): a rule says where a tainted value must not
 *arrive, or what a call, a property or an assignment must not look like; how values flow is the analysis'
 *business (flow.c).
 *
 *	taint: sql                       the kind of harm, for sanitisers and guards
 *	calls: ["*.query:0"]             the argument a tainted value must not reach; ":*" any, ":0.url" a
 *property of it arguments: [{call, arg, matches}] a literal argument that is wrong in itself properties:
 *[{key, matches}]     a literal property that is wrong wherever it stands assignments: [{target, matches}]
 *the same for assignments and declarations detector: NAME                   a shape that needs code of its
 *own (detect.c)
 *
 * Callees are written with imports resolved: "child_process.exec" whatever the local name is; '/' in module
 *names becomes ':'.
 */
#ifndef WARD_REVIEW_CODE_CODE_RULES_H
#define WARD_REVIEW_CODE_CODE_RULES_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/strmap.h"
#include "review/finding.h"
#include "review/node.h"

enum taint_kind {
	TAINT_SQL,
	TAINT_COMMAND,
	TAINT_EVAL,
	TAINT_PATH,
	TAINT_SSRF,
	TAINT_DESERIALIZE,
	TAINT_PROTOTYPE,
	TAINT_REGEX,
	TAINT_REDIRECT,
	TAINT_HTML,
	TAINT_MASS,
	TAINT_NOSQL,
	TAINT_TOKEN,
	TAINT_ERROR,
	TAINT_KINDS,
};

#define TAINT_ALL ((1u << TAINT_KINDS) - 1)

/* False when there is no such kind. "all" is every kind. */
bool taint_mask_from(struct slice name, uint32_t *ret_mask);

struct code_call {
	struct slice callee; /* pattern */
	int arg;	     /* -1: any */
	struct slice key;    /* property of the argument, or empty */
	const struct code_rule *rule;
	const struct code_call *next;
};

struct code_pattern {
	struct slice callee; /* of arguments */
	int arg;	     /* -1: the text of all of them, brackets included */
	pcre2_code *key;     /* of properties and assignments */
	pcre2_code *value;
	const struct code_rule *rule;
	const struct code_pattern *next;
};

struct code_sanitizer {
	struct slice callee;
	uint32_t cleans;
	const struct code_sanitizer *next;
};

struct code_rule {
	struct rule_info info;
	uint32_t kind; /* mask, 0 without taint */
	struct slice detector;
	bool whole_project; /* tested on projects, not by texts inside the rule */
	const struct node *bad;
	const struct node *good;
	struct slice file;
	uint32_t line;
	const struct code_rule *next;
};

struct code_rules {
	struct arena arena;
	const struct code_rule *rules;
	size_t count;
	struct strmap calls_by_name; /* last name of the callee to struct code_call *; "*" for patterns that
					end in a star */
	const struct code_pattern *arguments;
	const struct code_pattern *properties;
	const struct code_pattern *assignments;
	const struct code_sanitizer *sanitizers;
	struct strmap by_id;
	struct strmap detectors; /* name to rule */
	pcre2_code *regexes[512];
	size_t regex_count;
	uint64_t hash;
};

void code_rules_init(struct code_rules *rules);
void code_rules_done(struct code_rules *rules);
/* One YAML file with "platform: code". */
result code_rules_load_text(
    struct code_rules *rules, struct slice file, struct slice text, struct error *err);
/* All *.yaml under dir that are for code; others are passed over. */
result code_rules_load_dir(struct code_rules *rules, const char *dir, struct error *err);

const struct code_rule *code_rules_detector(const struct code_rules *rules, const char *name);
bool code_regex(pcre2_match_data *match, const pcre2_code *code, struct slice s);

#endif
