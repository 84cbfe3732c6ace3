/* Unused authority: what is found, what stays, and that an edit of ward.yaml takes out exactly that. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/usage/tighten.h"

#define HEAD "app: shop\ndatabase: sqlite\nfunctions:\n  f:\n    source: f.ts\n    auth: user\n"

static struct manifest parse(const char *text, struct arena *arena)
{
	struct diagnostics d;
	struct manifest m = {0};
	struct error err = {0};
	diagnostics_init(&d);
	assert_true(is_ok(manifest_parse(slice_cstr(text), arena, &d, &err, &m)));
	if (d.errors)
		fail_msg("%s: %s", text, d.items[0].message.ptr);
	diagnostics_done(&d);
	return m;
}

/* The queries of f that are left; the others are found unreachable. */
static void expect_edit(const char *before, const char *reached, const char *after)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(16u << 20);
	CLEANUP_BUF struct buf contract = BUF_INIT(4096);
	CLEANUP_BUF struct buf edited = BUF_INIT(65536);
	struct app app = {.manifest = parse(before, &arena)};
	struct tighten_items items;
	struct error err = {0};
	buf_printf(&contract, "{\"functions\":{\"f\":{\"queries\":[%s]}}}", reached);
	assert_true(is_ok(tighten_find(&app, buf_slice(&contract), NULL, 0, &arena, &err, &items)));
	result r = tighten_edit(slice_cstr(before), &items, &err, &edited);
	if (!is_ok(r) || strcmp(buf_cstr(&edited), after) != 0)
		fail_msg("%s\nwanted:\n%s\nis:\n%s", err.text, after, buf_cstr(&edited));
}

static void edits_take_out_what_is_unused_and_nothing_else(void **state)
{
	(void)state;
	expect_edit(HEAD "    queries: [A, B, C] # three\n", "\"A\",\"B\",\"C\"",
	    HEAD "    queries: [A, B, C] # three\n");
	expect_edit(
	    HEAD "    queries: [A, B, C] # three\n", "\"B\",\"C\"", HEAD "    queries: [B, C] # three\n");
	expect_edit(HEAD "    queries: [A, B, C]\n", "\"A\",\"C\"", HEAD "    queries: [A, C]\n");
	expect_edit(HEAD "    queries: [A, B, C]\n", "\"A\",\"B\"", HEAD "    queries: [A, B]\n");
	expect_edit(HEAD "    queries: [A, B, C]\n", "\"C\"", HEAD "    queries: [C]\n");
	expect_edit(HEAD "    queries: [A, B, C]\n", "\"A\"", HEAD "    queries: [A]\n");
	expect_edit(HEAD "    queries: [A, B, C]\n", "\"B\"", HEAD "    queries: [B]\n");
	expect_edit(HEAD "    queries: [A, B, C]\n", "", HEAD "    queries: []\n");
	expect_edit(HEAD "    queries: [\"A\", 'B',C]\n", "\"C\"", HEAD "    queries: [C]\n");
	expect_edit(HEAD "    queries: [\n      A,\n      B,\n    ]\n", "\"A\"",
	    HEAD "    queries: [\n      A,\n    ]\n");
	expect_edit(HEAD "    queries:\n      - A\n      - B # second\n      - C\n    why: x\n",
	    "\"A\",\"C\"", HEAD "    queries:\n      - A\n      - C\n    why: x\n");
	expect_edit(HEAD "    queries:\n      - A\n      - B\n    why: x\n", "",
	    HEAD "    queries: []\n    why: x\n");
	expect_edit(HEAD "    queries:\n    - A\n    - B", "\"A\"", HEAD "    queries:\n    - A\n");
}

static void use_is_recorded_and_young_recordings_accuse_nobody(void **state)
{
	static const char yaml[] = HEAD "    queries: [A, B]\n    secrets: [KEY]\n    publish: [a.b]\n    "
					"egress:\n      - host: h.example.com\n";
	CLEANUP_ARENA struct arena arena = ARENA_INIT(16u << 20);
	CLEANUP_BUF struct buf shown = BUF_INIT(65536);
	char dir[] = "/tmp/ward-usage-XXXXXX";
	char path[64];
	struct error err = {0};
	struct tighten_items items;
	struct usage *usage;
	(void)state;
	assert_non_null(mkdtemp(dir));
	struct app app = {.manifest = parse(yaml, &arena)};
	struct app_function f = {.contract = app.manifest.functions[0]};
	const struct app_contract contract = {.functions = &f, .function_count = 1};
	struct slice reached = SLICE("{\"functions\":{\"f\":{\"queries\":[\"A\",\"B\"]}}}");
	const int64_t day = 86400000, begin = 1000 * day;

	assert_true(is_ok(usage_open(dir, &contract, begin, &err, &usage)));
	assert_int_equal(usage_count(usage), 5);
	usage_note(usage, usage_first(usage, 0) + 0, begin + 50 * day); /* query A */
	usage_note(usage, usage_first(usage, 0) + 2, begin + 1 * day);	/* the host */
	usage_note(usage, 99, begin);					/* nothing */
	assert_true(is_ok(usage_save(usage, &err)));
	usage_free(usage);

	/* After a restart the times are there. */
	assert_true(is_ok(usage_open(dir, &contract, begin + 51 * day, &err, &usage)));
	assert_int_equal(usage_since_ms(usage), begin);
	assert_true(is_ok(tighten_find(&app, reached, usage, begin + 21 * day, &arena, &err, &items)));
	tighten_print(&items, &shown);
	assert_string_equal(buf_cstr(&shown),
	    "ward.yaml:4: f: secret KEY: never used (for you to remove)\n"
	    "ward.yaml:4: f: publish a.b: never used (for you to remove)\n"
	    "ward.yaml:7: f: query B: never used\n"
	    "ward.yaml:11: f: host h.example.com:443: last used 1972-09-28 (for you to remove)\n");
	/* Asked about longer than it has been watched. */
	assert_true(is_ok(tighten_find(&app, reached, usage, begin - day, &arena, &err, &items)));
	assert_int_equal(items.count, 0);
	usage_free(usage);

	/* A damaged file is no evidence. */
	(void)snprintf(path, sizeof path, "%s/" USAGE_FILE, dir);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs("{\"ward\":1,\"since_ms\":\"x\"", file);
	(void)fclose(file);
	assert_true(is_ok(usage_open(dir, &contract, begin + 51 * day, &err, &usage)));
	assert_int_equal(usage_since_ms(usage), begin + 51 * day);
	usage_free(usage);
	(void)unlink(path);
	(void)rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(edits_take_out_what_is_unused_and_nothing_else),
	    cmocka_unit_test(use_is_recorded_and_young_recordings_accuse_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
