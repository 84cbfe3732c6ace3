/*
 * Files that a review wrote itself and reads back as a stranger's: its cache, a baseline, the built
 * advisories. The first byte chooses; the bytes lie in one file that is written again for each input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "review/cache.h"
#include "review/deps/advisories.h"
#include "review/suppress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rule_text[] = "platform: terraform\nrules:\n- {id: a, title: t, severity: high, why: w, "
				"fix: f, on: ['*'], find: 'x == 1'}\n";

static void try_cache(const char *path, const struct rules *rules, const struct code_rules *code)
{
	struct review_cache cache;
	struct findings findings;
	findings_init(&findings, 1000);
	cache_open(&cache, path, 0x3030303030303030u);
	static const struct slice names[] = {SLICE("a.js"), SLICE(""), SLICE("a/")};
	for (size_t i = 0; i < 6; i++) {
		const struct cache_record *r =
		    cache_find(&cache, i & 1 ? CACHE_CODE : CACHE_CONFIGURATION, names[i / 2]);
		if (r)
			(void)cache_replay(r, rules, code, &findings);
	}
	for (size_t i = 0; i < findings.count; i++)
		ASSERT(findings.items[i].rule != NULL);
	findings_done(&findings);
	cache_done(&cache);
}

static bool seen(void *ctx, const struct advisory *a)
{
	*(size_t *)ctx += a->id.len + a->fixed.len + a->summary.len;
	return true;
}

static void try_advisories(const char *path)
{
	struct error err;
	struct advisories db;
	size_t total = 0;
	if (!is_ok(advisories_open(path, &err, &db)))
		return;
	(void)advisories_date(&db);
	advisories_find(&db, SLICE("lodash"), SLICE("4.17.20"), seen, &total);
	advisories_find(&db, SLICE("a"), SLICE("1.0.0-beta.1"), seen, &total);
	advisories_close(&db);
}

static void try_baseline(const char *path)
{
	struct error err;
	struct findings findings;
	static const struct rule_info rule = {.id = "a", .title = "t", .why = "w", .fix = "f"};
	const struct finding f = {.rule = &rule, .file = SLICE("a"), .line = 1};
	findings_init(&findings, 10);
	if (is_ok(findings_add(&findings, &f, SLICE("x"), &err)))
		ignore_result(baseline_apply(path, &findings, &err));
	findings_done(&findings);
}

static const char *file_path;

static void remove_file(void)
{
	(void)unlink(file_path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules rules;
	static struct code_rules code;
	static bool loaded;
	static char path[] = "/tmp/ward-fuzz-state-XXXXXX";
	static int fd = -1;
	struct error err;
	if (!loaded) {
		fd = mkstemp(path);
		if (fd < 0)
			__builtin_trap();
		(void)atexit(remove_file);
		file_path = path;
		rules_init(&rules);
		code_rules_init(&code);
		if (!is_ok(rules_load_text(&rules, SLICE("fuzz.yaml"), slice_cstr(rule_text), &err)))
			__builtin_trap();
		loaded = true;
	}
	if (size == 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data + 1, size - 1, 0) != (ssize_t)(size - 1))
		return 0;
	if (data[0] % 3 == 0)
		try_cache(path, &rules, &code);
	else if (data[0] % 3 == 1)
		try_advisories(path);
	else
		try_baseline(path);
	return 0;
}
