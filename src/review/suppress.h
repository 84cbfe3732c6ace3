/*
 * Findings that a person has decided about: a comment in the file, or the baseline.
 *
 * "ward-ignore RULE: reason" in any comment on the finding's line or the line above it suppresses that rule
 * there; RULE may end in '*'. Without a reason it suppresses nothing: the reason is what a reviewer reads
 * later.
 */
#ifndef WARD_REVIEW_SUPPRESS_H
#define WARD_REVIEW_SUPPRESS_H

#include "review/finding.h"

void suppress_by_comment(struct finding *f, struct slice bytes, struct arena *arena);

/* The same for many findings of one file: lines are found by an index. A file without such comments costs one
 * search. */
void suppress_all(struct findings *findings, size_t from, struct slice file, struct slice bytes);

/* The text of line n (from 1), without its end. */
struct slice text_line(struct slice bytes, uint32_t line);

/*
 * The baseline: a text file of known findings, one a line: fingerprint in hexadecimal, rule, file. Findings
 * in it are marked as suppressed. A missing file is ERR_NOT_FOUND.
 */
result baseline_apply(const char *path, struct findings *findings, struct error *err);
result baseline_write(const char *path, const struct findings *findings, struct error *err);

#endif
