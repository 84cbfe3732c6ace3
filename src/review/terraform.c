/*
 * Terraform: blocks to resources, and what var, local, module arguments and policy documents stand for.
 * Expressions are not evaluated; a reference that needs more than following names stays unknown.
 */
#include "review/module_calls.h"
#include "review/scope.h"

result terraform_read(struct scope *s, const struct document *d, struct error *err)
{
	static const char *const single[] = {
	    "module", "variable", "output", "provider", "terraform", "locals", NULL};
	if (slice_ends(d->path, SLICE(".tfvars")))
		return RESULT_OK;
	TRY(scope_add_resource(s, d, SLICE("file"), SLICE_NONE, d->root, d->root, err));
	for (struct node *b = d->root->first; b; b = b->next) {
		struct slice label = node_text_of(b, "%0");
		if (!b->block)
			continue;
		if (slice_eq_cstr(b->key, "resource")) {
			TRY(scope_add_resource(s, d, label, node_text_of(b, "%1"), b, b, err));
		} else if (slice_eq_cstr(b->key, "data")) {
			char *type = arena_printf(s->sink.arena, "data.%.*s", SLICE_ARG(label));
			if (!type)
				return error_set(err, ERR_LIMIT, "too many data blocks");
			TRY(scope_add_resource(s, d, slice_cstr(type), node_text_of(b, "%1"), b, b, err));
		}
		for (const char *const *k = single; *k; k++)
			if (slice_eq_cstr(b->key, *k))
				TRY(scope_add_resource(s, d, b->key, label, b, b, err));
	}
	return RESULT_OK;
}

/* One ".name" of a traversal off the front of *rest; empty when it is something else, like an index. */
static struct slice take_name(struct slice *rest)
{
	size_t i = 0;
	if (rest->len && rest->ptr[0] == '.')
		i = 1;
	size_t start = i;
	while (i < rest->len && rest->ptr[i] != '.' && rest->ptr[i] != '[' && rest->ptr[i] != ' ')
		i++;
	struct slice name = slice_of(rest->ptr + start, i - start);
	*rest = slice_of(rest->ptr + i, rest->len - i);
	return name;
}

static struct node *tfvars_value(const struct scope *s, struct slice name)
{
	for (size_t i = 0; i < s->document_count; i++) {
		const struct document *d = &s->documents[i];
		if (d->platform != PLATFORM_TERRAFORM || !slice_ends(d->path, SLICE(".tfvars")))
			continue;
		struct node *value = node_get(d->root, name);
		if (value)
			return value;
	}
	return NULL;
}

/* A caller's argument, copied once into this scope: the calls are shared between threads. */
static struct node *argument_value(struct scope *s, struct slice name)
{
	struct node *value = module_argument(s->calls, s->dir, name);
	if (!value)
		return NULL;
	char *key = arena_printf(s->sink.arena, "argument:%.*s", SLICE_ARG(name));
	struct node *known = key ? strmap_get(&s->by_type, slice_cstr(key)) : NULL;
	if (known || !key)
		return known;
	struct node *copy = node_clone(&s->sink, value, 0);
	if (copy && !is_ok(strmap_set(&s->by_type, slice_cstr(key), copy)))
		return NULL;
	return copy;
}

static struct node *variable_value(struct scope *s, struct slice name)
{
	struct node *value = argument_value(s, name);
	if (!value)
		value = tfvars_value(s, name);
	for (struct resource *r = scope_first(s, PLATFORM_TERRAFORM, SLICE("variable")); r && !value;
	     r = r->next_of_type)
		if (slice_eq(r->name, name))
			value = node_get_cstr(r->body, "default");
	return value && value->kind != NODE_NULL ? value : NULL;
}

static struct node *local_value(struct scope *s, struct slice name)
{
	for (struct resource *r = scope_first(s, PLATFORM_TERRAFORM, SLICE("locals")); r;
	     r = r->next_of_type) {
		struct node *value = node_get(r->body, name);
		if (value)
			return value;
	}
	return NULL;
}

static struct node *put(struct scope *s, struct node *parent, const char *key, const struct node *from)
{
	struct node *n = from ? node_clone(&s->sink, from, 0) : NULL;
	if (!n)
		return NULL;
	n->key = slice_cstr(key);
	node_append(parent, n);
	return n;
}

/* principals { type = "AWS" identifiers = [...] } blocks become {"AWS": [...]}; anyone at all becomes "*". */
static void put_principals(struct scope *s, struct node *statement, const struct node *block, const char *key)
{
	struct node *map = node_new(&s->sink, NODE_MAP);
	if (!map)
		return;
	map->key = slice_cstr(key);
	map->line = block->line;
	map->col = block->col;
	char *type = arena_cstr(s->sink.arena, node_text_of(block, "type"));
	if (type && put(s, map, strcmp(type, "*") == 0 ? "AWS" : type, node_get_cstr(block, "identifiers")))
		node_append(statement, map);
}

/* condition { test variable values } becomes {test: {variable: values}}. */
static void put_condition(struct scope *s, struct node *statement, const struct node *block)
{
	struct node *all = node_get_cstr(statement, "Condition");
	struct node *test = node_new(&s->sink, NODE_MAP);
	char *operator= arena_cstr(s->sink.arena, node_text_of(block, "test"));
	char *variable = arena_cstr(s->sink.arena, node_text_of(block, "variable"));
	if (!all) {
		all = node_new(&s->sink, NODE_MAP);
		if (!all)
			return;
		all->key = SLICE("Condition");
		all->line = block->line;
		node_append(statement, all);
	}
	if (!test || !operator|| !variable || !put(s, test, variable, node_get_cstr(block, "values")))
		return;
	test->key = slice_cstr(operator);
	test->line = block->line;
	node_append(all, test);
}

static struct node *statement_of(struct scope *s, const struct node *block)
{
	static const struct {
		const char *from;
		const char *to;
	} keys[] = {{"effect", "Effect"}, {"actions", "Action"}, {"not_actions", "NotAction"},
	    {"resources", "Resource"}, {"not_resources", "NotResource"}, {"sid", "Sid"},
	    {"condition", "Condition"}};
	struct node *statement = node_new(&s->sink, NODE_MAP);
	if (!statement)
		return NULL;
	statement->line = block->line;
	statement->col = block->col;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		(void)put(s, statement, keys[i].to, node_get_cstr(block, keys[i].from));
	if (!node_get_cstr(statement, "Effect")) {
		struct node *effect = node_new(&s->sink, NODE_STRING);
		if (!effect)
			return NULL;
		effect->key = SLICE("Effect");
		effect->text = SLICE("Allow");
		effect->line = block->line;
		node_append(statement, effect);
	}
	for (const struct node *c = block->first; c; c = c->next) {
		if (slice_eq_cstr(c->key, "principals"))
			put_principals(s, statement, c, "Principal");
		else if (slice_eq_cstr(c->key, "condition"))
			put_condition(s, statement, c);
		else if (slice_eq_cstr(c->key, "not_principals"))
			put_principals(s, statement, c, "NotPrincipal");
	}
	return statement;
}

/* data "aws_iam_policy_document" as the JSON policy it renders, kept under the block's key "%policy". */
static struct node *policy_document(struct scope *s, struct slice name)
{
	struct resource *r = scope_first(s, PLATFORM_TERRAFORM, SLICE("data.aws_iam_policy_document"));
	while (r && !slice_eq(r->name, name))
		r = r->next_of_type;
	if (!r)
		return NULL;
	struct node *known = node_get_cstr(r->body, "%policy");
	if (known)
		return known;
	struct node *policy = node_new(&s->sink, NODE_MAP);
	struct node *list = node_new(&s->sink, NODE_LIST);
	if (!policy || !list)
		return NULL;
	policy->key = SLICE("%policy");
	policy->line = list->line = r->body->line;
	policy->col = list->col = r->body->col;
	list->key = SLICE("Statement");
	node_append(policy, list);
	for (const struct node *c = r->body->first; c; c = c->next) {
		struct node *statement = slice_eq_cstr(c->key, "statement") ? statement_of(s, c) : NULL;
		if (statement)
			node_append(list, statement);
	}
	node_append(r->body, policy);
	return policy;
}

static struct node *follow(struct scope *s, const struct document *d, struct node *n, struct slice rest)
{
	while (n && rest.len) {
		struct slice name = take_name(&rest);
		n = scope_resolve(s, d, n);
		n = name.len && n ? node_get(n, name) : NULL;
	}
	return n;
}

struct node *terraform_resolve(struct scope *s, const struct document *d, struct node *ref)
{
	static const struct {
		struct slice prefix;
		struct node *(*value)(struct scope *s, struct slice name);
		bool whole;
	} sources[] = {
	    {SLICE("var."), variable_value, false},
	    {SLICE("local."), local_value, false},
	    {SLICE("data.aws_iam_policy_document."), policy_document, true},
	};
	for (size_t i = 0; i < sizeof sources / sizeof *sources && !ref->resolving; i++) {
		if (!slice_starts(ref->text, sources[i].prefix))
			continue;
		struct slice rest =
		    slice_of(ref->text.ptr + sources[i].prefix.len, ref->text.len - sources[i].prefix.len);
		struct slice name = take_name(&rest);
		ref->resolving = true;
		struct node *value = sources[i].value(s, name);
		if (value && !sources[i].whole)
			value = follow(s, d, value, rest);
		ref->resolving = false;
		return value;
	}
	return NULL;
}
