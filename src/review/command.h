/*
 * `ward check` as a function over its arguments, so that the command and the small program that tests use
 * share it. Exit codes: 0 clean, 1 findings, 2 the call was wrong or the review could not run.
 */
#ifndef WARD_REVIEW_COMMAND_H
#define WARD_REVIEW_COMMAND_H

#include "review/finding.h"

#define REVIEW_USAGE                                                                                         \
	"[DIR] [--format human|json|sarif|junit] [--severity LEVEL] [--baseline FILE] [--write-baseline] "   \
	"[--fix] [--no-ignore] [--no-cache]\n"                                                               \
	"       [--history] [--sbom FILE] [--advisories FILE] [--accept-deps]\n"                             \
	"       DIR --watch | [DIR] --lsp | --explain RULE | --rules | --test-rules [DIR]"

/* rules_dir: where ward's own rules are. A usage mistake is told on standard error. */
int review_command(int argc, char **argv, const char *rules_dir, const char *version);

#endif
