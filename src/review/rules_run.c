/* Running compiled rules on a scope. Called by the engine for each directory, and by rule_test(). */
#include "base/buf.h"
#include "review/ignore.h"
#include "review/rules.h"

struct run {
	const struct rule *rule;
	const struct resource *resource;
	struct scope *scope;
	struct evaluation *ev;
	struct findings *findings;
	struct error *err;
	result done;
};

static void describe(struct buf *b, const struct run *r)
{
	buf_add_slice(b, r->resource->type);
	if (r->resource->name.len) {
		buf_add_char(b, '.');
		buf_add_slice(b, r->resource->name);
	}
}

/* Keys from the resource down to the node, list elements by their place: stable when lines move. */
static void add_trail(struct buf *b, const struct node *n, const struct node *root, unsigned depth)
{
	if (!n || n == root || depth > 32)
		return;
	add_trail(b, n->parent, root, depth + 1);
	buf_add_char(b, '/');
	if (n->key.len) {
		buf_add_slice(b, n->key);
		return;
	}
	unsigned index = 0;
	for (const struct node *c = n->parent ? n->parent->first : NULL; c && c != n; c = c->next)
		index++;
	buf_printf(b, "%u", index);
}

static void write_message(struct buf *b, const struct run *r, const struct rule_check *check)
{
	describe(b, r);
	buf_add_cstr(b, ": ");
	if (check->message.len)
		buf_add_slice(b, check->message);
	else
		buf_add_cstr(b, r->rule->info.title);
}

/* The named node that a place belongs to: an element of a list of scalars is shown by the list's key. */
static const struct node *named(const struct node *n)
{
	while (n && n->key.len == 0 && node_is_scalar(n) && n->parent && n->parent->kind == NODE_LIST)
		n = n->parent;
	return n;
}

static void report(struct run *r, const struct rule_check *check, const struct node *where)
{
	while (where->embedded && !r->rule->inside && where->parent)
		where = where->parent;
	if (!r->rule->item)
		where = named(where);
	struct buf message = BUF_INIT(4096);
	struct buf subject = BUF_INIT(4096);
	write_message(&message, r, check);
	describe(&subject, r);
	add_trail(&subject, where, r->resource->body, 0);
	struct finding f = {
	    .rule = &r->rule->info,
	    .file = r->resource->document->path,
	    .line = where->line,
	    .col = where->col,
	    .end_line = where->line,
	    .end_col = where->end_col,
	    .message = buf_slice(&message),
	    .subject = buf_slice(&subject),
	};
	bool scalar = where->end_byte > where->start_byte && !where->embedded &&
		      (where->kind == NODE_BOOL || where->kind == NODE_NUMBER);
	if (r->rule->set.len && scalar)
		f.edit = (struct finding_edit){true, where->start_byte, where->end_byte, r->rule->set};
	r->done = findings_add(r->findings, &f, SLICE_NONE, r->err);
	buf_done(&message);
	buf_done(&subject);
}

static void ask_element(void *arg, struct node *element)
{
	struct run *r = arg;
	for (const struct rule_check *c = r->rule->checks; c && is_ok(r->done); c = c->next) {
		r->ev->current = element;
		struct verdict v = expr_evaluate(r->ev, c->when);
		if (v.truth != TRUTH_TRUE)
			continue;
		const struct node *where = v.where;
		r->ev->current = element;
		if (c->at_resource)
			where = r->resource->whole;
		else if (c->at)
			where = path_place(r->ev, c->at);
		if (!where)
			where =
			    element == r->resource->body && !element->key.len ? r->resource->whole : element;
		report(r, c, where);
	}
}

static result run_rule(const struct rule *rule, const struct resource *resource, struct scope *scope,
    pcre2_match_data *match, struct findings *findings, struct error *err)
{
	struct evaluation ev = {
	    .scope = scope, .resource = resource, .current = resource->body, .match = match};
	struct run r = {
	    .rule = rule, .resource = resource, .scope = scope, .ev = &ev, .findings = findings, .err = err};
	if (rule->each)
		path_each(&ev, rule->each, ask_element, &r);
	else
		ask_element(&r, resource->body);
	return r.done;
}

static bool selects(const struct rule *rule, struct slice type)
{
	for (size_t i = 0; i < rule->type_count; i++)
		if (slice_eq(rule->types[i], type) || glob_match(rule->types[i], type))
			return true;
	return false;
}

struct pass {
	const struct rules *rules;
	const struct rule *only;
	struct scope *scope;
	pcre2_match_data *match;
	struct findings *findings;
	struct error *err;
};

/* Rules listed under `listed` that look at resources of `type`. */
static result run_list(const struct pass *p, const struct resource *r, struct slice listed, struct slice type)
{
	struct buf key = BUF_INIT(512);
	buf_printf(&key, "%u:%.*s", (unsigned)r->document->platform, SLICE_ARG(listed));
	const struct rule_list *l = strmap_get(&p->rules->by_type, buf_slice(&key));
	buf_done(&key);
	for (; l; l = l->next)
		if ((!p->only || l->rule == p->only) && selects(l->rule, type))
			TRY(run_rule(l->rule, r, p->scope, p->match, p->findings, p->err));
	return RESULT_OK;
}

/* A call of a known registry module stands for the resources the module makes. "//part" of a source is its
 * submodule. */
static result run_module(const struct pass *p, const struct resource *r)
{
	struct slice source = node_text_of(r->body, "source");
	const char *part = source.len ? memmem(source.ptr, source.len, "//", 2) : NULL;
	if (part)
		source.len = (size_t)(part - source.ptr);
	const struct node *types = strmap_get(&p->rules->modules, source);
	for (const struct node *t = types ? types->first : NULL; t; t = t->next)
		TRY(run_list(p, r, t->text, t->text));
	return RESULT_OK;
}

static result run_all(const struct pass *p)
{
	for (size_t i = 0; i < p->scope->resource_count; i++) {
		const struct resource *r = p->scope->resources[i];
		TRY(run_list(p, r, r->type, r->type));
		TRY(run_list(p, r, SLICE("*"), r->type));
		if (r->document->platform == PLATFORM_TERRAFORM && slice_eq_cstr(r->type, "module"))
			TRY(run_module(p, r));
	}
	return RESULT_OK;
}

result rules_run(const struct rules *rules, const struct rule *only, struct scope *scope,
    struct findings *findings, struct error *err)
{
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	if (!match)
		return error_set(err, ERR_MEMORY, "no memory for patterns");
	const struct pass p = {rules, only, scope, match, findings, err};
	result done = run_all(&p);
	pcre2_match_data_free(match);
	return done;
}
