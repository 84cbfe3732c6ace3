/* Texts, schemas and encodings made to hurt: they must be refused, or cost no more than their bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <time.h>

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

static bool takes(const char *schema, struct slice json, struct problems *problems)
{
	struct type_set *set = set_of(schema);
	CLEANUP_BUF struct buf value = BUF_INIT(256u << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(256u << 20);
	const struct type *type = type_set_find(set, SLICE("t"));
	struct problems found = {0};
	bool taken = is_ok(value_from_json(type, json, &value, &found));
	if (taken)
		assert_true(is_ok(value_to_json(type, buf_slice(&value), &text, &found)));
	if (problems)
		*problems = found;
	type_set_free(set);
	return taken;
}

static void repeat(struct buf *out, const char *text, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_add_cstr(out, text);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void test_depth(void **state)
{
	(void)state;
	for (unsigned depth = 127; depth < 131; depth++) {
		CLEANUP_BUF struct buf json = BUF_INIT(1 << 20);
		struct problems problems;
		repeat(&json, "[", depth);
		repeat(&json, "]", depth);
		assert_int_equal(takes("{}", buf_slice(&json), &problems), depth <= 128);
	}
	CLEANUP_BUF struct buf open = BUF_INIT(4 << 20);
	repeat(&open, "{\"a\":", 500000);
	assert_false(takes("{}", buf_slice(&open), NULL));
}

static void test_numbers(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf json = BUF_INIT(4 << 20);
	repeat(&json, "1234567890", 100000);
	double start = seconds();
	assert_true(takes("{\"type\":\"integer\",\"minimum\":3,\"multipleOf\":90}", buf_slice(&json), NULL));
	buf_add_cstr(&json, "e-999999999999999999999");
	assert_false(takes("{\"type\":\"integer\"}", buf_slice(&json), NULL));
	assert_true(seconds() - start < 1);
	assert_true(takes("{\"type\":\"number\",\"maximum\":1e999}", SLICE("1e998"), NULL));
	assert_false(takes("{\"type\":\"number\",\"maximum\":1e997}", SLICE("1e998"), NULL));
	assert_true(takes("{\"const\":1}", SLICE("1.0e0"), NULL));
	assert_true(takes("{\"const\":1e400}", SLICE("10e399"), NULL));
	assert_false(takes("{\"type\":\"array\",\"uniqueItems\":true}", SLICE("[1e400,10e399]"), NULL));
	assert_false(takes("{\"type\":\"array\",\"uniqueItems\":true}",
	    SLICE("[{\"a\":1,\"b\":2},{\"b\":2.0,\"a\":1}]"), NULL));
	assert_true(takes("{\"type\":\"number\",\"multipleOf\":0.01}", SLICE("19.99"), NULL));
	assert_false(takes("{\"type\":\"number\",\"multipleOf\":0.01}", SLICE("19.999"), NULL));
}

static void test_keys(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf json = BUF_INIT(8 << 20);
	double start = seconds();
	buf_add_char(&json, '{');
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&json, "%s\"same-head-%u-same-tail-same-tail\":1", i ? "," : "", i);
	size_t len = json.len;
	buf_add_char(&json, '}');
	assert_true(takes("{\"type\":\"object\",\"maxProperties\":200000}", buf_slice(&json), NULL));
	assert_false(takes("{\"type\":\"object\"}", buf_slice(&json), NULL)); /* the platform's bound */
	json.len = len;
	buf_add_cstr(&json, ",\"same-head-5\\u002dsame-tail-same-tail\":2}");
	assert_false(takes("{\"type\":\"object\",\"maxProperties\":200000}", buf_slice(&json), NULL));
	assert_true(seconds() - start < 2);
}

static void test_duplicates(void **state)
{
	(void)state;
	assert_false(takes("{}", SLICE("{\"a\":1,\"a\":1}"), NULL));
	assert_false(takes("{}", SLICE("{\"a\":1,\"\\u0061\":1}"), NULL));
	assert_false(takes("{\"properties\":{\"a\":{}}}", SLICE("{\"a\":1,\"b\":2,\"\\u0061\":1}"), NULL));
	assert_false(takes("{\"required\":[\"a\"]}", SLICE("{\"a\":1,\"a\":2}"), NULL));
	assert_true(takes("{}", SLICE("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), NULL));
}

static void test_patterns(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf json = BUF_INIT(1 << 20);
	double start = seconds();
	buf_add_char(&json, '"');
	repeat(&json, "a", 60000);
	buf_add_cstr(&json, "!\"");
	assert_false(takes("{\"pattern\":\"^(a+)+$\"}", buf_slice(&json), NULL));
	assert_false(takes("{\"pattern\":\"(a|a)*b\"}", buf_slice(&json), NULL));
	assert_false(takes("{\"pattern\":\"a*a*a*a*b\"}", buf_slice(&json), NULL));
	/* PCRE2 gives up here: refused, and so it is where no match was wanted. */
	assert_false(takes("{\"pattern\":\"(?=a)a*a*a*a*[bc]$\"}", buf_slice(&json), NULL));
	assert_false(takes("{\"not\":{\"pattern\":\"(?=a)a*a*a*a*[bc]$\"}}", buf_slice(&json), NULL));
	assert_false(
	    takes("{\"anyOf\":[{\"not\":{\"pattern\":\"(?=a)a*a*a*a*[bc]$\"}},{\"minLength\":100000}]}",
		buf_slice(&json), NULL));
	assert_true(seconds() - start < 3);
}

static void refuse_schema(const char *schema, const char *why)
{
	struct error err = {0};
	struct type_set *set = type_set_new();
	assert_non_null(set);
	bool made =
	    is_ok(type_set_add(set, SLICE("t"), slice_cstr(schema), &err)) && is_ok(type_set_seal(set, &err));
	if (made || !strstr(err.text, why))
		fail_msg("%s: %s", schema, made ? "was taken" : err.text);
	type_set_free(set);
}

static void test_schemas(void **state)
{
	(void)state;
	refuse_schema("{\"pattern\":\"(?=b)(a+)+$\"}", "cannot be bounded");
	refuse_schema("{\"pattern\":\"\\\\A\"}", "escape that ECMA-262 does not have");
	refuse_schema("{\"pattern\":\"(?i)a\"}", "group that ECMA-262 does not have");
	refuse_schema("{\"pattern\":\"a++\"}", "must be escaped");
	refuse_schema("{\"type\":\"strnig\"}", "type must be");
	refuse_schema("{\"maxLenght\":3}", "unknown keyword");
	refuse_schema("{\"$ref\":\"#/$defs/none\"}", "points to nothing");
	refuse_schema("{\"$ref\":\"http://example.org/other\"}", "there is no schema");
	refuse_schema("{\"format\":\"emial\"}", "is not known");
	refuse_schema(
	    "{\"properties\":{\"a\":{\"minimum\":\"1\"}}}", "#/properties/a: minimum must be a number");
	refuse_schema("{\"allOf\":[{\"type\":\"string\",\"x-ward-type\":\"date\"},{\"minLength\":3}]}",
	    "x-ward-type below allOf");
	refuse_schema("{\"type\":\"string\",\"type\":\"number\"}", "has a key twice");
	refuse_schema("{\"multipleOf\":0}", "multipleOf must be");
	refuse_schema("[]", "must be an object");
	refuse_schema("{\"type\":\"object\",\"x-ward-file\":{\"types\":[\"image/png\"],\"maxBytes\":1}}",
	    "x-ward-file must have");
#define BELOW(k)                                                                                             \
	"{\"type\":\"object\",\"properties\":{\"l\":{\"$ref\":\"#\"},\"x\":{\"type\":\"object\","            \
	"\"properties\":{"                                                                                   \
	"\"k\":{\"const\":\"" k                                                                              \
	"\"}},\"required\":[\"k\"]}},\"required\":[\"x\"],\"additionalProperties\":false}"
	refuse_schema("{\"anyOf\":[" BELOW("a") "," BELOW("b") "]}", "give each a literal member");
}

/* A type that applies itself to the same value without end must end. */
static void test_circles(void **state)
{
	(void)state;
	assert_false(takes("{\"$ref\":\"#\"}", SLICE("1"), NULL));
	assert_false(takes("{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"string\"}]}", SLICE("1"), NULL));
	assert_false(
	    takes("{\"allOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"allOf\":[{\"$ref\":\"#\"}]}}}",
		SLICE("1"), NULL));
}

#define TREE                                                                                                 \
	"{\"$defs\":{\"t\":{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"l\":{\"$ref\":\"#/$defs/"      \
	"t\"},\"x\":{\"type\":\"integer\"}},"                                                                \
	"\"required\":[\"x\"],\"additionalProperties\":false},{\"type\":\"object\",\"properties\":{\"l\":{"  \
	"\"$ref\":\"#/$defs/t\"},"                                                                           \
	"\"y\":{\"type\":\"string\",\"x-ward-type\":\"date\"}},\"required\":[\"y\"],"                        \
	"\"additionalProperties\":false}]}},\"$ref\":\"#/$defs/t\"}"

/* Unions in unions: tried one by one, 2^100 ways; and dates below them come out as dates. */
static void test_unions(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf json = BUF_INIT(1 << 20);
	double start = seconds();
	repeat(&json, "{\"l\":", 100);
	buf_add_cstr(&json, "{\"x\":1}");
	repeat(&json, ",\"y\":\"2026-01-02T03:04:05Z\"}", 100);
	assert_true(takes(TREE, buf_slice(&json), NULL));
	json.len -= 1;
	buf_add_cstr(&json, ",\"z\":1}");
	assert_false(takes(TREE, buf_slice(&json), NULL));
	assert_true(seconds() - start < 1);
	struct type_set *set = set_of(TREE);
	const struct type *type = type_set_find(set, SLICE("t"));
	struct problems problems = {0};
	struct value_item object, item;
	uint16_t id;
	struct slice key;
	CLEANUP_BUF struct buf value = BUF_INIT(1 << 20);
	assert_true(is_ok(value_from_json(type, SLICE("{\"y\":\"2026-01-02\"}"), &value, &problems)));
	struct slice rest = buf_slice(&value);
	assert_true(value_read(&rest, &object) && value_read_key(&object.text, &id, &key) &&
		    value_read(&object.text, &item));
	assert_int_equal(item.tag, VALUE_DATE);
	assert_true(item.number == 1767312000000.0);
	type_set_free(set);
}

#define OPTION(k)                                                                                            \
	"{\"type\":\"object\",\"properties\":{\"l\":{\"$ref\":\"#\"},\"k\":{\"const\":\"" k                  \
	"\"}},\"required\":[\"k\"],\"additionalProperties\":false}"

/* The tag last at every level, a thousand times over; the tag in escapes; no tag; a wrong one. */
static void test_tags(void **state)
{
	(void)state;
	const char *schema =
	    "{\"anyOf\":[" OPTION("a") "," OPTION("b") ",{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}]}";
	CLEANUP_BUF struct buf json = BUF_INIT(8 << 20);
	struct problems problems;
	double start = seconds();
	buf_add_char(&json, '[');
	for (unsigned i = 0; i < 1000; i++) {
		buf_add_cstr(&json, i ? "," : "");
		repeat(&json, "{\"l\":", 120);
		buf_add_cstr(&json, "{\"k\":\"a\"}");
		repeat(&json, ",\"k\":\"b\"}", 120);
	}
	buf_add_char(&json, ']');
	assert_true(takes(schema, buf_slice(&json), NULL));
	assert_true(seconds() - start < 2);
	assert_true(takes(schema, SLICE("{\"\\u006b\":\"\\u0061\"}"), NULL));
	assert_false(takes(schema, SLICE("{\"\\u006b\":\"c\"}"), NULL));
	assert_false(takes(schema, SLICE("{\"l\":{\"k\":\"a\"}}"), &problems));
	assert_string_equal(problems.lines[0].path, "/k");
	assert_string_equal(problems.lines[0].text, "is missing");
	assert_false(takes(schema, SLICE("{\"k\":1}"), NULL));
	assert_false(takes(schema, SLICE("{\"k\":\"a"), NULL));
	assert_false(takes(schema, SLICE("{\"k\":\"a\",\"k\":\"b\"}"), NULL));
}

/* Twenty problems are told, the rest is counted; values of @secret fields never are. */
static void test_problems(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf json = BUF_INIT(1 << 20);
	struct problems problems;
	repeat(&json, "[", 1);
	for (unsigned i = 0; i < 500; i++)
		buf_add_cstr(&json, i ? ",\"x\"" : "\"x\"");
	buf_add_char(&json, ']');
	assert_false(takes("{\"items\":{\"type\":\"integer\"}}", buf_slice(&json), &problems));
	assert_int_equal(problems.count, 20);
	assert_string_equal(problems.lines[19].path, "/19");
	assert_false(takes("{\"properties\":{\"pin\":{\"type\":\"integer\",\"x-ward-secret\":true}}}",
	    SLICE("{\"pin\":\"hunter2\"}"), &problems));
	assert_null(strstr(problems.lines[0].text, "hunter2"));
	assert_false(takes("{\"properties\":{\"in\":{\"x-ward-pii\":true,\"anyOf\":[{\"type\":\"object\","
			   "\"required\":[\"a\"]},{\"type\":\"object\",\"required\":[\"b\"]}]}}}",
	    SLICE("{\"in\":{\"c\":\"hunter2\"}}"), &problems));
	assert_null(strstr(problems.lines[0].text, "hunter2"));
}

static void expect_redacted(const char *schema, const char *json, const char *wanted)
{
	struct type_set *set = set_of(schema);
	const struct type *type = type_set_find(set, SLICE("t"));
	CLEANUP_BUF struct buf value = BUF_INIT(1 << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	struct problems problems = {0};
	assert_true(is_ok(value_from_json(type, slice_cstr(json), &value, &problems)));
	value_to_json_redacted(type, buf_slice(&value), &text);
	assert_string_equal(buf_cstr(&text), wanted);
	type_set_free(set);
}

static void test_redaction(void **state)
{
	(void)state;
	expect_redacted(
	    "{\"properties\":{\"a\":{\"type\":\"string\",\"x-ward-pii\":true},\"b\":{\"type\":\"string\"}}}",
	    "{\"a\":\"hunter2\",\"b\":\"x\"}", "{\"a\":\"[redacted]\",\"b\":\"x\"}");
	/* Unions that are picked, tried, or referred to keep the tag. */
	expect_redacted("{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}],\"x-"
			"ward-pii\":true}}}",
	    "{\"a\":\"hunter2\"}", "{\"a\":\"[redacted]\"}");
	expect_redacted("{\"properties\":{\"a\":{\"anyOf\":[{\"minLength\":3},{\"type\":\"string\"}],\"x-"
			"ward-secret\":true}}}",
	    "{\"a\":\"hunter2\"}", "{\"a\":\"[redacted]\"}");
	expect_redacted("{\"$defs\":{\"n\":{\"type\":\"string\"}},\"properties\":{\"a\":{\"$ref\":\"#/$defs/"
			"n\",\"x-ward-pii\":true},\"b\":{\"$ref\":\"#/$defs/n\"}}}",
	    "{\"a\":\"hunter2\",\"b\":\"x\"}", "{\"a\":\"[redacted]\",\"b\":\"x\"}");
	expect_redacted("{\"properties\":{\"a\":{\"type\":\"array\",\"x-ward-pii\":true}}}",
	    "{\"a\":[{\"deep\":\"hunter2\"}]}", "{\"a\":\"[redacted]\"}");
}

static void test_told_not(void **state)
{
	(void)state;
	struct problems problems;
	assert_false(takes("{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"null\"}],"
			   "\"x-ward-pii\":true}}}",
	    SLICE("{\"a\":\"hunter2\"}"), &problems));
	assert_null(strstr(problems.lines[0].text, "hunter2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_depth), cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_keys), cmocka_unit_test(test_duplicates), cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_schemas), cmocka_unit_test(test_circles), cmocka_unit_test(test_unions),
	    cmocka_unit_test(test_tags), cmocka_unit_test(test_problems), cmocka_unit_test(test_redaction),
	    cmocka_unit_test(test_told_not)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
