/*
 * Rights that functions are granted and their code does not use: the calls of the AWS SDK (v2 and v3) in the
 * code give the least policy; what serverless.yml, SAM and Terraform grant beyond it is the finding, and the
 * least policy is the fix.
 *
 * A wildcard is reported when the code shows what it is used for; a single action when no code calls it.
 * Rights that the platform itself uses on the function's behalf (logs, traces, event sources) are left alone.
 */
#ifndef WARD_REVIEW_PRIVILEGE_H
#define WARD_REVIEW_PRIVILEGE_H

#include "review/code/code_rules.h"
#include "review/file_set.h"
#include "review/finding.h"

/* Adds findings of the rules whose detectors are "over-privilege" and "unused-privilege". */
result privilege_run(
    const struct code_rules *rules, const struct file_set *set, struct findings *findings, struct error *err);

/* One call found in code: the IAM action it needs. Exposed for tests. */
struct sdk_call {
	struct slice file;
	struct slice action; /* "dynamodb:GetItem" */
};

struct sdk_calls {
	struct arena *arena;
	struct sdk_call *items;
	size_t count;
	size_t size;
};

void sdk_calls_of(struct sdk_calls *calls, struct slice file, struct slice bytes);

#endif
