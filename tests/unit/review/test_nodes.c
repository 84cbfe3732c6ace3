/* Parsers of configuration into nodes: what they must read, and hostile input they must survive. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "review/node.h"

static struct arena arena;
static struct node_sink sink;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, (size_t)256 << 20);
	sink = (struct node_sink){.arena = &arena};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

typedef result parse_fn(struct node_sink *, struct slice, struct error *, struct node **);

static struct node *parse(parse_fn *fn, const char *text)
{
	struct node *root = NULL;
	struct error err;
	result r = fn(&sink, slice_cstr(text), &err, &root);
	if (!is_ok(r))
		fail_msg("%s", err.text);
	return root;
}

static void assert_text(const struct node *map, const char *key, const char *want)
{
	struct slice got = node_text_of(map, key);
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.ptr, want, got.len);
}

static void hcl_blocks_and_values(void **state)
{
	(void)state;
	struct node *root =
	    parse(node_parse_hcl, "# c\nresource \"a_b\" \"c\" {\n  x = \"y\" // z\n  n = -1\n  t = true\n"
				  "  l = [1, 2,\n 3]\n  r = var.q[0].z\n  j = jsonencode({ a = \"b\" })\n"
				  "  dynamic \"d\" {\n for_each = var.l\n content {\n k = 1\n }\n }\n}\n");
	const struct node *block = node_get_cstr(root, "resource");
	assert_non_null(block);
	assert_true(block->block);
	assert_int_equal(block->line, 2);
	assert_text(block, "%0", "a_b");
	assert_text(block, "%1", "c");
	assert_text(block, "x", "y");
	assert_text(block, "n", "-1");
	assert_int_equal(node_get_cstr(block, "t")->kind, NODE_BOOL);
	assert_int_equal(node_get_cstr(block, "l")->count, 3);
	assert_int_equal(node_get_cstr(block, "r")->kind, NODE_REF);
	assert_text(block, "r", "var.q[0].z");
	assert_text(node_get_cstr(block, "j"), "a", "b");
	assert_text(node_get_cstr(block, "d"), "k", "1");
}

static void hcl_templates_and_heredocs(void **state)
{
	(void)state;
	struct node *root = parse(node_parse_hcl,
	    "a = \"x-${var.b}\"\nb = \"${var.c}\"\nc = <<-EOT\n  {\"k\": 1}\n  EOT\nd = \"$${no}\"\n"
	    "e = x ? 1 : 2\nf = (1 + 2)\n");
	assert_int_equal(node_get_cstr(root, "a")->kind, NODE_REF);
	assert_text(root, "b", "var.c");
	assert_int_equal(node_get_cstr(root, "c")->kind, NODE_STRING);
	assert_text(root, "d", "${no}");
	assert_int_equal(node_get_cstr(root, "e")->kind, NODE_REF);
	assert_text(root, "e", "x ? 1 : 2");
	assert_int_equal(node_get_cstr(root, "f")->kind, NODE_REF);
}

static void hcl_recovers_after_a_broken_block(void **state)
{
	(void)state;
	struct node *root =
	    parse(node_parse_hcl, "resource \"a\" \"b\" {\n x = = 1\n}\nvariable \"v\" {\n default = 1\n}\n");
	assert_non_null(node_get_cstr(root, "variable"));
}

static void yaml_positions_aliases_and_merge(void **state)
{
	(void)state;
	struct node *list = parse(node_parse_yaml,
	    "a: &x\n  k: v\nb: *x\nc:\n  <<: *x\n  l: [1, two]\n---\nd: !Ref Y\ne: !GetAtt A.B\n");
	assert_int_equal(list->count, 2);
	const struct node *one = list->first;
	assert_text(node_get_cstr(one, "b"), "k", "v");
	assert_text(node_get_cstr(one, "c"), "k", "v");
	assert_int_equal(node_get_cstr(node_get_cstr(one, "c"), "l")->line, 6);
	const struct node *two = list->last;
	assert_text(node_get_cstr(two, "d"), "Ref", "Y");
	assert_text(node_get_cstr(two, "e"), "Fn::GetAtt", "A.B");
}

static void json_positions(void **state)
{
	(void)state;
	struct node *root;
	assert_true(is_ok(node_parse_json(&sink,
	    SLICE("{\n  \"a\": [1, \"x\\u0041\\n\"], // c\n  \"b\": {\"c\": null,},\n}"), NULL, NULL,
	    &root)));
	assert_int_equal(node_get_cstr(root, "a")->line, 2);
	assert_int_equal(node_get_cstr(root, "a")->col, 3);
	assert_memory_equal(node_get_cstr(root, "a")->last->text.ptr, "xA\n", 3);
	assert_int_equal(node_get_cstr(node_get_cstr(root, "b"), "c")->kind, NODE_NULL);
}

static void dockerfile_stages_and_commands(void **state)
{
	(void)state;
	struct node *root =
	    parse(node_parse_dockerfile, "# syntax\nFROM --platform=x reg:5000/a/b:1@sha256:aa AS base\nRUN "
					 "apt-get update && \\\n  # note\n  apt-get install -y curl | cat\n"
					 "FROM base\nCMD [\"a\", \"b\"]\n");
	const struct node *stage = node_get_cstr(root, "stages")->first;
	assert_text(stage, "name", "reg:5000/a/b");
	assert_text(stage, "tag", "1");
	assert_text(stage, "digest", "sha256:aa");
	assert_text(stage, "alias", "base");
	const struct node *run = node_get_cstr(root, "instructions")->first->next;
	const struct node *commands = node_get_cstr(run, "commands");
	assert_int_equal(commands->count, 3);
	assert_text(commands->first->next, "text", "apt-get install -y curl");
	assert_int_equal(commands->first->next->line, 5);
	assert_int_equal(run->line, 3);
}

/* Deep nesting ends in an error or a flat result, never in a stack overflow. */
static void deep_nesting_is_bounded(void **state)
{
	(void)state;
	static const struct {
		parse_fn *fn;
		const char *open;
	} cases[] = {{node_parse_hcl, "a{\n"}, {node_parse_hcl, "[["}, {node_parse_yaml, "[["},
	    {node_parse_yaml, "{a: "}, {node_parse_dockerfile, "RUN (("}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf text = BUF_INIT((size_t)1 << 20);
		struct node *root;
		buf_add_cstr(&text, cases[i].fn == node_parse_hcl && cases[i].open[0] == '[' ? "a = " : "");
		for (int k = 0; k < 10000; k++)
			buf_add_cstr(&text, cases[i].open);
		ignore_result(cases[i].fn(&sink, buf_slice(&text), NULL, &root));
		buf_done(&text);
	}
	struct node *root;
	struct buf text = BUF_INIT((size_t)1 << 20);
	for (int k = 0; k < 10000; k++)
		buf_add_char(&text, '[');
	assert_int_equal(node_parse_json(&sink, buf_slice(&text), NULL, NULL, &root).code, ERR_LIMIT);
	buf_done(&text);
}

/* Nine aliases of nine aliases ...: a billion values from a few hundred bytes. */
static void yaml_alias_bomb_is_bounded(void **state)
{
	(void)state;
	struct buf text = BUF_INIT(4096);
	struct node *root;
	buf_add_cstr(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++) {
		buf_printf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			buf_printf(&text, "%s*a%d", k ? "," : "", i - 1);
		buf_add_cstr(&text, "]\n");
	}
	assert_int_equal(node_parse_yaml(&sink, buf_slice(&text), NULL, &root).code, ERR_LIMIT);
	buf_done(&text);
}

/* A directive with bytes that are no UTF-8 keeps libfyaml busy for ever; a lone one at the end must come back
 * too. */
static void yaml_directives_come_back(void **state)
{
	(void)state;
	struct node *root;
	assert_int_equal(node_parse_yaml(&sink, SLICE("%\xd7"), NULL, &root).code, ERR_INVALID);
	assert_int_equal(node_parse_yaml(&sink, SLICE("%%jobs\xe6\xe6"), NULL, &root).code, ERR_INVALID);
	ignore_result(node_parse_yaml(&sink, SLICE("%YAML"), NULL, &root));
	ignore_result(node_parse_yaml(&sink, SLICE("%x"), NULL, &root));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(hcl_blocks_and_values), TEST(hcl_templates_and_heredocs),
	    TEST(hcl_recovers_after_a_broken_block), TEST(yaml_positions_aliases_and_merge),
	    TEST(json_positions), TEST(dockerfile_stages_and_commands), TEST(deep_nesting_is_bounded),
	    TEST(yaml_alias_bomb_is_bounded), TEST(yaml_directives_come_back)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
