/* Loads the dependency scanner's knowledge (rules.h); the texts are ward's own or an administrator's. */
#include "review/deps/rules.h"

#include <stdlib.h>

#include "base/check.h"
#include "review/yaml_read.h"

#define MARKS_MAX 512u

extern const char deps_yaml_text[];
extern const size_t deps_yaml_text_len;
extern const char npm_names_text[];
extern const size_t npm_names_text_len;

static const char *const rule_ids[DEP_RULE_COUNT] = {
    [DEP_LOCK_UNREADABLE] = "lock-unreadable",
    [DEP_LOCK_MISSING] = "lock-missing",
    [DEP_INTEGRITY_MISSING] = "integrity-missing",
    [DEP_INTEGRITY_WEAK] = "integrity-weak",
    [DEP_INTEGRITY_MALFORMED] = "integrity-malformed",
    [DEP_INTEGRITY_CONFLICT] = "integrity-conflict",
    [DEP_HOST] = "host",
    [DEP_HTTP] = "http",
    [DEP_GIT] = "git",
    [DEP_NAME_MISMATCH] = "name-mismatch",
    [DEP_CONFUSION] = "confusion",
    [DEP_LOOK_ALIKE] = "look-alike",
    [DEP_INSTALL_SCRIPT] = "install-script",
    [DEP_ADVISORY] = "advisory",
    [DEP_REACH_HIDDEN] = "reach-hidden",
    [DEP_REACH_INSTALL] = "reach-install",
    [DEP_CHANGED_INTEGRITY] = "changed-integrity",
    [DEP_CHANGED_REACH] = "changed-reach",
    [DEP_CHANGED_NEW] = "changed-new",
    [DEP_NPMRC_INSECURE] = "npmrc-insecure",
};

static char present;

static result no_memory(struct error *err)
{
	return error_set(err, ERR_MEMORY, "no memory for the dependency rules");
}

static result read_set(
    struct deps_rules *r, struct fy_node *root, const char *field, struct error *err, struct strmap *set)
{
	struct slice *items;
	size_t count;
	TRY(yaml_texts(root, field, &r->arena, err, &items, &count));
	for (size_t i = 0; i < count; i++)
		TRY(strmap_set(set, items[i], &present));
	return RESULT_OK;
}

static result read_rule(
    struct deps_rules *r, struct fy_node *node, const char *const *references, struct error *err)
{
	struct slice id, title, severity, why, fix;
	enum severity level;
	TRY(yaml_text(node, "id", &r->arena, err, &id));
	TRY(yaml_text(node, "title", &r->arena, err, &title));
	TRY(yaml_text(node, "severity", &r->arena, err, &severity));
	TRY(yaml_text(node, "why", &r->arena, err, &why));
	TRY(yaml_text(node, "fix", &r->arena, err, &fix));
	size_t row = 0;
	while (row < DEP_RULE_COUNT && !slice_eq_cstr(id, rule_ids[row]))
		row++;
	if (row == DEP_RULE_COUNT || !severity_from(severity, &level))
		return error_set(err, ERR_INVALID,
		    "dependency rule '%.*s' is not one that ward has, or its severity is none",
		    SLICE_ARG(id));
	const char *name = arena_printf(&r->arena, "dep-%.*s", SLICE_ARG(id));
	if (!name)
		return no_memory(err);
	r->info[row] = (struct rule_info){name, title.ptr, level, why.ptr, fix.ptr, references};
	return RESULT_OK;
}

static result read_rules(struct deps_rules *r, struct fy_node *root, struct error *err)
{
	struct slice *items;
	size_t count;
	TRY(yaml_texts(root, "references", &r->arena, err, &items, &count));
	const char **references = arena_array(&r->arena, count + 1, sizeof(*references));
	if (!references)
		return no_memory(err);
	for (size_t i = 0; i < count; i++)
		references[i] = items[i].ptr;
	references[count] = NULL;
	struct fy_node *list = yaml_field(root, "rules");
	void *iter = NULL;
	for (struct fy_node *item; list && (item = fy_node_sequence_iterate(list, &iter)) != NULL;)
		TRY(read_rule(r, item, references, err));
	for (size_t i = 0; i < DEP_RULE_COUNT; i++)
		if (!r->info[i].id)
			return error_set(err, ERR_INVALID, "dependency rule '%s' is missing", rule_ids[i]);
	for (int s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++) {
		r->advisory[s] = r->info[DEP_ADVISORY];
		r->advisory[s].severity = (enum severity)s;
	}
	return RESULT_OK;
}

static result add_marks(
    struct deps_rules *r, struct fy_node *node, bool module, struct anchor_word *words, struct error *err)
{
	struct slice *items;
	size_t count;
	TRY(yaml_texts(node, module ? "modules" : "texts", &r->arena, err, &items, &count));
	for (size_t i = 0; i < count; i++) {
		if (r->mark_count == MARKS_MAX || items[i].len == 0)
			return error_set(
			    err, ERR_LIMIT, "an empty mark of reach, or more than %u", MARKS_MAX);
		words[r->mark_count] = (struct anchor_word){items[i], (uint32_t)r->mark_count};
		r->marks[r->mark_count++] = (struct reach_mark){1u << r->reach_count, module};
	}
	return RESULT_OK;
}

static result read_reach(struct deps_rules *r, struct fy_node *root, struct error *err)
{
	struct anchor_word *words = arena_array(&r->arena, MARKS_MAX, sizeof(*words));
	r->marks = arena_array(&r->arena, MARKS_MAX, sizeof(*r->marks));
	if (!words || !r->marks)
		return no_memory(err);
	struct fy_node *list = yaml_field(root, "reach");
	void *iter = NULL;
	for (struct fy_node *item; list && (item = fy_node_sequence_iterate(list, &iter)) != NULL;) {
		struct slice name;
		if (r->reach_count == REACH_KINDS_MAX)
			return error_set(err, ERR_LIMIT, "more than %u kinds of reach", REACH_KINDS_MAX);
		TRY(yaml_text(item, "name", &r->arena, err, &name));
		TRY(add_marks(r, item, true, words, err));
		TRY(add_marks(r, item, false, words, err));
		r->reach_names[r->reach_count++] = name.ptr;
	}
	return anchors_build(&r->arena, words, r->mark_count, err, &r->anchors);
}

static result read_names(struct deps_rules *r, struct slice text, struct error *err)
{
	size_t lines = 1;
	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	r->names = arena_array(&r->arena, lines, sizeof(*r->names));
	struct slice rest = arena_copy(&r->arena, text);
	if (!r->names || !rest.ptr)
		return no_memory(err);
	while (rest.ptr) {
		struct slice line = slice_trim(slice_cut(&rest, '\n'));
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		r->names[r->name_count++] = line;
		TRY(strmap_set(&r->popular, line, &present));
	}
	return RESULT_OK;
}

static result read_all(struct deps_rules *r, struct slice yaml, struct slice names, struct error *err)
{
	struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET};
	struct fy_document *document = fy_document_build_from_string(&cfg, yaml.ptr, yaml.len);
	if (!document)
		return error_set(err, ERR_INVALID, "the dependency rules are not YAML");
	struct fy_node *root = fy_document_root(document);
	result r1 = read_rules(r, root, err);
	if (is_ok(r1))
		r1 = read_set(r, root, "registries", err, &r->registries);
	if (is_ok(r1))
		r1 = read_set(r, root, "git_hosts", err, &r->git_hosts);
	if (is_ok(r1))
		r1 = read_set(r, root, "internal_parts", err, &r->internal_parts);
	if (is_ok(r1))
		r1 = read_reach(r, root, err);
	fy_document_destroy(document);
	return is_ok(r1) ? read_names(r, names, err) : r1;
}

result deps_rules_load(
    struct slice yaml, struct slice names, struct error *err, struct deps_rules **ret_rules)
{
	struct deps_rules *rules = calloc(1, sizeof(*rules));
	if (!rules)
		return no_memory(err);
	arena_init(&rules->arena, 64u << 20);
	result r = read_all(rules, yaml, names, err);
	if (!is_ok(r)) {
		deps_rules_free(rules);
		return error_wrap(err, r, "dependency rules");
	}
	*ret_rules = rules;
	return RESULT_OK;
}

result deps_rules_builtin(struct error *err, struct deps_rules **ret_rules)
{
	return deps_rules_load(slice_of(deps_yaml_text, deps_yaml_text_len),
	    slice_of(npm_names_text, npm_names_text_len), err, ret_rules);
}

void deps_rules_free(struct deps_rules *rules)
{
	if (!rules)
		return;
	strmap_done(&rules->registries);
	strmap_done(&rules->git_hosts);
	strmap_done(&rules->internal_parts);
	strmap_done(&rules->popular);
	arena_done(&rules->arena);
	free(rules);
}
