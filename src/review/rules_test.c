/*
 * The tests inside rules: each text of "bad" must give a finding of the rule, each of "good" none. Short
 * texts are completed to a file of the platform (an attribute becomes a resource with it), so that a rule's
 * tests read like its condition.
 */
#include "base/buf.h"
#include "review/rules.h"

#define TEST_ARENA_MAX ((size_t)64 << 20)

static bool has(struct slice s, const char *what)
{
	return s.len && memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

static void add_indented(struct buf *b, struct slice text, const char *indent)
{
	for (struct slice rest = text; rest.ptr;) {
		struct slice line = slice_cut(&rest, '\n');
		buf_printf(b, "%s%.*s\n", indent, SLICE_ARG(line));
	}
}

static void complete_terraform(struct buf *b, const struct rule *rule, struct slice text)
{
	static const char *const blocks[] = {"resource \"", "data \"", "module \"", "variable \"",
	    "provider \"", "output \"", "terraform {", NULL};
	for (const char *const *k = blocks; *k; k++)
		if (has(text, *k)) {
			buf_add_slice(b, text);
			return;
		}
	struct slice type = rule->types[0];
	bool data = slice_starts(type, SLICE("data."));
	if (data)
		type = slice_of(type.ptr + 5, type.len - 5);
	buf_printf(b, "%s \"%.*s\" \"test\" {\n%.*s\n}\n", data ? "data" : "resource", SLICE_ARG(type),
	    SLICE_ARG(text));
}

static void complete_cloudformation(struct buf *b, const struct rule *rule, struct slice text)
{
	if (has(text, "Resources:")) {
		buf_add_slice(b, text);
		return;
	}
	buf_printf(b, "Resources:\n  Test:\n    Type: %.*s\n    Properties:\n", SLICE_ARG(rule->types[0]));
	add_indented(b, text, "      ");
}

static void complete_kubernetes(struct buf *b, const struct rule *rule, struct slice text)
{
	(void)rule;
	if (slice_starts(text, SLICE("container: "))) {
		text = slice_of(text.ptr + 11, text.len - 11);
		buf_printf(b,
		    "apiVersion: v1\nkind: Pod\nmetadata: {name: test}\nspec:\n  containers: [%.*s]\n",
		    SLICE_ARG(text));
	} else if (slice_starts(text, SLICE("pod: "))) {
		text = slice_of(text.ptr + 5, text.len - 5);
		buf_printf(
		    b, "apiVersion: v1\nkind: Pod\nmetadata: {name: test}\nspec: %.*s\n", SLICE_ARG(text));
	} else if (text.len && text.ptr[0] == '{') {
		buf_printf(b, "{apiVersion: v1, %.*s", SLICE_ARG(slice_of(text.ptr + 1, text.len - 1)));
	} else {
		buf_add_cstr(b, "# apiVersion\n");
		buf_add_slice(b, text);
	}
}

static void complete_compose(struct buf *b, const struct rule *rule, struct slice text)
{
	(void)rule;
	if (!has(text, "services:"))
		buf_add_cstr(b, "services:\n  test:\n    image: app\n");
	add_indented(b, text, has(text, "services:") ? "" : "    ");
}

static void complete_dockerfile(struct buf *b, const struct rule *rule, struct slice text)
{
	(void)rule;
	if (!has(text, "FROM"))
		buf_add_cstr(b, "FROM alpine:3.19\n");
	buf_add_slice(b, text);
}

static void complete_github(struct buf *b, const struct rule *rule, struct slice text)
{
	(void)rule;
	if (!slice_starts(text, SLICE("step: "))) {
		buf_add_slice(b, text);
		return;
	}
	text = slice_of(text.ptr + 6, text.len - 6);
	buf_printf(
	    b, "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps: [%.*s]\n", SLICE_ARG(text));
}

static void complete_serverless(struct buf *b, const struct rule *rule, struct slice text)
{
	(void)rule;
	if (!has(text, "service:"))
		buf_add_cstr(b, "service: test\n");
	if (!has(text, "provider:"))
		buf_add_cstr(b, "provider: {name: aws}\n");
	buf_add_slice(b, text);
}

static void complete_genezio(struct buf *b, const struct rule *rule, struct slice text)
{
	(void)rule;
	buf_printf(b, "name: test\n%.*s", SLICE_ARG(text));
}

static const struct {
	const char *file;
	void (*complete)(struct buf *b, const struct rule *rule, struct slice text);
} kinds[PLATFORM_COUNT] = {
    [PLATFORM_TERRAFORM] = {"main.tf", complete_terraform},
    [PLATFORM_CLOUDFORMATION] = {"template.yaml", complete_cloudformation},
    [PLATFORM_SERVERLESS] = {"serverless.yml", complete_serverless},
    [PLATFORM_KUBERNETES] = {"app.yaml", complete_kubernetes},
    [PLATFORM_COMPOSE] = {"docker-compose.yml", complete_compose},
    [PLATFORM_DOCKERFILE] = {"Dockerfile", complete_dockerfile},
    [PLATFORM_GITHUB] = {".github/workflows/test.yml", complete_github},
    [PLATFORM_GENEZIO] = {"genezio.yaml", complete_genezio},
};

static result count_findings(const struct rules *rules, const struct rule *rule, struct slice text,
    struct error *err, size_t *ret_count)
{
	struct arena arena = ARENA_INIT(TEST_ARENA_MAX);
	struct buf file = BUF_INIT(1u << 20);
	struct scope scope;
	struct findings findings;
	findings_init(&findings, 1000);
	scope_init(&scope, &arena, SLICE_NONE, NULL);
	kinds[rule->platform].complete(&file, rule, text);
	result done = scope_add_file(&scope, slice_cstr(kinds[rule->platform].file), buf_slice(&file), err);
	if (is_ok(done))
		done = scope_link(&scope, err);
	if (is_ok(done) && scope.document_count == 0)
		done = error_set(err, ERR_INVALID, "the test is not recognised as a file of its platform");
	if (is_ok(done))
		done = rules_run(rules, rule, &scope, &findings, err);
	*ret_count = findings.count;
	scope_done(&scope);
	findings_done(&findings);
	buf_done(&file);
	arena_done(&arena);
	return done;
}

static bool test_list(
    const struct rules *rules, const struct rule *rule, const struct node *list, bool bad, struct error *err)
{
	for (const struct node *n = list->kind == NODE_LIST ? list->first : list; n;
	     n = list->kind == NODE_LIST ? n->next : NULL) {
		size_t count = 0;
		if (!is_ok(count_findings(rules, rule, n->text, err, &count)))
			return false;
		if ((count > 0) == bad)
			continue;
		ignore_result(error_set(err, ERR_INVALID, "%s text is %s: %.*s", bad ? "bad" : "good",
		    bad ? "not found" : "found", SLICE_ARG(n->text)));
		return false;
	}
	return true;
}

bool rule_test(const struct rules *rules, const struct rule *rule, struct error *err)
{
	if (!rule->bad || !rule->good) {
		ignore_result(error_set(err, ERR_INVALID, "a rule needs tests: bad and good"));
		return false;
	}
	return test_list(rules, rule, rule->bad, true, err) && test_list(rules, rule, rule->good, false, err);
}
