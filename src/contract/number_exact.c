/*
 * Between doubles and decimals of up to 17 digits with 1 to 20 of them after the point, in 128-bit integers:
 * nothing is rounded but the result. What lies outside takes the C library's way (number.c).
 */
#include <math.h>

#include "contract/json.h"

typedef unsigned __int128 wide;

static wide power(int k)
{
	static const uint64_t low[] = {
	    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000};
	return k <= 10 ? (wide)low[k] : (wide)low[10] * low[k - 10];
}

static int bits(wide n)
{
	uint64_t high = (uint64_t)(n >> 64), low = (uint64_t)n;
	return high ? 128 - __builtin_clzll(high) : low ? 64 - __builtin_clzll(low) : 0;
}

bool number_exact_read(uint64_t digits, int k, double *ret)
{
	if (digits == 0 || k < 1 || k > NUMBER_EXACT_PLACES || digits >> 57)
		return false;
	/* As many bits as there are, then a quotient of at least 60, rounded once, half to even. */
	int shift = 127 - bits(digits);
	wide numerator = (wide)digits << shift, divisor = power(k);
	wide quotient = numerator / divisor;
	bool rest = numerator % divisor != 0;
	int drop = bits(quotient) - 53;
	uint64_t mantissa = (uint64_t)(quotient >> drop);
	wide lost = quotient & (((wide)1 << drop) - 1), half = (wide)1 << (drop - 1);
	if (lost > half || (lost == half && (rest || (mantissa & 1))))
		mantissa++;
	*ret = ldexp((double)mantissa, drop - shift);
	return true;
}

bool number_exact_write(double d, int k, uint64_t *ret_digits)
{
	int exponent;
	if (k < 1 || k > NUMBER_EXACT_PLACES || d <= 0)
		return false;
	uint64_t mantissa = (uint64_t)ldexp(frexp(d, &exponent), 53);
	int shift = 53 - exponent;
	if (shift < 1 || shift > 126)
		return false;
	wide scaled = (wide)mantissa * power(k), half = (wide)1 << (shift - 1);
	wide whole = scaled >> shift, lost = scaled & (((wide)1 << shift) - 1);
	if (whole >> 57 || lost == half)
		return false;
	*ret_digits = (uint64_t)whole + (lost > half);
	return true;
}
