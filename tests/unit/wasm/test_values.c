/* Values whose form inside QuickJS differs from what they are to JavaScript cross the boundary like any
 * others. */
#include "harness.h"

#include <string.h>

static const char bundle[] =
    "const long = (n) => { let s = ''; for (let i = 0; i < n; i++) s += 'abcdefgh' + i; return s; };\n"
    "globalThis.__ward_main = (x) => { const [kind, n] = x.split(' ');\n"
    "  switch (kind) {\n"
    "  case 'text': { const s = long(+n); return s.slice(0, 8) + s.length; }\n"
    "  case 'rope': return [long(+n)].length + long(+n);\n"
    "  case 'throw': throw new Error(long(+n));\n"
    "  case 'log': console.log(long(+n)); return 0;\n"
    "  case 'bigint': return { n: BigInt(n), list: [BigInt(n) + 1n] };\n"
    "  case 'number': return +n; } };";

static void strings_put_together_piece_by_piece(void **unused)
{
	(void)unused;
	struct harness h;
	const struct engine_config config = {0};
	harness_open(&h, bundle, &config);
	static const char *const inputs[] = {"rope 1", "rope 100", "rope 1000"};
	static const size_t lengths[] = {1 + 9, 1 + 990, 1 + 10890};
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
		assert_int_equal(strlen(harness_run(h.instance, inputs[i])), lengths[i]);
	assert_non_null(strstr(harness_run(h.instance, "throw 1000"), "abcdefgh0abcdefgh1"));
	harness_close(&h);
}

static void a_long_line_is_logged(void **unused)
{
	(void)unused;
	struct harness h;
	const struct engine_config config = {0};
	harness_open(&h, bundle, &config);
	enum engine_log_level level;
	struct slice text;
	(void)harness_start(h.instance, encode_string("log 1000"));
	assert_true(engine_instance_next_log(h.instance, &level, &text));
	assert_int_equal(text.len, 10890);
	engine_instance_reset(h.instance);
	harness_close(&h);
}

static void bigints_of_every_size(void **unused)
{
	(void)unused;
	struct harness h;
	const struct engine_config config = {0};
	harness_open(&h, bundle, &config);
	static const char *const inputs[] = {"bigint 0", "bigint -5", "bigint 2147483647",
	    "bigint 9007199254740993", "bigint -123456789012345678901234567890"};
	static const char *const next[] = {
	    "1", "-4", "2147483648", "9007199254740994", "-123456789012345678901234567889"};
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
		const char *text = harness_run(h.instance, inputs[i]);
		assert_non_null(strstr(text, inputs[i] + strlen("bigint ")));
		assert_non_null(strstr(text, next[i]));
	}
	/* The tag of a small bigint stands next to that of doubles. */
	assert_string_equal(harness_run(h.instance, "number 0.5"), "0.5");
	assert_string_equal(harness_run(h.instance, "number -2.25"), "-2.25");
	harness_close(&h);
}

int main(void)
{
	harness_init();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strings_put_together_piece_by_piece),
	    cmocka_unit_test(a_long_line_is_logged),
	    cmocka_unit_test(bigints_of_every_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
