/* Looking at one side of a comparison of schemas. Called by compat_types.c; the schemas are ward's own. */
#include "app/contract/schema_side.h"

#include <string.h>

struct side side_at(struct side s, const json_t *here)
{
	return (struct side){s.root, here};
}

struct side side_member(struct side s, const char *name)
{
	return side_at(s, json_object_get(s.here, name));
}

/* Follows "#/$defs/NAME"; what leads nowhere stays as it is. */
struct side side_resolve(struct side s, bool *named)
{
	for (unsigned i = 0; i < DEPTH_MAX; i++) {
		const char *ref = json_string_value(json_object_get(s.here, "$ref"));
		const json_t *found = NULL;
		if (ref && strncmp(ref, "#/$defs/", 8) == 0)
			found = json_object_get(json_object_get(s.root, "$defs"), ref + 8);
		if (!found)
			return s;
		s.here = found;
		*named = true;
	}
	return s;
}

const json_t *side_options(struct side s)
{
	const json_t *any = json_object_get(s.here, "anyOf");
	return any ? any : json_object_get(s.here, "oneOf");
}

const char *side_type(struct side s)
{
	return json_string_value(json_object_get(s.here, "type"));
}

/* Absent, as in an array without "items": anything. */
bool side_accepts_all(struct side s)
{
	return !s.here || json_is_true(s.here) || (json_is_object(s.here) && json_object_size(s.here) == 0);
}

static bool has_item(const json_t *list, const json_t *wanted)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), wanted))
			return true;
	return false;
}

bool list_has_word(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));
		if (item && strcmp(item, word) == 0)
			return true;
	}
	return false;
}

static bool literal_has_type(const json_t *value, const char *type)
{
	if (json_is_string(value))
		return strcmp(type, "string") == 0;
	if (json_is_integer(value))
		return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
	if (json_is_real(value))
		return strcmp(type, "number") == 0;
	if (json_is_boolean(value))
		return strcmp(type, "boolean") == 0;
	return json_is_null(value) && strcmp(type, "null") == 0;
}

static bool literal_fits(const json_t *value, struct side to)
{
	const json_t *constant = json_object_get(to.here, "const");
	const json_t *list = json_object_get(to.here, "enum");
	const char *type = side_type(to);
	if (constant)
		return json_equal(constant, value);
	if (list)
		return has_item(list, value);
	/* Bounds and patterns of the other side are not tried on literals: they are told as a difference. */
	return type && literal_has_type(value, type) && !json_object_get(to.here, "pattern") &&
	       !json_object_get(to.here, "format") && !json_object_get(to.here, "x-ward-type");
}

bool literal_fits_some(const json_t *value, struct side to)
{
	const json_t *options = side_options(to);
	bool named;
	for (size_t i = 0; i < json_array_size(options); i++)
		if (literal_fits_some(value, side_resolve(side_at(to, json_array_get(options, i)), &named)))
			return true;
	return !options && literal_fits(value, to);
}

/* A lower bound of `to` must be one of `from` too, and no higher; an upper one no lower. */
static bool bound_holds(struct side from, struct side to, const char *name, const char *stricter, bool lower)
{
	const json_t *wanted = json_object_get(to.here, name);
	const json_t *has = json_object_get(from.here, name);
	const json_t *beyond = stricter ? json_object_get(from.here, stricter) : NULL;
	if (!wanted)
		return true;
	double limit = json_number_value(wanted);
	if (has && (lower ? json_number_value(has) >= limit : json_number_value(has) <= limit))
		return true;
	return beyond && (lower ? json_number_value(beyond) >= limit : json_number_value(beyond) <= limit);
}

static bool same_member(struct side from, struct side to, const char *name)
{
	const json_t *wanted = json_object_get(to.here, name);
	return !wanted || json_equal(wanted, json_object_get(from.here, name));
}

bool bounds_hold(struct side from, struct side to)
{
	static const struct {
		const char *name, *stricter;
		bool lower;
	} bounds[] = {
	    {"minimum", "exclusiveMinimum", true},
	    {"maximum", "exclusiveMaximum", false},
	    {"exclusiveMinimum", NULL, true},
	    {"exclusiveMaximum", NULL, false},
	    {"minLength", NULL, true},
	    {"maxLength", NULL, false},
	    {"minItems", NULL, true},
	    {"maxItems", NULL, false},
	    {"minProperties", NULL, true},
	    {"maxProperties", NULL, false},
	};
	static const char *const exact[] = {"pattern", "format", "multipleOf", "uniqueItems", "x-ward-type",
	    "contentEncoding", "contains", "propertyNames", "not", "if", "then", "else", "allOf",
	    "dependentRequired", "dependentSchemas"};
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
		if (!bound_holds(from, to, bounds[i].name, bounds[i].stricter, bounds[i].lower))
			return false;
	for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
		if (!same_member(from, to, exact[i]))
			return false;
	/* A Date that becomes a string is another type in the client, though its JSON is the same. */
	return json_equal(
		   json_object_get(from.here, "x-ward-type"), json_object_get(to.here, "x-ward-type")) ||
	       (!json_object_get(from.here, "x-ward-type") && !json_object_get(to.here, "x-ward-type"));
}
