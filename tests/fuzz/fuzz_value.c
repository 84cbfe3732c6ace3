/* An encoding of a hostile worker. What is taken must be JSON that our own parser takes as the same type. */
#include "base/check.h"
#include "contract/type.h"

static const char schema[] =
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":[\"number\",\"null\"]"
    "}},\"s\":{\"type\":\"string\"},"
    "\"d\":{\"type\":\"string\",\"x-ward-type\":\"date\"},\"i\":{\"type\":\"string\",\"x-ward-type\":"
    "\"bigint\"},\"b\":{\"type\":\"string\",\"x-ward-type\":\"bytes\"},"
    "\"u\":{\"anyOf\":[{\"type\":\"object\",\"required\":[\"x\"]},{\"type\":\"object\",\"required\":[\"y\"]},"
    "{\"type\":\"boolean\"}]}},\"additionalProperties\":{}}";

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
	CLEANUP_BUF struct buf text = BUF_INIT(8u << 20);
	CLEANUP_BUF struct buf value = BUF_INIT(8u << 20);
	struct problems problems = {0}, found = {0};
	struct slice bytes = slice_of((const char *)data, size);
	bool checked = is_ok(value_check(type, bytes, &problems));
	result r = value_to_json(type, bytes, &text, &problems);
	ASSERT(checked == is_ok(r) || r.code == ERR_LIMIT);
	if (!checked)
		ASSERT(problems.count > 0);
	else if (is_ok(r) && !is_ok(value_from_json(type, buf_slice(&text), &value, &found)))
		ASSERT(found.count > 0); /* a date past the year 9999 of a stranger has no JSON */
	return 0;
}
