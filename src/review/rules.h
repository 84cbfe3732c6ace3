/*
 * Rules over configuration: data in rules/ (docs/review-rules.md is the author's guide), compiled once, run
 * on scopes.
 *
 * A rule file is YAML: {platform, define: {macro: text}, rules: [rule]}. A rule with `foreach` is a template:
 * one rule a row,
 * "${name}" replaced in all its texts. rule->info is what findings point to, so the rules must outlive them.
 */
#ifndef WARD_REVIEW_RULES_H
#define WARD_REVIEW_RULES_H

#include "review/expr.h"
#include "review/expr_eval.h"
#include "review/finding.h"
#include "review/scope.h"

struct rule_check {
	const struct expr *when;
	const struct path *at; /* where to point instead of where the condition was decided; or NULL */
	struct slice message;  /* instead of the title; or empty */
	bool at_resource;      /* point at the resource's first line */
	const struct rule_check *next;
};

struct rule {
	struct rule_info info;
	enum platform platform;
	const struct slice *types; /* may hold '*' */
	size_t type_count;
	const struct path *each; /* ask once for every element of it; or NULL: once a resource */
	const struct rule_check *checks;
	bool item;	  /* point at an element of a list, not at the name of the list */
	bool inside;	  /* point into JSON inside a string, not at the string */
	struct slice set; /* the value that `--fix` writes in place of a wrong scalar; or empty */
	struct slice file;
	uint32_t line;
	const struct node *bad; /* tests: a text or a list of texts that must be found */
	const struct node *good;
};

/* Rules that look at one type of resource. */
struct rule_list {
	const struct rule *rule;
	struct rule_list *next;
};

struct rules {
	struct arena arena;
	struct rule **items;
	size_t count;
	size_t size;
	struct strmap by_id;
	struct strmap by_type; /* "platform:type" to struct rule_list * */
	struct expr_compiler compiler;
	struct strmap macros;
	struct strmap modules; /* source of a Terraform module to the node listing the types it stands for */
	uint64_t hash;	       /* of all rule text: part of the cache key */
};

#define RULES_MAX 8192u

void rules_init(struct rules *rules);
void rules_done(struct rules *rules);

/* All *.yaml under dir. Any broken rule is an error that names file, line and rule. */
result rules_load_dir(struct rules *rules, const char *dir, struct error *err);
result rules_load_text(struct rules *rules, struct slice file, struct slice text, struct error *err);

const struct rule *rules_find(const struct rules *rules, struct slice id);

/* Runs all rules (or only `only`) on every resource of a linked scope. */
result rules_run(const struct rules *rules, const struct rule *only, struct scope *scope,
    struct findings *findings, struct error *err);

/* The tests inside one rule. False with a sentence in *err when one does not hold or there are none. */
bool rule_test(const struct rules *rules, const struct rule *rule, struct error *err);

#endif
