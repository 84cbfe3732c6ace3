/* The base layer: buffers keep their caps, arenas theirs, errors keep their context. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"
#include "base/strmap.h"

static void buf_stops_at_its_cap(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf b = BUF_INIT(8);
	buf_add_cstr(&b, "12345678");
	assert_true(buf_ok(&b));
	buf_add_char(&b, '9');
	assert_false(buf_ok(&b));
	buf_add_cstr(&b, "");
	assert_int_equal(b.len, 8);
	buf_clear(&b);
	assert_true(buf_ok(&b));
}

static void buf_escapes_json_and_mends_utf8(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf b = BUF_INIT(256);
	buf_add_json_escaped(&b, slice_of("a\"\\\n\x01\xff\xed\xa0\x80z\xc3\xa9", 12));
	assert_string_equal(buf_cstr(&b), "a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xc3\xa9");
}

static void arena_refuses_past_its_cap(void **state)
{
	(void)state;
	CLEANUP_ARENA struct arena a = ARENA_INIT(10000);
	assert_non_null(arena_alloc(&a, 5000));
	assert_null(arena_alloc(&a, 6000));
	assert_null(arena_array(&a, SIZE_MAX, 2));
	arena_clear(&a);
	assert_non_null(arena_alloc(&a, 4000));
}

static void errors_keep_context(void **state)
{
	(void)state;
	struct error err = {0};
	errno = ENOENT;
	result r = error_errno(&err, "cannot open %s", "x");
	r = error_wrap(&err, r, "app %s", "shop");
	assert_int_equal(r.code, ERR_SYSTEM);
	assert_string_equal(err.text, "app shop: cannot open x: No such file or directory");
	assert_int_equal(err.sys, ENOENT);
}

static void strmap_finds_what_it_holds(void **state)
{
	(void)state;
	struct strmap m = {0};
	static char keys[500][8];
	for (int i = 0; i < 500; i++) {
		int n = snprintf(keys[i], sizeof keys[i], "k%d", i);
		assert_true(is_ok(strmap_set(&m, slice_of(keys[i], (size_t)n), keys[i])));
	}
	for (int i = 0; i < 500; i++)
		assert_ptr_equal(strmap_get(&m, slice_cstr(keys[i])), keys[i]);
	assert_null(strmap_get(&m, SLICE("k500")));
	assert_int_equal(m.count, 500);
	strmap_done(&m);
}

static void numbers_do_not_overflow(void **state)
{
	(void)state;
	uint64_t v = 7;
	assert_true(slice_to_u64(SLICE("18446744073709551615"), &v));
	assert_true(v == UINT64_MAX);
	assert_false(slice_to_u64(SLICE("18446744073709551616"), &v));
	assert_false(slice_to_u64(SLICE(""), &v));
	assert_false(slice_to_u64(SLICE("+1"), &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(buf_stops_at_its_cap),
	    cmocka_unit_test(buf_escapes_json_and_mends_utf8),
	    cmocka_unit_test(arena_refuses_past_its_cap),
	    cmocka_unit_test(errors_keep_context),
	    cmocka_unit_test(strmap_finds_what_it_holds),
	    cmocka_unit_test(numbers_do_not_overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
