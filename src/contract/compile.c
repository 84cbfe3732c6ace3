/* JSON Schema 2020-12 to types. Called when an app is built and when a process loads a contract; the schema is the author's. */
#include "contract/compile.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

#define SCHEMA_DEPTH_MAX 200u
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

static result no_memory(struct compile *c)
{
	return error_set(c->err, ERR_LIMIT, "the schema is too large");
}

bool schema_get(const struct value_item *schema, const char *keyword, struct slice *ret_value, struct value_item *ret_item)
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

static bool is_text(const struct value_item *item)
{
	return item->tag == VALUE_STR || item->tag == VALUE_ASCII;
}

/* Keywords that say something; true: also understood by ward, not only allowed. */
static const char *const known_keywords[] = {"$schema", "$id", "$ref", "$defs", "$anchor", "$comment", "$vocabulary",
    "$dynamicRef", "$dynamicAnchor", "definitions", "type", "enum", "const", "title", "description", "default", "examples",
    "deprecated", "readOnly", "writeOnly", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "pattern", "format", "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains",
    "minContains", "maxContains", "properties", "required", "additionalProperties", "patternProperties", "propertyNames",
    "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "allOf", "anyOf", "oneOf", "not", "if", "then",
    "else", "unevaluatedProperties", "unevaluatedItems", "contentEncoding", "contentMediaType", "contentSchema",
    "discriminator"};

static result check_keywords(struct compile *c, const struct value_item *schema)
{
	struct slice rest = schema->text, key;
	uint16_t id;
	struct value_item item;
	while (rest.len > 0 && value_read_key(&rest, &id, &key) && value_read(&rest, &item)) {
		bool known = slice_starts(key, SLICE("x-"));
		for (size_t i = 0; i < ARRAY_LEN(known_keywords) && !known; i++)
			known = slice_eq_cstr(key, known_keywords[i]);
		if (!known && !c->set->plain)
			return compile_fail(c, "unknown keyword \"%.*s\"", SLICE_ARG(key));
	}
	return RESULT_OK;
}

static result compile_kinds(struct compile *c, const struct value_item *schema, struct type *t)
{
	static const struct {
		const char *name;
		uint8_t kinds;
	} table[] = {{"null", KIND_NULL}, {"boolean", KIND_BOOL}, {"integer", KIND_INT}, {"number", KIND_NUMBER},
	    {"string", KIND_STR}, {"array", KIND_ARRAY}, {"object", KIND_OBJECT}};
	struct value_item type, item;
	struct slice value, rest;
	t->kinds = KIND_ALL;
	if (!schema_get(schema, "type", &value, &type))
		return RESULT_OK;
	rest = type.tag == VALUE_ARRAY ? type.text : value;
	t->kinds = 0;
	while (rest.len > 0 && value_read(&rest, &item)) {
		size_t i = 0;
		while (i < ARRAY_LEN(table) && !(is_text(&item) && slice_eq_cstr(item.text, table[i].name)))
			i++;
		if (i == ARRAY_LEN(table))
			return compile_fail(c, "type must be null, boolean, integer, number, string, array or object");
		t->kinds |= table[i].kinds;
	}
	return RESULT_OK;
}

static result get_count(struct compile *c, const struct value_item *schema, const char *keyword, uint64_t *count, bool *seen)
{
	struct value_item item;
	if (!schema_get(schema, keyword, NULL, &item))
		return RESULT_OK;
	if (item.tag != VALUE_INT || item.integer < 0)
		return compile_fail(c, "%s must be a whole number of at least 0", keyword);
	*count = (uint64_t)item.integer;
	*seen = true;
	return RESULT_OK;
}

static result get_number(struct compile *c, const struct value_item *schema, const char *keyword, struct number *ret, bool *seen)
{
	struct value_item item;
	*seen = false;
	if (!schema_get(schema, keyword, NULL, &item))
		return RESULT_OK;
	if (item.tag < VALUE_INT || item.tag > VALUE_BIG)
		return compile_fail(c, "%s must be a number", keyword);
	*ret = number_of_item(&item);
	*seen = true;
	return RESULT_OK;
}

static result compile_numbers(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct number_rules rules = {0};
	struct number n;
	bool seen, any = false;
	TRY(get_number(c, schema, "minimum", &rules.min, &rules.has_min));
	TRY(get_number(c, schema, "maximum", &rules.max, &rules.has_max));
	TRY(get_number(c, schema, "exclusiveMinimum", &n, &seen));
	if (seen && (!rules.has_min || number_compare(&n, &rules.min) >= 0)) {
		rules.min = n;
		rules.has_min = rules.min_open = true;
	}
	TRY(get_number(c, schema, "exclusiveMaximum", &n, &seen));
	if (seen && (!rules.has_max || number_compare(&n, &rules.max) <= 0)) {
		rules.max = n;
		rules.has_max = rules.max_open = true;
	}
	TRY(get_number(c, schema, "multipleOf", &n, &rules.has_multiple));
	if (rules.has_multiple && !number_as_multiple(&n, &rules.multiple, &rules.multiple_exponent))
		return compile_fail(c, "multipleOf must be a number above 0 of at most 19 digits");
	any = rules.has_min || rules.has_max || rules.has_multiple;
	if (!any)
		return RESULT_OK;
	if (rules.has_multiple) {
		CLEANUP_BUF struct buf text = BUF_INIT(64);
		buf_printf(&text, "%llue%lld", (unsigned long long)rules.multiple, (long long)rules.multiple_exponent);
		rules.multiple_text = arena_copy(&c->set->arena, buf_slice(&text));
	}
	struct number_rules *kept = arena_alloc(&c->set->arena, sizeof *kept);
	if (!kept)
		return no_memory(c);
	*kept = rules;
	t->number = kept;
	return RESULT_OK;
}

static result compile_strings(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct string_rules rules = {.chars_max = BOUND_UNSET};
	struct value_item item;
	bool any = false;
	TRY(get_count(c, schema, "minLength", &rules.chars_min, &any));
	TRY(get_count(c, schema, "maxLength", &rules.chars_max, &any));
	if (schema_get(schema, "pattern", NULL, &item)) {
		if (!is_text(&item))
			return compile_fail(c, "pattern must be a string");
		struct error why;
		result r = pattern_new(c->set, item.text, &why, &rules.pattern);
		if (!is_ok(r))
			return compile_fail(c, "%s", why.text);
		any = true;
	}
	if (schema_get(schema, "format", NULL, &item)) {
		if (!is_text(&item))
			return compile_fail(c, "format must be a string");
		rules.format = format_find(item.text);
		if (!rules.format && !c->set->plain)
			return compile_fail(c, "format \"%.*s\" is not known", SLICE_ARG(item.text));
		any = any || rules.format;
	}
	if (!any)
		return RESULT_OK;
	struct string_rules *kept = arena_alloc(&c->set->arena, sizeof *kept);
	if (!kept)
		return no_memory(c);
	*kept = rules;
	t->string = kept;
	return RESULT_OK;
}

static result compile_annotations(struct compile *c, const struct value_item *schema, struct type *t)
{
	static const char *const held[] = {[HELD_DATE] = "date", [HELD_BIGINT] = "bigint", [HELD_BYTES] = "bytes"};
	struct value_item item;
	if (schema_get(schema, "x-ward-type", NULL, &item)) {
		for (uint8_t i = HELD_DATE; i <= HELD_BYTES; i++)
			if (is_text(&item) && slice_eq_cstr(item.text, held[i]))
				t->held = i;
		if (t->held == HELD_PLAIN)
			return compile_fail(c, "x-ward-type must be date, bigint or bytes");
	}
	if (schema_get(schema, "x-ward-text", NULL, &item)) {
		bool multiline = is_text(&item) && slice_eq(item.text, SLICE("multiline"));
		if (!multiline && !(is_text(&item) && slice_eq(item.text, SLICE("any"))))
			return compile_fail(c, "x-ward-text must be multiline or any");
		t->text = multiline ? TEXT_MULTILINE : TEXT_ANY;
	}
	t->sensitive = (schema_get(schema, "x-ward-pii", NULL, &item) && item.tag != VALUE_FALSE) ||
		       (schema_get(schema, "x-ward-secret", NULL, &item) && item.tag != VALUE_FALSE);
	return RESULT_OK;
}

static result sub(struct compile *c, struct slice schema, const char *keyword, struct slice key, size_t index, bool indexed,
    const struct type **ret)
{
	const struct step *before = c->step;
	struct step at = {.up = before, .key = slice_cstr(keyword)};
	struct step below = {.up = &at, .key = indexed ? SLICE_NONE : key, .index = index};
	result r = compile_schema(c, schema, indexed || key.ptr ? &below : &at, ret);
	c->step = before;
	return r;
}

static result compile_list(struct compile *c, const struct value_item *schema, const char *keyword, const struct type ***ret,
    uint32_t *ret_count)
{
	struct value_item list, item;
	*ret_count = 0;
	if (!schema_get(schema, keyword, NULL, &list))
		return RESULT_OK;
	if (list.tag != VALUE_ARRAY || list.count == 0)
		return compile_fail(c, "%s must be a list of schemas", keyword);
	const struct type **types = arena_array(&c->set->arena, list.count, sizeof *types);
	if (!types)
		return no_memory(c);
	struct slice rest = list.text;
	for (uint32_t i = 0; i < list.count; i++) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &item))
			return no_memory(c);
		TRY(sub(c, slice_of(start, (size_t)(rest.ptr - start)), keyword, SLICE_NONE, i, true, &types[i]));
	}
	*ret = types;
	*ret_count = list.count;
	return RESULT_OK;
}

static result compile_arrays(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct array_rules rules = {.items = c->set->any, .count_max = BOUND_UNSET};
	struct slice value;
	bool any = false;
	TRY(get_count(c, schema, "minItems", &rules.count_min, &any));
	TRY(get_count(c, schema, "maxItems", &rules.count_max, &any));
	TRY(compile_list(c, schema, "prefixItems", &rules.prefix, &rules.prefix_count));
	any = any || rules.prefix_count > 0;
	if (schema_get(schema, "items", &value, NULL)) {
		TRY(sub(c, value, "items", SLICE_NONE, 0, false, &rules.items));
		if (rules.items->kinds == 0)
			rules.items = NULL;
		any = true;
	}
	if (!any)
		return RESULT_OK;
	struct array_rules *kept = arena_alloc(&c->set->arena, sizeof *kept);
	if (!kept)
		return no_memory(c);
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

static result add_property(struct compile *c, struct object_rules *rules, struct slice name, struct property **ret)
{
	for (uint32_t i = 0; i < rules->count; i++) {
		if (slice_eq(rules->properties[i].name, name)) {
			*ret = &rules->properties[i];
			return RESULT_OK;
		}
	}
	int id = names_add(&c->set->names, &c->set->arena, name);
	if (id < 0)
		return no_memory(c);
	struct property *p = &rules->properties[rules->count++];
	*p = (struct property){.name = c->set->names.names[id], .id = (uint16_t)id, .raw = stands_for_itself(name)};
	*ret = p;
	return RESULT_OK;
}

static result compile_properties(struct compile *c, const struct value_item *schema, struct object_rules *rules)
{
	struct value_item properties = {0}, required = {0}, item;
	struct slice rest, key;
	uint16_t id;
	struct property *p;
	bool has = schema_get(schema, "properties", NULL, &properties);
	if (has && properties.tag != VALUE_OBJECT)
		return compile_fail(c, "properties must be an object");
	if (schema_get(schema, "required", NULL, &required) && required.tag != VALUE_ARRAY)
		return compile_fail(c, "required must be a list of names");
	rules->properties = arena_array(&c->set->arena, (size_t)properties.count + required.count + 1, sizeof *rules->properties);
	if (!rules->properties)
		return no_memory(c);
	rest = properties.text;
	for (uint32_t i = 0; i < properties.count && value_read_key(&rest, &id, &key); i++) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &item))
			return no_memory(c);
		TRY(add_property(c, rules, key, &p));
		p->declared = true;
		TRY(sub(c, slice_of(start, (size_t)(rest.ptr - start)), "properties", key, 0, false, &p->type));
	}
	rest = required.text;
	for (uint32_t i = 0; i < required.count && value_read(&rest, &item); i++) {
		if (!is_text(&item))
			return compile_fail(c, "required must be a list of names");
		TRY(add_property(c, rules, item.text, &p));
		rules->required_count += !p->required;
		p->required = true;
	}
	return RESULT_OK;
}

static result compile_key_patterns(struct compile *c, const struct value_item *schema, struct object_rules *rules)
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
		return no_memory(c);
	rest = list.text;
	for (uint32_t i = 0; i < list.count && value_read_key(&rest, &id, &key); i++) {
		const char *start = rest.ptr;
		struct error why;
		if (!value_read(&rest, &item))
			return no_memory(c);
		struct key_pattern *p = &rules->patterns[rules->pattern_count++];
		if (!is_ok(pattern_new(c->set, key, &why, &p->pattern)))
			return compile_fail(c, "%s", why.text);
		TRY(sub(c, slice_of(start, (size_t)(rest.ptr - start)), "patternProperties", key, 0, false, &p->type));
	}
	return RESULT_OK;
}

static result hash_properties(struct compile *c, struct object_rules *rules)
{
	uint32_t places = 4;
	if (rules->count >= UINT16_MAX)
		return no_memory(c);
	while (places < rules->count * 2)
		places *= 2;
	rules->places = arena_zalloc(&c->set->arena, places * sizeof *rules->places);
	if (!rules->places)
		return no_memory(c);
	rules->places_mask = places - 1;
	for (uint32_t i = 0; i < rules->count; i++) {
		uint32_t at = name_hash(rules->properties[i].name) & rules->places_mask;
		while (rules->places[at])
			at = (at + 1) & rules->places_mask;
		rules->places[at] = (uint16_t)(i + 1);
	}
	return RESULT_OK;
}

static result compile_objects(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct object_rules rules = {.additional = c->set->any, .count_max = BOUND_UNSET};
	struct slice value;
	bool any = schema_get(schema, "properties", NULL, NULL) || schema_get(schema, "required", NULL, NULL) ||
		   schema_get(schema, "patternProperties", NULL, NULL);
	TRY(get_count(c, schema, "minProperties", &rules.count_min, &any));
	TRY(get_count(c, schema, "maxProperties", &rules.count_max, &any));
	if (schema_get(schema, "additionalProperties", &value, NULL)) {
		TRY(sub(c, value, "additionalProperties", SLICE_NONE, 0, false, &rules.additional));
		if (rules.additional->kinds == 0)
			rules.additional = NULL;
		any = true;
	}
	if (!any)
		return RESULT_OK;
	TRY(compile_properties(c, schema, &rules));
	TRY(compile_key_patterns(c, schema, &rules));
	TRY(hash_properties(c, &rules));
	struct object_rules *kept = arena_alloc(&c->set->arena, sizeof *kept);
	if (!kept)
		return no_memory(c);
	*kept = rules;
	t->object = kept;
	return RESULT_OK;
}

/* Keys of literals get ids, so that both sides of a comparison are named alike. */
static result compile_literals(struct compile *c, const struct value_item *schema, struct type *t)
{
	struct value_item item, list;
	struct slice value, rest;
	struct literals *made = NULL;
	bool constant = schema_get(schema, "const", &value, &item);
	bool choice = schema_get(schema, "enum", NULL, &list);
	if (choice && list.tag != VALUE_ARRAY)
		return compile_fail(c, "enum must be a list");
	if (!constant && !choice)
		return RESULT_OK;
	made = arena_alloc(&c->set->arena, sizeof *made);
	if (!made)
		return no_memory(c);
	made->count = 0;
	made->values = arena_array(&c->set->arena, choice ? list.count + 1u : 1, sizeof *made->values);
	if (!made->values)
		return no_memory(c);
	rest = list.text;
	for (uint32_t i = 0; choice && i < list.count; i++) {
		const char *start = rest.ptr;
		if (!value_read(&rest, &item))
			return no_memory(c);
		struct slice one = slice_of(start, (size_t)(rest.ptr - start));
		if (!constant || value_equal(NULL, one, value))
			made->values[made->count++] = one;
	}
	if (!choice)
		made->values[made->count++] = value;
	t->literals = made;
	return RESULT_OK;
}

static result add_rest(struct compile *c, struct type *t, struct rest rule)
{
	struct rest *list = arena_array(&c->set->arena, t->rest_count + 1u, sizeof *list);
	if (!list)
		return no_memory(c);
	if (t->rest_count > 0)
		memcpy(list, t->rest, t->rest_count * sizeof *list);
	list[t->rest_count++] = rule;
	t->rest = list;
	return RESULT_OK;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* A reference token of a JSON Pointer in a URI fragment (RFC 6901 section 6), decoded. */
static size_t token_decode(struct slice token, char *to)
{
	size_t n = 0;
	for (size_t i = 0; i < token.len; i++) {
		char c = token.ptr[i];
		if (c == '%' && i + 2 < token.len && hex(token.ptr[i + 1]) >= 0 && hex(token.ptr[i + 2]) >= 0) {
			c = (char)(hex(token.ptr[i + 1]) * 16 + hex(token.ptr[i + 2]));
			i += 2;
		}
		if (c == '~' && i + 1 < token.len && (token.ptr[i + 1] == '0' || token.ptr[i + 1] == '1'))
			c = token.ptr[++i] == '0' ? '~' : '/';
		to[n++] = c;
	}
	return n;
}

static bool pointer_follow(struct slice *at, struct slice token)
{
	struct value_item item, inner;
	struct slice rest = *at, key;
	char name[512];
	uint16_t id;
	if (token.len >= sizeof name || !value_read(&rest, &item))
		return false;
	struct slice wanted = slice_of(name, token_decode(token, name));
	uint64_t index = 0;
	if (item.tag == VALUE_ARRAY && !slice_to_u64(wanted, &index))
		return false;
	rest = item.text;
	for (uint32_t i = 0; i < item.count; i++) {
		if (item.tag == VALUE_OBJECT && !value_read_key(&rest, &id, &key))
			return false;
		const char *start = rest.ptr;
		if (!value_read(&rest, &inner))
			return false;
		if (item.tag == VALUE_OBJECT ? slice_eq(key, wanted) : i == index) {
			*at = slice_of(start, (size_t)(rest.ptr - start));
			return true;
		}
	}
	return false;
}

static result find_reference(struct compile *c, struct slice reference, struct slice *ret)
{
	struct slice at = c->document, rest = reference;
	if (!slice_starts(reference, SLICE("#")))
		return compile_fail(c, "$ref \"%.*s\" is not in this document", SLICE_ARG(reference));
	rest.ptr++;
	rest.len--;
	if (rest.len > 0 && rest.ptr[0] != '/')
		return compile_fail(c, "$ref \"%.*s\" is not a JSON Pointer", SLICE_ARG(reference));
	(void)slice_cut(&rest, '/');
	while (rest.ptr)
		if (!pointer_follow(&at, slice_cut(&rest, '/')))
			return compile_fail(c, "$ref \"%.*s\" points to nothing", SLICE_ARG(reference));
	*ret = at;
	return RESULT_OK;
}

static result compile_rest(struct compile *c, const struct value_item *schema, struct type *t)
{
	static const struct {
		const char *keyword;
		enum rest_kind kind;
	} lists[] = {{"allOf", REST_ALL}, {"anyOf", REST_ANY}, {"oneOf", REST_ONE}};
	struct value_item item;
	struct slice value;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct rest rule = {.kind = lists[i].kind};
		TRY(compile_list(c, schema, lists[i].keyword, &rule.types, &rule.type_count));
		if (rule.type_count > 0)
			TRY(add_rest(c, t, rule));
	}
	if (schema_get(schema, "not", &value, NULL)) {
		struct rest rule = {.kind = REST_NOT, .type_count = 1};
		rule.types = arena_array(&c->set->arena, 1, sizeof *rule.types);
		if (!rule.types)
			return no_memory(c);
		TRY(sub(c, value, "not", SLICE_NONE, 0, false, &rule.types[0]));
		TRY(add_rest(c, t, rule));
	}
	if (schema_get(schema, "$ref", NULL, &item)) {
		struct rest rule = {.kind = REST_ALL, .type_count = 1};
		rule.types = arena_array(&c->set->arena, 1, sizeof *rule.types);
		if (!rule.types)
			return no_memory(c);
		TRY(find_reference(c, item.text, &value));
		TRY(compile_schema(c, value, c->step, &rule.types[0]));
		TRY(add_rest(c, t, rule));
	}
	return RESULT_OK;
}

static result compile_object_schema(struct compile *c, const struct value_item *schema, struct type *t)
{
	TRY(check_keywords(c, schema));
	TRY(compile_kinds(c, schema, t));
	TRY(compile_annotations(c, schema, t));
	TRY(compile_numbers(c, schema, t));
	TRY(compile_strings(c, schema, t));
	TRY(compile_arrays(c, schema, t));
	TRY(compile_objects(c, schema, t));
	TRY(compile_literals(c, schema, t));
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

static struct type *remembered(const struct compile *c, const char *at)
{
	for (size_t i = 0; i < c->memo_count; i++)
		if (c->memo[i].at == at)
			return c->memo[i].type;
	return NULL;
}

static result remember(struct compile *c, const char *at, struct type *t)
{
	if (c->memo_count == c->memo_size) {
		size_t size = c->memo_size ? c->memo_size * 2 : 64;
		struct schema_memo *memo = realloc(c->memo, size * sizeof *memo);
		if (!memo)
			return no_memory(c);
		c->memo = memo;
		c->memo_size = size;
	}
	c->memo[c->memo_count++] = (struct schema_memo){at, t};
	return RESULT_OK;
}

result compile_schema(struct compile *c, struct slice schema, const struct step *step, const struct type **ret)
{
	struct value_item item;
	struct slice rest = schema;
	struct type *t = remembered(c, schema.ptr);
	if (t) {
		*ret = t;
		return RESULT_OK;
	}
	const struct step *before = c->step;
	c->step = step;
	if (!value_read(&rest, &item) || (item.tag != VALUE_OBJECT && item.tag != VALUE_TRUE && item.tag != VALUE_FALSE))
		return compile_fail(c, "a schema must be an object, true or false");
	if (!is_ok(type_new(c->set, &t)))
		return no_memory(c);
	*ret = t;
	TRY(remember(c, schema.ptr, t));
	if (item.tag == VALUE_OBJECT) {
		if (++c->depth > SCHEMA_DEPTH_MAX)
			return compile_fail(c, "schemas nest too deep");
		TRY(compile_object_schema(c, &item, t));
		c->depth--;
	} else {
		t->kinds = item.tag == VALUE_TRUE ? KIND_ALL : 0;
	}
	c->step = before;
	return RESULT_OK;
}
