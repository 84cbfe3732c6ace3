/* URLs that ward follows: what is taken apart how, and what is no URL. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "http/url.h"

static void urls_are_taken_apart(void **state)
{
	static const struct {
		const char *text, *scheme, *host, *path;
		uint16_t port;
	} good[] = {
	    {"https://accounts.example.com", "https", "accounts.example.com", "/", 0},
	    {"https://a.example:8443/x/y?z=1", "https", "a.example", "/x/y?z=1", 8443},
	    {"smtps://mail.example:465", "smtps", "mail.example", "/", 465},
	    {"http://[::1]:80/", "http", "::1", "/", 80},
	    {"http://[2001:db8::1]", "http", "2001:db8::1", "/", 0},
	    {"http://127.0.0.1:65535/a", "http", "127.0.0.1", "/a", 65535},
	};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct http_url url;
		if (!http_url_split(slice_cstr(good[i].text), &url))
			fail_msg("%s", good[i].text);
		assert_true(slice_eq_cstr(url.scheme, good[i].scheme));
		assert_true(slice_eq_cstr(url.host, good[i].host));
		assert_true(slice_eq_cstr(url.path, good[i].path));
		assert_int_equal(url.port, good[i].port);
	}
}

static void what_could_be_read_in_two_ways_is_none(void **state)
{
	static const char *const bad[] = {"", "https://", "https:///x", "//a.example", "a.example",
	    "HTTPS://a.example", "ht tp://a", "https://user@a.example", "https://a.example@evil.example",
	    "https://user:pw@a.example", "https://a.example:0", "https://a.example:65536",
	    "https://a.example:", "https://a.example:8 0", "https://a.example:080000", "https://a.example#x",
	    "https://a.example/#x", "https://a.example/\\evil", "https://a.example\\@evil",
	    "https://a.example/a b", "https://a.example/\r\nx", "https://a%2eexample", "https://[::1",
	    "https://[::1]x", "https://[]", "https://[a.b]", "https://\xc3\xa9.example",
	    "https://a.example/\x7f", "https://a.example?x"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct http_url url;
		if (http_url_split(slice_cstr(bad[i]), &url))
			fail_msg("taken: %s", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(urls_are_taken_apart),
	    cmocka_unit_test(what_could_be_read_in_two_ways_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
