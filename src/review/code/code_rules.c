/* Rule files for code. Called once at start; mistakes are told to the rule's author. */
#include "review/code/code_rules.h"

#include "review/file_set.h"

static const char *const kind_names[TAINT_KINDS] = {"sql", "command", "eval", "path", "ssrf", "deserialize",
    "prototype", "regex", "redirect", "html", "mass", "nosql", "token", "error"};

bool taint_mask_from(struct slice name, uint32_t *ret_mask)
{
	if (slice_eq_cstr(name, "all")) {
		*ret_mask = TAINT_ALL;
		return true;
	}
	for (unsigned i = 0; i < TAINT_KINDS; i++) {
		if (!slice_eq_cstr(name, kind_names[i]))
			continue;
		*ret_mask = 1u << i;
		return true;
	}
	return false;
}

void code_rules_init(struct code_rules *rules)
{
	*rules = (struct code_rules){.count = 0};
	arena_init(&rules->arena, (size_t)32 << 20);
}

void code_rules_done(struct code_rules *rules)
{
	for (size_t i = 0; i < rules->regex_count; i++)
		pcre2_code_free(rules->regexes[i]);
	strmap_done(&rules->calls_by_name);
	strmap_done(&rules->by_id);
	strmap_done(&rules->detectors);
	arena_done(&rules->arena);
}

struct loading {
	struct code_rules *rules;
	struct slice file;
	struct error *err;
};

static result fail(const struct loading *l, const struct node *at, const char *what)
{
	return error_set(l->err, ERR_INVALID, "%.*s:%u: %s", SLICE_ARG(l->file), at ? at->line : 0, what);
}

static result compile(const struct loading *l, const struct node *n, pcre2_code **ret)
{
	int code;
	PCRE2_SIZE offset;
	if (!n)
		return RESULT_OK;
	struct code_rules *rules = l->rules;
	if (rules->regex_count == sizeof rules->regexes / sizeof *rules->regexes)
		return fail(l, n, "too many patterns");
	pcre2_code *regex = pcre2_compile(
	    (PCRE2_SPTR)n->text.ptr, n->text.len, PCRE2_DOTALL | PCRE2_NO_AUTO_CAPTURE, &code, &offset, NULL);
	if (!regex)
		return fail(l, n, "the pattern does not compile");
	(void)pcre2_jit_compile(regex, PCRE2_JIT_COMPLETE);
	rules->regexes[rules->regex_count++] = regex;
	*ret = regex;
	return RESULT_OK;
}

bool code_regex(pcre2_match_data *match, const pcre2_code *code, struct slice s)
{
	return !code || pcre2_match(code, (PCRE2_SPTR)(s.ptr ? s.ptr : ""), s.len, 0, 0, match, NULL) >= 0;
}

static struct slice last_name(struct slice callee)
{
	size_t at = callee.len;
	while (at > 0 && callee.ptr[at - 1] != '.' && callee.ptr[at - 1] != ' ')
		at--;
	return slice_of(callee.ptr + at, callee.len - at);
}

/* "*.query:0", "axios:0.url", "f:*" */
static result add_call(const struct loading *l, const struct code_rule *rule, const struct node *n)
{
	struct code_call *c = arena_zalloc(&l->rules->arena, sizeof *c);
	if (!c)
		return error_set(l->err, ERR_MEMORY, "no memory for rules");
	size_t colon = n->text.len;
	while (colon > 0 && n->text.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return fail(l, n, "a call names its argument after ':'");
	c->callee = slice_of(n->text.ptr, colon - 1);
	struct slice arg = slice_of(n->text.ptr + colon, n->text.len - colon);
	struct slice index = slice_cut(&arg, '.');
	uint64_t number = 0;
	c->key = arg.ptr ? arg : SLICE_NONE;
	if (!slice_eq_cstr(index, "*") && !slice_to_u64(index, &number))
		return fail(l, n, "an argument is a number or *");
	c->arg = slice_eq_cstr(index, "*") ? -1 : (int)number;
	c->rule = rule;
	struct slice name = last_name(c->callee);
	if (memchr(name.ptr, '*', name.len))
		name = SLICE("*");
	c->next = strmap_get(&l->rules->calls_by_name, name);
	return strmap_set(&l->rules->calls_by_name, name, c);
}

static result add_pattern(const struct loading *l, const struct code_rule *rule, const struct node *n,
    const struct code_pattern **list)
{
	struct code_pattern *p = arena_zalloc(&l->rules->arena, sizeof *p);
	uint64_t arg = 0;
	if (!p)
		return error_set(l->err, ERR_MEMORY, "no memory for rules");
	p->rule = rule;
	p->callee = node_text_of(n, "call");
	(void)slice_to_u64(node_text_of(n, "arg"), &arg);
	p->arg = slice_eq_cstr(node_text_of(n, "arg"), "*") ? -1 : (int)arg;
	const struct node *key = node_get_cstr(n, "key");
	TRY(compile(l, key ? key : node_get_cstr(n, "target"), &p->key));
	TRY(compile(l, node_get_cstr(n, "matches"), &p->value));
	p->next = *list;
	*list = p;
	return RESULT_OK;
}

static result add_patterns(const struct loading *l, const struct code_rule *rule, const struct node *list,
    const struct code_pattern **to)
{
	for (const struct node *n = list ? list->first : NULL; n; n = n->next)
		TRY(add_pattern(l, rule, n, to));
	return RESULT_OK;
}

static char *text_of(const struct loading *l, const struct node *n, const char *key)
{
	return arena_cstr(&l->rules->arena, slice_trim(node_text_of(n, key)));
}

static result read_rule(const struct loading *l, const struct node *n)
{
	struct code_rule *r = arena_zalloc(&l->rules->arena, sizeof *r);
	const struct node *refs = node_get_cstr(n, "refs");
	const char **references =
	    arena_array(&l->rules->arena, (refs ? refs->count : 0) + 2, sizeof *references);
	if (!r || !references)
		return error_set(l->err, ERR_MEMORY, "no memory for rules");
	size_t count = 0;
	if (node_text_of(n, "cwe").len)
		references[count++] =
		    arena_printf(&l->rules->arena, "CWE-%.*s", SLICE_ARG(node_text_of(n, "cwe")));
	for (const struct node *c = refs ? refs->first : NULL; c; c = c->next)
		references[count++] = arena_cstr(&l->rules->arena, c->text);
	references[count] = NULL;
	r->info = (struct rule_info){.id = text_of(l, n, "id"),
	    .title = text_of(l, n, "title"),
	    .why = text_of(l, n, "why"),
	    .fix = text_of(l, n, "fix"),
	    .references = references};
	if (!severity_from(node_text_of(n, "severity"), &r->info.severity))
		return fail(l, n, "severity is info, low, medium, high or critical");
	if (!r->info.id[0] || !r->info.title[0] || !r->info.why[0] || !r->info.fix[0])
		return fail(l, n, "a rule needs id, title, why and fix");
	struct slice taint = node_text_of(n, "taint");
	if (taint.len && !taint_mask_from(taint, &r->kind))
		return fail(l, n, "no such kind of taint");
	r->file = l->file;
	r->line = n->line;
	r->bad = node_get_cstr(n, "bad");
	r->good = node_get_cstr(n, "good");
	r->detector = node_text_of(n, "detector");
	r->whole_project = slice_eq_cstr(node_text_of(n, "project"), "true");
	struct code_rules *rules = l->rules;
	r->next = rules->rules;
	rules->rules = r;
	rules->count++;
	if (strmap_get(&rules->by_id, slice_cstr(r->info.id)))
		return fail(l, n, "the id is taken");
	TRY(strmap_set(&rules->by_id, slice_cstr(r->info.id), r));
	if (r->detector.len)
		TRY(strmap_set(&rules->detectors, r->detector, r));
	const struct node *calls = node_get_cstr(n, "calls");
	for (const struct node *c = calls ? calls->first : NULL; c; c = c->next)
		TRY(add_call(l, r, c));
	TRY(add_patterns(l, r, node_get_cstr(n, "arguments"), &rules->arguments));
	TRY(add_patterns(l, r, node_get_cstr(n, "properties"), &rules->properties));
	return add_patterns(l, r, node_get_cstr(n, "assignments"), &rules->assignments);
}

static result read_sanitizer(const struct loading *l, const struct node *n)
{
	const struct node *calls = node_get_cstr(n, "calls");
	const struct node *cleans = node_get_cstr(n, "cleans");
	uint32_t mask = 0;
	for (const struct node *c = cleans ? cleans->first : NULL; c; c = c->next) {
		uint32_t one;
		if (!taint_mask_from(c->text, &one))
			return fail(l, c, "no such kind of taint");
		mask |= one;
	}
	for (const struct node *c = calls ? calls->first : NULL; c; c = c->next) {
		struct code_sanitizer *s = arena_zalloc(&l->rules->arena, sizeof *s);
		if (!s)
			return error_set(l->err, ERR_MEMORY, "no memory for rules");
		*s = (struct code_sanitizer){c->text, mask, l->rules->sanitizers};
		l->rules->sanitizers = s;
	}
	return RESULT_OK;
}

result code_rules_load_text(struct code_rules *rules, struct slice file, struct slice text, struct error *err)
{
	struct node_sink sink = {.arena = &rules->arena};
	const struct loading l = {.rules = rules, .file = file, .err = err};
	struct node *documents;
	result parsed = node_parse_yaml(&sink, text, err, &documents);
	if (!is_ok(parsed))
		return error_wrap(err, parsed, "%.*s", SLICE_ARG(file));
	const struct node *root = documents->first;
	if (!root || !slice_eq_cstr(node_text_of(root, "platform"), "code"))
		return RESULT_OK;
	rules->hash ^= finding_fingerprint("code", file, text) * 31;
	const struct node *list = node_get_cstr(root, "rules");
	for (const struct node *n = list ? list->first : NULL; n; n = n->next)
		TRY(read_rule(&l, n));
	const struct node *sanitizers = node_get_cstr(root, "sanitizers");
	for (const struct node *n = sanitizers ? sanitizers->first : NULL; n; n = n->next)
		TRY(read_sanitizer(&l, n));
	return RESULT_OK;
}

static result load_file(void *arg, struct slice path, struct slice bytes, struct error *err)
{
	struct code_rules *rules = arg;
	if (!slice_starts(path, SLICE("code/")))
		return RESULT_OK;
	return code_rules_load_text(rules, arena_copy(&rules->arena, path), bytes, err);
}

result code_rules_load_dir(struct code_rules *rules, const char *dir, struct error *err)
{
	result r = file_set_each_yaml(dir, load_file, rules, err);
	return is_ok(r) ? r : error_wrap(err, r, "rules");
}

const struct code_rule *code_rules_detector(const struct code_rules *rules, const char *name)
{
	return strmap_get(&rules->detectors, slice_cstr(name));
}
