/*
 * Documents, the resources in them and the schemas in those (JSON Schema core 8.2 and 9): found before
 * anything is compiled, so that $id inside an enum or under an unknown keyword is what it is, data.
 */
#include <stdlib.h>

#include "base/check.h"
#include "contract/compile.h"
#include "contract/uri.h"

#define DOCUMENT_BYTES_MAX (16u << 20)
#define RESOURCES_MAX 4096u

static size_t place_of(const struct type_set *set, const char *at)
{
	return (size_t)(((uintptr_t)at * 0x9e3779b97f4a7c15u) >> 20) & (set->location_places - 1);
}

struct location *location_find(const struct type_set *set, const char *at)
{
	if (set->location_places == 0)
		return NULL;
	for (size_t i = place_of(set, at); set->locations[i].at; i = (i + 1) & (set->location_places - 1))
		if (set->locations[i].at == at)
			return &set->locations[i];
	return NULL;
}

static bool grow(struct type_set *set)
{
	struct type_set bigger = *set;
	bigger.location_places = set->location_places ? set->location_places * 2 : 256;
	bigger.locations = calloc(bigger.location_places, sizeof *bigger.locations);
	if (!bigger.locations)
		return false;
	for (size_t i = 0; i < set->location_places; i++) {
		if (!set->locations[i].at)
			continue;
		size_t to = place_of(&bigger, set->locations[i].at);
		while (bigger.locations[to].at)
			to = (to + 1) & (bigger.location_places - 1);
		bigger.locations[to] = set->locations[i];
	}
	free(set->locations);
	set->locations = bigger.locations;
	set->location_places = bigger.location_places;
	return true;
}

static struct location *location_add(struct type_set *set, const char *at, uint32_t resource)
{
	if (set->location_count * 2 >= set->location_places && !grow(set))
		return NULL;
	size_t i = place_of(set, at);
	while (set->locations[i].at)
		i = (i + 1) & (set->location_places - 1);
	set->locations[i] = (struct location){.at = at, .resource = resource};
	set->location_count++;
	return &set->locations[i];
}

static result resource_add(
    struct compile *c, struct slice base, struct slice id, struct slice schema, uint32_t *ret)
{
	struct type_set *set = c->set;
	CLEANUP_BUF struct buf uri = BUF_INIT(1 << 16);
	if (set->resource_count == set->resource_size) {
		size_t size = set->resource_size ? set->resource_size * 2 : 16;
		struct resource *list =
		    size <= RESOURCES_MAX ? realloc(set->resources, size * sizeof *list) : NULL;
		if (!list)
			return compile_too_large(c);
		set->resources = list;
		set->resource_size = size;
	}
	uri_resolve(base, id, &uri);
	struct slice whole = buf_slice(&uri), text = slice_cut(&whole, '#');
	text = arena_copy(&set->arena, text);
	if (!text.ptr)
		return compile_too_large(c);
	for (size_t i = 0; text.len > 0 && i < set->resource_count; i++)
		if (slice_eq(set->resources[i].uri, text))
			return compile_fail(c, "two schemas have the $id \"%.*s\"", SLICE_ARG(text));
	*ret = (uint32_t)set->resource_count;
	set->resources[set->resource_count++] = (struct resource){.uri = text, .schema = schema};
	return RESULT_OK;
}

static result anchor_add(struct compile *c, const struct value_item *schema, struct slice at,
    uint32_t resource, const char *keyword, bool dynamic)
{
	struct value_item item;
	struct resource *r = &c->set->resources[resource];
	if (!schema_get(schema, keyword, NULL, &item))
		return RESULT_OK;
	if (!item_is_text(&item))
		return compile_fail(c, "%s must be a string", keyword);
	for (const struct anchor *a = r->anchors; a; a = a->next)
		if (slice_eq(a->name, item.text))
			return compile_fail(c, "two schemas have the anchor \"%.*s\"", SLICE_ARG(item.text));
	struct anchor *a = arena_alloc(&c->set->arena, sizeof *a);
	if (!a)
		return compile_too_large(c);
	*a = (struct anchor){.next = r->anchors, .name = item.text, .schema = at, .dynamic = dynamic};
	r->anchors = a;
	return RESULT_OK;
}

/* What the keywords hold that hold schemas (JSON Schema core 10 and 11). */
static const struct {
	const char *keyword;
	enum { ONE_SCHEMA, LIST_OF_SCHEMAS, MAP_OF_SCHEMAS } holds;
} applicators[] = {{"$defs", MAP_OF_SCHEMAS}, {"definitions", MAP_OF_SCHEMAS}, {"properties", MAP_OF_SCHEMAS},
    {"patternProperties", MAP_OF_SCHEMAS}, {"dependentSchemas", MAP_OF_SCHEMAS},
    {"dependencies", MAP_OF_SCHEMAS}, {"additionalProperties", ONE_SCHEMA}, {"propertyNames", ONE_SCHEMA},
    {"unevaluatedProperties", ONE_SCHEMA}, {"items", ONE_SCHEMA}, {"contains", ONE_SCHEMA},
    {"unevaluatedItems", ONE_SCHEMA}, {"prefixItems", LIST_OF_SCHEMAS}, {"allOf", LIST_OF_SCHEMAS},
    {"anyOf", LIST_OF_SCHEMAS}, {"oneOf", LIST_OF_SCHEMAS}, {"not", ONE_SCHEMA}, {"if", ONE_SCHEMA},
    {"then", ONE_SCHEMA}, {"else", ONE_SCHEMA}, {"contentSchema", ONE_SCHEMA}};

static result index_children(struct compile *c, struct slice container, uint32_t resource)
{
	struct value_item holder, item;
	struct slice rest, key;
	uint16_t id;
	if (!value_read(&container, &holder))
		return RESULT_OK;
	rest = holder.text;
	for (uint32_t i = 0; i < holder.count; i++) {
		if (holder.tag == VALUE_OBJECT && !value_read_key(&rest, &id, &key))
			break;
		const char *start = rest.ptr;
		if (!value_read(&rest, &item))
			break;
		TRY(schema_index(c, slice_of(start, (size_t)(rest.ptr - start)), resource));
	}
	return RESULT_OK;
}

result schema_index(struct compile *c, struct slice schema, uint32_t resource)
{
	struct value_item item, id;
	struct slice rest = schema, value;
	if (!value_read(&rest, &item) || location_find(c->set, schema.ptr))
		return RESULT_OK;
	if (item.tag == VALUE_OBJECT && schema_get(&item, "$id", NULL, &id) && item_is_text(&id)) {
		bool root = c->set->resources[resource].schema.ptr == schema.ptr;
		if (!root) {
			bool no_validation = c->set->resources[resource].no_validation;
			TRY(resource_add(c, c->set->resources[resource].uri, id.text, schema, &resource));
			c->set->resources[resource].no_validation = no_validation;
		}
	}
	if (!location_add(c->set, schema.ptr, resource))
		return compile_too_large(c);
	if (item.tag != VALUE_OBJECT)
		return RESULT_OK;
	TRY(anchor_add(c, &item, schema, resource, "$anchor", false));
	TRY(anchor_add(c, &item, schema, resource, "$dynamicAnchor", true));
	for (size_t i = 0; i < ARRAY_LEN(applicators); i++) {
		if (!schema_get(&item, applicators[i].keyword, &value, NULL))
			continue;
		if (applicators[i].holds == ONE_SCHEMA)
			TRY(schema_index(c, value, resource));
		else
			TRY(index_children(c, value, resource));
	}
	return RESULT_OK;
}

#define SCHEMA_URI "https://json-schema.org/draft/2020-12/schema"
#define VALIDATION_URI "https://json-schema.org/draft/2020-12/vocab/validation"

/* A meta-schema may leave the validation vocabulary out: its keywords then say nothing (JSON Schema
 * core 8.1). */
static result read_dialect(struct compile *c, const struct value_item *schema, bool *ret_no_validation)
{
	struct value_item item, meta, vocabularies;
	uint32_t resource;
	*ret_no_validation = false;
	if (!schema_get(schema, "$schema", NULL, &item))
		return RESULT_OK;
	if (!item_is_text(&item))
		return compile_fail(c, "$schema must be a string");
	struct slice uri = item.text;
	if (slice_eq(uri, SLICE(SCHEMA_URI)) || slice_eq(uri, SLICE(SCHEMA_URI "#")))
		return RESULT_OK;
	if (!c->set->options.plain)
		return compile_fail(c, "$schema must be " SCHEMA_URI);
	TRY(resource_find(c, uri, &resource));
	struct slice rest = c->set->resources[resource].schema;
	if (value_read(&rest, &meta) && schema_get(&meta, "$vocabulary", NULL, &vocabularies))
		*ret_no_validation = !schema_get(&vocabularies, VALIDATION_URI, NULL, NULL);
	return RESULT_OK;
}

result document_add(struct compile *c, struct slice base, struct slice json, uint32_t *ret_resource)
{
	struct problems problems = {0};
	CLEANUP_BUF struct buf encoded = BUF_INIT(DOCUMENT_BYTES_MAX);
	struct value_item item, id;
	result r = json_to_encoding(json, &encoded, &problems);
	if (!is_ok(r))
		return compile_fail(c, "the schema %s",
		    problems.count > 0 ? problems.lines[0].text : "is larger than 16 MiB");
	struct slice document = arena_copy(&c->set->arena, buf_slice(&encoded)), rest = document;
	if (!document.ptr || !value_read(&rest, &item))
		return compile_too_large(c);
	bool has_id = item.tag == VALUE_OBJECT && schema_get(&item, "$id", NULL, &id) && item_is_text(&id);
	TRY(resource_add(c, base, has_id ? id.text : SLICE(""), document, ret_resource));
	if (item.tag == VALUE_OBJECT) {
		bool no_validation;
		TRY(read_dialect(c, &item, &no_validation));
		c->set->resources[*ret_resource].no_validation = no_validation;
	}
	return schema_index(c, document, *ret_resource);
}

result resource_find(struct compile *c, struct slice uri, uint32_t *ret)
{
	struct type_set *set = c->set;
	for (size_t i = 0; i < set->resource_count; i++) {
		if (slice_eq(set->resources[i].uri, uri)) {
			*ret = (uint32_t)i;
			return RESULT_OK;
		}
	}
	CLEANUP_BUF struct buf json = BUF_INIT(DOCUMENT_BYTES_MAX);
	if (!set->options.load || !set->options.load(set->options.load_self, uri, &json))
		return compile_fail(c, "there is no schema \"%.*s\"", SLICE_ARG(uri));
	TRY(document_add(c, uri, buf_slice(&json), ret));
	/* It may call itself something else; it is what was asked for. */
	if (!slice_eq(set->resources[*ret].uri, uri)) {
		struct resource other = set->resources[*ret];
		uint32_t index;
		TRY(resource_add(c, uri, SLICE(""), other.schema, &index));
		set->resources[index].anchors = other.anchors;
	}
	return RESULT_OK;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'			? c - '0'
	       : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
							: -1;
}

/* A reference token of a JSON Pointer in a URI fragment (RFC 6901 section 6), decoded. */
static size_t token_decode(struct slice token, char *to)
{
	size_t n = 0;
	for (size_t i = 0; i < token.len; i++) {
		char c = token.ptr[i];
		if (c == '%' && i + 2 < token.len && hex(token.ptr[i + 1]) >= 0 &&
		    hex(token.ptr[i + 2]) >= 0) {
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
	uint64_t index = 0;
	if (token.len >= sizeof name || !value_read(&rest, &item))
		return false;
	struct slice wanted = slice_of(name, token_decode(token, name));
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

const struct anchor *anchor_find(const struct resource *resource, struct slice name)
{
	for (const struct anchor *a = resource->anchors; a; a = a->next)
		if (slice_eq(a->name, name))
			return a;
	return NULL;
}

static result follow_pointer(
    struct compile *c, struct slice pointer, uint32_t resource, struct slice reference, struct slice *ret)
{
	struct slice at = c->set->resources[resource].schema;
	(void)slice_cut(&pointer, '/');
	while (pointer.ptr) {
		if (!pointer_follow(&at, slice_cut(&pointer, '/')))
			return compile_fail(c, "$ref \"%.*s\" points to nothing", SLICE_ARG(reference));
		const struct location *location = location_find(c->set, at.ptr);
		if (location)
			resource = location->resource;
	}
	/* A place that no keyword makes a schema becomes one by being referred to. */
	TRY(schema_index(c, at, resource));
	*ret = at;
	return RESULT_OK;
}

result reference_find(struct compile *c, uint32_t from, struct slice reference, struct slice *ret_schema,
    const struct anchor **ret_anchor)
{
	CLEANUP_BUF struct buf uri = BUF_INIT(1 << 16);
	uint32_t resource;
	uri_resolve(c->set->resources[from].uri, reference, &uri);
	struct slice fragment = buf_slice(&uri), target = slice_cut(&fragment, '#');
	*ret_anchor = NULL;
	if (slice_starts(reference, SLICE("#")))
		resource = from;
	else
		TRY(resource_find(c, target, &resource));
	if (fragment.len == 0) {
		*ret_schema = c->set->resources[resource].schema;
		return RESULT_OK;
	}
	if (fragment.ptr[0] == '/')
		return follow_pointer(c, fragment, resource, reference, ret_schema);
	*ret_anchor = anchor_find(&c->set->resources[resource], fragment);
	if (!*ret_anchor)
		return compile_fail(c, "$ref \"%.*s\" points to nothing", SLICE_ARG(reference));
	*ret_schema = (*ret_anchor)->schema;
	return RESULT_OK;
}
