/* JSON Schema 2020-12 to types. Called when an app is built and when a process loads a contract; the schema
 * is the author's. */
#include "contract/compile.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

#define SCHEMA_DEPTH_MAX 400u
#define TYPES_MAX 65536u

result compile_fail(struct compile *c, const char *fmt, ...)
{
	char text[600], room[300];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	struct buf path = {.ptr = room, .size = sizeof room, .cap = sizeof room};
	step_path(c->step, &path);
	return error_set(c->err, ERR_INVALID, "schema at #%.*s: %s", SLICE_ARG(buf_slice(&path)), text);
}

result compile_too_large(struct compile *c)
{
	return error_set(c->err, ERR_LIMIT, "the schema is too large");
}

bool schema_get(const struct value_item *schema, const char *keyword, struct slice *ret_value,
    struct value_item *ret_item)
{
	struct slice rest = schema->text, key;
	uint16_t id;
	struct value_item item;
	while (rest.len > 0 && value_read_key(&rest, &id, &key)) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &item))
			return false;
		if (!slice_eq_cstr(key, keyword))
			continue;
		if (ret_value)
			*ret_value = slice_of(start, (size_t)(rest.ptr - start));
		if (ret_item)
			*ret_item = item;
		return true;
	}
	return false;
}

static const char *const validation_keywords[] = {"type", "enum", "const", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems",
    "maxItems", "uniqueItems", "minContains", "maxContains", "required", "minProperties", "maxProperties",
    "dependentRequired"};

bool schema_get_rule(const struct compile *c, const struct value_item *schema, const char *keyword,
    struct slice *ret_value, struct value_item *ret_item)
{
	bool silent = c->set->resources[c->resource].no_validation;
	for (size_t i = 0; silent && i < ARRAY_LEN(validation_keywords); i++)
		if (strcmp(validation_keywords[i], keyword) == 0)
			return false;
	return schema_get(schema, keyword, ret_value, ret_item);
}

bool item_is_text(const struct value_item *item)
{
	return item->tag == VALUE_STR || item->tag == VALUE_ASCII;
}

/* Keywords that say something; true: also understood by ward, not only allowed. */
static const char *const known_keywords[] = {"$schema", "$id", "$ref", "$defs", "$anchor", "$comment",
    "$vocabulary", "$dynamicRef", "$dynamicAnchor", "definitions", "type", "enum", "const", "title",
    "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
    "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains",
    "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
    "maxProperties", "dependentRequired", "dependentSchemas", "dependencies", "allOf", "anyOf", "oneOf",
    "not", "if", "then", "else", "unevaluatedProperties", "unevaluatedItems", "contentEncoding",
    "contentMediaType", "contentSchema", "discriminator"};

static result check_keywords(struct compile *c, const struct value_item *schema)
{
	struct slice rest = schema->text, key;
	uint16_t id;
	struct value_item item;
	while (rest.len > 0 && value_read_key(&rest, &id, &key) && value_read(&rest, &item)) {
		bool known = slice_starts(key, SLICE("x-"));
		for (size_t i = 0; i < ARRAY_LEN(known_keywords) && !known; i++)
			known = slice_eq_cstr(key, known_keywords[i]);
		if (!known && !c->set->options.plain)
			return compile_fail(c, "unknown keyword \"%.*s\"", SLICE_ARG(key));
	}
	return RESULT_OK;
}

static result compile_kinds(struct compile *c, const struct value_item *schema, struct type *t)
{
	static const struct {
		const char *name;
		uint8_t kinds;
	} table[] = {{"null", KIND_NULL}, {"boolean", KIND_BOOL}, {"integer", KIND_INT},
	    {"number", KIND_NUMBER}, {"string", KIND_STR}, {"array", KIND_ARRAY}, {"object", KIND_OBJECT}};
	struct value_item type, item;
	struct slice value, rest;
	t->kinds = KIND_ALL;
	if (!schema_get_rule(c, schema, "type", &value, &type))
		return RESULT_OK;
	rest = type.tag == VALUE_ARRAY ? type.text : value;
	t->kinds = 0;
	while (rest.len > 0 && value_read(&rest, &item)) {
		size_t i = 0;
		while (
		    i < ARRAY_LEN(table) && !(item_is_text(&item) && slice_eq_cstr(item.text, table[i].name)))
			i++;
		if (i == ARRAY_LEN(table))
			return compile_fail(
			    c, "type must be null, boolean, integer, number, string, array or object");
		t->kinds |= table[i].kinds;
	}
	return RESULT_OK;
}

static result compile_annotations(struct compile *c, const struct value_item *schema, struct type *t)
{
	static const char *const held[] = {
	    [HELD_DATE] = "date", [HELD_BIGINT] = "bigint", [HELD_BYTES] = "bytes"};
	struct value_item item;
	if (schema_get(schema, "x-ward-type", NULL, &item)) {
		for (uint8_t i = HELD_DATE; i <= HELD_BYTES; i++)
			if (item_is_text(&item) && slice_eq_cstr(item.text, held[i]))
				t->held = i;
		if (t->held == HELD_PLAIN)
			return compile_fail(c, "x-ward-type must be date, bigint or bytes");
	}
	if (schema_get(schema, "x-ward-text", NULL, &item)) {
		bool multiline = item_is_text(&item) && slice_eq(item.text, SLICE("multiline"));
		if (!multiline && !(item_is_text(&item) && slice_eq(item.text, SLICE("any"))))
			return compile_fail(c, "x-ward-text must be multiline or any");
		t->text = multiline ? TEXT_MULTILINE : TEXT_ANY;
	}
	if (schema_get(schema, "x-ward-output", NULL, &item)) {
		bool page = item_is_text(&item) && slice_eq(item.text, SLICE("html"));
		if (!page && !(item_is_text(&item) && slice_eq(item.text, SLICE("redirect"))))
			return compile_fail(c, "x-ward-output must be html or redirect");
		t->output = page ? TYPE_OUTPUT_HTML : TYPE_OUTPUT_REDIRECT;
	}
	t->sensitive = (schema_get(schema, "x-ward-pii", NULL, &item) && item.tag != VALUE_FALSE) ||
		       (schema_get(schema, "x-ward-secret", NULL, &item) && item.tag != VALUE_FALSE);
	return RESULT_OK;
}

result compile_count(
    struct compile *c, const struct value_item *schema, const char *keyword, uint64_t *count, bool *seen)
{
	struct value_item item;
	if (!schema_get_rule(c, schema, keyword, NULL, &item))
		return RESULT_OK;
	if (item.tag != VALUE_INT || item.integer < 0)
		return compile_fail(c, "%s must be a whole number of at least 0", keyword);
	*count = (uint64_t)item.integer;
	*seen = true;
	return RESULT_OK;
}

static result compile_object_schema(struct compile *c, const struct value_item *schema, struct type *t)
{
	TRY(check_keywords(c, schema));
	TRY(compile_kinds(c, schema, t));
	TRY(compile_annotations(c, schema, t));
	TRY(compile_scalars(c, schema, t));
	TRY(compile_arrays(c, schema, t));
	TRY(compile_objects(c, schema, t));
	TRY(compile_file(c, schema, t));
	return compile_rest(c, schema, t);
}

result type_new(struct type_set *set, struct type **ret)
{
	if (set->type_count == set->type_size) {
		size_t size = set->type_size ? set->type_size * 2 : 64;
		struct type **list = size <= TYPES_MAX ? realloc(set->types, size * sizeof *list) : NULL;
		if (!list)
			return (result){ERR_LIMIT};
		set->types = list;
		set->type_size = size;
	}
	struct type *t = arena_zalloc(&set->arena, sizeof *t);
	if (!t)
		return (result){ERR_LIMIT};
	t->set = set;
	t->index = (uint32_t)set->type_count;
	set->types[set->type_count++] = t;
	*ret = t;
	return RESULT_OK;
}

static result compile_new(
    struct compile *c, struct slice schema, struct location *location, const struct type **ret)
{
	struct value_item item;
	struct slice rest = schema;
	struct type *t;
	if (!value_read(&rest, &item) ||
	    (item.tag != VALUE_OBJECT && item.tag != VALUE_TRUE && item.tag != VALUE_FALSE))
		return compile_fail(c, "a schema must be an object, true or false");
	if (!is_ok(type_new(c->set, &t)))
		return compile_too_large(c);
	location->type = t;
	t->resource = c->resource;
	*ret = t;
	if (item.tag == VALUE_OBJECT)
		return compile_object_schema(c, &item, t);
	t->kinds = item.tag == VALUE_TRUE ? KIND_ALL : 0;
	return RESULT_OK;
}

result compile_schema(
    struct compile *c, struct slice schema, const struct step *step, const struct type **ret)
{
	const struct step *before = c->step;
	uint32_t resource = c->resource;
	c->step = step;
	struct location *location = location_find(c->set, schema.ptr);
	if (!location)
		return compile_fail(c, "a schema stands where none can");
	if (location->type) {
		*ret = location->type;
	} else {
		if (++c->depth > SCHEMA_DEPTH_MAX)
			return compile_fail(c, "schemas nest too deep");
		c->resource = location->resource;
		TRY(compile_new(c, schema, location, ret));
		c->depth--;
	}
	c->resource = resource;
	c->step = before;
	return RESULT_OK;
}

result compile_below(struct compile *c, struct slice schema, const char *keyword, const struct step *below,
    const struct type **ret)
{
	struct step at = {.up = c->step, .key = slice_cstr(keyword)};
	if (!below)
		return compile_schema(c, schema, &at, ret);
	struct step member = {.up = &at, .key = below->key, .index = below->index};
	return compile_schema(c, schema, &member, ret);
}

result compile_list(struct compile *c, const struct value_item *schema, const char *keyword,
    const struct type ***ret, uint32_t *ret_count)
{
	struct value_item list, item;
	*ret_count = 0;
	if (!schema_get(schema, keyword, NULL, &list))
		return RESULT_OK;
	if (list.tag != VALUE_ARRAY || list.count == 0)
		return compile_fail(c, "%s must be a list of schemas", keyword);
	const struct type **types = arena_array(&c->set->arena, list.count, sizeof *types);
	if (!types)
		return compile_too_large(c);
	struct slice rest = list.text;
	for (uint32_t i = 0; i < list.count; i++) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &item))
			return compile_too_large(c);
		TRY(compile_below(c, slice_of(start, (size_t)(rest.ptr - start)), keyword,
		    &(struct step){.index = i}, &types[i]));
	}
	*ret = types;
	*ret_count = list.count;
	return RESULT_OK;
}
