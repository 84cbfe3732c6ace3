/* score_auth DIR RESULT.json: runs every family of the auth data and writes the result. Exit 1 when a case
 * failed. */
#include "score.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	unsigned passed, failed, skipped;
	json_t *failures;
	json_t *skips;
	bool verbose;
} total;

static void add_id(json_t *list, const char *group, const char *id)
{
	char text[300];
	(void)snprintf(text, sizeof text, "%s: %s", group, id);
	(void)json_array_append_new(list, json_string(text));
}

void score(const char *group, const char *id, bool should_pass, result r, const struct error *err)
{
	const bool reasoned = is_ok(r) || err->text[0] != '\0';
	if (is_ok(r) == should_pass && reasoned) {
		total.passed++;
		if (total.verbose && !is_ok(r))
			(void)printf("%s: %s: refused: %s\n", group, id, err->text);
		return;
	}
	total.failed++;
	add_id(total.failures, group, id);
	(void)printf("FAILED %s: %s: %s\n", group, id, is_ok(r) ? "was accepted" : err->text);
}

void score_skip(const char *group, const char *id, const char *why)
{
	total.skipped++;
	add_id(total.skips, group, id);
	(void)printf("skipped %s: %s: %s\n", group, id, why);
}

json_t *score_load(const char *dir, const char *name)
{
	char path[1024];
	json_error_t where;
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	json_t *root = json_load_file(path, 0, &where);
	if (!root) {
		(void)fprintf(stderr, "cannot read %s: %s\n", path, where.text);
		exit(2);
	}
	return root;
}

struct slice score_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
				     : SLICE_NONE;
}

struct slice score_hex(const json_t *object, const char *name)
{
	struct slice hex = score_text(object, name);
	size_t length = 0;
	char *bytes = malloc(hex.len / 2 + 1);
	if (!bytes || (hex.ptr && sodium_hex2bin((unsigned char *)bytes, hex.len / 2 + 1, hex.ptr, hex.len,
				      NULL, &length, NULL) != 0))
		exit(2);
	return slice_of(bytes, length);
}

int main(int argc, char **argv)
{
	if (argc != 3 || sodium_init() < 0) {
		(void)fprintf(stderr, "usage: score_auth DIR RESULT.json\n");
		return 2;
	}
	total.failures = json_array();
	total.skips = json_array();
	total.verbose = getenv("SCORE_VERBOSE") != NULL;
	score_siwe(argv[1]);
	score_webauthn(argv[1]);
	score_wycheproof(argv[1]);
	(void)printf("auth: %u passed, %u failed, %u skipped\n", total.passed, total.failed, total.skipped);
	json_t *out = json_pack("{s:s,s:i,s:i,s:i,s:o,s:o}", "suite", "auth", "passed", (int)total.passed,
	    "failed", (int)total.failed, "skipped", (int)total.skipped, "failures", total.failures, "skips",
	    total.skips);
	const int wrote = json_dump_file(out, argv[2], JSON_COMPACT);
	json_decref(out);
	return wrote != 0 ? 2 : total.failed ? 1 : 0;
}
