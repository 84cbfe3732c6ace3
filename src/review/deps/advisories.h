/*
 * Published vulnerabilities, from records in the OSV format (ossf.github.io/osv-schema, 1.6) kept in one
 *local file.
 *
 * advisories_build() turns OSV records (one JSON object, an array, or one object a line) into ward's own
 *form: a header line and one line for each package and advisory, sorted by package, fields parted by tabs, so
 *that a review maps the file and finds a package by halving, whatever its size. `ward advisories update`
 *checks the publisher's Ed25519 signature over the source bytes first.
 *
 *	ward-advisories 1 <newest "modified" of all records>
 *	<package> <id> <severity> <ranges> <exact versions> <summary> <url>
 *
 * ranges: "introduced,fixed;introduced,=last;..." with an empty end for "not fixed yet".
 */
#ifndef WARD_REVIEW_DEPS_ADVISORIES_H
#define WARD_REVIEW_DEPS_ADVISORIES_H

#include "base/buf.h"
#include "review/finding.h"

#define ADVISORY_SOURCE_MAX (1024u << 20)

struct advisories {
	struct slice text; /* mapped */
	void *map;
	size_t map_size;
};

struct advisory {
	struct slice package;
	struct slice id;
	enum severity severity;
	struct slice fixed; /* the version that mends it, for the version asked about; may be empty */
	struct slice summary;
	struct slice url;
};

/* ERR_NOT_FOUND when there is no file; ERR_INVALID when it is not of this form. */
result advisories_open(const char *path, struct error *err, struct advisories *ret_db);
void advisories_close(struct advisories *db);
/* When the newest record was last changed, RFC 3339. */
struct slice advisories_date(const struct advisories *db);

/* Calls found for each advisory of the npm package that holds for the version; false from it stops. */
typedef bool (*advisory_found)(void *ctx, const struct advisory *a);
void advisories_find(
    const struct advisories *db, struct slice package, struct slice version, advisory_found found, void *ctx);

/* OSV records to ward's form; records of other ecosystems and withdrawn ones are left out. Broken records are
 * counted, not fatal. */
result advisories_build(
    struct slice osv, struct buf *out, struct error *err, size_t *ret_records, size_t *ret_broken);

#define ADVISORY_KEY_BYTES 32u
#define ADVISORY_SIGNATURE_BYTES 64u

/* key and signature: raw, hex or base64 text. ERR_DENIED when the signature is not the key's over the bytes.
 */
result advisories_verify(struct slice bytes, struct slice signature, struct slice key, struct error *err);

/* $XDG_DATA_HOME/ward/advisories or ~/.local/share/ward/advisories, with "/NAME" behind it. False without a
 * home. */
bool advisories_default_path(const char *name, char *out, size_t out_size);

/*
 * Puts the built form of the source in place of the file at path, atomically, once the signature holds.
 * Refuses a source that is older than what is there (ERR_CONFLICT), so that an old signed file cannot hide
 * what has been published since.
 */
result advisories_install(const char *path, struct slice source, struct slice signature, struct slice key,
    struct error *err, size_t *ret_records);

#endif
