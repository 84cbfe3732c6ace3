/* Whom a request comes from, and who would like to say that he is somebody else. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "http/forwarded.h"

static struct net_range ranges[4];
static size_t range_count;

static int trust(void **state)
{
	static const char *const texts[] = {"10.0.0.0/8", "127.0.0.1", "fd00::/8", "192.168.7.0/25"};
	(void)state;
	for (range_count = 0; range_count < 4; range_count++)
		assert_true(net_range_parse(slice_cstr(texts[range_count]), &ranges[range_count]));
	return 0;
}

static const char *client_of(enum forwarded_header header, const char *peer, const char *lines)
{
	static char text[48];
	struct net_address from;
	assert_true(net_address_parse(slice_cstr(peer), &from));
	const struct net_address client = forwarded_client(slice_cstr(lines), header, ranges, range_count, &from);
	net_address_text(&client, text);
	return text;
}

#define XFF(peer, lines, wanted) assert_string_equal(client_of(FORWARDED_X_FORWARDED_FOR, peer, lines), wanted)
#define FWD(peer, lines, wanted) assert_string_equal(client_of(FORWARDED_STANDARD, peer, lines), wanted)

static void ranges_are_read_strictly(void **state)
{
	(void)state;
	struct net_range r;
	static const char *const good[] = {"0.0.0.0/0", "10.0.0.0/8", "10.1.2.3", "10.1.2.3/32", "::/0", "::1", "fd00::/8", "::ffff:10.0.0.0/104"};
	static const char *const bad[] = {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "10.0.0/8", "010.0.0.0/8",
	    "0x0a000000/8", "10.0.0.0/8/8", "::1/129", "fd00::1/8", "fe80::1%lo", "[::1]", "localhost", "10.0.0.0/8 ", "10.0.0.0/0008"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!net_range_parse(slice_cstr(good[i]), &r))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (net_range_parse(slice_cstr(bad[i]), &r))
			fail_msg("taken: %s", bad[i]);
}

static void ranges_hold_what_is_in_them(void **state)
{
	(void)state;
	static const char *const in[] = {"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "127.0.0.1", "fd12::1", "192.168.7.127"};
	static const char *const out[] = {"9.255.255.255", "11.0.0.0", "127.0.0.2", "fc00::1", "::1", "::10.0.0.1", "192.168.7.128"};
	struct net_address a;
	for (size_t i = 0; i < sizeof in / sizeof *in; i++)
		assert_true(net_address_parse(slice_cstr(in[i]), &a) && net_ranges_have(ranges, range_count, &a));
	for (size_t i = 0; i < sizeof out / sizeof *out; i++)
		assert_true(net_address_parse(slice_cstr(out[i]), &a) && !net_ranges_have(ranges, range_count, &a));
}

static void the_walk_goes_right_to_left_through_trusted_proxies(void **state)
{
	(void)state;
	XFF("10.0.0.1", "Host: a\r\nX-Forwarded-For: 8.8.8.8\r\n", "8.8.8.8");
	XFF("10.0.0.1", "x-forwarded-for:8.8.8.8 , 10.0.0.2\r\n", "8.8.8.8");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8\r\nX-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n", "8.8.8.8");
	XFF("10.0.0.1", "X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n", "10.0.0.3");
	XFF("10.0.0.1", "X-Forwarded-For: 2001:db8::7\r\n", "2001:db8::7");
	XFF("10.0.0.1", "X-Forwarded-For: [2001:db8::7]:443\r\n", "2001:db8::7");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.4.4:1234\r\n", "8.8.4.4");
	XFF("::ffff:10.0.0.1", "X-Forwarded-For: ::ffff:8.8.8.8\r\n", "8.8.8.8");
	XFF("10.0.0.1", "Host: a\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=8.8.8.8;proto=https;by=10.0.0.1\r\n", "8.8.8.8");
	FWD("10.0.0.1", "Forwarded: proto=http; FOR=\"[2001:db8::7]:4711\", for=10.0.0.2\r\n", "2001:db8::7");
	FWD("10.0.0.1", "Forwarded: for=8.8.8.8;host=\"a,b;for=1.1.1.1\\\",for=9.9.9.9\"\r\n", "8.8.8.8");
}

static void a_client_cannot_say_that_it_is_another(void **state)
{
	(void)state;
	/* Not from a proxy at all. */
	XFF("8.8.8.8", "X-Forwarded-For: 1.2.3.4\r\n", "8.8.8.8");
	/* What it wrote itself stands to the left of its own address. */
	XFF("10.0.0.1", "X-Forwarded-For: 1.2.3.4, 8.8.8.8\r\n", "8.8.8.8");
	XFF("10.0.0.1", "X-Forwarded-For: 127.0.0.1, 10.0.0.5, 8.8.8.8\r\n", "8.8.8.8");
	XFF("10.0.0.1", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 8.8.8.8, 10.0.0.2\r\n", "8.8.8.8");
	/* The other header is the client's. */
	XFF("10.0.0.1", "Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 8.8.8.8\r\n", "8.8.8.8");
	FWD("10.0.0.1", "X-Forwarded-For: 1.2.3.4\r\nForwarded: for=8.8.8.8\r\n", "8.8.8.8");
	XFF("10.0.0.1", "X-Forwarded-Fo: 1.2.3.4\r\nX-Forwarded-Forr: 1.2.3.4\r\nForwarded-For: 1.2.3.4\r\n", "10.0.0.1");
	/* What cannot be read ends the walk at the proxy that wrote it. */
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8, unknown\r\n", "10.0.0.1");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8, , 10.0.0.2\r\n", "10.0.0.2");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8,\r\n", "10.0.0.1");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8, 134744072\r\n", "10.0.0.1");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8, 010.0.0.2\r\n", "10.0.0.1");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8, [::1\r\n", "10.0.0.1");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8, [::1]x\r\n", "10.0.0.1");
	XFF("10.0.0.1", "X-Forwarded-For: 8.8.8.8, fe80::1%eth0\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=8.8.8.8, for=_hidden\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=8.8.8.8, for=unknown\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=8.8.8.8, by=10.0.0.2\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=8.8.8.8;for=1.2.3.4\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=\"8.8.8.8, for=1.2.3.4\r\n", "10.0.0.1");
	/* A quote left open does not swallow what the proxy adds. */
	FWD("10.0.0.1", "Forwarded: for=1.2.3.4;x=\", for=8.8.8.8\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=1.2.3.4;x=\", for=\"[2001:db8::8]\"\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=1.2.3.4;x=\"\\\", for=8.8.8.8\r\n", "10.0.0.1");
	FWD("10.0.0.1", "Forwarded: for=1.2.3.4;x=\"\r\nForwarded: for=8.8.8.8\r\n", "8.8.8.8");
}

static void more_hops_than_anybody_has_are_not_walked(void **state)
{
	(void)state;
	static char lines[16384] = "X-Forwarded-For: 8.8.8.8";
	for (int i = 0; i < 1000; i++)
		(void)strcat(lines, ", 10.0.0.2");
	XFF("10.0.0.1", strcat(lines, "\r\n"), "10.0.0.2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ranges_are_read_strictly),
	    cmocka_unit_test(ranges_hold_what_is_in_them),
	    cmocka_unit_test(the_walk_goes_right_to_left_through_trusted_proxies),
	    cmocka_unit_test(a_client_cannot_say_that_it_is_another),
	    cmocka_unit_test(more_hops_than_anybody_has_are_not_walked),
	};
	return cmocka_run_group_tests(tests, trust, NULL);
}
