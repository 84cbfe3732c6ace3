/*
 * What a review could not look at in full, as findings: work is bounded for any file, and a bound that was
 * reached must not read as "clean". Files that are not well-formed are notes instead (review.h): their own
 * tools refuse them as well.
 */
#ifndef WARD_REVIEW_INCOMPLETE_H
#define WARD_REVIEW_INCOMPLETE_H

#include "review/finding.h"

extern const struct rule_info incomplete_rule;

/* line 0: the file as a whole. what: a sentence without its full stop. */
result incomplete_add(
    struct findings *findings, struct slice file, uint32_t line, const char *what, struct error *err);

#endif
