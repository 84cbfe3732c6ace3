/* Granted against used. Called by the engine once a project; reads the few files that grant rights to
 * functions again. */
#include "review/privilege.h"

#include <stdlib.h>

#include "base/buf.h"
#include "review/code/syntax.h"
#include "review/ignore.h"
#include "review/scope.h"
#include "review/suppress.h"

struct comparison {
	const struct code_rule *wildcard;
	const struct code_rule *unused;
	const struct sdk_calls *calls;
	struct findings *findings;
	struct scope *scope;
	const struct document *document;
	struct slice under; /* code that runs with the right: files whose path begins with it */
	struct slice subject;
	struct error *err;
	result done;
};

/* Rights that the platform uses on the function's behalf, or that no call in code shows. */
static const char *const platform_rights[] = {"logs:*", "xray:*", "cloudwatch:PutMetricData",
    "ec2:*NetworkInterface*", "kms:*", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream",
    "dynamodb:ListStreams", "kinesis:Get*", "kinesis:Describe*", "kinesis:List*", "kafka*:*",
    "sts:AssumeRole", "ssm:GetParameter*", "execute-api:*", "iam:PassRole", "lambda:InvokeFunction", NULL};

static bool is_platform_right(struct slice action)
{
	for (const char *const *p = platform_rights; *p; p++)
		if (glob_match(slice_cstr(*p), action))
			return true;
	return false;
}

static bool is_wildcard(struct slice action)
{
	return memchr(action.ptr, '*', action.len) != NULL;
}

/* The actions that code under the path needs and the granted pattern covers, each once, as a list for the
 * fix. */
static size_t list_used(const struct comparison *c, struct slice granted, struct buf *fix, struct buf *names)
{
	size_t count = 0;
	for (size_t i = 0; i < c->calls->count && count < 30; i++) {
		const struct sdk_call *call = &c->calls->items[i];
		if (!slice_starts(call->file, c->under) || !glob_match(granted, call->action))
			continue;
		bool repeated =
		    names->len && memmem(names->ptr, names->len, call->action.ptr, call->action.len);
		if (repeated)
			continue;
		buf_printf(fix, "\n  - %.*s", SLICE_ARG(call->action));
		buf_printf(names, "%s%.*s", count ? ", " : "", SLICE_ARG(call->action));
		count++;
	}
	return count;
}

static bool any_call(const struct comparison *c)
{
	for (size_t i = 0; i < c->calls->count; i++)
		if (slice_starts(c->calls->items[i].file, c->under))
			return true;
	return false;
}

static void report(struct comparison *c, const struct code_rule *rule, const struct node *at,
    struct slice message, struct slice fix)
{
	while (at->embedded && at->parent)
		at = at->parent;
	while (at->key.len == 0 && at->parent && at->parent->kind == NODE_LIST && at->line == 0)
		at = at->parent;
	struct finding f = {.rule = &rule->info,
	    .file = c->document->path,
	    .line = at->line,
	    .col = at->col,
	    .end_line = at->line,
	    .end_col = at->end_col,
	    .message = message,
	    .fix = fix,
	    .subject = message};
	size_t before = c->findings->count;
	c->done = findings_add(c->findings, &f, message, c->err);
	if (is_ok(c->done) && c->findings->count > before)
		suppress_by_comment(&c->findings->items[before], c->document->bytes, &c->findings->arena);
}

static void check_action(struct comparison *c, const struct node *action)
{
	struct buf fix = BUF_INIT(8192);
	struct buf names = BUF_INIT(8192);
	struct buf message = BUF_INIT(8192);
	struct slice granted = action->text;
	buf_add_cstr(&fix, "Action:");
	size_t used = list_used(c, granted, &fix, &names);
	if (is_wildcard(granted) && used > 0) {
		buf_printf(&message, "%.*s is granted %.*s, its code needs %.*s", SLICE_ARG(c->subject),
		    SLICE_ARG(granted), SLICE_ARG(buf_slice(&names)));
		report(c, c->wildcard, action, buf_slice(&message), buf_slice(&fix));
	} else if (used == 0 && !is_platform_right(granted) && !slice_eq_cstr(granted, "*") && any_call(c)) {
		buf_printf(&message, "%.*s is granted %.*s, no code calls it", SLICE_ARG(c->subject),
		    SLICE_ARG(granted));
		report(c, c->unused, action, buf_slice(&message), SLICE_NONE);
	}
	buf_done(&fix);
	buf_done(&names);
	buf_done(&message);
}

static void check_statement(struct comparison *c, struct node *statement)
{
	if (slice_eq_cstr(node_text_of(statement, "Effect"), "Deny"))
		return;
	struct node *actions = node_get_cstr(statement, "Action");
	actions = actions ? scope_resolve(c->scope, c->document, actions) : NULL;
	if (!actions)
		return;
	if (node_is_scalar(actions) && actions->kind == NODE_STRING) {
		check_action(c, actions);
		return;
	}
	for (const struct node *a = actions->first; a && is_ok(c->done); a = a->next)
		if (a->kind == NODE_STRING)
			check_action(c, a);
}

static void check_statements(struct comparison *c, struct node *n)
{
	n = n ? scope_resolve(c->scope, c->document, n) : NULL;
	if (!n)
		return;
	if (n->kind == NODE_MAP) {
		struct node *inner = node_get_cstr(n, "Statement");
		if (inner)
			check_statements(c, inner);
		else
			check_statement(c, n);
		return;
	}
	for (struct node *s = n->first; s && n->kind == NODE_LIST && is_ok(c->done); s = s->next)
		check_statements(c, s);
}

/* "src/pay.handler" below dir: the files "dir/src/pay". */
static struct slice handler_files(struct scope *s, struct slice dir, struct slice code, struct slice handler)
{
	size_t dot = handler.len;
	while (dot > 0 && handler.ptr[dot - 1] != '.')
		dot--;
	struct slice stem = dot ? slice_of(handler.ptr, dot - 1) : handler;
	if (slice_starts(code, SLICE("./")))
		code = slice_of(code.ptr + 2, code.len - 2);
	if (slice_eq_cstr(code, "."))
		code = SLICE_NONE;
	bool slash = code.len && code.ptr[code.len - 1] != '/';
	return slice_cstr(arena_printf(s->sink.arena, "%.*s%.*s%s%.*s", SLICE_ARG(dir), SLICE_ARG(code),
	    slash ? "/" : "", SLICE_ARG(stem)));
}

static struct node *path_of(struct node *n, const char *const *keys)
{
	for (; *keys && n; keys++)
		n = node_get_cstr(n, *keys);
	return n;
}

static void check_serverless(struct comparison *c, const struct resource *r)
{
	static const char *const role[] = {"provider", "iam", "role", "statements", NULL};
	static const char *const old_role[] = {"provider", "iamRoleStatements", NULL};
	if (slice_eq_cstr(r->type, "service")) {
		c->subject = SLICE("the functions' role");
		check_statements(c, path_of(r->body, role));
		check_statements(c, path_of(r->body, old_role));
	} else if (slice_eq_cstr(r->type, "function")) {
		c->subject = r->name;
		c->under =
		    handler_files(c->scope, c->scope->dir, SLICE_NONE, node_text_of(r->body, "handler"));
		check_statements(c, node_get_cstr(r->body, "iamRoleStatements"));
	}
}

static void check_sam(struct comparison *c, const struct resource *r)
{
	if (!slice_eq_cstr(r->type, "AWS::Serverless::Function"))
		return;
	c->subject = r->name;
	c->under = handler_files(
	    c->scope, c->scope->dir, node_text_of(r->body, "CodeUri"), node_text_of(r->body, "Handler"));
	struct slice whole = c->scope->dir;
	if (!any_call(c))
		c->under = whole; /* bundled or compiled elsewhere: all code below the template */
	check_statements(c, node_get_cstr(r->body, "Policies"));
}

/* Policies of the role that a function names. */
static void check_terraform(struct comparison *c, const struct resource *function)
{
	struct node *role = node_get_cstr(function->body, "role");
	if (!slice_eq_cstr(function->type, "aws_lambda_function") || !role)
		return;
	struct resource *r = scope_first(c->scope, PLATFORM_TERRAFORM, SLICE("aws_iam_role"));
	for (; r; r = r->next_of_type) {
		if (!scope_refers(c->scope, role, r))
			continue;
		struct resource *p = scope_first(c->scope, PLATFORM_TERRAFORM, SLICE("aws_iam_role_policy"));
		for (; p; p = p->next_of_type) {
			struct node *target = node_get_cstr(p->body, "role");
			if (!target || !scope_refers(c->scope, target, r))
				continue;
			c->subject = function->name;
			c->document = p->document;
			check_statements(c, node_get_cstr(p->body, "policy"));
		}
	}
}

static void check_scope(struct comparison *c)
{
	for (size_t i = 0; i < c->scope->resource_count && is_ok(c->done); i++) {
		const struct resource *r = c->scope->resources[i];
		c->document = r->document;
		c->under = c->scope->dir;
		if (r->document->platform == PLATFORM_SERVERLESS)
			check_serverless(c, r);
		else if (r->document->platform == PLATFORM_CLOUDFORMATION)
			check_sam(c, r);
		else if (r->document->platform == PLATFORM_TERRAFORM) {
			c->under = SLICE_NONE; /* the code may lie anywhere in the project */
			check_terraform(c, r);
		}
	}
}

static bool grants_rights(struct slice path, struct slice bytes)
{
	return scope_wants(path) && memmem(bytes.ptr, bytes.len, "ction", 5) &&
	       (memmem(bytes.ptr, bytes.len, "iamRoleStatements", 17) ||
		   memmem(bytes.ptr, bytes.len, "statements", 10) ||
		   memmem(bytes.ptr, bytes.len, "AWS::Serverless::Function", 25) ||
		   memmem(bytes.ptr, bytes.len, "aws_lambda_function", 19) ||
		   memmem(bytes.ptr, bytes.len, "aws_iam_role_policy", 19));
}

static struct slice dir_of(struct slice path)
{
	return slice_of(path.ptr, path.len - path_base(path).len);
}

/* Files of one directory that grant rights, as one scope. */
static result compare_directory(
    struct comparison *c, const struct file_set *set, size_t first, struct error *err)
{
	struct arena arena = ARENA_INIT((size_t)256 << 20);
	struct scope scope;
	struct slice loaded[64];
	size_t count = 0;
	struct slice dir = dir_of(set->files[first].path);
	scope_init(&scope, &arena, dir, NULL);
	for (size_t i = first; i < set->count && count < 64; i++) {
		const struct file_entry *f = &set->files[i];
		if (!slice_eq(dir_of(f->path), dir) || f->too_large || !scope_wants(f->path))
			continue;
		if (!is_ok(file_set_read(set, f, NULL, &loaded[count])))
			continue;
		count++;
		ignore_result(
		    scope_add_file(&scope, f->path, loaded[count - 1], NULL)); /* told by the first reading */
	}
	c->scope = &scope;
	result r = scope_link(&scope, err);
	if (is_ok(r))
		check_scope(c);
	for (size_t i = 0; i < count; i++)
		file_bytes_free(loaded[i]);
	scope_done(&scope);
	arena_done(&arena);
	return is_ok(r) ? c->done : r;
}

static void collect_calls(const struct file_set *set, struct sdk_calls *calls)
{
	for (size_t i = 0; i < set->count; i++) {
		struct slice bytes;
		if (!syntax_wants(set->files[i].path) || set->files[i].size_bytes > (4u << 20) ||
		    !is_ok(file_set_read(set, &set->files[i], NULL, &bytes)))
			continue;
		sdk_calls_of(calls, set->files[i].path, bytes);
		file_bytes_free(bytes);
	}
}

static result compare_all(struct comparison *c, const struct file_set *set, struct error *err)
{
	struct slice before = {.ptr = NULL};
	for (size_t i = 0; i < set->count; i++) {
		struct slice bytes;
		const struct file_entry *f = &set->files[i];
		if (!scope_wants(f->path) || f->size_bytes > (1u << 20) ||
		    (before.ptr && slice_eq(dir_of(f->path), before)))
			continue;
		if (!is_ok(file_set_read(set, f, NULL, &bytes)))
			continue;
		bool grants = grants_rights(f->path, bytes);
		file_bytes_free(bytes);
		if (!grants)
			continue;
		before = dir_of(f->path);
		size_t first = i;
		while (first > 0 && slice_eq(dir_of(set->files[first - 1].path), before))
			first--;
		TRY(compare_directory(c, set, first, err));
	}
	return RESULT_OK;
}

result privilege_run(
    const struct code_rules *rules, const struct file_set *set, struct findings *findings, struct error *err)
{
	struct arena arena = ARENA_INIT((size_t)32 << 20);
	struct sdk_calls calls = {.arena = &arena};
	struct comparison c = {.wildcard = code_rules_detector(rules, "over-privilege"),
	    .unused = code_rules_detector(rules, "unused-privilege"),
	    .calls = &calls,
	    .findings = findings,
	    .err = err};
	if (!c.wildcard || !c.unused)
		return RESULT_OK;
	collect_calls(set, &calls);
	result r = calls.count ? compare_all(&c, set, err) : RESULT_OK;
	free(calls.items);
	arena_done(&arena);
	return r;
}
