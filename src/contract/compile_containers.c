/* Rules of arrays and objects that one pass can check. */
#include "contract/compile.h"

result compile_arrays(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct array_rules rules = {.items = c->set->any, .count_max = BOUND_UNSET};
	struct slice value;
	bool any = false;
	TRY(compile_count(c, schema, "minItems", &rules.count_min, &any));
	TRY(compile_count(c, schema, "maxItems", &rules.count_max, &any));
	TRY(compile_list(c, schema, "prefixItems", &rules.prefix, &rules.prefix_count));
	any = any || rules.prefix_count > 0;
	if (schema_get(schema, "items", &value, NULL)) {
		TRY(compile_below(c, value, "items", NULL, &rules.items));
		rules.has_items = true;
		if (rules.items->kinds == 0)
			rules.items = NULL;
		any = true;
	}
	if (!any)
		return RESULT_OK;
	struct array_rules *kept = arena_alloc(&c->set->arena, sizeof *kept);
	if (!kept)
		return compile_too_large(c);
	*kept = rules;
	t->array = kept;
	return RESULT_OK;
}

static bool stands_for_itself(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == '"' || name.ptr[i] == '\\')
			return false;
	return true;
}

static result add_property(
    struct compile *c, struct object_rules *rules, struct slice name, struct property **ret)
{
	for (uint32_t i = 0; i < rules->count; i++) {
		if (slice_eq(rules->properties[i].name, name)) {
			*ret = &rules->properties[i];
			return RESULT_OK;
		}
	}
	int id = names_add(&c->set->names, &c->set->arena, name);
	if (id < 0)
		return compile_too_large(c);
	struct property *p = &rules->properties[rules->count++];
	CLEANUP_BUF struct buf json = BUF_INIT(name.len * 6 + 8);
	json_put_string(&json, name);
	buf_add_char(&json, ':');
	struct slice kept = arena_copy(&c->set->arena, buf_slice(&json));
	if (!kept.ptr || !buf_ok(&json))
		return compile_too_large(c);
	*p = (struct property){.name = c->set->names.names[id],
	    .json = kept,
	    .id = (uint16_t)id,
	    .expectable = stands_for_itself(name)};
	*ret = p;
	return RESULT_OK;
}

static result compile_properties(
    struct compile *c, const struct value_item *schema, struct object_rules *rules)
{
	struct value_item properties = {0}, required = {0}, item;
	struct slice rest, key;
	uint16_t id;
	struct property *p;
	bool has = schema_get(schema, "properties", NULL, &properties);
	if (has && properties.tag != VALUE_OBJECT)
		return compile_fail(c, "properties must be an object");
	if (schema_get_rule(c, schema, "required", NULL, &required) && required.tag != VALUE_ARRAY)
		return compile_fail(c, "required must be a list of names");
	rules->properties = arena_array(
	    &c->set->arena, (size_t)properties.count + required.count + 1, sizeof *rules->properties);
	if (!rules->properties)
		return compile_too_large(c);
	rest = properties.text;
	for (uint32_t i = 0; i < properties.count && value_read_key(&rest, &id, &key); i++) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &item))
			return compile_too_large(c);
		TRY(add_property(c, rules, key, &p));
		p->declared = true;
		TRY(compile_below(c, slice_of(start, (size_t)(rest.ptr - start)), "properties",
		    &(struct step){.key = key}, &p->type));
	}
	rest = required.text;
	for (uint32_t i = 0; i < required.count && value_read(&rest, &item); i++) {
		if (!item_is_text(&item))
			return compile_fail(c, "required must be a list of names");
		TRY(add_property(c, rules, item.text, &p));
		rules->required_count += !p->required;
		p->required = true;
	}
	return RESULT_OK;
}

static result compile_key_patterns(
    struct compile *c, const struct value_item *schema, struct object_rules *rules)
{
	struct value_item list, item;
	struct slice rest, key;
	uint16_t id;
	if (!schema_get(schema, "patternProperties", NULL, &list))
		return RESULT_OK;
	if (list.tag != VALUE_OBJECT)
		return compile_fail(c, "patternProperties must be an object");
	rules->patterns = arena_array(&c->set->arena, list.count + 1u, sizeof *rules->patterns);
	if (!rules->patterns)
		return compile_too_large(c);
	rest = list.text;
	for (uint32_t i = 0; i < list.count && value_read_key(&rest, &id, &key); i++) {
		const char *start = rest.ptr;
		struct error why;
		if (!value_read(&rest, &item))
			return compile_too_large(c);
		struct key_pattern *p = &rules->patterns[rules->pattern_count++];
		if (!is_ok(pattern_new(c->set, key, &why, &p->pattern)))
			return compile_fail(c, "%s", why.text);
		TRY(compile_below(c, slice_of(start, (size_t)(rest.ptr - start)), "patternProperties",
		    &(struct step){.key = key}, &p->type));
	}
	return RESULT_OK;
}

static void set_head(struct property *p)
{
	char bytes[8] = {0}, mask[8] = {0};
	size_t n = p->name.len < 8 ? p->name.len : 8;
	memcpy(bytes, p->name.ptr, n);
	memset(mask, 0xff, n);
	if (n < 8) {
		bytes[n] = '"';
		mask[n] = (char)0xff;
	}
	memcpy(&p->head, bytes, 8);
	memcpy(&p->head_mask, mask, 8);
	p->expectable = p->expectable && p->declared;
}

bool object_hash(struct type_set *set, struct object_rules *rules)
{
	uint32_t places = 4;
	while (places < rules->count * 2)
		places *= 2;
	rules->places = arena_zalloc(&set->arena, places * sizeof *rules->places);
	if (!rules->places)
		return false;
	rules->places_mask = places - 1;
	for (uint32_t i = 0; i < rules->count; i++) {
		set_head(&rules->properties[i]);
		uint32_t at = name_hash(rules->properties[i].name) & rules->places_mask;
		while (rules->places[at])
			at = (at + 1) & rules->places_mask;
		rules->places[at] = (uint16_t)(i + 1);
	}
	return true;
}

result compile_objects(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct object_rules rules = {.additional = c->set->any, .count_max = BOUND_UNSET};
	struct slice value;
	bool any = schema_get(schema, "properties", NULL, NULL) ||
		   schema_get_rule(c, schema, "required", NULL, NULL) ||
		   schema_get(schema, "patternProperties", NULL, NULL);
	TRY(compile_count(c, schema, "minProperties", &rules.count_min, &any));
	TRY(compile_count(c, schema, "maxProperties", &rules.count_max, &any));
	if (schema_get(schema, "additionalProperties", &value, NULL)) {
		TRY(compile_below(c, value, "additionalProperties", NULL, &rules.additional));
		rules.has_additional = true;
		if (rules.additional->kinds == 0)
			rules.additional = NULL;
		any = true;
	}
	if (!any)
		return RESULT_OK;
	TRY(compile_properties(c, schema, &rules));
	TRY(compile_key_patterns(c, schema, &rules));
	if (rules.count >= UINT16_MAX || !object_hash(c->set, &rules))
		return compile_too_large(c);
	struct object_rules *kept = arena_alloc(&c->set->arena, sizeof *kept);
	if (!kept)
		return compile_too_large(c);
	*kept = rules;
	t->object = kept;
	return RESULT_OK;
}
