/* Every format with texts that are of it and texts that nearly are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "contract/compiled.h"

static const struct {
	const char *format;
	const char *text;
	bool holds;
} cases[] = {
    {"date", "2024-02-29", true},
    {"date", "2023-02-29", false},
    {"date", "1900-02-29", false},
    {"date", "2000-02-29", true},
    {"date", "2024-1-02", false},
    {"date", "2024-13-01", false},
    {"date", "20240102", false},
    {"date", "2024-01-02 ", false},
    {"date-time", "2024-01-02T03:04:05Z", true},
    {"date-time", "2024-01-02t03:04:05.123456789z", true},
    {"date-time", "2024-01-02 03:04:05Z", false},
    {"date-time", "2024-01-02T03:04:05", false},
    {"date-time", "2024-01-02T24:00:00Z", false},
    {"date-time", "2024-01-02T03:04:05+24:00", false},
    {"date-time", "1998-12-31T23:59:60Z", true},
    {"date-time", "1998-12-31T22:59:60Z", false},
    {"date-time", "1998-12-31T15:59:60.5-08:00", true},
    {"date-time", "+12024-01-02T03:04:05Z", false},
    {"date-time", "2024-01-02T03:04:05.Z", false},
    {"time", "03:04:05Z", true},
    {"time", "23:59:60+00:00", true},
    {"time", "23:59:60+01:00", false},
    {"time", "03:04:05,1Z", false},
    {"time", "03:04:05", false},
    {"time", "3:04:05Z", false},
    {"time", "01:29:60+01:30", true},
    {"duration", "P4DT12H30M5S", true},
    {"duration", "P4Y", true},
    {"duration", "PT0S", true},
    {"duration", "P2W", true},
    {"duration", "P1D2H", false},
    {"duration", "P2D1Y", false},
    {"duration", "P", false},
    {"duration", "PT", false},
    {"duration", "P1YT", false},
    {"duration", "P1Y2W", false},
    {"duration", "PT1D", false},
    {"duration", "P1", false},
    {"duration", "4DT1H", false},
    {"duration", "P1Y2D", false},
    {"duration", "P\xe0\xa7\xa8Y", false},
    {"email", "joe@example.org", true},
    {"email", "te~st@example.org", true},
    {"email", "\"joe b\"@example.org", true},
    {"email", "\"a@b\"@example.org", true},
    {"email", "joe@[127.0.0.1]", true},
    {"email", "joe@[IPv6:::1]", true},
    {"email", "joe@[127.0.0.300]", false},
    {"email", ".joe@example.org", false},
    {"email", "joe.@example.org", false},
    {"email", "j..e@example.org", false},
    {"email", "joe@inv=alid.org", false},
    {"email", "joe", false},
    {"email", "joe@", false},
    {"email", "@example.org", false},
    {"email", "Joe <joe@example.org>", false},
    {"email", "\"joe@example.org", false},
    {"email", "j\xc3\xb6@example.org", false},
    {"idn-email", "\xec\x8b\xa4\xeb\xa1\x80@\xec\x8b\xa4\xeb\xa1\x80.\xed\x85\x8c\xec\x8a\xa4\xed\x8a\xb8",
	true},
    {"idn-email", "2962", false},
    {"hostname", "www.example.org", true},
    {"hostname", "localhost", true},
    {"hostname", "xn--4gbwdl.xn--wgbh1c", true},
    {"hostname", "1host", true},
    {"hostname", "-a.org", false},
    {"hostname", "a-.org", false},
    {"hostname", "a_b", false},
    {"hostname", "example.", false},
    {"hostname", ".example", false},
    {"hostname", "", false},
    {"hostname", ".", false},
    {"hostname", "xn--X", false},
    {"hostname", "ab--cd", false},
    {"hostname", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org", false},
    {"hostname", "xn--hello-txk", false},
    {"hostname", "xn--l-fda", false},
    {"hostname", "XN--aa---o47jg78q", false},
    {"idn-hostname", "\xec\x8b\xa4\xeb\xa1\x80.\xed\x85\x8c\xec\x8a\xa4\xed\x8a\xb8", true},
    {"idn-hostname", "hostname", true},
    {"idn-hostname", "\xe3\x80\xae\xec\x8b\xa4\xeb\xa1\x80.\xed\x85\x8c", false},
    {"idn-hostname",
	"a\xe3\x80\x82"
	"b",
	true},
    {"idn-hostname",
	"a\xef\xbc\x8e"
	"b",
	true},
    {"idn-hostname",
	"a\xef\xbd\xa1"
	"b",
	true},
    {"idn-hostname", "\xe3\x80\x82", false},
    {"idn-hostname", "\xcc\x80hello", false},
    {"idn-hostname", "\xc3\x9f\xcf\x82\xe0\xbc\x8b\xe3\x80\x87", true},
    {"idn-hostname", "a\xc2\xb7l", false},
    {"idn-hostname", "l\xc2\xb7l", true},
    {"idn-hostname", "l\xc2\xb7", false},
    {"idn-hostname", "\xce\xb1\xcd\xb5\xce\xb2", true},
    {"idn-hostname", "\xce\xb1\xcd\xb5", false},
    {"idn-hostname", "\xd7\x90\xd7\xb3\xd7\x91", true},
    {"idn-hostname", "A\xd7\xb3\xd7\x91", false},
    {"idn-hostname",
	"def\xe3\x83\xbb"
	"abc",
	false},
    {"idn-hostname", "\xe3\x83\xbb\xe3\x81\x81", true},
    {"idn-hostname", "\xd8\xa8\xd9\xa0\xdb\xb0", false},
    {"idn-hostname", "\xd8\xa8\xd9\xa0\xd8\xa8", true},
    {"idn-hostname", "\xe0\xa4\x95\xe2\x80\x8d\xe0\xa4\xb7", false},
    {"idn-hostname", "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7", true},
    {"idn-hostname", "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8c\xe0\xa4\xb7", true},
    {"idn-hostname", "-> $1.00 <--", false},
    {"idn-hostname", "\xd8\xa8\xd9\x8a\xe2\x80\x8c\xd8\xa8\xd9\x8a", true},
    {"idn-hostname", "\xdb\xbd\xdb\xbe", true},
    {"ipv4", "127.0.0.1", true},
    {"ipv4", "256.0.0.1", false},
    {"ipv4", "1.2.3", false},
    {"ipv4", "1.2.3.4.5", false},
    {"ipv4", "01.2.3.4", false},
    {"ipv4", "0x7f000001", false},
    {"ipv4", "1.2.3.4/24", false},
    {"ipv4", "1.2..4", false},
    {"ipv4", "1.2.3.4\n", false},
    {"ipv4", "", false},
    {"ipv6", "::1", true},
    {"ipv6", "::", true},
    {"ipv6", "1:2:3:4:5:6:7:8", true},
    {"ipv6", "::ffff:192.168.0.1", true},
    {"ipv6", "1::d6::42", false},
    {"ipv6", "12345::", false},
    {"ipv6", "fe80::a%eth1", false},
    {"ipv6", "1:2:3:4:5:6:7:8:9", false},
    {"ipv6", "::/64", false},
    {"ipv6", " ::1", false},
    {"ipv6", "1:2:3:4:1.2.3", false},
    {"ipv6", "::laptop", false},
    {"ipv6", ":2:3:4:5:6:7:8", false},
    {"uri", "http://foo.bar/?baz=qux#quux", true},
    {"uri", "mailto:joe@example.org", true},
    {"uri", "urn:oasis:names:x:1.0", true},
    {"uri", "ldap://[2001:db8::7]/c=GB?objectClass?one", true},
    {"uri", "http://a@b:80/%20", true},
    {"uri", "//foo.bar/", false},
    {"uri", "/abc", false},
    {"uri", "abc", false},
    {"uri", "http:// fail", false},
    {"uri", ":// fail", false},
    {"uri", "bar,baz:foo", false},
    {"uri", "https://[@example.org/", false},
    {"uri", "https://example.org/a\\b", false},
    {"uri", "https://example.org/%zz", false},
    {"uri", "http://[::1]x/", false},
    {"uri", "http://a:b:c/", false},
    {"uri", "https://example.org/<a>", false},
    {"uri", "http://\xc3\xa4.org/", false},
    {"uri", "", false},
    {"uri-reference", "/abc", true},
    {"uri-reference", "abc", true},
    {"uri-reference", "#frag", true},
    {"uri-reference", "", true},
    {"uri-reference", "#fr\\ag", false},
    {"uri-reference", "\\\\HOST\\share", false},
    {"iri", "http://\xc6\x92\xc3\xb8\xc3\xb8.\xc3\x9f\xc3\xa5r/?\xe2\x88\x82=x", true},
    {"iri", "http://2001:0db8:85a3:0000/", false},
    {"iri", "/abc", false},
    {"iri-reference", "\xc3\xa2\xcf\x80\xcf\x80", true},
    {"iri-reference", "#\xc6\x92r\\m", false},
    {"uri-template", "http://example.com/{term:1}/{term}", true},
    {"uri-template", "{+path,x*}{?q}", true},
    {"uri-template", "a/{term", false},
    {"uri-template", "a}", false},
    {"uri-template", "{}", false},
    {"uri-template", "{a:10000}", false},
    {"uri-template", "plain", true},
    {"uuid", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", true},
    {"uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", false},
    {"uuid", "2eb8aa08aa9811eab4aa73b441d16380", false},
    {"uuid", "2eb8-aa08-aa98-11ea-b4aa73b44-1d16380", false},
    {"uuid", "2eb8aa08-aa98-11ea-b4ga-73b441d16380", false},
    {"json-pointer", "", true},
    {"json-pointer", "/a~1b/~0", true},
    {"json-pointer", "/a~", false},
    {"json-pointer", "a", false},
    {"json-pointer", "#", false},
    {"relative-json-pointer", "0", true},
    {"relative-json-pointer", "2/0/baz", true},
    {"relative-json-pointer", "0#", true},
    {"relative-json-pointer", "01/a", false},
    {"relative-json-pointer", "/a", false},
    {"relative-json-pointer", "-1/a", false},
    {"relative-json-pointer", "0##", false},
    {"regex", "([abc])+\\s+$", true},
    {"regex", "^(abc]", false},
    {"regex", "\\a", false},
    {"regex", "a{2,1}", false},
    {"regex", "[b-a]", false},
    {"regex", "(?<n>a)\\k<n>", true},
    {"regex", "^\\S(|(.|\\n)*\\S)\\Z", false},
    {"regex", "*a", false},
};

static void test_formats(void **state)
{
	(void)state;
	unsigned wrong = 0;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct format *format = format_find(slice_cstr(cases[i].format));
		assert_non_null(format);
		if (format_match(format, slice_cstr(cases[i].text)) == cases[i].holds)
			continue;
		print_error(
		    "%s: %s is %s\n", cases[i].format, cases[i].text, cases[i].holds ? "refused" : "taken");
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* A string may hold a NUL, which ends nothing and which no format has. */
static void test_nul(void **state)
{
	static const char *const names[] = {"date", "email", "hostname", "idn-hostname", "ipv4", "ipv6",
	    "uri", "uri-reference", "iri", "uri-template", "uuid", "duration", "time",
	    "relative-json-pointer"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct format *format = format_find(slice_cstr(names[i]));
		assert_false(format_match(format, slice_of("http://a\0b", 10)));
		assert_false(format_match(format, slice_of("\0", 1)));
		assert_false(format_match(format, slice_of("1.2.3.4\0", 8)));
	}
}

static void test_unknown(void **state)
{
	(void)state;
	assert_null(format_find(SLICE("")));
	assert_null(format_find(SLICE("emails")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formats), cmocka_unit_test(test_nul), cmocka_unit_test(test_unknown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
