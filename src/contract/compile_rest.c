/* Keywords that apply other schemas to the same value, and those that ask for the whole of it. */
#include "contract/compile.h"

#include "base/check.h"

static result add(struct compile *c, struct type *t, struct rest rule)
{
	struct rest *list = arena_array(&c->set->arena, t->rest_count + 1u, sizeof *list);
	if (!list)
		return compile_too_large(c);
	if (t->rest_count > 0)
		memcpy(list, t->rest, t->rest_count * sizeof *list);
	list[t->rest_count++] = rule;
	t->rest = list;
	return RESULT_OK;
}

static result types_room(struct compile *c, struct rest *rule, uint32_t count)
{
	rule->types = arena_zalloc(&c->set->arena, count * sizeof *rule->types);
	rule->type_count = count;
	return rule->types ? RESULT_OK : compile_too_large(c);
}

static result one_type(struct compile *c, struct type *t, struct rest rule, struct slice schema,
    const char *keyword, const struct step *below)
{
	TRY(types_room(c, &rule, 1));
	TRY(compile_below(c, schema, keyword, below, &rule.types[0]));
	return add(c, t, rule);
}

static result compile_reference(
    struct compile *c, const struct value_item *schema, const char *keyword, struct type *t)
{
	struct value_item item;
	struct slice target;
	const struct anchor *anchor;
	struct rest rule = {.kind = REST_ALL};
	if (!schema_get(schema, keyword, NULL, &item))
		return RESULT_OK;
	if (!item_is_text(&item))
		return compile_fail(c, "%s must be a string", keyword);
	TRY(reference_find(c, c->resource, item.text, &target, &anchor));
	if (keyword[1] == 'd' && anchor && anchor->dynamic) {
		rule.kind = REST_DYNAMIC;
		rule.anchor = anchor->name;
		c->set->dynamic = true;
	}
	TRY(types_room(c, &rule, 1));
	TRY(compile_schema(c, target, c->step, &rule.types[0]));
	return add(c, t, rule);
}

static result compile_lists(struct compile *c, const struct value_item *schema, struct type *t)
{
	static const struct {
		const char *keyword;
		enum rest_kind kind;
	} lists[] = {{"allOf", REST_ALL}, {"anyOf", REST_ANY}, {"oneOf", REST_ONE}};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct rest rule = {.kind = lists[i].kind};
		TRY(compile_list(c, schema, lists[i].keyword, &rule.types, &rule.type_count));
		if (rule.type_count > 0)
			TRY(add(c, t, rule));
	}
	return RESULT_OK;
}

static result compile_condition(struct compile *c, const struct value_item *schema, struct type *t)
{
	static const char *const keywords[] = {"if", "then", "else"};
	struct rest rule = {.kind = REST_IF};
	struct slice value;
	if (!schema_get(schema, "if", NULL, NULL))
		return RESULT_OK;
	TRY(types_room(c, &rule, 3));
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (schema_get(schema, keywords[i], &value, NULL))
			TRY(compile_below(c, value, keywords[i], NULL, &rule.types[i]));
	return add(c, t, rule);
}

static result compile_contains(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct rest rule = {.kind = REST_CONTAINS, .low = 1, .high = BOUND_UNSET};
	struct slice value;
	bool seen;
	if (!schema_get(schema, "contains", &value, NULL))
		return RESULT_OK;
	TRY(compile_count(c, schema, "minContains", &rule.low, &seen));
	TRY(compile_count(c, schema, "maxContains", &rule.high, &seen));
	return one_type(c, t, rule, value, "contains", NULL);
}

/* Member after member of a keyword's object. */
static bool next(
    struct slice *rest, struct slice *ret_key, struct slice *ret_value, struct value_item *ret_item)
{
	uint16_t id;
	if (rest->len == 0 || !value_read_key(rest, &id, ret_key))
		return false;
	const char *start = rest->ptr;
	if (!value_read(rest, ret_item))
		return false;
	*ret_value = slice_of(start, (size_t)(rest->ptr - start));
	return true;
}

static result names_room(struct compile *c, struct rest *rule, size_t count, struct slice first)
{
	rule->names = arena_array(&c->set->arena, count + 1, sizeof *rule->names);
	if (!rule->names)
		return compile_too_large(c);
	rule->names[0] = first;
	rule->name_count = 1;
	return RESULT_OK;
}

/* "dependencies" of drafts before 2019-09 is the two keywords that replaced it in one: a list of names, or a
 * schema. */
static result compile_old_dependencies(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct value_item map, item, name;
	struct slice key, value;
	if (!schema_get(schema, "dependencies", NULL, &map) || map.tag != VALUE_OBJECT)
		return RESULT_OK;
	for (struct slice rest = map.text; next(&rest, &key, &value, &item);) {
		struct rest rule = {.kind = item.tag == VALUE_ARRAY ? REST_DEPEND_NAMES : REST_DEPEND_TYPE};
		TRY(names_room(c, &rule, item.count, key));
		if (rule.kind == REST_DEPEND_TYPE) {
			TRY(one_type(c, t, rule, value, "dependencies", &(struct step){.key = key}));
			continue;
		}
		for (struct slice list = item.text; list.len > 0 && value_read(&list, &name);)
			rule.names[rule.name_count++] = name.text;
		TRY(add(c, t, rule));
	}
	return RESULT_OK;
}

static result compile_dependencies(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct value_item map, item, name;
	struct slice key, value, rest;
	if (schema_get_rule(c, schema, "dependentRequired", NULL, &map)) {
		if (map.tag != VALUE_OBJECT)
			return compile_fail(c, "dependentRequired must be an object");
		rest = map.text;
		while (next(&rest, &key, &value, &item)) {
			struct rest rule = {.kind = REST_DEPEND_NAMES};
			TRY(names_room(c, &rule, item.count, key));
			for (struct slice list = item.text; list.len > 0 && value_read(&list, &name);)
				rule.names[rule.name_count++] = name.text;
			TRY(add(c, t, rule));
		}
	}
	if (!schema_get(schema, "dependentSchemas", NULL, &map))
		return RESULT_OK;
	if (map.tag != VALUE_OBJECT)
		return compile_fail(c, "dependentSchemas must be an object");
	rest = map.text;
	while (next(&rest, &key, &value, &item)) {
		struct rest rule = {.kind = REST_DEPEND_TYPE};
		TRY(names_room(c, &rule, 0, key));
		TRY(one_type(c, t, rule, value, "dependentSchemas", &(struct step){.key = key}));
	}
	return RESULT_OK;
}

/* Last, so that every other keyword has said what it looked at. */
static result compile_unevaluated(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct slice value;
	if (schema_get(schema, "unevaluatedProperties", &value, NULL)) {
		t->tracks = true;
		TRY(one_type(c, t, (struct rest){.kind = REST_OTHER_PROPERTIES}, value,
		    "unevaluatedProperties", NULL));
	}
	if (schema_get(schema, "unevaluatedItems", &value, NULL)) {
		t->tracks = true;
		TRY(one_type(c, t, (struct rest){.kind = REST_OTHER_ITEMS}, value, "unevaluatedItems", NULL));
	}
	return RESULT_OK;
}

result compile_rest(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct value_item item;
	struct slice value;
	TRY(compile_reference(c, schema, "$ref", t));
	TRY(compile_reference(c, schema, "$dynamicRef", t));
	TRY(compile_lists(c, schema, t));
	if (schema_get(schema, "not", &value, NULL))
		TRY(one_type(c, t, (struct rest){.kind = REST_NOT}, value, "not", NULL));
	TRY(compile_condition(c, schema, t));
	TRY(compile_contains(c, schema, t));
	if (schema_get_rule(c, schema, "uniqueItems", NULL, &item) && item.tag == VALUE_TRUE)
		TRY(add(c, t, (struct rest){.kind = REST_UNIQUE}));
	if (schema_get(schema, "propertyNames", &value, NULL))
		TRY(one_type(c, t, (struct rest){.kind = REST_NAMES}, value, "propertyNames", NULL));
	TRY(compile_dependencies(c, schema, t));
	TRY(compile_old_dependencies(c, schema, t));
	return compile_unevaluated(c, schema, t);
}

result compile_dynamic_anchors(struct compile *c)
{
	struct type_set *set = c->set;
	for (size_t i = 0; set->dynamic && i < set->resource_count; i++) {
		for (struct anchor *a = set->resources[i].anchors; a; a = a->next) {
			if (!a->dynamic || a->type)
				continue;
			TRY(compile_schema(c, a->schema, NULL, &a->type));
		}
	}
	return RESULT_OK;
}
