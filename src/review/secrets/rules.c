/* Compiles rules/secrets.yaml (rules.h). The text is ward's own or an administrator's, so errors name
 * the rule. */
#include "review/secrets/rules.h"

#include <stdlib.h>

#include "base/check.h"
#include "review/anchors.h"
#include "review/secrets/check.h"
#include "review/yaml_read.h"

#define RULES_BYTES_MAX (8u << 20)
#define REFERENCES_MAX 8u

/* Generated from rules/secrets.yaml when ward is built. */
extern const char secrets_yaml_text[];
extern const size_t secrets_yaml_text_len;

struct loader {
	struct secret_rules *rules;
	struct arena *arena;
	struct error *err;
	const char *why;
	const char *fix;
	const char *const *references;
	struct anchor_word *words;
	size_t word_count;
	size_t word_size;
};

static result no_memory(struct error *err)
{
	return error_set(err, ERR_MEMORY, "no memory for the secret rules");
}

static result add_anchor(struct loader *l, struct slice text, enum anchor_use use, size_t index)
{
	struct secret_rules *r = l->rules;
	if (text.len == 0)
		return error_set(l->err, ERR_INVALID, "an anchor is empty");
	if (l->word_count == l->word_size)
		return error_set(l->err, ERR_LIMIT, "more than %zu anchors", l->word_size);
	r->targets[r->target_count] = (struct anchor_target){use, (uint32_t)index};
	l->words[l->word_count++] = (struct anchor_word){text, (uint32_t)r->target_count++};
	return RESULT_OK;
}

static result read_references(struct loader *l, struct fy_node *node)
{
	struct slice *items;
	size_t count;
	TRY(yaml_texts(node, "references", l->arena, l->err, &items, &count));
	const char **list = arena_array(l->arena, count + 1, sizeof(*list));
	if (!list)
		return no_memory(l->err);
	for (size_t i = 0; i < count; i++)
		list[i] = items[i].ptr;
	list[count] = NULL;
	l->references = list;
	return RESULT_OK;
}

static result read_defaults(struct loader *l, struct fy_node *node)
{
	struct slice why, fix;
	TRY(yaml_text(node, "why", l->arena, l->err, &why));
	TRY(yaml_text(node, "fix", l->arena, l->err, &fix));
	l->why = why.ptr;
	l->fix = fix.ptr;
	return read_references(l, node);
}

/* Ids are published as "secret-ID", so that a rule's name tells its family. */
static result read_info(struct loader *l, struct fy_node *node, struct rule_info *ret)
{
	struct slice id, title, severity;
	TRY(yaml_text(node, "id", l->arena, l->err, &id));
	TRY(yaml_text(node, "title", l->arena, l->err, &title));
	TRY(yaml_text(node, "severity", l->arena, l->err, &severity));
	enum severity level;
	if (id.len == 0 || title.len == 0 || !severity_from(severity, &level))
		return error_set(
		    l->err, ERR_INVALID, "a rule lacks its id, title or severity (id '%.*s')", SLICE_ARG(id));
	const char *name = arena_printf(l->arena, "secret-%.*s", SLICE_ARG(id));
	if (!name)
		return no_memory(l->err);
	*ret = (struct rule_info){name, title.ptr, level, l->why, l->fix, l->references};
	return RESULT_OK;
}

static result compile_regex(struct loader *l, struct slice regex, uint32_t before, struct secret_pattern *p)
{
	int code = 0;
	PCRE2_SIZE at = 0;
	/* The group `value` is the only one that is read; the others are for grouping. */
	uint32_t options =
	    PCRE2_NO_UTF_CHECK | PCRE2_MULTILINE | (before == 0 ? PCRE2_ANCHORED : PCRE2_USE_OFFSET_LIMIT);
	p->code = pcre2_compile((PCRE2_SPTR)regex.ptr, regex.len, options, &code, &at, NULL);
	if (!p->code) {
		PCRE2_UCHAR text[128];
		pcre2_get_error_message(code, text, sizeof(text));
		return error_set(l->err, ERR_INVALID, "regex: %s at %zu", (const char *)text, (size_t)at);
	}
	/* Without a just-in-time compiler the interpreter runs the same pattern, only slower. */
	(void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	int group = pcre2_substring_number_from_name(p->code, (PCRE2_SPTR) "value");
	p->value_group = group > 0 ? (uint32_t)group : 0;
	return RESULT_OK;
}

/* A test text holds the mark U+00A6 where it was cut, so that the rule file never matches itself. */
static void join_cuts(struct slice_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		char *text = (char *)(uintptr_t)list->items[i].ptr;
		size_t n = 0;
		for (size_t k = 0; k < list->items[i].len; k++) {
			if (text[k] == '\xc2' && k + 1 < list->items[i].len && text[k + 1] == '\xa6') {
				k++;
				continue;
			}
			text[n++] = text[k];
		}
		list->items[i].len = n;
	}
}

static result read_pattern(struct loader *l, struct fy_node *node, size_t index)
{
	struct secret_pattern *p = &l->rules->patterns[index];
	struct slice regex, *items;
	size_t count;
	double before;
	TRY(read_info(l, node, &p->info));
	TRY(yaml_text(node, "regex", l->arena, l->err, &regex));
	TRY(yaml_number(node, "before", 0, l->err, &before));
	TRY(yaml_number(node, "entropy", 0, l->err, &p->entropy_min));
	p->before = before > 0 && before < 4096 ? (uint32_t)before : 0;
	TRY(compile_regex(l, regex, p->before, p));
	TRY(yaml_texts(node, "check", l->arena, l->err, &items, &count));
	for (size_t i = 0; i < count; i++) {
		uint32_t bit = secret_check_bit(items[i]);
		if (bit == 0)
			return error_set(
			    l->err, ERR_INVALID, "no check is called '%.*s'", SLICE_ARG(items[i]));
		p->checks |= bit;
	}
	TRY(yaml_texts(node, "anchors", l->arena, l->err, &items, &count));
	for (size_t i = 0; i < count; i++)
		TRY(add_anchor(l, items[i], ANCHOR_PATTERN, index));
	TRY(yaml_texts(node, "hit", l->arena, l->err, &p->hits.items, &p->hits.count));
	TRY(yaml_texts(node, "miss", l->arena, l->err, &p->misses.items, &p->misses.count));
	join_cuts(&p->hits);
	join_cuts(&p->misses);
	return RESULT_OK;
}

static const struct {
	const char *name;
	enum secret_judge judge;
} judges[] = {{"password", JUDGE_PASSWORD}, {"token", JUDGE_TOKEN}, {"key", JUDGE_KEY}, {"salt", JUDGE_SALT}};

static result read_context(struct loader *l, struct fy_node *node, size_t index)
{
	struct secret_context *c = &l->rules->contexts[index];
	struct slice judge, *items;
	size_t count;
	double min;
	TRY(read_info(l, node, &c->info));
	TRY(yaml_text(node, "judge", l->arena, l->err, &judge));
	TRY(yaml_number(node, "min", 8, l->err, &min));
	c->min = min >= 1 && min < 1000 ? (uint32_t)min : 8;
	size_t row = 0;
	while (row < ARRAY_LEN(judges) && !slice_eq_cstr(judge, judges[row].name))
		row++;
	if (row == ARRAY_LEN(judges))
		return error_set(l->err, ERR_INVALID, "no judge is called '%.*s'", SLICE_ARG(judge));
	c->judge = judges[row].judge;
	TRY(yaml_texts(node, "within", l->arena, l->err, &items, &count));
	for (size_t i = 0; i < count; i++)
		TRY(add_anchor(l, items[i], ANCHOR_NAME_WITHIN, index));
	TRY(yaml_texts(node, "words", l->arena, l->err, &items, &count));
	for (size_t i = 0; i < count; i++)
		TRY(add_anchor(l, items[i], ANCHOR_NAME_WORD, index));
	TRY(yaml_texts(node, "ends", l->arena, l->err, &items, &count));
	for (size_t i = 0; i < count; i++)
		TRY(add_anchor(l, items[i], ANCHOR_NAME_END, index));
	return RESULT_OK;
}

static result read_set(struct loader *l, struct fy_node *node, const char *field, struct strmap *set)
{
	static char present;
	struct slice *items;
	size_t count;
	TRY(yaml_texts(node, field, l->arena, l->err, &items, &count));
	for (size_t i = 0; i < count; i++)
		if (!is_ok(strmap_set(set, items[i], &present)))
			return no_memory(l->err);
	return RESULT_OK;
}

static result read_names(struct loader *l, struct fy_node *node)
{
	struct secret_names *n = &l->rules->names;
	TRY(read_set(l, node, "after", &n->after));
	TRY(read_set(l, node, "before", &n->before));
	TRY(read_set(l, node, "starts", &n->starts));
	TRY(read_set(l, node, "ignore", &n->ignore));
	TRY(read_set(l, node, "getters", &n->getters));
	return read_set(l, node, "wrappers", &n->wrappers);
}

static result read_templates(struct loader *l, struct fy_node *node)
{
	struct secret_values *v = &l->rules->values;
	struct fy_node *list = yaml_field(node, "templates");
	int count = list ? fy_node_sequence_item_count(list) : 0;
	if (count <= 0)
		return RESULT_OK;
	v->templates = arena_array(l->arena, (size_t)count, sizeof(*v->templates));
	if (!v->templates)
		return no_memory(l->err);
	void *iter = NULL;
	for (struct fy_node *item; (item = fy_node_sequence_iterate(list, &iter)) != NULL;) {
		struct slice start =
		    arena_copy(l->arena, yaml_scalar(fy_node_sequence_get_by_index(item, 0)));
		struct slice end = arena_copy(l->arena, yaml_scalar(fy_node_sequence_get_by_index(item, 1)));
		if (!start.ptr || !end.ptr)
			return no_memory(l->err);
		v->templates[v->template_count++] = (struct template_form){start, end};
	}
	return RESULT_OK;
}

static result read_values(struct loader *l, struct fy_node *node)
{
	struct secret_values *v = &l->rules->values;
	TRY(read_set(l, node, "placeholders", &v->placeholders));
	TRY(read_set(l, node, "stems", &v->stems));
	TRY(yaml_texts(node, "parts", l->arena, l->err, &v->parts.items, &v->parts.count));
	TRY(yaml_texts(node, "sealed", l->arena, l->err, &v->sealed.items, &v->sealed.count));
	TRY(yaml_texts(
	    node, "template_parts", l->arena, l->err, &v->template_parts.items, &v->template_parts.count));
	return read_templates(l, node);
}

static result read_bigrams(struct loader *l, struct fy_node *node)
{
	for (int first = 'a'; first <= 'z'; first++) {
		const char field[2] = {(char)first, '\0'};
		struct slice seconds = yaml_scalar(yaml_field(node, field));
		for (size_t i = 0; i < seconds.len; i++) {
			if (seconds.ptr[i] < 'a' || seconds.ptr[i] > 'z')
				return error_set(
				    l->err, ERR_INVALID, "bigrams of '%s': lower-case letters only", field);
			l->rules->values.bigrams[first - 'a'] |= 1u << (seconds.ptr[i] - 'a');
		}
	}
	return RESULT_OK;
}

typedef result (*read_rule)(struct loader *l, struct fy_node *node, size_t index);

static result read_rules(struct loader *l, struct fy_node *list, read_rule read)
{
	void *iter = NULL;
	size_t index = 0;
	for (struct fy_node *item; list && (item = fy_node_sequence_iterate(list, &iter)) != NULL; index++)
		TRY(error_wrap(l->err, read(l, item, index), "rule '%.*s'",
		    SLICE_ARG(yaml_scalar(yaml_field(item, "id")))));
	return RESULT_OK;
}

static size_t list_length(struct fy_node *list)
{
	int count = list && fy_node_is_sequence(list) ? fy_node_sequence_item_count(list) : 0;
	return count > 0 ? (size_t)count : 0;
}

static result read_document(struct loader *l, struct fy_node *root)
{
	struct secret_rules *r = l->rules;
	struct fy_node *patterns = yaml_field(root, "patterns"), *contexts = yaml_field(root, "contexts");
	r->pattern_count = list_length(patterns);
	r->context_count = list_length(contexts);
	l->word_size = 4096;
	r->patterns = arena_zalloc(l->arena, (r->pattern_count + 1) * sizeof(*r->patterns));
	r->contexts = arena_zalloc(l->arena, (r->context_count + 1) * sizeof(*r->contexts));
	r->targets = arena_array(l->arena, l->word_size, sizeof(*r->targets));
	l->words = arena_array(l->arena, l->word_size, sizeof(*l->words));
	r->anchors = arena_zalloc(l->arena, sizeof(*r->anchors));
	if (!r->patterns || !r->contexts || !r->targets || !l->words || !r->anchors)
		return no_memory(l->err);
	TRY(read_defaults(l, yaml_field(root, "defaults")));
	r->pem = (struct rule_info){"secret-private-key", "Private key in plain text", SEVERITY_CRITICAL,
	    l->why, l->fix, l->references};
	TRY(add_anchor(l, SLICE("-----BEGIN "), ANCHOR_PEM, 0));
	TRY(read_rules(l, patterns, read_pattern));
	TRY(read_rules(l, contexts, read_context));
	TRY(read_names(l, yaml_field(root, "names")));
	TRY(read_values(l, yaml_field(root, "values")));
	TRY(read_bigrams(l, yaml_field(root, "bigrams")));
	return anchors_build(l->arena, l->words, l->word_count, l->err, r->anchors);
}

result secret_rules_load(struct slice yaml, struct error *err, struct secret_rules **ret_rules)
{
	if (yaml.len > RULES_BYTES_MAX)
		return error_set(err, ERR_LIMIT, "secret rules of more than %u bytes", RULES_BYTES_MAX);
	struct secret_rules *rules = calloc(1, sizeof(*rules));
	if (!rules)
		return no_memory(err);
	arena_init(&rules->arena, 64u << 20);
	struct loader loader = {.rules = rules, .arena = &rules->arena, .err = err};
	struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET};
	struct fy_document *document = fy_document_build_from_string(&cfg, yaml.ptr, yaml.len);
	result r = document ? read_document(&loader, fy_document_root(document))
			    : error_set(err, ERR_INVALID, "the secret rules are not YAML");
	fy_document_destroy(document);
	if (!is_ok(r)) {
		secret_rules_free(rules);
		return error_wrap(err, r, "secret rules");
	}
	*ret_rules = rules;
	return RESULT_OK;
}

result secret_rules_builtin(struct error *err, struct secret_rules **ret_rules)
{
	return secret_rules_load(slice_of(secrets_yaml_text, secrets_yaml_text_len), err, ret_rules);
}

void secret_rules_free(struct secret_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->pattern_count; i++)
		pcre2_code_free(rules->patterns[i].code);
	struct strmap *sets[] = {&rules->names.after, &rules->names.before, &rules->names.starts,
	    &rules->names.ignore, &rules->names.getters, &rules->names.wrappers, &rules->values.placeholders,
	    &rules->values.stems};
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		strmap_done(sets[i]);
	arena_done(&rules->arena);
	free(rules);
}
