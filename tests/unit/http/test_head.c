/* Request heads: what is accepted, and the attacks that live on two readers understanding one request differently. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "http/chunked.h"
#include "http/head.h"
#include "http/target.h"

static int parse(const char *text, struct http_head *h)
{
	const char *why = NULL;
	int verdict = http_head_parse(slice_cstr(text), h, &why);
	if (verdict >= 400)
		assert_non_null(why);
	return verdict;
}

static void a_plain_request_is_read(void **state)
{
	(void)state;
	struct http_head h;
	assert_int_equal(parse("POST /orders/7/pay?x=1&y=%20 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nOrigin:  http://a \r\n\r\nabc", &h), HTTP_OK);
	assert_int_equal(h.method, HTTP_POST);
	assert_true(slice_eq_cstr(h.path, "/orders/7/pay"));
	assert_true(slice_eq_cstr(h.query, "x=1&y=%20"));
	assert_true(slice_eq_cstr(h.known[HTTP_H_ORIGIN], "http://a"));
	assert_int_equal(h.content_length, 3);
	assert_true(h.keep_alive);
}

static void every_prefix_asks_for_more(void **state)
{
	(void)state;
	const char whole[] = "GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
	struct http_head h;
	const char *why;
	for (size_t n = 0; n < sizeof whole - 1; n++)
		assert_int_equal(http_head_parse(slice_of(whole, n), &h, &why), HTTP_MORE);
	assert_int_equal(http_head_parse(slice_of(whole, sizeof whole - 1), &h, &why), HTTP_OK);
}

static void what_could_be_read_two_ways_is_refused(void **state)
{
	(void)state;
	static const char *const attacks[] = {
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
	    "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
	    "GET / HTTP/1.1\r\nX: 1\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a\r\nX\x01: x\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a\r\nNoColon\r\n\r\n",
	    "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
	    "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
	    "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
	    "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
	    "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
	    "GET / http/1.1\r\nHost: a\r\n\r\n",
	    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
	    "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n",
	    "get / HTTP/1.1\r\nHost: a\r\n\r\n",
	    "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
	    "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
	};
	struct http_head h;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		int verdict = parse(attacks[i], &h);
		if (verdict < 400)
			print_message("accepted: %s\n", attacks[i]);
		assert_true(verdict >= 400);
	}
}

static void a_cookie_that_comes_twice_is_none(void **state)
{
	(void)state;
	const struct slice name = SLICE("__Host-ward_session");
	assert_true(slice_eq_cstr(http_cookie(SLICE("a=1; __Host-ward_session=t; b=2"), name), "t"));
	assert_null(http_cookie(SLICE("__Host-ward_session=evil; __Host-ward_session=t"), name).ptr);
	assert_null(http_cookie(SLICE("x__Host-ward_session=t"), name).ptr);
	assert_null(http_cookie(SLICE("a=\"__Host-ward_session=t"), name).ptr);
}

static void decoding_gives_valid_text_or_nothing(void **state)
{
	(void)state;
	CLEANUP_ARENA struct arena arena = ARENA_INIT(1u << 16);
	struct slice text;
	assert_true(is_ok(http_decode(SLICE("a%20b+c"), true, &arena, &text)));
	assert_true(slice_eq_cstr(text, "a b c"));
	assert_true(is_ok(http_decode(SLICE("%C3%A9+"), false, &arena, &text)));
	assert_true(slice_eq_cstr(text, "\xc3\xa9+"));
	static const char *const bad[] = {"%", "%2", "%zz", "%00", "%ff", "%C0%AF", "%ED%A0%80", "%F4%90%80%80"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(is_ok(http_decode(slice_cstr(bad[i]), false, &arena, &text)));
}

/* Feeds a chunked body in pieces of `step` bytes; returns the verdict and what was decoded. */
static int decode(const char *body, size_t step, char *ret, size_t *ret_len)
{
	struct http_chunked c = {0};
	char held[256];
	size_t have = 0, at = 0, total = strlen(body);
	*ret_len = 0;
	for (;;) {
		size_t n = total - at < step ? total - at : step;
		memcpy(held + have, body + at, n);
		at += n;
		have += n;
		size_t used = 0, data = 0;
		int verdict = http_chunked_decode(&c, held, have, &used, &data);
		memcpy(ret + *ret_len, held, data);
		*ret_len += data;
		memmove(held, held + used, have - used);
		have -= used;
		if (verdict != HTTP_MORE || at == total)
			return verdict;
	}
}

static void chunks_are_decoded_however_they_arrive(void **state)
{
	(void)state;
	char out[256];
	size_t n;
	for (size_t step = 1; step < 40; step++) {
		assert_int_equal(decode("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", step, out, &n), HTTP_OK);
		assert_int_equal(n, 13);
		assert_memory_equal(out, "abc0123456789", 13);
	}
	static const char *const bad[] = {"-1\r\n", "+1\r\n", " 1\r\n", "1 \r\nx\r\n", "1;ext\r\nx\r\n", "0x1\r\nx\r\n", "1\nx\n", "1\r\nxy\r\n",
	    "ffffffffffffffff1\r\n", "\r\n", "0\r\nTrailer: x\r\n\r\n", "g\r\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(decode(bad[i], 1, out, &n), 400);
}

static void a_location_stays_here_and_on_its_line(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "a", "//evil", "/\\evil", "\\\\evil", "https://evil/", "javascript:x", " /a", "/a\r\nX: 1", "/a\nX: 1",
	    "/\t/evil", "/a\x7f", "/a\x01"};
	static const char *const good[][2] = {{"/", "/"}, {"/a?b=c&d=%20#e", "/a?b=c&d=%20#e"}, {"/a b", "/a%20b"},
	    {"/\xc3\xa9\"<>", "/%C3%A9%22%3C%3E"}, {"/a\\b", "/a%5Cb"}, {"/a//b", "/a//b"}};
	CLEANUP_BUF struct buf out = BUF_INIT(256);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(http_location_add(&out, slice_cstr(bad[i])));
	assert_false(http_location_add(&out, slice_of("/a\0b", 4)));
	assert_int_equal(out.len, 0);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		buf_clear(&out);
		assert_true(http_location_add(&out, slice_cstr(good[i][0])));
		assert_true(slice_eq_cstr(buf_slice(&out), good[i][1]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plain_request_is_read),
	    cmocka_unit_test(every_prefix_asks_for_more),
	    cmocka_unit_test(what_could_be_read_two_ways_is_refused),
	    cmocka_unit_test(a_location_stays_here_and_on_its_line),
	    cmocka_unit_test(a_cookie_that_comes_twice_is_none),
	    cmocka_unit_test(decoding_gives_valid_text_or_nothing),
	    cmocka_unit_test(chunks_are_decoded_however_they_arrive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
