/*
 * CloudFormation and SAM: functions become references, lists of alternatives or joined text, then each entry
 * of Resources is a resource. docs.aws.amazon.com/AWSCloudFormation: intrinsic function reference.
 */
#include "review/scope.h"

static void become_reference(struct node *n, struct slice text)
{
	n->kind = NODE_REF;
	n->text = text;
	n->first = n->last = NULL;
	n->count = 0;
}

static void become(struct node *n, const struct node *value)
{
	n->kind = value->kind;
	n->text = value->text;
	n->first = value->first;
	n->last = value->last;
	n->count = value->count;
	for (struct node *c = n->first; c; c = c->next)
		c->parent = n;
}

static bool text_has(struct slice s, const char *what)
{
	return s.len && memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

/* "a.b", or ["a", "b"] as "a.b". */
static void get_att(struct scope *s, struct node *n, const struct node *value)
{
	const struct node *first = value->first;
	if (value->kind != NODE_LIST || !first || !first->next) {
		become_reference(n, value->text);
		return;
	}
	char *text =
	    arena_printf(s->sink.arena, "%.*s.%.*s", SLICE_ARG(first->text), SLICE_ARG(first->next->text));
	become_reference(n, slice_cstr(text));
}

static void sub(struct node *n, const struct node *value)
{
	struct slice text = value->kind == NODE_LIST && value->first ? value->first->text : value->text;
	become_reference(n, text);
	if (!text_has(text, "${"))
		n->kind = NODE_STRING;
}

/* The text of all parts, references as ${X}: enough to match patterns and to find names. */
static void join(struct scope *s, struct node *n, const struct node *value)
{
	const struct node *separator = value->kind == NODE_LIST ? value->first : NULL;
	const struct node *parts = separator ? separator->next : NULL;
	char *text = arena_printf(s->sink.arena, "%s", "");
	bool literal = parts && parts->kind == NODE_LIST;
	if (!literal || parts->count > 256) {
		become_reference(n, SLICE("Fn::Join"));
		return;
	}
	for (const struct node *p = parts->first; p && text; p = p->next) {
		literal = literal && p->kind != NODE_REF && node_is_scalar(p);
		text = arena_printf(s->sink.arena, p->kind == NODE_REF ? "%s%.*s${%.*s}" : "%s%.*s%.*s", text,
		    SLICE_ARG(p == parts->first ? SLICE_NONE : separator->text), SLICE_ARG(p->text));
	}
	become_reference(n, slice_cstr(text));
	if (literal)
		n->kind = NODE_STRING;
}

/* [condition, then, else] leaves a list of the two branches, without AWS::NoValue: a path visits both. */
static void choose(struct node *n, const struct node *value)
{
	struct node *then = value->first ? value->first->next : NULL;
	struct node *otherwise = then ? then->next : NULL;
	n->kind = NODE_LIST;
	n->first = n->last = NULL;
	n->count = 0;
	struct node *branches[] = {then, otherwise};
	for (size_t i = 0; i < 2; i++)
		if (branches[i] &&
		    !(branches[i]->kind == NODE_REF && slice_eq_cstr(branches[i]->text, "AWS::NoValue")))
			node_append(n, branches[i]);
}

static void apply(struct scope *s, struct node *n)
{
	struct node *value = n->first;
	if (n->kind != NODE_MAP || n->count != 1 || value->key.len == 0)
		return;
	struct slice f = value->key;
	if (slice_eq_cstr(f, "Ref") && node_is_scalar(value)) {
		struct slice text = value->text;
		become_reference(n, text);
		if (slice_eq_cstr(text, "AWS::NoValue"))
			n->kind = NODE_NULL;
	} else if (slice_eq_cstr(f, "Fn::GetAtt")) {
		get_att(s, n, value);
	} else if (slice_eq_cstr(f, "Fn::Sub")) {
		sub(n, value);
	} else if (slice_eq_cstr(f, "Fn::Join")) {
		join(s, n, value);
	} else if (slice_eq_cstr(f, "Fn::If") && value->kind == NODE_LIST) {
		choose(n, value);
	} else if (slice_eq_cstr(f, "Fn::Base64")) {
		become(n, value);
	} else if (slice_starts(f, SLICE("Fn::"))) {
		become_reference(n, value->text.len ? value->text : f);
	}
}

/* Inner functions first, so that a Join sees the references in it. Depth is bounded by the parsers. */
static void apply_all(struct scope *s, struct node *n)
{
	for (struct node *c = n->first; c; c = c->next)
		apply_all(s, c);
	apply(s, n);
}

static struct node *properties_of(struct scope *s, struct node *whole)
{
	struct node *written = node_get_cstr(whole, "Properties");
	if (written && written->kind == NODE_MAP)
		return written;
	struct node *properties = node_new(&s->sink, NODE_MAP);
	const struct node *place = written ? written : whole;
	if (!properties)
		return NULL;
	properties->line = place->line;
	properties->col = place->col;
	properties->end_col = place->end_col;
	properties->end_line = place->line;
	properties->parent = whole;
	return properties;
}

result cloudformation_read(struct scope *s, const struct document *d, struct error *err)
{
	struct node *resources = node_get_cstr(d->root, "Resources");
	if (d->platform == PLATFORM_CLOUDFORMATION) {
		apply_all(s, d->root);
		TRY(scope_add_resource(s, d, SLICE("template"), SLICE_NONE, d->root, d->root, err));
	}
	for (struct node *r = resources ? resources->first : NULL; r; r = r->next) {
		struct slice type = node_text_of(r, "Type");
		struct node *body = type.len ? properties_of(s, r) : NULL;
		if (body)
			TRY(scope_add_resource(s, d, type, r->key, body, r, err));
	}
	struct node *parameters = node_get_cstr(d->root, "Parameters");
	for (struct node *p = parameters ? parameters->first : NULL; p; p = p->next)
		TRY(scope_add_resource(s, d, SLICE("parameter"), p->key, p, p, err));
	return RESULT_OK;
}

struct node *cloudformation_resolve(struct scope *s, const struct document *d, struct node *ref)
{
	(void)s;
	struct node *parameter = node_get(node_get_cstr(d->root, "Parameters"), ref->text);
	struct node *value = node_get_cstr(parameter, "Default");
	return value && value->kind != NODE_REF ? value : NULL;
}

result serverless_read(struct scope *s, const struct document *d, struct error *err)
{
	TRY(scope_add_resource(
	    s, d, SLICE("service"), node_text_of(d->root, "service"), d->root, d->root, err));
	struct node *functions = node_get_cstr(d->root, "functions");
	for (struct node *f = functions ? functions->first : NULL; f; f = f->next)
		TRY(scope_add_resource(s, d, SLICE("function"), f->key, f, f, err));
	struct node *resources = node_get_cstr(d->root, "resources");
	struct node *inner = node_get_cstr(resources, "Resources");
	if (!inner)
		return RESULT_OK;
	apply_all(s, resources);
	struct document *template = arena_zalloc(s->sink.arena, sizeof *template);
	if (!template)
		return error_set(err, ERR_LIMIT, "too many templates");
	*template = *d;
	template->platform = PLATFORM_CLOUDFORMATION;
	for (struct node *r = inner->first; r; r = r->next) {
		struct slice type = node_text_of(r, "Type");
		struct node *body = type.len ? properties_of(s, r) : NULL;
		if (body)
			TRY(scope_add_resource(s, template, type, r->key, body, r, err));
	}
	return RESULT_OK;
}
