/* Applying the edits of findings that are safe to make without a person: `ward check --fix`. */
#ifndef WARD_REVIEW_FIX_H
#define WARD_REVIEW_FIX_H

#include "review/review.h"

/*
 * Writes every edit of reported findings of at least that severity into its file, through a temporary file
 * beside it, and marks those findings as suppressed ("fixed"). Edits that overlap an earlier one wait for the
 * next run.
 */
result fix_apply(struct review *review, enum severity least, struct error *err);

#endif
