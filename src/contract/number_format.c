/* Numbers as ECMAScript writes them: the shortest decimal that reads back as the same double. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/number_parts.h"

const double number_powers[NUMBER_POWERS] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The same without the C library, for what lies between 1e-3 and 1e15. 0: it does not. */
static int shortest_exact(double d, char digits[24], int64_t *ret_exponent)
{
	if (d < 1e-3 || d >= 1e15)
		return 0;
	int whole = 0;
	while (d >= number_powers[whole])
		whole++;
	for (int count = 15; count <= 17; count++) {
		uint64_t m;
		double back;
		int places = count - (whole > 0 ? whole : d >= 1e-1 ? 0 : d >= 1e-2 ? -1 : -2);
		if (!number_exact_write(d, places, &m) || !number_exact_read(m, places, &back))
			return 0;
		if (back != d)
			continue;
		for (; m % 10 == 0; m /= 10)
			places--;
		*ret_exponent = -places;
		return (int)number_format_int((int64_t)m, digits);
	}
	return 0;
}

/* Digits of the shortest form; the exponent is that of the last digit. */
static int shortest(double d, char digits[24], int64_t *ret_exponent)
{
	int count = shortest_exact(d, digits, ret_exponent);
	if (count > 0)
		return count;
	/* Below the normal doubles even one digit may do; above, 15 digits show whether fewer would. */
	for (count = d < 2.2250738585072014e-308 ? 1 : 15; count < 17; count++) {
		char text[48];
		(void)snprintf(text, sizeof text, "%.*e", count - 1, d);
		if (strtod(text, NULL) == d)
			break;
	}
	number_digits(d, count, digits, ret_exponent);
	while (count > 1 && digits[count - 1] == '0') {
		digits[--count] = '\0';
		++*ret_exponent;
	}
	return count;
}

size_t number_format_int(int64_t n, char *text)
{
	char room[24];
	size_t at = sizeof room, len;
	uint64_t m = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	do
		room[--at] = (char)('0' + m % 10);
	while ((m /= 10) > 0);
	if (n < 0)
		room[--at] = '-';
	len = sizeof room - at;
	memcpy(text, room + at, len);
	return len;
}

/* ECMA-262 6.1.6.1.20 Number::toString, with s = digits, k = count, n = point. */
static size_t lay_out(char *text, const char *digits, int count, int point)
{
	size_t n = 0;
	if (point > 0 && point <= 21) {
		for (int i = 0; i < point || i < count; i++) {
			if (i == point)
				text[n++] = '.';
			text[n++] = i < count ? digits[i] : '0';
		}
		return n;
	}
	if (point > -6 && point <= 0) {
		text[n++] = '0';
		text[n++] = '.';
		for (int i = point; i < 0; i++)
			text[n++] = '0';
		memcpy(text + n, digits, (size_t)count);
		return n + (size_t)count;
	}
	text[n++] = digits[0];
	if (count > 1) {
		text[n++] = '.';
		memcpy(text + n, digits + 1, (size_t)count - 1);
		n += (size_t)count - 1;
	}
	text[n++] = 'e';
	text[n++] = point > 0 ? '+' : '-';
	return n + number_format_int(point > 0 ? point - 1 : 1 - point, text + n);
}

/*
 * A few decimals, which most numbers have: the least k for which an integer below 2^52, divided by 10^k, is
 * the double. Both are exact, so the quotient is what reading the text gives, and the least k is the fewest
 * digits. 0: none.
 */
static size_t format_few(double d, char *text)
{
	if (d < 1e-3 || d >= 1e15)
		return 0;
	for (int k = 1; k <= 15; k++) {
		double scaled = d * number_powers[k];
		/* Below 2^52 the product is off by less than what tells two integers apart. */
		if (scaled >= 4503599627370496.0)
			return 0;
		int64_t m = llrint(scaled);
		if ((double)m / number_powers[k] != d)
			continue;
		size_t n = number_format_int(m / (int64_t)number_powers[k], text);
		char digits[NUMBER_TEXT_MAX];
		size_t len = number_format_int(m % (int64_t)number_powers[k], digits);
		text[n++] = '.';
		for (size_t i = len; i < (size_t)k; i++)
			text[n++] = '0';
		memcpy(text + n, digits, len);
		return n + len;
	}
	return 0;
}

size_t number_format(double d, char *text)
{
	if (d == 0) {
		text[0] = '0';
		return 1;
	}
	if (fabs(d) < 9007199254740992.0 && floor(d) == d)
		return number_format_int((int64_t)d, text);
	char digits[24];
	int64_t exponent;
	size_t n = 0;
	if (d < 0)
		text[n++] = '-';
	size_t few = format_few(fabs(d), text + n);
	if (few > 0)
		return n + few;
	int count = shortest(fabs(d), digits, &exponent);
	return n + lay_out(text + n, digits, count, (int)exponent + count);
}
