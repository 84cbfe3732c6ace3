/* A whole review of a small project, and that hostile names and texts stay inside each output format. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "review/fix.h"
#include "review/output.h"

static char dir[] = "/tmp/ward-output-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[512];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	put("ma in<\"&.tf",
	    "resource \"aws_db_instance\" \"x\\\"\x1b[31m\" {\n  publicly_accessible = true\n}\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	char command[600];
	(void)snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

static void review(struct review *ret)
{
	const struct review_options options = {.root = dir, .rules_dir = getenv("WARD_RULES"), .threads = 1, .no_cache = true};
	struct error err;
	if (!is_ok(review_run(&options, &err, ret)))
		fail_msg("%s", err.text);
}

static char *written(void (*write)(FILE *, const struct review *, const struct output_options *))
{
	struct review r;
	const struct output_options options = {.least = SEVERITY_CRITICAL, .version = "0"};
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	assert_non_null(to);
	review(&r);
	write(to, &r, &options);
	assert_int_equal(fclose(to), 0);
	review_done(&r);
	return text;
}

static void assert_has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("no \"%s\" in %s", what, text);
}

static void human_text_is_clean(void **state)
{
	(void)state;
	char *text = written(output_human);
	assert_has(text, "tf-rds-public");
	assert_has(text, "^^^");
	assert_null(strchr(text, '\x1b'));
	free(text);
}

static void machine_texts_are_escaped(void **state)
{
	(void)state;
	char *json = written(output_json);
	assert_has(json, "\"rule\":\"tf-rds-public\"");
	assert_has(json, "ma in<\\\"&.tf");
	assert_null(strchr(json, '\x1b'));
	free(json);
	char *sarif = written(output_sarif);
	assert_has(sarif, "\"uri\":\"ma%20in%3C%22&.tf\"");
	assert_has(sarif, "\"security-severity\":\"9.5\"");
	assert_has(sarif, "\"partialFingerprints\"");
	free(sarif);
	char *junit = written(output_junit);
	assert_has(junit, "ma in&lt;&quot;&amp;.tf");
	assert_null(strchr(junit, '\x1b'));
	free(junit);
}

static void fix_changes_the_value_only(void **state)
{
	(void)state;
	struct review r;
	struct error err;
	char path[512];
	char text[512] = "";
	review(&r);
	assert_true(is_ok(fix_apply(&r, SEVERITY_CRITICAL, &err)));
	review_done(&r);
	(void)snprintf(path, sizeof path, "%s/ma in<\"&.tf", dir);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof text - 1, f) > 0);
	(void)fclose(f);
	assert_has(text, "  publicly_accessible = false\n}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(human_text_is_clean),
	    cmocka_unit_test(machine_texts_are_escaped), cmocka_unit_test(fix_changes_the_value_only)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
