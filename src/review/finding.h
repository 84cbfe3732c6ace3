/*
 * What a review reports: findings, the rules they come from, and the list that owns them.
 *
 * Every scanner (rules over files, taint, secrets, dependencies) fills the same list. A rule_info says what
 * is the same for all findings of a rule and lives at least as long as the list: scanners written in C keep
 * theirs in a static table, the rules engine builds them from rules/. Everything a finding points to besides
 * its rule is copied into the list's arena by findings_add(), so callers may pass borrowed slices.
 *
 * Lines and columns count from 1, columns in bytes; the end column is exclusive. Line 0 means "the file as a
 * whole". The fingerprint (finding_fingerprint()) depends on the rule, the file's path and the finding's
 * subject or the text of the line without its spaces, not on the line number: a finding keeps it when lines
 * above it come and go. SARIF's partialFingerprints and the baseline file use it.
 */
#ifndef WARD_REVIEW_FINDING_H
#define WARD_REVIEW_FINDING_H

#include "base/arena.h"
#include "base/result.h"

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

/* "info" ... "critical"; never NULL. */
const char *severity_name(enum severity s);
/* The reverse, any case; false when it is none of them. */
bool severity_from(struct slice name, enum severity *ret_severity);
/* GitHub's number for the property "security-severity": critical over 9.0, high from 7.0, medium from 4.0,
 * low below. */
const char *severity_score(enum severity s);

struct rule_info {
	const char *id;	   /* "secret-aws-key", stable: baselines and suppressions name it */
	const char *title; /* one line, no full stop */
	enum severity severity;
	const char *why; /* what can happen, in a sentence or two */
	const char *fix; /* what to do, in a sentence or two */
	/* NULL-terminated: "CWE-798", "OWASP-A07:2021", "CSA-12:5", or an URL; NULL for none. */
	const char *const *references;
};

/* A replacement of bytes [start, end) of the finding's file that is safe to apply by `--fix`. */
struct finding_edit {
	bool present;
	uint32_t start_byte;
	uint32_t end_byte;
	struct slice text;
};

/* One step of a path from source to sink, in order. */
struct finding_step {
	struct slice file; /* relative to the project */
	uint32_t line;
	uint32_t col;
	struct slice note; /* "request body", "passed to query()" */
};

struct finding {
	const struct rule_info *rule;
	struct slice file; /* relative to the project's root, '/' between parts */
	uint32_t line;
	uint32_t col;
	uint32_t end_line;
	uint32_t end_col;
	struct slice message; /* this case of the rule: names the resource, the variable, the package */
	struct slice fix;     /* this case's own advice, or empty: the rule's */
	struct slice subject; /* stable name of what is wrong ("aws_s3_bucket.logs", a secret's keyed hash);
				 may be empty */
	struct finding_edit edit;
	const struct finding_step *steps;
	size_t step_count;
	uint64_t fingerprint;	     /* set by findings_add() */
	bool suppressed;	     /* by a comment in the file or by the baseline */
	struct slice suppressed_why; /* the comment's reason */
};

struct findings {
	struct arena arena; /* owns all text */
	struct finding *items;
	size_t count;
	size_t size;
	size_t cap;	/* findings, at most; past it the list is marked and the rest is dropped */
	bool truncated; /* the cap was reached: outputs say so */
};

void findings_init(struct findings *list, size_t cap);
void findings_done(struct findings *list);

/*
 * Copies *f and all it points to. line_text is the text of the finding's line (empty for whole-file findings)
 * and goes into the fingerprint when f->subject is empty. ERR_MEMORY only; a full list is not an error.
 */
result findings_add(
    struct findings *list, const struct finding *f, struct slice line_text, struct error *err);

/* Like findings_add(), but keeps the fingerprint that f has. */
result findings_restore(struct findings *list, const struct finding *f, struct error *err);

/* Moves all of `from` to the end of `to` (which takes over the memory's content by copy). */
result findings_append(struct findings *to, const struct findings *from, struct error *err);

/* By file, line, column, rule id; drops exact repeats (same rule, file, line and column; for
 * whole files, the same subject). */
void findings_sort(struct findings *list);

uint64_t finding_fingerprint(const char *rule, struct slice file, struct slice subject_or_line);

#endif
