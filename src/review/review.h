/*
 * A whole review of a project: walk, parse, rules, findings in order. What `ward check` calls.
 *
 * Work is cut into directories of configuration (a scope each) and files of code; threads take them in turn
 * and each fills a list of its own, so that the result does not depend on timing. Files that could not be
 * read or parsed become notes, never a failed review: a project with one broken file still gets the findings
 * of the others.
 */
#ifndef WARD_REVIEW_REVIEW_H
#define WARD_REVIEW_REVIEW_H

#include "review/code/code_rules.h"
#include "review/file_set.h"
#include "review/finding.h"
#include "review/rules.h"
#include "review/scanners.h"

struct review_options {
	const char *root;
	const char *rules_dir;
	const char *own_rules_dir; /* the project's own rules, or NULL */
	unsigned threads;	   /* 0: as many as processors */
	bool ignore_gitignore;
	bool no_cache;
	bool history;			     /* secrets in every commit as well */
	const char *advisories;		     /* NULL: where `ward advisories` puts them */
	const struct file_overlay *overlays; /* what an editor has not saved; outlive the review's outputs */
	size_t overlay_count;
	void (*progress)(void *arg, size_t done, size_t total); /* from any thread, one at a time; or NULL */
	void *progress_arg;
};

/* A file that was not reviewed, and why. */
struct review_note {
	struct slice file;
	struct slice text;
};

struct review {
	struct rules rules;
	struct code_rules code_rules;
	struct findings findings;
	struct file_set files;
	struct review_note *notes;
	size_t note_count;
	size_t note_size;
	struct arena arena;	   /* of notes */
	struct scanners *scanners; /* secrets and dependencies */
	size_t files_read;
	size_t units_reused; /* from the cache */
	uint64_t bytes_read;
};

#define FINDINGS_MAX 200000u

/* Free with review_done() after success only. */
result review_run(const struct review_options *options, struct error *err, struct review *ret_review);
void review_done(struct review *review);

#endif
