/*
 * Findings as text for people and machines. All write to a FILE the caller owns; what a finding says comes
 * from a stranger's files, so each format escapes it (control characters for terminals, JSON, XML).
 */
#ifndef WARD_REVIEW_OUTPUT_H
#define WARD_REVIEW_OUTPUT_H

#include <stdio.h>

#include "review/review.h"

struct output_options {
	enum severity least; /* findings below are left out */
	bool colour;
	bool quiet;	  /* no summary when clean, no advice */
	bool brief;	  /* a summary without advice */
	bool fold;	  /* findings below medium are counted by rule, not shown one by one */
	const char *root; /* as it was named, for the advice; or NULL */
	const char *version;
};

/* Grouped by file: code frame, marks, path, why and fix (once a rule), then a summary and what to do next. */
void output_human(FILE *to, const struct review *review, const struct output_options *options);
/* {"version", "findings": [...], "notes": [...], "summary": {...}}; documented in docs/review.md. */
void output_json(FILE *to, const struct review *review, const struct output_options *options);
/* SARIF 2.1.0 (OASIS), with what GitHub code scanning asks for: partialFingerprints, help, security-severity.
 */
void output_sarif(FILE *to, const struct review *review, const struct output_options *options);
/* JUnit XML: a test suite a file, a failed case a finding. */
void output_junit(FILE *to, const struct review *review, const struct output_options *options);
/* What --explain prints of one rule. */
void output_rule(FILE *to, const struct rule_info *info, bool colour);

/* Is the finding reported: not suppressed and of at least that severity? */
bool output_counts(const struct finding *f, enum severity least);

#endif
