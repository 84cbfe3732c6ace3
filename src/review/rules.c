/* Rule files to compiled rules. Called once at start; the text is ours or the project's own, so errors are
 * for its author. */
#include "review/rules.h"

#include <stdlib.h>

#include "base/buf.h"
#include "review/file_set.h"

#define RULES_ARENA_MAX ((size_t)128 << 20)

void rules_init(struct rules *rules)
{
	*rules = (struct rules){.hash = 0xcbf29ce484222325u};
	arena_init(&rules->arena, RULES_ARENA_MAX);
}

void rules_done(struct rules *rules)
{
	if (!rules)
		return;
	expr_regexes_free(rules->compiler.regexes);
	free(rules->items);
	strmap_done(&rules->by_id);
	strmap_done(&rules->by_type);
	strmap_done(&rules->macros);
	strmap_done(&rules->modules);
	arena_done(&rules->arena);
}

struct loading {
	struct rules *rules;
	struct slice file;
	const struct node *rule; /* being read, for messages */
	struct error *err;
};

static result fail(const struct loading *l, const struct node *at, const char *what)
{
	return error_set(l->err, ERR_INVALID, "%.*s:%u: rule \"%.*s\": %s", SLICE_ARG(l->file),
	    at ? at->line : 0, SLICE_ARG(l->rule ? node_text_of(l->rule, "id") : SLICE_NONE), what);
}

static result no_memory(const struct loading *l)
{
	return error_set(l->err, ERR_MEMORY, "no memory for rules");
}

static char *text_of(const struct loading *l, const struct node *rule, const char *key)
{
	return arena_cstr(&l->rules->arena, slice_trim(node_text_of(rule, key)));
}

static result compile_when(const struct loading *l, const struct node *n, const struct expr **ret)
{
	result r = expr_compile(&l->rules->compiler, n->text, l->err, ret);
	return error_wrap(l->err, r, "%.*s:%u: rule \"%.*s\"", SLICE_ARG(l->file), n->line,
	    SLICE_ARG(node_text_of(l->rule, "id")));
}

static result compile_path(const struct loading *l, const struct node *n, const struct path **ret)
{
	if (!n)
		return RESULT_OK;
	result r = path_compile(&l->rules->compiler, n->text, l->err, ret);
	return error_wrap(l->err, r, "%.*s:%u: rule \"%.*s\"", SLICE_ARG(l->file), n->line,
	    SLICE_ARG(node_text_of(l->rule, "id")));
}

static result add_check(
    const struct loading *l, const struct node *rule, const struct node *n, struct rule_check **ret)
{
	struct rule_check *c = arena_zalloc(&l->rules->arena, sizeof *c);
	const struct node *when = n->kind == NODE_MAP ? node_get_cstr(n, "when") : n;
	if (!c)
		return no_memory(l);
	if (!when)
		return fail(l, n, "an entry of find has no \"when\"");
	TRY(compile_when(l, when, &c->when));
	const struct node *at = n->kind == NODE_MAP ? node_get_cstr(n, "at") : NULL;
	at = at ? at : node_get_cstr(rule, "at");
	c->at_resource = at && slice_eq_cstr(at->text, "resource");
	if (!c->at_resource)
		TRY(compile_path(l, at, &c->at));
	c->message = n->kind == NODE_MAP ? node_text_of(n, "message") : SLICE_NONE;
	if (c->message.len == 0)
		c->message = node_text_of(rule, "message");
	*ret = c;
	return RESULT_OK;
}

static result read_checks(const struct loading *l, const struct node *rule, struct rule *r)
{
	const struct node *find = node_get_cstr(rule, "find");
	struct rule_check *last = NULL;
	if (!find)
		return fail(l, rule, "there is no \"find\"");
	for (const struct node *n = find->kind == NODE_LIST ? find->first : find; n;
	     n = find->kind == NODE_LIST ? n->next : NULL) {
		struct rule_check *c = NULL;
		TRY(add_check(l, rule, n, &c));
		if (last)
			last->next = c;
		else
			r->checks = c;
		last = c;
	}
	return RESULT_OK;
}

static result read_types(const struct loading *l, const struct node *rule, struct rule *r)
{
	const struct node *on = node_get_cstr(rule, "on");
	if (!on)
		return fail(l, rule, "there is no \"on\"");
	size_t count = on->kind == NODE_LIST ? on->count : 1;
	struct slice *types = arena_array(&l->rules->arena, count, sizeof *types);
	if (!types)
		return no_memory(l);
	size_t i = 0;
	for (const struct node *n = on->kind == NODE_LIST ? on->first : on; n && i < count; n = n->next)
		types[i++] = n->text;
	r->types = types;
	r->type_count = count;
	return RESULT_OK;
}

/* cwe: 732 and refs: [...] together, "CWE-732" first. */
static result read_references(const struct loading *l, const struct node *rule, struct rule *r)
{
	const struct node *refs = node_get_cstr(rule, "refs");
	struct slice cwe = node_text_of(rule, "cwe");
	const char **list = arena_array(&l->rules->arena, (refs ? refs->count : 0) + 3, sizeof *list);
	if (!list)
		return no_memory(l);
	size_t n = 0;
	if (cwe.len)
		list[n++] = arena_printf(&l->rules->arena, "CWE-%.*s", SLICE_ARG(cwe));
	for (const struct node *c = refs ? refs->first : NULL; c; c = c->next)
		list[n++] = arena_cstr(&l->rules->arena, c->text);
	list[n] = NULL;
	r->info.references = list;
	return RESULT_OK;
}

static result index_rule(struct rules *rules, const struct rule *r, struct error *err)
{
	for (size_t i = 0; i < r->type_count; i++) {
		bool any = memchr(r->types[i].ptr, '*', r->types[i].len) != NULL;
		struct slice type = any ? SLICE("*") : r->types[i];
		struct slice key = slice_cstr(
		    arena_printf(&rules->arena, "%u:%.*s", (unsigned)r->platform, SLICE_ARG(type)));
		struct rule_list *entry = arena_zalloc(&rules->arena, sizeof *entry);
		if (!key.ptr || !entry)
			return error_set(err, ERR_MEMORY, "no memory for rules");
		*entry = (struct rule_list){r, strmap_get(&rules->by_type, key)};
		TRY(strmap_set(&rules->by_type, key, entry));
	}
	return RESULT_OK;
}

static result keep_rule(const struct loading *l, struct rule *r)
{
	struct rules *rules = l->rules;
	if (strmap_get(&rules->by_id, slice_cstr(r->info.id)))
		return fail(l, l->rule, "the id is taken");
	if (rules->count >= RULES_MAX)
		return fail(l, l->rule, "too many rules");
	if (rules->count == rules->size) {
		size_t size = rules->size ? rules->size * 2 : 256;
		struct rule **items = reallocarray(rules->items, size, sizeof(struct rule *));
		if (!items)
			return no_memory(l);
		rules->items = items;
		rules->size = size;
	}
	rules->items[rules->count++] = r;
	TRY(strmap_set(&rules->by_id, slice_cstr(r->info.id), r));
	return index_rule(rules, r, l->err);
}

static result read_rule(struct loading *l, const struct node *rule, enum platform file_platform)
{
	struct rule *r = arena_zalloc(&l->rules->arena, sizeof *r);
	l->rule = rule;
	if (!r)
		return no_memory(l);
	*r = (struct rule){.platform = file_platform, .file = l->file, .line = rule->line};
	r->info.id = text_of(l, rule, "id");
	r->info.title = text_of(l, rule, "title");
	r->info.why = text_of(l, rule, "why");
	r->info.fix = text_of(l, rule, "fix");
	struct slice platform = node_text_of(rule, "platform");
	if (platform.len && !platform_from(platform, &r->platform))
		return fail(l, rule, "no such platform");
	if (!r->info.id || !r->info.id[0] || !r->info.title || !r->info.title[0])
		return fail(l, rule, "a rule needs an id and a title");
	if (!r->info.why || !r->info.why[0] || !r->info.fix || !r->info.fix[0])
		return fail(l, rule, "a rule says why and how to fix");
	if (!severity_from(node_text_of(rule, "severity"), &r->info.severity))
		return fail(l, rule, "severity is info, low, medium, high or critical");
	r->inside = slice_eq_cstr(node_text_of(rule, "inside"), "true");
	r->item = slice_eq_cstr(node_text_of(rule, "inside"), "item");
	r->set = node_text_of(rule, "set");
	r->bad = node_get_cstr(rule, "bad");
	r->good = node_get_cstr(rule, "good");
	TRY(read_types(l, rule, r));
	TRY(compile_path(l, node_get_cstr(rule, "each"), &r->each));
	TRY(read_references(l, rule, r));
	TRY(read_checks(l, rule, r));
	return keep_rule(l, r);
}

/* ---- Templates ---- */

static struct slice replace(struct arena *arena, struct slice text, const struct node *row)
{
	struct buf out;
	buf_init(&out, 1u << 16);
	for (size_t i = 0; i < text.len;) {
		const char *open = i + 1 < text.len && text.ptr[i] == '$' && text.ptr[i + 1] == '{'
				       ? text.ptr + i + 2
				       : NULL;
		const char *close = open ? memchr(open, '}', (size_t)(text.ptr + text.len - open)) : NULL;
		const struct node *value =
		    close ? node_get(row, slice_of(open, (size_t)(close - open))) : NULL;
		if (!value) {
			buf_add_char(&out, text.ptr[i++]);
			continue;
		}
		buf_add_slice(&out, value->text);
		i = (size_t)(close - text.ptr) + 1;
	}
	struct slice kept = buf_ok(&out) ? arena_copy(arena, buf_slice(&out)) : text;
	buf_done(&out);
	return kept;
}

/* "${x}" alone takes the row's whole value, also when that is a list. */
static bool replace_whole(struct node_sink *sink, struct node *n, const struct node *row)
{
	if (n->text.len < 4 || n->text.ptr[0] != '$' ||
	    memchr(n->text.ptr, '}', n->text.len) != n->text.ptr + n->text.len - 1)
		return false;
	const struct node *value = node_get(row, slice_of(n->text.ptr + 2, n->text.len - 3));
	struct node *copy = value && !node_is_scalar(value) ? node_clone(sink, value, 0) : NULL;
	if (!copy)
		return false;
	n->kind = copy->kind;
	n->first = copy->first;
	n->last = copy->last;
	n->count = copy->count;
	return true;
}

static void replace_all(struct node_sink *sink, struct node *n, const struct node *row)
{
	if (node_is_scalar(n)) {
		if (n->text.len && !replace_whole(sink, n, row))
			n->text = replace(sink->arena, n->text, row);
		return;
	}
	for (struct node *c = n->first; c; c = c->next)
		replace_all(sink, c, row);
}

/* "${key}" in text. */
static bool mentions(struct slice text, struct slice key)
{
	for (size_t i = 0; i + key.len + 3 <= text.len; i++)
		if (text.ptr[i] == '$' && text.ptr[i + 1] == '{' && text.ptr[i + 2 + key.len] == '}' &&
		    memcmp(text.ptr + i + 2, key.ptr, key.len) == 0)
			return true;
	return false;
}

static result read_template(
    struct loading *l, struct node_sink *sink, const struct node *rule, enum platform platform)
{
	const struct node *rows = node_get_cstr(rule, "foreach");
	if (!rows)
		return read_rule(l, rule, platform);
	for (const struct node *row = rows->first; row; row = row->next) {
		struct node *copy = node_clone(sink, rule, 0);
		if (!copy)
			return no_memory(l);
		replace_all(sink, copy, row);
		/* What a row says goes before what the template says, unless the template uses it ("id:
		 * tf-${id}"). */
		for (const struct node *c = row->first; c; c = c->next) {
			struct node *same = node_get(copy, c->key);
			const struct node *template = node_get(rule, c->key);
			bool uses = template && mentions(template->text, c->key);
			struct node *own = same && !uses ? node_clone(sink, c, 0) : NULL;
			if (!own)
				continue;
			same->kind = own->kind;
			same->text = own->text;
			same->first = own->first;
			same->last = own->last;
			same->count = own->count;
		}
		TRY(read_rule(l, copy, platform));
	}
	return RESULT_OK;
}

static result read_macros(struct loading *l, const struct node *define)
{
	for (const struct node *c = define ? define->first : NULL; c; c = c->next) {
		struct slice *text = arena_zalloc(&l->rules->arena, sizeof *text);
		if (!text)
			return no_memory(l);
		*text = c->text;
		TRY(strmap_set(&l->rules->macros, c->key, text));
	}
	return RESULT_OK;
}

static result read_modules(struct loading *l, struct node *modules)
{
	for (struct node *c = modules ? modules->first : NULL; c; c = c->next)
		TRY(strmap_set(&l->rules->modules, c->key, c));
	return RESULT_OK;
}

result rules_load_text(struct rules *rules, struct slice file, struct slice text, struct error *err)
{
	struct node_sink sink = {.arena = &rules->arena};
	struct loading l = {.rules = rules, .file = file, .err = err};
	struct node *documents;
	result parsed = node_parse_yaml(&sink, text, err, &documents);
	if (!is_ok(parsed))
		return error_wrap(err, parsed, "%.*s", SLICE_ARG(file));
	rules->hash ^= finding_fingerprint("rules", file, text) * 31;
	rules->compiler.arena = &rules->arena;
	rules->compiler.macros = &rules->macros;
	struct node *root = documents->first;
	/* Data of a scanner written in C, which loads it itself. */
	if (node_get_cstr(root, "scanner"))
		return RESULT_OK;
	if (slice_eq_cstr(node_text_of(root, "platform"), "code"))
		return RESULT_OK; /* code/code_rules.h */
	struct node *list = node_get_cstr(root, "rules");
	enum platform platform = PLATFORM_NONE;
	if (!list || !platform_from(node_text_of(root, "platform"), &platform))
		return error_set(err, ERR_INVALID, "%.*s: needs \"platform\" and \"rules\"", SLICE_ARG(file));
	TRY(read_macros(&l, node_get_cstr(root, "define")));
	TRY(read_modules(&l, node_get_cstr(root, "modules")));
	for (struct node *rule = list->first; rule; rule = rule->next)
		TRY(read_template(&l, &sink, rule, platform));
	return RESULT_OK;
}

static result load_file(void *arg, struct slice path, struct slice bytes, struct error *err)
{
	struct rules *rules = arg;
	return rules_load_text(rules, arena_copy(&rules->arena, path), bytes, err);
}

result rules_load_dir(struct rules *rules, const char *dir, struct error *err)
{
	result r = file_set_each_yaml(dir, load_file, rules, err);
	return is_ok(r) ? r : error_wrap(err, r, "rules");
}

const struct rule *rules_find(const struct rules *rules, struct slice id)
{
	return strmap_get(&rules->by_id, id);
}
