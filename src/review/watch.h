/*
 * `ward check --watch`: reviews again when a file of the project has changed, and shows what that changed.
 *
 * Changes are seen by walking the tree and comparing names, sizes and times, which needs no limits of the
 * kernel's raised and works on every file system; the walk's own cost sets how often. What did not change
 * comes from the cache.
 */
#ifndef WARD_REVIEW_WATCH_H
#define WARD_REVIEW_WATCH_H

#include "review/output.h"

struct watch_options {
	const struct review_options *review;
	const struct output_options *output;
	const char *baseline; /* or NULL */
	bool clear;	      /* the screen, before each round */
};

/* Goes on until the process is ended, or the project cannot be read any more. */
result watch_run(const struct watch_options *options, FILE *to, struct error *err);

#endif
