/* What breaks callers: each case is two schemas, which way values flow, and what must be said. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "app/contract/compat.h"
#include "app/contract/compat_types.h"

#define OBJECT(properties, required)                                                                         \
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" properties                    \
	"},\"required\":[" required "]}"
#define STR "{\"type\":\"string\"}"
#define INT "{\"type\":\"integer\"}"
#define NUM "{\"type\":\"number\"}"
#define NUL "{\"type\":\"null\"}"
#define DATE "{\"type\":\"string\",\"format\":\"date-time\",\"x-ward-type\":\"date\"}"

/* said: one line a break, "where: before -> after". in: as an input, out: as an output. */
static const struct {
	const char *before, *after, *in, *out;
} cases[] = {
    {STR, STR, "", ""},
    {STR, INT, "t: string -> integer\n", "t: string -> integer\n"},
    {INT, NUM, "", "t: integer -> number\n"},
    {NUM, INT, "t: number -> integer\n", ""},
    {"{\"type\":\"string\",\"maxLength\":10}", "{\"type\":\"string\",\"maxLength\":5}",
	"t: string(..10) -> string(..5)\n", ""},
    {"{\"type\":\"string\",\"maxLength\":5}", "{\"type\":\"string\",\"maxLength\":10}", "",
	"t: string(..5) -> string(..10)\n"},
    {STR, "{\"type\":\"string\",\"pattern\":\"^a$\"}", "t: string -> string(/^a$/)\n", ""},
    {"{\"type\":\"integer\",\"minimum\":1}", "{\"type\":\"integer\",\"exclusiveMinimum\":1}",
	"t: integer(1..) -> integer(<1..)\n", ""},
    {STR, DATE, "t: string -> Date\n", "t: string -> Date\n"},
    {OBJECT("\"a\":" STR, "\"a\""), OBJECT("\"a\":" STR ",\"b\":" INT, "\"a\""), "", ""},
    {OBJECT("\"a\":" STR, "\"a\""), OBJECT("\"a\":" STR ",\"b\":" INT, "\"a\",\"b\""), "t.b:  -> integer\n",
	""},
    {OBJECT("\"a\":" STR ",\"b\":" INT, "\"a\",\"b\""), OBJECT("\"a\":" STR, "\"a\""), "t.b: integer -> \n",
	"t.b: integer -> \n"},
    {OBJECT("\"a\":" STR, "\"a\""), OBJECT("\"a\":" STR, ""), "", "t.a: string -> \n"},
    {OBJECT("\"a\":" STR, ""), OBJECT("\"a\":" STR, "\"a\""), "t.a:  -> string\n", ""},
    {"{\"enum\":[\"a\",\"b\"]}", "{\"enum\":[\"a\"]}", "t: \"a\" | \"b\" -> \"a\"\n", ""},
    {"{\"enum\":[\"a\"]}", "{\"enum\":[\"a\",\"b\"]}", "", "t: \"a\" -> \"a\" | \"b\"\n"},
    {"{\"enum\":[\"a\"]}", STR, "", "t: \"a\" -> string\n"},
    {"{\"anyOf\":[" STR "," NUL "]}", STR, "t: null -> string\n", ""},
    {STR, "{\"anyOf\":[" STR "," NUL "]}", "", "t: string -> null\n"},
    {"{\"type\":[\"string\",\"null\"]}", "{\"anyOf\":[" NUL "," STR "]}", "", ""},
    {"{\"type\":\"array\",\"items\":" INT ",\"maxItems\":5}",
	"{\"type\":\"array\",\"items\":" STR ",\"maxItems\":5}", "t[]: integer -> string\n",
	"t[]: integer -> string\n"},
    {"{\"type\":\"array\",\"items\":" INT ",\"maxItems\":5}",
	"{\"type\":\"array\",\"items\":" INT ",\"maxItems\":3}",
	"t: Array<integer>(..5) -> Array<integer>(..3)\n", ""},
    {"{\"type\":\"array\",\"prefixItems\":[" INT "," STR "],\"items\":false}",
	"{\"type\":\"array\",\"prefixItems\":[" INT "," INT "],\"items\":false}", "t[1]: string -> integer\n",
	"t[1]: string -> integer\n"},
    {OBJECT("\"l\":{\"type\":\"array\",\"items\":" OBJECT("\"q\":" INT, "\"q\"") "}", "\"l\""),
	OBJECT("\"l\":{\"type\":\"array\",\"items\":" OBJECT("\"q\":" STR, "\"q\"") "}", "\"l\""),
	"t.l[].q: integer -> string\n", "t.l[].q: integer -> string\n"},
    /* In a union the alternative of its kind says what is wrong. */
    {"{\"anyOf\":[" OBJECT("\"a\":" INT, "\"a\"") "," NUL "]}",
	"{\"anyOf\":[" OBJECT("\"a\":" STR, "\"a\"") "," NUL "]}", "t.a: integer -> string\n",
	"t.a: integer -> string\n"},
    /* Named and recursive types end, and are compared by what they hold. */
    {"{\"$ref\":\"#/$defs/N\",\"$defs\":{\"N\":" OBJECT(
	 "\"n\":{\"$ref\":\"#/$defs/N\"},\"v\":" INT, "\"v\"") "}}",
	"{\"$ref\":\"#/$defs/M\",\"$defs\":{\"M\":" OBJECT(
	    "\"n\":{\"$ref\":\"#/$defs/M\"},\"v\":" INT, "\"v\"") "}}",
	"", ""},
    {"{\"$ref\":\"#/$defs/N\",\"$defs\":{\"N\":" OBJECT(
	 "\"n\":{\"$ref\":\"#/$defs/N\"},\"v\":" INT, "\"v\"") "}}",
	"{\"$ref\":\"#/$defs/N\",\"$defs\":{\"N\":" OBJECT(
	    "\"n\":{\"$ref\":\"#/$defs/N\"},\"v\":" STR, "\"v\"") "}}",
	"t.v: integer -> string\n", "t.v: integer -> string\n"},
    {"{\"type\":\"object\",\"additionalProperties\":" INT "}",
	"{\"type\":\"object\",\"additionalProperties\":" STR "}", "t[key]: integer -> string\n",
	"t[key]: integer -> string\n"},
    {"{\"type\":\"array\"}", "{\"type\":\"array\",\"items\":" INT "}", "t[]:  -> integer\n", ""},
    {STR, "{}", "", "t: string -> unknown\n"},
};

static void say(void *context, struct slice where, struct slice before, struct slice after)
{
	buf_printf(context, "%.*s: %.*s -> %.*s\n", SLICE_ARG(where), SLICE_ARG(before), SLICE_ARG(after));
}

static void expect(size_t i, enum compat_flow flow, const char *wanted)
{
	CLEANUP_BUF struct buf said = BUF_INIT(65536);
	struct error err = {0};
	assert_true(is_ok(compat_types(
	    slice_cstr(cases[i].before), slice_cstr(cases[i].after), flow, "t", say, &said, &err)));
	if (strcmp(buf_cstr(&said), wanted) != 0)
		fail_msg("case %zu, %s\nbefore %s\nafter  %s\nwanted %s\nsaid   %s", i,
		    flow == COMPAT_INPUT ? "input" : "output", cases[i].before, cases[i].after, wanted,
		    buf_cstr(&said));
}

static void each_field_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		expect(i, COMPAT_INPUT, cases[i].in);
		expect(i, COMPAT_OUTPUT, cases[i].out);
		/* Nothing breaks against itself. */
		CLEANUP_BUF struct buf said = BUF_INIT(65536);
		struct error err = {0};
		struct slice one = slice_cstr(cases[i].before);
		assert_true(is_ok(compat_types(one, one, COMPAT_INPUT, "t", say, &said, &err)));
		assert_true(is_ok(compat_types(one, one, COMPAT_OUTPUT, "t", say, &said, &err)));
		assert_int_equal(said.len, 0);
	}
}

/* Types that name one another in every member: as many paths as could be walked, and it ends at once. */
static void entangled_types_end(void **state)
{
	CLEANUP_BUF struct buf a = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf b = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf said = BUF_INIT(1u << 20);
	struct buf *both[] = {&a, &b};
	struct error err = {0};
	(void)state;
	for (int side = 0; side < 2; side++) {
		buf_add_cstr(both[side], "{\"$ref\":\"#/$defs/T0\",\"$defs\":{");
		for (int i = 0; i < 20; i++) {
			buf_printf(both[side],
			    "%s\"T%d\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{",
			    i ? "," : "", i);
			for (int k = 0; k < 20; k++)
				buf_printf(both[side],
				    "%s\"m%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/T%d\"},{\"type\":\"null\"}]}",
				    k ? "," : "", k, k);
			buf_printf(
			    both[side], ",\"v\":{\"type\":\"%s\"}}}", side && i == 19 ? "string" : "integer");
		}
		buf_add_cstr(both[side], "}}");
	}
	assert_true(is_ok(compat_types(buf_slice(&a), buf_slice(&a), COMPAT_INPUT, "t", say, &said, &err)));
	assert_int_equal(said.len, 0);
	assert_true(is_ok(compat_types(buf_slice(&a), buf_slice(&b), COMPAT_INPUT, "t", say, &said, &err)));
	assert_true(said.len > 0);
}

static struct app_function function_of(const char *input, const char *output)
{
	return (struct app_function){
	    .contract = {.name = SLICE("pay"),
		.http = {.present = true, .method = HTTP_POST, .path = SLICE("/pay")},
		.auth = {.kind = AUTH_USER}},
	    .input = slice_cstr(input),
	    .output = slice_cstr(output)};
}

static void contracts_are_compared_whole(void **state)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(1u << 20);
	CLEANUP_BUF struct buf said = BUF_INIT(65536);
	struct error err = {0};
	struct compat_breaks breaks;
	(void)state;
	struct app_error old_error = {SLICE("Declined"), 402, SLICE(OBJECT("\"reason\":" STR, "\"reason\""))};
	struct app_error new_error = {SLICE("Declined"), 409, SLICE(OBJECT("\"code\":" INT, "\"code\""))};
	struct app_function before[] = {function_of(STR, INT), function_of(STR, INT)};
	before[0].errors = &old_error;
	before[0].error_count = 1;
	before[1].contract.name = SLICE("refund");
	struct app_function after = function_of(INT, NUM);
	after.errors = &new_error;
	after.error_count = 1;
	after.contract.http.path = SLICE("/payments");
	after.contract.auth.mfa = true;
	const struct app_contract a = {.functions = before, .function_count = 2};
	const struct app_contract b = {.functions = &after, .function_count = 1};
	assert_true(is_ok(compat_compare(&a, &b, &arena, &err, &breaks)));
	for (size_t i = 0; i < breaks.count; i++)
		buf_printf(&said, "%.*s %.*s: %.*s\n", SLICE_ARG(breaks.items[i].function),
		    SLICE_ARG(breaks.items[i].where), SLICE_ARG(breaks.items[i].text));
	assert_string_equal(buf_cstr(&said), "pay route: POST /pay became POST /payments\n"
					     "pay auth: user became user, second factor\n"
					     "pay input: string became integer\n"
					     "pay output: integer became number\n"
					     "pay error Declined: status 402 became 409\n"
					     "pay error Declined.reason: is no longer always there: string\n"
					     "refund function: is gone\n");
	assert_true(is_ok(compat_compare(&a, &a, &arena, &err, &breaks)));
	assert_int_equal(breaks.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_field_is_judged),
	    cmocka_unit_test(entangled_types_end),
	    cmocka_unit_test(contracts_are_compared_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
