/* The rule language and how rules see a scope. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "review/module_calls.h"
#include "review/rules.h"

/* Findings of one rule with this condition on this file; the line of the first in *ret_line. */
static size_t count_in(
    const char *file, const char *on, const char *find, const char *text, uint32_t *ret_line)
{
	struct rules rules;
	struct error err;
	struct buf rule = BUF_INIT(8192);
	struct arena arena = ARENA_INIT((size_t)16 << 20);
	struct scope scope;
	struct findings findings;
	rules_init(&rules);
	findings_init(&findings, 100);
	scope_init(&scope, &arena, SLICE_NONE, NULL);
	bool terraform = strstr(file, ".tf") != NULL;
	buf_printf(&rule,
	    "platform: %s\nrules:\n- {id: r, title: t, severity: high, why: w, fix: f, on: '%s', find: "
	    "'%s'}\n",
	    terraform ? "terraform" : "cloudformation", on, find);
	if (!is_ok(rules_load_text(&rules, SLICE("test.yaml"), buf_slice(&rule), &err)))
		fail_msg("%s", err.text);
	if (!is_ok(scope_add_file(&scope, slice_cstr(file), slice_cstr(text), &err)) ||
	    !is_ok(scope_link(&scope, &err)))
		fail_msg("%s", err.text);
	assert_true(is_ok(rules_run(&rules, NULL, &scope, &findings, &err)));
	findings_sort(&findings);
	size_t count = findings.count;
	if (ret_line && count)
		*ret_line = findings.items[0].line;
	findings_done(&findings);
	scope_done(&scope);
	arena_done(&arena);
	buf_done(&rule);
	rules_done(&rules);
	return count;
}

static size_t count_tf(const char *find, const char *body, uint32_t *ret_line)
{
	struct buf text = BUF_INIT(8192);
	buf_printf(&text, "resource \"a\" \"x\" {\n%s\n}\n", body);
	buf_add_cstr(&text,
	    "variable \"on\" {\n default = true\n}\nlocals {\n off = false\n loop = local.loop\n}\n"
	    "resource \"b\" \"y\" {\n to = a.x.id\n}\n");
	size_t count = count_in("main.tf", "a", find, buf_cstr(&text), ret_line);
	buf_done(&text);
	return count;
}

static void comparisons(void **state)
{
	(void)state;
	static const struct {
		const char *find;
		const char *body;
		size_t count;
	} cases[] = {
	    {"x == true", "x = true", 1},
	    {"x == true", "x = \"true\"", 1},
	    {"x == true", "x = false", 0},
	    {"x == true", "", 0},
	    {"not x == true", "", 1},
	    {"x != true", "", 0},
	    {"x in [\"a\", \"b\"]", "x = \"b\"", 1},
	    {"x not in [\"a\"]", "x = [\"a\", \"c\"]", 1},
	    {"x =~ \"^a.c$\"", "x = \"abc\"", 1},
	    {"x < 10 and x >= 2", "x = 9", 1},
	    {"x < 10", "x = \"y\"", 0},
	    {"missing x", "", 1},
	    {"missing x", "x = null", 1},
	    {"exists x.y", "x {\n y = 1\n}", 1},
	    {"empty x", "x = []", 1},
	    {"count(x) == 2", "x = [1, 2]", 1},
	    {"length(x) < 3", "x = \"ab\"", 1},
	    {"decoded(x) == \"hi\"", "x = \"aGk=\"", 1},
	    {"prefix(x) <= 8", "x = \"10.0.0.0/8\"", 1},
	    {"any x (y == 1 and z == 2)", "x {\n y = 1\n}\nx {\n z = 2\n}", 0},
	    {"any x (y == 1 and z == 2)", "x {\n y = 1\n z = 2\n}", 1},
	    {"all x (y == 1)", "x {\n y = 1\n}\nx {\n y = 2\n}", 0},
	    {"x[y == 1].z == 3", "x {\n y = 1\n z = 3\n}", 1},
	    {"{x|y}.z == 1", "y {\n z = 1\n}", 1},
	    {"**.z == 1", "a {\n b {\n z = 1\n}\n}", 1},
	    {"literal x", "x = \"y\"", 1},
	    {"literal x", "x = var.none", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t count = count_tf(cases[i].find, cases[i].body, NULL);
		if (count != cases[i].count)
			fail_msg("%s on %s: %zu findings", cases[i].find, cases[i].body, count);
	}
}

static void references(void **state)
{
	(void)state;
	assert_int_equal(count_tf("x == true", "x = var.on", NULL), 1);
	assert_int_equal(count_tf("x == false", "x = local.off", NULL), 1);
	assert_int_equal(count_tf("x == true", "x = local.loop", NULL), 0);
	/* What is not known is never reported, whichever way it is asked. */
	assert_int_equal(count_tf("x == true", "x = var.unknown", NULL), 0);
	assert_int_equal(count_tf("not x == true", "x = var.unknown", NULL), 0);
	assert_int_equal(count_tf("x != true", "x = data.q.z", NULL), 0);
	assert_int_equal(count_tf("any resource(\"b\") (to refs $)", "", NULL), 1);
	assert_int_equal(count_tf("none resource(\"b\") (to refs $)", "", NULL), 0);
	assert_int_equal(count_tf("any r: resource(\"b\") (name($r) == \"y\")", "", NULL), 1);
}

/* A list that leads back into itself through a reference. */
static void reference_cycles_end(void **state)
{
	(void)state;
	static const char text[] = "resource \"a\" \"x\" {\n x = local.l\n}\nlocals {\n l = [local.l, { y = "
				   "local.m }]\n m = { y = local.m }\n}\n"
				   "resource \"b\" \"y\" {\n l = local.l\n}\n";
	assert_int_equal(count_in("main.tf", "a", "x.y.y == 1", text, NULL), 0);
	assert_int_equal(count_in("main.tf", "a", "any x (y == 1)", text, NULL), 0);
	assert_int_equal(count_in("main.tf", "a", "any resource(\"b\") (** refs $)", text, NULL), 0);
	assert_int_equal(count_in("main.tf", "a", "**.q == 1", text, NULL), 0);
}

static void places(void **state)
{
	(void)state;
	uint32_t line = 0;
	(void)count_tf("x == 1", "\n\nx = 1", &line);
	assert_int_equal(line, 4);
	(void)count_tf("missing x", "y = 1", &line);
	assert_int_equal(line, 1);
	(void)count_tf("not b.x == 1", "y = 1\nb {\n}", &line);
	assert_int_equal(line, 3);
	(void)count_tf("x.Statement.Action == \"*\"",
	    "x = <<EOF\n{\"Statement\":\n[{\"Action\": [\"*\"]}]}\nEOF", &line);
	assert_int_equal(line, 2);
}

static void cloudformation_functions(void **state)
{
	(void)state;
	static const char text[] =
	    "Parameters:\n  P: {Type: String, Default: open}\nResources:\n  R:\n    Type: T\n    "
	    "Properties:\n"
	    "      A: !Ref P\n      B: !If [c, yes, !Ref AWS::NoValue]\n      C: !Join ['', [a, !Ref X]]\n"
	    "      D: !Sub plain\nAWSTemplateFormatVersion: x\n";
	assert_int_equal(count_in("t.yaml", "T", "A == \"open\"", text, NULL), 1);
	assert_int_equal(count_in("t.yaml", "T", "B == \"yes\"", text, NULL), 1);
	assert_int_equal(count_in("t.yaml", "T", "C =~ \"^a\"", text, NULL), 1);
	assert_int_equal(count_in("t.yaml", "T", "D == \"plain\"", text, NULL), 1);
}

static void module_arguments_reach_the_module(void **state)
{
	(void)state;
	struct module_calls calls;
	module_calls_init(&calls);
	module_calls_add_file(&calls, SLICE("env/main.tf"),
	    SLICE("module \"m\" {\n source = \"../mods/m\"\n public = true\n}\n"));
	const struct node *argument = module_argument(&calls, SLICE("mods/m/"), SLICE("public"));
	assert_non_null(argument);
	assert_int_equal(argument->kind, NODE_BOOL);
	assert_null(module_argument(&calls, SLICE("mods/"), SLICE("public")));
	module_calls_done(&calls);
}

static void wrong_rules_are_told(void **state)
{
	(void)state;
	static const char *const wrong[] = {
	    "x ==",
	    "x ~ 1",
	    "any x (",
	    "not",
	    "x =~ \"(\"",
	    "@nothing",
	    "x in [\"a\"",
	    "foo(x) == 1",
	    "(x == 1",
	    "x == 1 y",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct arena arena = ARENA_INIT(1u << 20);
		struct expr_compiler c = {.arena = &arena};
		const struct expr *e;
		struct error err = {.text = ""};
		assert_false(is_ok(expr_compile(&c, slice_cstr(wrong[i]), &err, &e)));
		assert_true(strlen(err.text) > 0);
		expr_regexes_free(c.regexes);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(comparisons), cmocka_unit_test(references),
	    cmocka_unit_test(reference_cycles_end), cmocka_unit_test(places),
	    cmocka_unit_test(cloudformation_functions), cmocka_unit_test(module_arguments_reach_the_module),
	    cmocka_unit_test(wrong_rules_are_told)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
