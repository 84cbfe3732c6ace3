/*
 * The secret scanner's knowledge, compiled from rules/secrets.yaml: patterns, telling names, and what is a
 * placeholder.
 *
 * The file's fields, for people who add to it:
 *   patterns[]: id, title, severity; `anchors`: literal texts of which one must occur (any case) before the
 * regex runs; `regex` (PCRE2, bytes): tried from `before` bytes ahead of the anchor (0: it begins at the
 * anchor) and must cover the anchor; its group `value` is the secret, or the whole match; `check`: names from
 * check.c, all must hold; `entropy`: least bits a character (Shannon); `hit`, `miss`: texts that must
 * and must not be reported, with the character ¦ removed. contexts[]: names that tell what their value is;
 * see the comments in the file. names, values, bigrams: word lists by which a value is judged. defaults: why,
 * fix and references of all rules.
 */
#ifndef WARD_REVIEW_SECRETS_RULES_H
#define WARD_REVIEW_SECRETS_RULES_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "review/finding.h"

/* How the value of a telling name is weighed; see value.h. */
enum secret_judge { JUDGE_PASSWORD, JUDGE_TOKEN, JUDGE_KEY, JUDGE_SALT };

struct slice_list {
	struct slice *items;
	size_t count;
};

struct secret_pattern {
	struct rule_info info;
	pcre2_code *code;
	uint32_t before;
	uint32_t checks; /* bits by row of the table in check.c */
	double entropy_min;
	uint32_t value_group; /* 0: the whole match */
	struct slice_list hits;
	struct slice_list misses;
};

struct secret_context {
	struct rule_info info;
	enum secret_judge judge;
	uint32_t min;
};

/* What an anchor leads to. */
enum anchor_use { ANCHOR_PATTERN, ANCHOR_NAME_WITHIN, ANCHOR_NAME_WORD, ANCHOR_NAME_END, ANCHOR_PEM };
struct anchor_target {
	enum anchor_use use;
	uint32_t index; /* of the pattern or context */
};

struct template_form {
	struct slice start;
	struct slice end;
};

struct secret_names {
	struct strmap after;
	struct strmap before;
	struct strmap starts;
	struct strmap ignore;
	struct strmap getters;
	struct strmap wrappers;
};

struct secret_values {
	struct strmap placeholders;
	struct strmap stems;
	struct slice_list parts;
	struct slice_list sealed;
	struct slice_list template_parts;
	struct template_form *templates;
	size_t template_count;
	uint32_t bigrams[26]; /* bit b of [a]: the pair is common */
};

struct anchors;

struct secret_rules {
	struct arena arena;
	struct secret_pattern *patterns;
	size_t pattern_count;
	struct secret_context *contexts;
	size_t context_count;
	struct rule_info pem;
	struct secret_names names;
	struct secret_values values;
	struct anchor_target *targets;
	size_t target_count;
	struct anchors *anchors;
};

/* Compiles the YAML text; the result is read-only afterwards and may be shared by threads. ERR_INVALID names
 * the rule. */
result secret_rules_load(struct slice yaml, struct error *err, struct secret_rules **ret_rules);
/* The rules that ward ships. */
result secret_rules_builtin(struct error *err, struct secret_rules **ret_rules);
void secret_rules_free(struct secret_rules *rules);

#endif
