/* JSON text against types: what is taken, what is refused and in which words. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <stdio.h>

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

/* The value goes in and comes out as JSON; or its first problem, "PATH: TEXT". */
static void expect(const char *schema, const char *json, const char *wanted)
{
	struct type_set *set = set_of(schema);
	const struct type *type = type_set_find(set, SLICE("t"));
	CLEANUP_BUF struct buf value = BUF_INIT(1 << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	struct problems problems = {0};
	if (is_ok(value_from_json(type, slice_cstr(json), &value, &problems))) {
		if (!is_ok(value_to_json(type, buf_slice(&value), &text, &problems)))
			problems_text(&problems, &text);
	} else {
		problems_text(&problems, &text);
	}
	if (!slice_eq_cstr(buf_slice(&text), wanted))
		fail_msg("%s\nas    %s\ngives %s\nnot   %s", json, schema, buf_cstr(&text), wanted);
	type_set_free(set);
}

#define POINT                                                                                                \
	"{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\",\"minimum\":0},\"name\":{"         \
	"\"type\":\"string\",\"maxLength\":5}},"                                                             \
	"\"required\":[\"x\"],\"additionalProperties\":false}"

static void test_objects(void **state)
{
	(void)state;
	expect(POINT, "{\"x\":1,\"name\":\"abc\"}", "{\"x\":1,\"name\":\"abc\"}");
	expect(POINT, " { \"name\" : \"\\u00e4\" , \"x\" : 7 } ", "{\"name\":\"\xc3\xa4\",\"x\":7}");
	expect(POINT, "{\"name\":\"abcdef\"}",
	    "/name: must have at most 5 characters, has 6, found abcdef\n/x: is missing");
	expect(POINT, "{\"x\":1,\"x\":2}", "/x: must be given once");
	expect(POINT, "{\"x\":1,\"y\":2}", "/y: is not a known field");
	expect(POINT, "{\"x\":-1}", "/x: must be at least 0, found -1");
	expect(POINT, "{\"x\":1.5}", "/x: must be a whole number, found 1.5");
	expect(POINT, "{\"x\":\"1\"}", "/x: must be a whole number, found \"1\"");
	expect(POINT, "[]", "(the value): must be an object, found an array");
	expect(POINT, "{\"x\":1} {}", "(the value): has something after the value, at byte 8");
	expect(POINT, "{\"x\":1,}", "(the value): lacks a key in an object, at byte 7");
}

static void test_unions(void **state)
{
	(void)state;
	const char *pick =
	    "{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"k\":{\"const\":\"a\"},\"at\":{\"type\":"
	    "\"string\",\"x-ward-type\":\"date\"}},\"required\":[\"k\"],\"additionalProperties\":false},"
	    "{\"type\":\"object\",\"properties\":{\"k\":{\"const\":\"b\"},\"n\":{\"type\":\"number\"}},"
	    "\"required\":[\"k\"],\"additionalProperties\":false},{\"type\":\"null\"}]}";
	expect(pick, "{\"k\":\"a\",\"at\":\"2026-01-02T03:04:05Z\"}",
	    "{\"k\":\"a\",\"at\":\"2026-01-02T03:04:05.000Z\"}");
	expect(pick, "{\"n\":0.1,\"k\":\"b\"}", "{\"n\":0.1,\"k\":\"b\"}");
	expect(pick, "null", "null");
	expect(pick, "{\"k\":\"c\"}", "/k: must be one of the declared values, found \"c\"");
	expect(pick, "{\"n\":1}", "/k: is missing");
	expect("{\"anyOf\":[{\"$ref\":\"#/$defs/"
	       "s\"},{\"type\":\"null\"}],\"$defs\":{\"s\":{\"enum\":[\"x\",\"y\"]}}}",
	    "\"y\"", "\"y\"");
	expect("{\"anyOf\":[{\"type\":\"string\",\"minLength\":3},{\"type\":\"string\",\"pattern\":\"^a\"}]}",
	    "\"a\"", "\"a\"");
	expect("{\"anyOf\":[{\"type\":\"string\",\"minLength\":3},{\"type\":\"string\",\"pattern\":\"^a\"}]}",
	    "\"b\"", "(the value): must be one of the alternatives of its type, found \"b\"");
	expect("{\"type\":\"object\",\"properties\":{\"l\":{\"$ref\":\"#\"},\"v\":{\"type\":\"integer\"}},"
	       "\"additionalProperties\":false}",
	    "{\"l\":{\"l\":{\"v\":3}}}", "{\"l\":{\"l\":{\"v\":3}}}");
}

#define OPTION(tag, more)                                                                                    \
	"{\"type\":\"object\",\"properties\":{\"l\":{\"$ref\":\"#\"},\"k\":{\"enum\":[" tag "]}," more       \
	"},\"required\":[\"k\"],\"additionalProperties\":false}"

/* Any scalar is a tag, wherever it stands; and without one, which members are there. */
static void test_tags(void **state)
{
	(void)state;
	const char *apart = "{\"oneOf\":[" OPTION("1", "\"a\":{\"type\":\"integer\"}") "," OPTION(
	    "2.5,\"2\"", "\"a\":{\"type\":\"string\"}") "," OPTION("true",
	    "\"a\":{\"type\":\"boolean\"}") "," OPTION("null,false",
	    "\"b\":{\"type\":\"integer\"}") ",{\"type\":\"string\"}]}";
	expect(apart, "{\"a\":1,\"k\":1}", "{\"a\":1,\"k\":1}");
	expect(apart, "{\"a\":1,\"k\":1.0}", "{\"a\":1,\"k\":1}");
	expect(apart, "{\"a\":\"x\",\"k\":25e-1}", "{\"a\":\"x\",\"k\":2.5}");
	expect(apart, "{\"l\":{\"b\":1,\"k\":null},\"a\":true,\"k\":true}",
	    "{\"l\":{\"b\":1,\"k\":null},\"a\":true,\"k\":true}");
	expect(apart, "{\"l\":{\"l\":\"x\",\"a\":\"k\",\"k\":\"2\"},\"b\":7,\"k\":false}",
	    "{\"l\":{\"l\":\"x\",\"a\":\"k\",\"k\":\"2\"},\"b\":7,\"k\":false}");
	expect(apart, "{\"l\":{\"a\":1,\"k\":\"2\"},\"k\":1}", "/l/a: must be a string, found 1");
	expect(apart, "{\"l\":{\"a\":1},\"k\":1}", "/l/k: is missing");
	expect(apart, "{\"k\":2}", "/k: must be one of the declared values, found 2");
	expect(apart, "{\"k\":{\"k\":1}}", "/k: must be one of the declared values, found {");
	expect(apart, "{\"k\":1,\"k\":true}", "/k: must be given once");
	const char *merged = "{\"oneOf\":[" OPTION("1", "\"a\":{\"type\":\"integer\"}") "," OPTION(
	    "\"x\",true", "\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"null\"}") "]}";
	expect(merged, "{\"l\":{\"b\":null,\"k\":\"x\"},\"a\":1,\"k\":1}",
	    "{\"l\":{\"b\":null,\"k\":\"x\"},\"a\":1,\"k\":1}");
	expect(merged, "{\"a\":1,\"b\":null,\"k\":1}", "/b: is not a known field");
	expect(merged, "{\"a\":1}", "/k: is missing");
	const char *present =
	    "{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"l\":{\"$ref\":\"#\"},\"a\":{\"type\":"
	    "\"integer\"}},"
	    "\"required\":[\"a\"],\"additionalProperties\":false},{\"type\":\"object\",\"properties\":{\"l\":"
	    "{\"$ref\":"
	    "\"#\"},\"b\":{\"type\":\"integer\"}},\"required\":[\"b\"],\"additionalProperties\":false}]}";
	expect(present, "{\"l\":{\"l\":{\"b\":1},\"a\":2},\"b\":3}",
	    "{\"l\":{\"l\":{\"b\":1},\"a\":2},\"b\":3}");
	expect(present, "{\"a\":1,\"b\":2}",
	    "/b: is not a known field");
	expect(present, "{}", "(the value): lacks a required field");
}

static void test_scalars(void **state)
{
	(void)state;
	expect("{\"type\":\"number\"}", "0.1", "0.1");
	expect("{\"type\":\"number\"}", "1e2", "100");
	expect("{\"type\":\"number\"}", "-0", "0");
	expect("{\"type\":\"number\"}", "12345678901234567890", "12345678901234567890");
	expect("{\"type\":\"number\"}", "9007199254740993", "9007199254740993");
	expect("{\"type\":\"number\"}", "0.30000000000000004", "0.30000000000000004");
	expect("{\"type\":\"string\",\"format\":\"email\"}", "\"a@b.c\"", "\"a@b.c\"");
	expect("{\"type\":\"string\",\"format\":\"email\"}", "\"a@\"",
	    "(the value): must be an e-mail address, found a@");
	expect("{\"type\":\"string\",\"x-ward-pii\":true,\"format\":\"email\"}", "\"a@\"",
	    "(the value): must be an e-mail address");
	expect(
	    "{\"type\":\"string\"}", "\"a\\nb\"", "(the value): must not hold control characters, found a?b");
	expect("{\"type\":\"string\",\"x-ward-text\":\"multiline\"}", "\"a\\nb\"", "\"a\\nb\"");
	expect(
	    "{\"type\":\"string\"}", "\"\\ud800\"", "(the value): has half of a surrogate pair, at byte 7");
	expect("{\"type\":\"string\",\"x-ward-type\":\"bytes\"}", "\"aGk=\"", "\"aGk=\"");
	expect("{\"type\":\"string\",\"x-ward-type\":\"bigint\"}", "\"-12\"", "\"-12\"");
	expect("{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"maxItems\":2}", "[true,false,true]",
	    "(the value): must have at most 2 items");
}

static void expect_parts(
    const char *schema, const struct value_part *parts, size_t count, const char *body, const char *wanted)
{
	struct type_set *set = set_of(schema);
	const struct type *type = type_set_find(set, SLICE("t"));
	CLEANUP_BUF struct buf value = BUF_INIT(1 << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	struct problems problems = {0};
	if (!is_ok(value_from_parts(type, parts, count, slice_cstr(body), &value, &problems)) ||
	    !is_ok(value_to_json(type, buf_slice(&value), &text, &problems)))
		problems_text(&problems, &text);
	assert_string_equal(buf_cstr(&text), wanted);
	type_set_free(set);
}

static void test_parts(void **state)
{
	(void)state;
	const struct value_part parts[] = {{VALUE_FROM_PATH, SLICE("x"), SLICE("12")}};
	expect_parts(POINT, parts, 1, "{\"name\":\"a\"}", "{\"x\":12,\"name\":\"a\"}");
	expect_parts(POINT, parts, 1, "", "{\"x\":12}");
	expect_parts(POINT, parts, 1, "{\"x\":3}", "/x: must be given once");
	expect_parts(POINT, NULL, 0, "", "/x: is missing");
	const struct value_part bad[] = {
	    {VALUE_FROM_QUERY, SLICE("x"), SLICE("a")}, {VALUE_FROM_QUERY, SLICE("z"), SLICE("a")}};
	expect_parts(POINT, bad, 2, "", "/x: must be a whole number, found a\n/z: is not a known parameter");
}

/* Rules of whole values hold for parameters, too. */
static void test_part_rules(void **state)
{
	(void)state;
	const char *schema =
	    "{\"type\":\"object\",\"properties\":{\"f\":{\"const\":true},\"n\":{\"type\":\"integer\","
	    "\"enum\":[1,2]},"
	    "\"l\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"uniqueItems\":true},"
	    "\"at\":{\"type\":\"string\",\"x-ward-type\":\"date\"}},\"additionalProperties\":false}";
	const struct value_part good[] = {{VALUE_FROM_QUERY, SLICE("f"), SLICE("true")},
	    {VALUE_FROM_QUERY, SLICE("n"), SLICE("2")}, {VALUE_FROM_QUERY, SLICE("l"), SLICE("a")},
	    {VALUE_FROM_QUERY, SLICE("l"), SLICE("b")}, {VALUE_FROM_QUERY, SLICE("at"), SLICE("2026-01-02")}};
	expect_parts(schema, good, 5, "",
	    "{\"f\":true,\"n\":2,\"l\":[\"a\",\"b\"],\"at\":\"2026-01-02T00:00:00.000Z\"}");
	const struct value_part no_flag[] = {{VALUE_FROM_QUERY, SLICE("f"), SLICE("false")}};
	expect_parts(schema, no_flag, 1, "", "/f: must be true");
	const struct value_part no_number[] = {{VALUE_FROM_QUERY, SLICE("n"), SLICE("3")}};
	expect_parts(schema, no_number, 1, "", "/n: must be 1 or 2");
	const struct value_part twice[] = {
	    {VALUE_FROM_QUERY, SLICE("l"), SLICE("a")}, {VALUE_FROM_QUERY, SLICE("l"), SLICE("a")}};
	expect_parts(schema, twice, 2, "", "/l: must not have an item twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_objects), cmocka_unit_test(test_unions),
	    cmocka_unit_test(test_tags), cmocka_unit_test(test_scalars), cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_part_rules)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
