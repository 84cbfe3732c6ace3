/*
 * Secrets in files: provider patterns with their checksums, values of telling names, private keys.
 *
 * Nothing is sent anywhere and no finding carries the secret itself: messages show a masked form, and the
 * subject by which a baseline knows a finding again is a keyed hash of it.
 */
#ifndef WARD_REVIEW_SECRETS_SECRETS_H
#define WARD_REVIEW_SECRETS_SECRETS_H

#include "review/file_set.h"
#include "review/secrets/rules.h"

struct secret_hit {
	const struct rule_info *rule;
	size_t at; /* of the secret in the text */
	size_t len;
	uint32_t line; /* from 1 */
	uint32_t col;  /* from 1, bytes */
	uint32_t end_line;
	uint32_t end_col; /* exclusive */
	bool verified;	  /* the issuer's checksum matches */
	uint8_t rank;	  /* of overlapping hits the higher stays */
};

struct secret_hits {
	struct secret_hit *items; /* owned, malloc */
	size_t count;
	size_t size;
	bool truncated; /* more than SECRET_HITS_MAX */
};

#define SECRET_HITS_MAX 20000u

void secret_hits_done(struct secret_hits *hits);

/* Scans one text; hits come in order of place, at most one for a place. Safe from several threads on the same
 * rules. */
result secrets_scan_text(
    const struct secret_rules *rules, struct slice text, struct error *err, struct secret_hits *ret_hits);

/* Scans one file's bytes and adds its findings. Binary files are passed over. */
result secrets_scan_file(const struct secret_rules *rules, struct slice path, struct slice text,
    struct findings *findings, struct error *err);

/* Scans every file of the set. */
result secrets_scan(const struct secret_rules *rules, const struct file_set *files, struct findings *findings,
    struct error *err);

/*
 * Scans every line that any commit of the repository at root ever added, as git tells it; a finding names the
 * commit in its message and the file of that time. Calls `git`, with hooks, pagers, external diffs and the
 * user's configuration off. ERR_NOT_FOUND when root is no repository or git is not installed.
 */
result secrets_scan_history(
    const struct secret_rules *rules, const char *root, struct findings *findings, struct error *err);

/*
 * Overwrites with '*' every secret that the findings know in one file's bytes (from file_set_read(), the
 * caller's own): for outputs that show lines, after findings_sort(). A frame in a build log is read by more
 * people than the file.
 */
void secrets_hide(const struct findings *findings, struct slice path, struct slice bytes);

/* The first characters, at most four and at most a quarter, and the length. */
void secret_mask(struct slice secret, char *out, size_t out_size);

/* The name by which a baseline knows the secret of a hit again, copied into the arena: a hash keyed with the
 * rule. */
result secret_subject_of(const struct secret_hit *hit, struct slice text, struct arena *arena,
    struct error *err, struct slice *ret_subject);

/* Adds the finding of one hit in text; note ("in commit abc") is appended to its message, or NULL. */
result secret_finding_add(const struct secret_hit *hit, struct slice path, struct slice text,
    const char *note, struct findings *findings, struct error *err);

#endif
