/* Encodings that a hostile worker could send. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "contract/type.h"

static struct type_set *set_of(const char *schema)
{
	struct error err = {0};
	struct type_set *set = type_set_new();
	assert_non_null(set);
	if (!is_ok(type_set_add(set, SLICE("t"), slice_cstr(schema), &err)) ||
	    !is_ok(type_set_seal(set, &err)))
		fail_msg("%s", err.text);
	return set;
}

/* Every prefix of a valid encoding is refused, and so is every encoding with a byte more. */
static void test_cut(void **state)
{
	(void)state;
	struct type_set *set = set_of(
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}},"
	    "\"b\":{\"type\":\"string\"}},\"additionalProperties\":{}}");
	const struct type *type = type_set_find(set, SLICE("t"));
	CLEANUP_BUF struct buf value = BUF_INIT(1 << 20);
	struct problems problems = {0};
	assert_true(is_ok(value_from_json(
	    type, SLICE("{\"a\":[1,2.5,1e400],\"b\":\"x\\u00e4\",\"c\":{\"d\":null}}"), &value, &problems)));
	assert_true(is_ok(value_check(type, buf_slice(&value), &problems)));
	for (size_t n = 0; n < value.len; n++) {
		struct problems found = {0};
		assert_false(is_ok(value_check(type, slice_of(value.ptr, n), &found)));
		assert_true(found.count > 0);
	}
	buf_add_char(&value, 0);
	assert_false(is_ok(value_check(type, buf_slice(&value), &problems)));
	type_set_free(set);
}

static enum type_output output_of(const char *schema, const char *json)
{
	struct type_set *set = set_of(schema);
	const struct type *type = type_set_find(set, SLICE("t"));
	CLEANUP_BUF struct buf value = BUF_INIT(1 << 16);
	struct problems problems = {0};
	assert_true(is_ok(value_from_json(type, slice_cstr(json), &value, &problems)));
	enum type_output kind = type_output_of(type, buf_slice(&value));
	assert_true(kind == TYPE_OUTPUT_JSON || type_has_outputs(type));
	type_set_free(set);
	return kind;
}

#define HTML "{\"type\":\"string\",\"x-ward-output\":\"html\"}"
#define REDIRECT                                                                                             \
	"{\"type\":\"object\",\"properties\":{\"to\":{\"type\":\"string\"}},\"required\":[\"to\"],"                           \
	"\"additionalProperties\":false,\"x-ward-output\":\"redirect\"}"

static void test_outputs(void **state)
{
	(void)state;
	const char *either = "{\"anyOf\":[" HTML "," REDIRECT ",{\"type\":\"number\"}]}";
	assert_int_equal(output_of(HTML, "\"x\""), TYPE_OUTPUT_HTML);
	assert_int_equal(output_of("{\"type\":\"string\"}", "\"x\""), TYPE_OUTPUT_JSON);
	assert_int_equal(output_of(either, "\"x\""), TYPE_OUTPUT_HTML);
	assert_int_equal(output_of(either, "{\"to\":\"/\"}"), TYPE_OUTPUT_REDIRECT);
	assert_int_equal(output_of(either, "1"), TYPE_OUTPUT_JSON);
	/* What might be data is data. */
	assert_int_equal(output_of("{\"anyOf\":[" HTML ",{\"type\":\"string\"}]}", "\"x\""), TYPE_OUTPUT_JSON);
	assert_int_equal(output_of("{\"anyOf\":[{\"type\":\"object\"}," REDIRECT "]}", "{\"to\":\"/\"}"), TYPE_OUTPUT_JSON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut), cmocka_unit_test(test_outputs)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
