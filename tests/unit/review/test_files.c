/* The walk, gitignore patterns, comments that suppress, the baseline. */
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "review/file_set.h"
#include "review/ignore.h"
#include "review/suppress.h"

static void globs(void **state)
{
	(void)state;
	static const struct {
		const char *pattern;
		const char *text;
		bool match;
	} cases[] = {
	    {"*.log", "a.log", true},
	    {"*.log", "a/b.log", false},
	    {"**/b", "b", true},
	    {"**/b", "a/c/b", true},
	    {"a/**", "a/b/c", true},
	    {"a?c", "abc", true},
	    {"a?c", "a/c", false},
	    {"[a-c]x", "bx", true},
	    {"[!a-c]x", "bx", false},
	    {"\\*", "*", true},
	    {"\\*", "a", false},
	    {"", "", true},
	    {"[", "[", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (glob_match(slice_cstr(cases[i].pattern), slice_cstr(cases[i].text)) != cases[i].match)
			fail_msg("%s against %s", cases[i].pattern, cases[i].text);
}

static void glob_steps_are_bounded(void **state)
{
	(void)state;
	char text[512];
	memset(text, 'a', sizeof text);
	assert_false(glob_match(SLICE("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"), slice_of(text, sizeof text)));
}

static void ignore_lists(void **state)
{
	(void)state;
	struct arena arena = ARENA_INIT(1u << 20);
	struct ignore_list *top =
	    ignore_parse(&arena, NULL, 0, SLICE("# c\n*.tmp\n/only\nbuild/\n!keep.tmp\ndocs/*.txt\n"));
	struct ignore_list *sub = ignore_parse(&arena, top, 2, SLICE("!x.tmp\n"));
	assert_true(ignore_match(top, SLICE("a/b.tmp"), false));
	assert_false(ignore_match(top, SLICE("keep.tmp"), false));
	assert_true(ignore_match(top, SLICE("only"), false));
	assert_false(ignore_match(top, SLICE("a/only"), false));
	assert_true(ignore_match(top, SLICE("a/build"), true));
	assert_false(ignore_match(top, SLICE("a/build"), false));
	assert_true(ignore_match(top, SLICE("docs/a.txt"), false));
	assert_false(ignore_match(sub, SLICE("s/x.tmp"), false));
	assert_true(ignore_match(sub, SLICE("s/y.tmp"), false));
	arena_done(&arena);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[512];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void walk(void **state)
{
	(void)state;
	char dir[] = "/tmp/ward-review-XXXXXX";
	char path[512];
	assert_non_null(mkdtemp(dir));
	static const char *const dirs[] = {"a", "node_modules", ".git"};
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put(dir, "z.txt", "z");
	put(dir, "a/b.txt", "hello");
	put(dir, "a/c.log", "x");
	put(dir, ".gitignore", "*.log\n");
	put(dir, "node_modules/x.txt", "x");
	(void)snprintf(path, sizeof path, "%s/link", dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	struct file_set set;
	struct error err;
	assert_true(is_ok(file_set_open(dir, NULL, &err, &set)));
	assert_int_equal(set.count, 3);
	assert_string_equal(set.files[1].path.ptr, "a/b.txt");
	struct slice bytes;
	assert_true(is_ok(file_set_read(&set, &set.files[1], &err, &bytes)));
	assert_memory_equal(bytes.ptr, "hello", 6);
	file_bytes_free(bytes);
	file_set_done(&set);
	const struct file_set_options small = {.file_bytes_max = 2, .files_max = 2};
	assert_true(is_ok(file_set_open(dir, &small, &err, &set)));
	assert_true(set.truncated);
	file_set_done(&set);
	(void)snprintf(path, sizeof path, "rm -r %s", dir);
	assert_int_equal(system(path), 0);
}

static const struct rule_info rule = {
    .id = "some-rule", .title = "t", .severity = SEVERITY_HIGH, .why = "w", .fix = "f"};

static void comments_need_a_reason(void **state)
{
	(void)state;
	struct arena arena = ARENA_INIT(1u << 20);
	static const struct {
		const char *text;
		bool suppressed;
	} cases[] = {
	    {"x\ny # ward-ignore some-rule: known\n", true},
	    {"# ward-ignore some-rule: known\ny\n", true},
	    {"x\ny # ward-ignore some-rule\n", false},
	    {"x\ny # ward-ignore some-rule:   \n", false},
	    {"x\ny # ward-ignore other: known\n", false},
	    {"x\ny /* ward-ignore some-*: known */\n", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct finding f = {.rule = &rule, .line = 2};
		suppress_by_comment(&f, slice_cstr(cases[i].text), &arena);
		if (f.suppressed != cases[i].suppressed)
			fail_msg("%s", cases[i].text);
	}
	arena_done(&arena);
}

static void baseline_round_trip(void **state)
{
	(void)state;
	struct findings list;
	struct error err;
	findings_init(&list, 10);
	const struct finding one = {.rule = &rule, .file = SLICE("a.tf"), .line = 3, .col = 1};
	const struct finding two = {.rule = &rule, .file = SLICE("b.tf"), .line = 3, .col = 1};
	assert_true(is_ok(findings_add(&list, &one, SLICE("x = 1"), &err)));
	char path[] = "/tmp/ward-baseline-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_true(is_ok(baseline_write(path, &list, &err)));
	assert_true(is_ok(findings_add(&list, &two, SLICE("x = 1"), &err)));
	assert_true(is_ok(baseline_apply(path, &list, &err)));
	assert_true(list.items[0].suppressed);
	assert_false(list.items[1].suppressed);
	(void)unlink(path);
	assert_int_equal(baseline_apply(path, &list, &err).code, ERR_NOT_FOUND);
	findings_done(&list);
}

/* The fingerprint survives moved lines and changed spaces, not another text. */
static void fingerprints(void **state)
{
	(void)state;
	uint64_t a = finding_fingerprint("r", SLICE("f"), SLICE("x = 1"));
	assert_int_equal(a, finding_fingerprint("r", SLICE("f"), SLICE("  x=1 ")));
	assert_int_not_equal(a, finding_fingerprint("r", SLICE("f"), SLICE("x = 2")));
	assert_int_not_equal(a, finding_fingerprint("s", SLICE("f"), SLICE("x = 1")));
	assert_int_not_equal(a, finding_fingerprint("r", SLICE("g"), SLICE("x = 1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(globs), cmocka_unit_test(glob_steps_are_bounded),
	    cmocka_unit_test(ignore_lists), cmocka_unit_test(walk), cmocka_unit_test(comments_need_a_reason),
	    cmocka_unit_test(baseline_round_trip), cmocka_unit_test(fingerprints)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
