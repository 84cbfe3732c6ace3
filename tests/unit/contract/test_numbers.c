/* Numbers there and back: what is written reads back as the same double, in the fewest digits, as printf and
 * strtod judge. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/json.h"

static uint64_t seed = 88172645463325252ull;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void check(double d)
{
	char text[64], wanted[64];
	size_t n = number_format(d, text);
	text[n] = '\0';
	assert_true(n <= NUMBER_TEXT_MAX);
	if (strtod(text, NULL) != d)
		fail_msg("%.17g is written %s", d, text);
	struct number read = number_of_text(slice_of(text, n));
	if (read.tag == VALUE_BIG || (read.tag == VALUE_NUM && read.real != d) ||
	    (read.tag == VALUE_INT && (double)read.integer != d))
		fail_msg("%.17g, written %s, reads back as something else", d, text);
	int digits = 1;
	for (; digits < 17; digits++) {
		(void)snprintf(wanted, sizeof wanted, "%.*e", digits - 1, d);
		if (strtod(wanted, NULL) == d)
			break;
	}
	int written = 0;
	bool leading = true;
	for (const char *p = text; *p && *p != 'e'; p++) {
		leading = leading && (*p == '0' || *p == '.' || *p == '-');
		written += !leading && *p != '.';
	}
	/* Zeros at the end of a whole number only place the point. */
	for (const char *p = text + n; p > text && p[-1] == '0' && !strpbrk(text, ".e"); p--)
		written--;
	if (fabs(d) < 1e21 && written > digits)
		fail_msg("%s has %d digits where %d do", text, written, digits);
}

static void test_round_trip(void **state)
{
	(void)state;
	static const double some[] = {0.1, 0.3, 1.0 / 3, 5e-324, 2.2250738585072014e-308,
	    1.7976931348623157e308, 1e21, 1e22, 123456789012345680.0, 9007199254740993.0, 0.30000000000000004,
	    1e-7, 123e-20, 4.35, 0.000001, 4503599627370497.5, 999999999999999.9};
	for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
		check(some[i]);
		check(-some[i]);
	}
	for (int i = 0; i < 40000; i++) {
		check((double)(next() >> 11) * 0x1p-53);
		check((double)(next() >> 11) * 0x1p-53 * 1e6);
		check((double)(int64_t)(next() % 100000000) / 100.0);
		uint64_t any = next();
		double d;
		memcpy(&d, &any, sizeof d);
		if (i % 8 == 0 && isfinite(d) && d != 0)
			check(d);
	}
}

/* A decimal is a double only if that double stands for it; the C library is the judge. */
static void test_classes(void **state)
{
	(void)state;
	for (int i = 0; i < 80000; i++) {
		char text[64], back[64];
		int digits = 14 + (int)(next() % 5);
		double d = (double)(next() >> 11) * 0x1p-53 * pow(10, (double)(next() % 12));
		int n = snprintf(text, sizeof text, "%.*g", digits, d);
		if (strchr(text, 'e'))
			continue;
		/* The last digit is moved: most of these are nobody's shortest form. */
		if (next() % 2 && text[n - 1] > '1')
			text[n - 1]--;
		struct number read = number_of_text(slice_of(text, (size_t)n));
		double near = strtod(text, NULL);
		int count = 0;
		bool leading = true;
		for (const char *p = text; *p; p++) {
			leading = leading && (*p == '0' || *p == '.');
			count += !leading && *p != '.';
		}
		if (count < 16 || count > 17 || strchr(text, '.') == NULL || text[n - 1] == '0')
			continue;
		(void)snprintf(back, sizeof back, "%.*g", count, near);
		bool same = strcmp(back, text) == 0;
		if ((read.tag == VALUE_NUM) != same || (same && read.real != near))
			fail_msg("%s is %s, printf says %s", text,
			    read.tag == VALUE_NUM ? "a double" : "kept as text", back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_classes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
