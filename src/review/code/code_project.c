/* From files to findings across files. Called by the engine. */
#include "review/code/code_project.h"

#include "review/incomplete.h"

#include <stdlib.h>

#include "base/buf.h"

#define FILE_ARENA_MAX ((size_t)192 << 20)

result code_project_init(
    struct code_project *p, const struct code_rules *rules, const struct file_set *set, struct error *err)
{
	*p = (struct code_project){.rules = rules, .set = set};
	arena_init(&p->arena, (size_t)256 << 20);
	p->files = calloc(set->count + 1, sizeof *p->files);
	if (!p->files)
		return error_set(err, ERR_MEMORY, "no memory for the list of code");
	for (size_t i = 0; i < set->count; i++) {
		const struct file_entry *entry = &set->files[i];
		if (!syntax_wants(entry->path) || entry->too_large || entry->size_bytes > CODE_BYTES_MAX)
			continue;
		struct code_file *f = &p->files[p->count++];
		f->entry = entry;
		TRY(strmap_set(&p->by_path, entry->path, f));
	}
	return RESULT_OK;
}

void code_project_done(struct code_project *p)
{
	free(p->files);
	strmap_done(&p->by_path);
	arena_done(&p->arena);
	*p = (struct code_project){.count = 0};
}

/* from "a/b.ts" and "../c" to "c" without its extension. False when it leaves the project. */
static bool resolve_path(struct slice from, struct slice module, struct buf *out)
{
	size_t dir = from.len - path_base(from).len;
	buf_add(out, from.ptr, dir);
	for (struct slice rest = module; rest.ptr;) {
		struct slice part = slice_cut(&rest, '/');
		if (part.len == 0 || slice_eq_cstr(part, "."))
			continue;
		if (slice_eq_cstr(part, "..")) {
			if (out->len == 0)
				return false;
			for (out->len--; out->len > 0 && out->ptr[out->len - 1] != '/';)
				out->len--;
			continue;
		}
		buf_add_slice(out, part);
		buf_add_char(out, '/');
	}
	if (out->len)
		out->len--;
	return buf_ok(out);
}

static struct code_file *find_module(const struct code_project *p, struct slice from, struct slice module)
{
	static const char *const endings[] = {
	    "", ".ts", ".js", ".tsx", ".jsx", ".mjs", ".cjs", "/index.ts", "/index.js", NULL};
	struct buf path = BUF_INIT(8192);
	struct code_file *found = NULL;
	if (resolve_path(from, module, &path)) {
		/* TypeScript imports "./x.js" and means x.ts. */
		bool js = slice_ends(buf_slice(&path), SLICE(".js"));
		size_t len = path.len;
		for (unsigned round = 0; round < 2 && !found; round++) {
			for (const char *const *e = endings; *e && !found; e++) {
				path.len = len;
				buf_add_cstr(&path, *e);
				found = strmap_get(&p->by_path, buf_slice(&path));
			}
			if (!js)
				break;
			len -= round == 0 ? 3 : 0;
		}
	}
	buf_done(&path);
	return found;
}

static const struct function_summary *lookup(
    void *arg, struct slice from_file, struct slice module, struct slice name)
{
	const struct code_project *p = arg;
	const struct code_file *f = find_module(p, from_file, module);
	for (const struct function_summary *s = f ? f->summaries : NULL; s; s = s->next)
		if (slice_eq(s->name, name))
			return s;
	return NULL;
}

static bool starts_with_directive(struct slice bytes, const char *directive)
{
	struct slice t = slice_trim(bytes);
	return t.len > strlen(directive) + 2 && memcmp(t.ptr + 1, directive, strlen(directive)) == 0;
}

/* A file without any of these words has nothing a rule could find and gives nothing to others. */
static bool may_matter(struct slice bytes)
{
	static const char *const words[] = {"req", "event", "exec", "eval", "query", "fetch", "crypto",
	    "random", "innerHTML", "Unauthorized", "UNAUTHORIZED", "jwt", "ecret", "assword", "oken",
	    "RegExp", "import", "exports", "export", "http", "Key", ")+", ")*", "sst.", "torageEncrypted",
	    NULL};
	for (const char *const *w = words; *w; w++)
		if (memmem(bytes.ptr, bytes.len, *w, strlen(*w)))
			return true;
	return false;
}

result code_project_scan(const struct code_project *p, const struct code_file *file, struct slice bytes,
    struct arena *arena, struct findings *findings, struct error *err, struct code_outcome *ret_outcome)
{
	*ret_outcome = (struct code_outcome){.imports = false};
	if (file_looks_binary(bytes) || !may_matter(bytes))
		return RESULT_OK;
	struct analysis a = {
	    .rules = p->rules, .path = file->entry->path, .arena = arena, .findings = findings};
	union {
		const struct code_project *constant;
		void *argument;
	} view = {.constant = p};
	a.lookup = lookup;
	a.lookup_arg = view.argument;
	TRY(syntax_parse(a.path, bytes, err, &a.tree));
	a.match = pcre2_match_data_create(1, NULL);
	a.server_actions = starts_with_directive(bytes, "use server");
	result r = a.match ? analysis_run(&a, err) : error_set(err, ERR_MEMORY, "no memory for patterns");
	if (is_ok(r) && a.steps >= STEPS_MAX)
		r = incomplete_add(findings, file->entry->path, 0,
		    "The code is too involved: values were not followed to the end of the file", err);
	pcre2_match_data_free(a.match);
	syntax_done(&a.tree);
	*ret_outcome = (struct code_outcome){a.used_imports, a.summaries, a.guarded};
	return r;
}

static struct slice keep(struct arena *arena, struct slice s)
{
	return s.len ? arena_copy(arena, s) : SLICE_NONE;
}

static const struct summary_sink *keep_sinks(struct code_project *p, const struct summary_sink *from)
{
	const struct summary_sink *list = NULL;
	unsigned count = 0;
	for (; from && count < 64; from = from->next, count++) {
		struct summary_sink *s = arena_zalloc(&p->arena, sizeof *s);
		if (!s)
			return list;
		*s = *from;
		s->file = keep(&p->arena, from->file);
		s->message = keep(&p->arena, from->message);
		s->next = list;
		list = s;
	}
	return list;
}

void code_project_keep(struct code_project *p, struct code_file *file, const struct code_outcome *outcome)
{
	const struct function_summary *list = NULL;
	for (const struct guarded_module *g = outcome->guarded; g; g = g->next) {
		struct code_file *other = find_module(p, file->entry->path, g->module);
		if (other)
			other->guarded = true;
	}
	for (const struct function_summary *summaries = outcome->summaries; summaries;
	     summaries = summaries->next) {
		if (!summaries->sinks && !summaries->returned)
			continue;
		struct function_summary *s = arena_zalloc(&p->arena, sizeof *s);
		if (!s)
			return;
		*s = *summaries;
		s->name = keep(&p->arena, summaries->name);
		s->sinks = keep_sinks(p, summaries->sinks);
		s->next = list;
		list = s;
	}
	file->fresh = list;
}

void code_project_withdraw(const struct code_project *p, struct findings *findings)
{
	const struct code_rule *rule = code_rules_detector(p->rules, "authorization");
	size_t kept = 0;
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];
		const struct code_file *file =
		    rule && f->rule == &rule->info ? strmap_get(&p->by_path, f->file) : NULL;
		if (!file || !file->guarded)
			findings->items[kept++] = *f;
	}
	findings->count = kept;
}

static size_t told(const struct function_summary *s)
{
	size_t n = 0;
	for (; s; s = s->next) {
		n += s->returned ? 1 : 0;
		for (const struct summary_sink *sink = s->sinks; sink; sink = sink->next)
			n++;
	}
	return n;
}

bool code_project_plan_again(struct code_project *p)
{
	bool any = false;
	size_t known = 0;
	for (size_t i = 0; i < p->count; i++) {
		if (p->files[i].fresh)
			p->files[i].summaries = p->files[i].fresh;
		known += told(p->files[i].summaries);
	}
	/* Summaries only grow with what others tell: a round that adds nothing is the last. */
	const bool learned = known > p->known;
	p->known = known;
	for (size_t i = 0; i < p->count; i++) {
		p->files[i].again = learned && p->files[i].imports;
		any = any || p->files[i].again;
	}
	return any;
}

result code_scan_text(const struct code_rules *rules, struct slice path, struct slice text,
    struct findings *findings, struct error *err)
{
	struct arena arena = ARENA_INIT(FILE_ARENA_MAX);
	const struct file_entry entry = {.path = path};
	const struct code_file file = {.entry = &entry};
	const struct code_project p = {.rules = rules};
	struct code_outcome outcome;
	result r = code_project_scan(&p, &file, text, &arena, findings, err, &outcome);
	arena_done(&arena);
	return r;
}

static bool test_one(const struct code_rules *rules, const struct code_rule *rule, struct slice text,
    bool bad, struct error *err)
{
	struct findings findings;
	bool found = false;
	findings_init(&findings, 100);
	bool ok = is_ok(code_scan_text(rules, SLICE("test.ts"), text, &findings, err));
	for (size_t i = 0; i < findings.count; i++)
		found = found || findings.items[i].rule == &rule->info;
	findings_done(&findings);
	if (ok && found == bad)
		return true;
	if (ok)
		ignore_result(error_set(err, ERR_INVALID, "%s text is %s: %.*s", bad ? "bad" : "good",
		    bad ? "not found" : "found", SLICE_ARG(text)));
	return false;
}

bool code_rule_test(const struct code_rules *rules, const struct code_rule *rule, struct error *err)
{
	const struct {
		const struct node *list;
		bool bad;
	} groups[] = {{rule->bad, true}, {rule->good, false}};
	if (rule->whole_project)
		return true;
	if (!rule->bad || !rule->good) {
		ignore_result(error_set(err, ERR_INVALID, "a rule needs tests: bad and good"));
		return false;
	}
	for (size_t g = 0; g < 2; g++) {
		const struct node *list = groups[g].list;
		for (const struct node *n = list->kind == NODE_LIST ? list->first : list; n;
		     n = list->kind == NODE_LIST ? n->next : NULL)
			if (!test_one(rules, rule, n->text, groups[g].bad, err))
				return false;
	}
	return true;
}
