/* The local advisory file: opening, finding, checking its publisher (advisories.h). Its text was written by
 * advisories_build.c. */
#include "review/deps/advisories.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/size.h"
#include "review/deps/semver.h"

#define HEADER "ward-advisories 1 "

result advisories_open(const char *path, struct error *err, struct advisories *ret_db)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(
		    err, ERR_NOT_FOUND, "no advisories at %s: run `ward advisories update`", path);
	if (fstat(fd, &st) != 0 || st.st_size <= 0) {
		close(fd);
		return error_set(err, ERR_INVALID, "%s: empty", path);
	}
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return error_errno(err, "cannot map %s", path);
	struct advisories db = {slice_of(map, (size_t)st.st_size), map, (size_t)st.st_size};
	if (!slice_starts(db.text, slice_of(HEADER, sizeof(HEADER) - 1))) {
		advisories_close(&db);
		return error_set(err, ERR_INVALID, "%s: not an advisory file of ward", path);
	}
	*ret_db = db;
	return RESULT_OK;
}

void advisories_close(struct advisories *db)
{
	if (db->map)
		(void)munmap(db->map, db->map_size);
	*db = (struct advisories){0};
}

struct slice advisories_date(const struct advisories *db)
{
	struct slice rest = db->text, line = slice_cut(&rest, '\n');
	return slice_of(line.ptr + sizeof(HEADER) - 1, line.len - (sizeof(HEADER) - 1));
}

/* The start of the line that holds text[at]. */
static size_t line_start(struct slice text, size_t at)
{
	while (at > 0 && text.ptr[at - 1] != '\n')
		at--;
	return at;
}

static struct slice line_at(struct slice text, size_t at)
{
	struct slice rest = slice_of(text.ptr + at, text.len - at);
	return slice_cut(&rest, '\n');
}

/* The first line whose package is not below the name. */
static size_t lower_bound(struct slice text, struct slice package)
{
	size_t low = line_at(text, 0).len + 1, high = text.len;
	while (low < high) {
		size_t at = line_start(text, low + (high - low) / 2);
		if (at < low)
			at = low;
		struct slice line = line_at(text, at), rest = line;
		if (slice_cmp(slice_cut(&rest, '\t'), package) < 0)
			low = size_min(at + line.len + 1, text.len);
		else
			high = at;
	}
	return low;
}

static bool in_range(struct slice range, const struct semver *v, struct slice *ret_fixed)
{
	struct semver from, to;
	struct slice end = range, start = slice_cut(&end, ',');
	if (!semver_parse(start, &from) || semver_compare(v, &from) < 0)
		return false;
	if (end.len && end.ptr[0] == '=') {
		end = slice_of(end.ptr + 1, end.len - 1);
		*ret_fixed = SLICE_NONE;
		return !semver_parse(end, &to) || semver_compare(v, &to) <= 0;
	}
	*ret_fixed = end;
	return end.len == 0 || !semver_parse(end, &to) || semver_compare(v, &to) < 0;
}

static bool affects(struct slice ranges, struct slice versions, struct slice version, struct slice *ret_fixed)
{
	struct semver v;
	while (versions.ptr && versions.len)
		if (slice_eq(slice_cut(&versions, ','), version))
			return true;
	if (!semver_parse(version, &v))
		return false;
	while (ranges.ptr && ranges.len)
		if (in_range(slice_cut(&ranges, ';'), &v, ret_fixed))
			return true;
	return false;
}

void advisories_find(
    const struct advisories *db, struct slice package, struct slice version, advisory_found found, void *ctx)
{
	size_t at = lower_bound(db->text, package);
	while (at < db->text.len) {
		struct slice line = line_at(db->text, at), rest = line;
		struct advisory a = {.package = slice_cut(&rest, '\t')};
		if (!slice_eq(a.package, package))
			return;
		at += line.len + 1;
		a.id = slice_cut(&rest, '\t');
		struct slice severity = slice_cut(&rest, '\t'), ranges = slice_cut(&rest, '\t'),
			     versions = slice_cut(&rest, '\t');
		a.summary = slice_cut(&rest, '\t');
		a.url = slice_cut(&rest, '\t');
		if (!severity_from(severity, &a.severity))
			a.severity = SEVERITY_HIGH;
		if (affects(ranges, versions, version, &a.fixed) && !found(ctx, &a))
			return;
	}
}

/* Raw bytes, hex or base64: whichever gives just the number of bytes wanted. */
static bool decode_exact(struct slice text, uint8_t *out, size_t want)
{
	size_t n = 0;
	struct slice t = slice_trim(text);
	if (t.len == want * 2 && sodium_hex2bin(out, want, t.ptr, t.len, NULL, &n, NULL) == 0 && n == want)
		return true;
	if (sodium_base642bin(out, want, t.ptr, t.len, "\r\n", &n, NULL, sodium_base64_VARIANT_ORIGINAL) ==
		0 &&
	    n == want)
		return true;
	if (text.len != want)
		return false;
	memcpy(out, text.ptr, want);
	return true;
}

result advisories_verify(struct slice bytes, struct slice signature, struct slice key, struct error *err)
{
	uint8_t public_key[ADVISORY_KEY_BYTES], sig[ADVISORY_SIGNATURE_BYTES];
	if (!decode_exact(key, public_key, sizeof(public_key)))
		return error_set(err, ERR_INVALID, "the publisher's key is not %u bytes in hex or base64",
		    ADVISORY_KEY_BYTES);
	if (!decode_exact(signature, sig, sizeof(sig)))
		return error_set(err, ERR_INVALID, "the signature is not %u bytes, raw, in hex or base64",
		    ADVISORY_SIGNATURE_BYTES);
	if (sodium_init() < 0 ||
	    crypto_sign_ed25519_verify_detached(sig, (const uint8_t *)bytes.ptr, bytes.len, public_key) != 0)
		return error_set(
		    err, ERR_DENIED, "the signature is not the publisher's: the file was not installed");
	return RESULT_OK;
}

bool advisories_default_path(const char *name, char *out, size_t out_size)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;
	if (data && data[0] == '/')
		n = snprintf(out, out_size, "%s/ward/advisories/%s", data, name);
	else if (home && home[0] == '/')
		n = snprintf(out, out_size, "%s/.local/share/ward/advisories/%s", home, name);
	else
		return false;
	return n > 0 && (size_t)n < out_size;
}

static result write_in_place(const char *path, struct slice text, struct error *err)
{
	char temporary[4200];
	(void)snprintf(temporary, sizeof(temporary), "%s.new", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return error_errno(err, "cannot write %s", temporary);
	for (size_t at = 0; at < text.len;) {
		ssize_t n = write(fd, text.ptr + at, text.len - at);
		if (n <= 0) {
			close(fd);
			return error_errno(err, "cannot write %s", temporary);
		}
		at += (size_t)n;
	}
	bool kept = fsync(fd) == 0;
	kept = close(fd) == 0 && kept;
	if (!kept || rename(temporary, path) != 0)
		return error_errno(err, "cannot write %s", path);
	return RESULT_OK;
}

result advisories_install(const char *path, struct slice source, struct slice signature, struct slice key,
    struct error *err, size_t *ret_records)
{
	size_t records = 0, broken = 0;
	struct advisories old = {0};
	TRY(advisories_verify(source, signature, key, err));
	CLEANUP_BUF struct buf out = BUF_INIT(ADVISORY_SOURCE_MAX);
	TRY(advisories_build(source, &out, err, &records, &broken));
	if (records == 0)
		return error_set(err, ERR_INVALID, "no advisory for npm in it");
	struct advisories built = {.text = buf_slice(&out)};
	if (is_ok(advisories_open(path, NULL, &old))) {
		bool older = slice_cmp(advisories_date(&built), advisories_date(&old)) < 0;
		advisories_close(&old);
		if (older)
			return error_set(
			    err, ERR_CONFLICT, "older than the advisories that are installed: not installed");
	}
	TRY(write_in_place(path, buf_slice(&out), err));
	*ret_records = records;
	return RESULT_OK;
}
