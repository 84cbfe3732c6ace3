/*
 * JSON text of a stranger. What is taken must be of its type as a value, must come out as JSON, and that JSON
 * must give the same value again.
 */
#include <stdlib.h>

#include "base/check.h"
#include "contract/type.h"

static const char schema[] =
    "{\"$defs\":{\"tree\":{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"l\":{\"$ref\":\"#/$defs/"
    "tree\"},\"x\":{\"type\":\"integer\"}},"
    "\"required\":[\"x\"],\"additionalProperties\":false},{\"type\":\"object\",\"properties\":{\"l\":{\"$"
    "ref\":\"#/$defs/tree\"},"
    "\"y\":{\"type\":\"string\",\"x-ward-type\":\"date\"}},\"required\":[\"y\"],\"additionalProperties\":"
    "false},{\"type\":\"null\"}]}},"
    "\"type\":[\"object\",\"array\",\"number\",\"string\"],\"properties\":{\"id\":{\"type\":\"integer\"},"
    "\"name\":{\"type\":\"string\",\"maxLength\":5,\"pattern\":\"^a*b?$\"},"
    "\"at\":{\"type\":\"string\",\"x-ward-type\":\"date\"},\"big\":{\"type\":\"string\",\"x-ward-type\":"
    "\"bigint\"},\"raw\":{\"type\":\"string\",\"x-ward-type\":\"bytes\"},"
    "\"tree\":{\"$ref\":\"#/$defs/"
    "tree\"},\"tagged\":{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"k\":{\"const\":\"a\"}},"
    "\"required\":[\"k\"]},"
    "{\"type\":\"object\",\"properties\":{\"k\":{\"const\":\"b\"}},\"required\":[\"k\"]}]},\"set\":{\"type\":"
    "\"array\",\"uniqueItems\":true},"
    "\"mail\":{\"type\":\"string\",\"format\":\"email\"}},\"patternProperties\":{\"^p\":{\"type\":\"number\","
    "\"multipleOf\":0.5}},\"additionalProperties\":{}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct type_set *set;
	struct error err;
	if (!set) {
		set = type_set_new();
		ASSERT(set &&
		       is_ok(type_set_add(set, SLICE("t"), slice_of(schema, sizeof schema - 1), &err)) &&
		       is_ok(type_set_seal(set, &err)));
	}
	const struct type *type = type_set_find(set, SLICE("t"));
	CLEANUP_BUF struct buf value = BUF_INIT(8u << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(8u << 20);
	CLEANUP_BUF struct buf again = BUF_INIT(8u << 20);
	struct problems problems = {0};
	result r = value_from_json(type, slice_of((const char *)data, size), &value, &problems);
	if (!is_ok(r)) {
		ASSERT(r.code == ERR_LIMIT || problems.count > 0);
		return 0;
	}
	ASSERT(is_ok(value_check(type, buf_slice(&value), &problems)));
	ASSERT(is_ok(value_to_json(type, buf_slice(&value), &text, &problems)));
	ASSERT(is_ok(value_from_json(type, buf_slice(&text), &again, &problems)));
	ASSERT(slice_eq(buf_slice(&value), buf_slice(&again)));
	return 0;
}
