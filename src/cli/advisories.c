/*
 * `ward advisories update SOURCE`: takes published vulnerabilities in the OSV format from a file or an
 * address, checks the publisher's signature and puts them where `ward check` finds them. `ward advisories
 * info` says what is there.
 *
 * The signature is what is trusted, not the way the bytes came: the source and SOURCE.sig may come from
 * anywhere.
 */
#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "review/deps/advisories.h"

#define SIGNATURE_BYTES_MAX 4096u
#define FETCH_SECONDS_MAX 600L

struct update {
	const char *source;
	const char *signature; /* NULL: the source with ".sig" behind it */
	const char *key;       /* text, or the name of a file; NULL: the one given last */
	const char *output;    /* NULL: the default place */
};

static size_t on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	struct buf *out = arg;
	buf_add(out, bytes, size * count);
	/* Less than was handed over ends the transfer: the cap was reached. */
	return buf_ok(out) ? size * count : 0;
}

static result fetch(const char *url, struct buf *out, struct error *err)
{
	char why[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	if (!curl)
		return error_set(err, ERR_MEMORY, "no memory to fetch %s", url);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, FETCH_SECONDS_MAX);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
	curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	if (code != CURLE_OK)
		return error_set(
		    err, ERR_CLOSED, "cannot fetch %s: %s", url, why[0] ? why : curl_easy_strerror(code));
	return RESULT_OK;
}

static result read_source(const char *source, struct buf *out, struct error *err)
{
	char part[65536];
	size_t n;
	if (strncmp(source, "https://", 8) == 0 || strncmp(source, "http://", 7) == 0)
		return fetch(source, out, err);
	FILE *f = fopen(source, "re");
	if (!f)
		return error_errno(err, "cannot open %s", source);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(out, part, n);
	bool broken = ferror(f) != 0;
	(void)fclose(f);
	if (broken || !buf_ok(out))
		return error_set(err, broken ? ERR_SYSTEM : ERR_LIMIT, "%s cannot be read whole", source);
	return RESULT_OK;
}

static bool default_path(const char *name, char *out, size_t size, struct error *err)
{
	if (advisories_default_path(name, out, size))
		return true;
	ignore_result(error_set(err, ERR_NOT_FOUND, "no home directory: give --output FILE"));
	return false;
}

/* Makes the folders above path. */
static result make_parents(const char *path, struct error *err)
{
	char part[PATH_MAX];
	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return error_errno(err, "cannot make %s", part);
		*slash = '/';
	}
	return RESULT_OK;
}

/* A key given once is kept beside the advisories, so that later updates must be signed by the same publisher.
 */
static result read_key(const struct update *u, struct buf *key, struct error *err)
{
	char kept[PATH_MAX];
	if (u->key && access(u->key, R_OK) == 0)
		return read_source(u->key, key, err);
	if (u->key) {
		buf_add_cstr(key, u->key);
		return RESULT_OK;
	}
	if (!default_path("publisher.key", kept, sizeof(kept), err))
		return (result){ERR_NOT_FOUND};
	if (access(kept, R_OK) != 0)
		return error_set(err, ERR_NOT_FOUND, "no publisher's key yet: give --key KEY once");
	return read_source(kept, key, err);
}

static result keep_key(struct slice key, struct error *err)
{
	char kept[PATH_MAX];
	if (!default_path("publisher.key", kept, sizeof(kept), err))
		return (result){ERR_NOT_FOUND};
	TRY(make_parents(kept, err));
	FILE *f = fopen(kept, "we");
	if (!f)
		return error_errno(err, "cannot write %s", kept);
	bool written = fwrite(key.ptr, 1, key.len, f) == key.len;
	written = fclose(f) == 0 && written;
	return written ? RESULT_OK : error_errno(err, "cannot write %s", kept);
}

static result update(const struct update *u, struct error *err)
{
	char place[PATH_MAX], signature_at[PATH_MAX];
	size_t records = 0;
	CLEANUP_BUF struct buf source = BUF_INIT(ADVISORY_SOURCE_MAX),
			       signature = BUF_INIT(SIGNATURE_BYTES_MAX), key = BUF_INIT(SIGNATURE_BYTES_MAX);
	if (u->output)
		(void)snprintf(place, sizeof(place), "%s", u->output);
	else if (!default_path("npm.db", place, sizeof(place), err))
		return (result){ERR_NOT_FOUND};
	(void)snprintf(signature_at, sizeof(signature_at), "%s.sig", u->source);
	TRY(read_key(u, &key, err));
	TRY(read_source(u->signature ? u->signature : signature_at, &signature, err));
	TRY(read_source(u->source, &source, err));
	TRY(make_parents(place, err));
	TRY(advisories_install(
	    place, buf_slice(&source), buf_slice(&signature), buf_slice(&key), err, &records));
	if (u->key && !u->output)
		TRY(keep_key(buf_slice(&key), err));
	(void)printf("%zu advisories for npm in %s\n", records, place);
	return RESULT_OK;
}

static int info(void)
{
	char place[PATH_MAX];
	struct advisories db;
	struct error err;
	if (!default_path("npm.db", place, sizeof(place), &err) ||
	    !is_ok(advisories_open(place, &err, &db))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	size_t lines = 0;
	for (size_t i = 0; i < db.text.len; i++)
		lines += db.text.ptr[i] == '\n';
	(void)printf("%zu advisories for npm, the newest of %.*s, in %s\n", lines - 1,
	    SLICE_ARG(advisories_date(&db)), place);
	advisories_close(&db);
	return 0;
}

int command_advisories(int argc, char **argv)
{
	struct update u = {0};
	struct error err = {0};
	if (argc == 2 && strcmp(argv[1], "info") == 0)
		return info();
	if (argc < 3 || strcmp(argv[1], "update") != 0)
		return usage_error("advisories", "say what to do");
	for (int i = 2; i < argc; i++) {
		if (option_value(argc, argv, &i, "--key", &u.key) ||
		    option_value(argc, argv, &i, "--signature", &u.signature) ||
		    option_value(argc, argv, &i, "--output", &u.output))
			continue;
		if (argv[i][0] == '-' || u.source)
			return usage_error("advisories", "unknown argument %s", argv[i]);
		u.source = argv[i];
	}
	if (!u.source)
		return usage_error("advisories", "a file or an address is missing");
	if (is_ok(update(&u, &err)))
		return 0;
	(void)fprintf(stderr, "ward: %s\n", err.text);
	return 1;
}
