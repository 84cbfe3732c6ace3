/* Names and what they hold. Called by the evaluator; environments live in the analysis' arena until the file
 * is done. */
#include "review/code/analysis.h"

static uint32_t hash_of(struct slice s)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 16777619u;
	return h;
}

struct scope_env *env_new(struct analysis *a, struct scope_env *parent)
{
	struct scope_env *env = arena_zalloc(a->arena, sizeof *env);
	uint32_t count = parent ? ENV_BUCKETS : MODULE_BUCKETS;
	struct binding **buckets = arena_zalloc(a->arena, count * sizeof(struct binding *));
	if (!env || !buckets) {
		a->failed = true;
		return parent;
	}
	env->parent = parent;
	env->buckets = buckets;
	env->bucket_count = count;
	return env;
}

const TSNode *children_of(struct analysis *a, TSNode n, uint32_t *ret_count)
{
	uint32_t count = ts_node_is_null(n) ? 0 : syntax_count(n);
	TSNode *list = count ? arena_array(a->arena, count, sizeof *list) : NULL;
	*ret_count = 0;
	if (!list) {
		a->failed = a->failed || count;
		return NULL;
	}
	TSTreeCursor cursor = ts_tree_cursor_new(n);
	uint32_t at = 0;
	for (bool more = ts_tree_cursor_goto_first_child(&cursor); more && at < count;
	     more = ts_tree_cursor_goto_next_sibling(&cursor)) {
		TSNode child = ts_tree_cursor_current_node(&cursor);
		if (ts_node_is_named(child))
			list[at++] = child;
	}
	ts_tree_cursor_delete(&cursor);
	*ret_count = at;
	return list;
}

struct binding *env_find(struct scope_env *env, struct slice name)
{
	uint32_t hash = hash_of(name);
	for (; env; env = env->parent)
		for (struct binding *b = env->buckets[hash % env->bucket_count]; b; b = b->next)
			if (b->hash == hash && slice_eq(b->name, name))
				return b;
	return NULL;
}

struct binding *env_bind(struct analysis *a, struct scope_env *env, struct slice name, struct value v)
{
	uint32_t hash = hash_of(name);
	for (struct binding *b = env->buckets[hash % env->bucket_count]; b; b = b->next) {
		if (b->hash != hash || !slice_eq(b->name, name))
			continue;
		b->value = v;
		return b;
	}
	struct binding *b = arena_zalloc(a->arena, sizeof *b);
	if (!b) {
		a->failed = true;
		return NULL;
	}
	b->name = name;
	b->hash = hash;
	b->value = v;
	b->next = env->buckets[hash % env->bucket_count];
	env->buckets[hash % env->bucket_count] = b;
	return b;
}

/* A part of a value: tainted as the whole, but not the function or module that the whole may be. */
static struct value part_of(struct analysis *a, struct value whole, struct slice name)
{
	struct value v = {.flow = whole.flow};
	if (whole.qualified.len)
		v = join_values(v, module_member(a, whole.qualified, name));
	v.is_record = (v.flow.source || v.flow.parameters) && slice_eq_cstr(name, "body");
	if (safe_member(name))
		v.flow = (struct flow){.source = false};
	return v;
}

static void bind_object(struct analysis *a, struct scope_env *env, TSNode pattern, struct value v)
{
	uint32_t count = syntax_count(pattern);
	for (uint32_t i = 0; i < count; i++) {
		TSNode p = syntax_child(pattern, i);
		switch (syntax_type(&a->tree, p)) {
		case SYNTAX_SHORTHAND_PATTERN: {
			struct slice name = syntax_text(&a->tree, p);
			(void)env_bind(a, env, name, part_of(a, v, name));
			break;
		}
		case SYNTAX_PAIR_PATTERN: {
			struct slice key = syntax_text(&a->tree, syntax_field(&a->tree, p, FIELD_KEY));
			bind_pattern(a, env, syntax_field(&a->tree, p, FIELD_VALUE), part_of(a, v, key));
			break;
		}
		case SYNTAX_OBJECT_ASSIGNMENT_PATTERN: {
			TSNode left = syntax_field(&a->tree, p, FIELD_LEFT);
			struct value given = evaluate(a, env, syntax_field(&a->tree, p, FIELD_RIGHT));
			struct slice name = syntax_text(&a->tree, left);
			bind_pattern(a, env, left, join_values(part_of(a, v, name), given));
			break;
		}
		default:
			bind_pattern(a, env, p, (struct value){.flow = v.flow});
			break;
		}
	}
}

void bind_pattern(struct analysis *a, struct scope_env *env, TSNode pattern, struct value v)
{
	if (ts_node_is_null(pattern) || ++a->depth > DEPTH_MAX) {
		a->depth -= !ts_node_is_null(pattern);
		return;
	}
	switch (syntax_type(&a->tree, pattern)) {
	case SYNTAX_IDENTIFIER:
	case SYNTAX_SHORTHAND_PATTERN:
		(void)env_bind(a, env, syntax_text(&a->tree, pattern), v);
		break;
	case SYNTAX_REQUIRED_PARAMETER:
	case SYNTAX_OPTIONAL_PARAMETER:
		bind_pattern(a, env, syntax_field(&a->tree, pattern, FIELD_PATTERN), v);
		break;
	case SYNTAX_ASSIGNMENT_PATTERN:
		bind_pattern(a, env, syntax_field(&a->tree, pattern, FIELD_LEFT), v);
		break;
	case SYNTAX_OBJECT_PATTERN:
		bind_object(a, env, pattern, v);
		break;
	case SYNTAX_ARRAY_PATTERN:
	case SYNTAX_REST_PATTERN:
		for (uint32_t i = 0; i < syntax_count(pattern); i++)
			bind_pattern(a, env, syntax_child(pattern, i), (struct value){.flow = v.flow});
		break;
	default:
		break;
	}
	a->depth--;
}

void clean_name(struct analysis *a, struct scope_env *env, struct slice name, uint32_t kinds, unsigned depth)
{
	struct binding *b = env_find(env, name);
	if (!b || depth > 2)
		return;
	clean_flow(&b->value.flow, kinds);
	for (size_t i = 0; i < sizeof b->origins / sizeof *b->origins && b->origins[i].len; i++)
		if (!slice_eq(b->origins[i], name))
			clean_name(a, env, b->origins[i], kinds, depth + 1);
}
