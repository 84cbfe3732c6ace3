/*
 * Numbers by value. A double stands for the shortest decimal that reads back as it, as in ECMAScript
 * (Number::toString), so that 0.1 is a multiple of 0.1 and compares equal to the text 0.1. Everything else is
 * exact.
 */
#include "contract/number_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strmap.h"

#define EXPONENT_MAX 1000000000000000

/* Decimal digits of any length with a '.' among them, without zeros at either end. */
static struct decimal decimal_of_text(struct slice text)
{
	struct decimal d = {0};
	const char *p = text.ptr, *end = p + text.len;
	if (*p == '-') {
		d.negative = true;
		p++;
	}
	const char *first = p, *stop = p;
	while (stop < end && (*stop | 0x20) != 'e')
		stop++;
	int64_t exponent = 0;
	if (stop < end) {
		const char *e = stop + 1;
		bool minus = *e == '-';
		if (*e == '-' || *e == '+')
			e++;
		for (; e < end; e++)
			if (exponent < EXPONENT_MAX)
				exponent = exponent * 10 + (*e - '0');
		if (minus)
			exponent = -exponent;
	}
	const char *point = memchr(first, '.', (size_t)(stop - first));
	while (first < stop && (*first == '0' || *first == '.'))
		first++;
	const char *last = stop;
	while (last > first && (last[-1] == '0' || last[-1] == '.'))
		last--;
	if (first == last)
		return (struct decimal){0};
	const char *units = point ? point : stop; /* just after the digit of 10^0 */
	d.digits = slice_of(first, (size_t)(last - first));
	d.count = d.digits.len - (point && point > first && point < last ? 1 : 0);
	d.exponent = exponent + (last <= units ? units - last : -(last - units - 1));
	return d;
}

static uint64_t digits_value(const struct decimal *d)
{
	uint64_t m = 0;
	for (size_t i = 0; i < d->digits.len; i++)
		if (d->digits.ptr[i] != '.')
			m = m * 10 + (uint64_t)(d->digits.ptr[i] - '0');
	return m;
}

static bool fits_int(const struct decimal *d, int64_t *ret)
{
	if (d->exponent < 0 || d->count > 19 || d->exponent > 18 || (int64_t)d->count + d->exponent > 19)
		return false;
	uint64_t m = digits_value(d);
	for (int64_t i = 0; i < d->exponent; i++)
		if (__builtin_mul_overflow(m, (uint64_t)10, &m))
			return false;
	if (m > (uint64_t)INT64_MAX + (d->negative ? 1 : 0))
		return false;
	*ret = d->negative ? (int64_t)(0 - m) : (int64_t)m;
	return true;
}

/* %.*e of the double: digits without the point, and the exponent of the last digit. */
void number_digits(double d, int count, char digits[24], int64_t *ret_exponent)
{
	char text[48];
	int n = snprintf(text, sizeof text, "%.*e", count - 1, fabs(d));
	char *e = memchr(text, 'e', (size_t)n);
	size_t k = 0;
	for (const char *p = text; p < e; p++)
		if (*p >= '0' && *p <= '9')
			digits[k++] = *p;
	digits[k] = '\0';
	*ret_exponent = strtol(e + 1, NULL, 10) - (count - 1);
}

/*
 * The double that stands for the decimal, when there is one: the nearest double, written with as many digits,
 * is the same decimal. Up to 15 digits of a normal double that always holds (C17 5.2.4.2.2, DBL_DIG); more
 * than 17 digits never identify a shortest form.
 */
static bool fits_double(const struct decimal *d, double *ret)
{
	if (d->count > 17 || d->exponent > 400 || d->exponent < -400)
		return false;
	uint64_t m = digits_value(d);
	int places = (int)-d->exponent;
	double value;
	if (m < 1ull << 53 && places >= -22 && places <= 22) {
		/* Both exact, so the quotient or product is the nearest (Clinger, "How to read floating point
		 * numbers", 1990). */
		value = places > 0 ? (double)m / number_powers[places] : (double)m * number_powers[-places];
	} else if (!number_exact_read(m, places, &value)) {
		char room[40];
		(void)snprintf(room, sizeof room, "%llue%lld", (unsigned long long)m, (long long)d->exponent);
		value = strtod(room, NULL);
	}
	if (!isfinite(value) || value == 0)
		return false;
	*ret = d->negative ? -value : value;
	if (d->count <= 15 && value >= 2.2250738585072014e-308)
		return true;
	uint64_t nearest;
	if (number_exact_write(value, places, &nearest))
		return nearest == m;
	char digits[24];
	int64_t exponent;
	number_digits(value, (int)d->count, digits, &exponent);
	return exponent == d->exponent && strtoull(digits, NULL, 10) == m;
}

struct number number_of_text(struct slice text)
{
	struct decimal d = decimal_of_text(text);
	struct number n = {.tag = VALUE_INT};
	if (d.count == 0 || fits_int(&d, &n.integer))
		return n;
	if (fits_double(&d, &n.real)) {
		n.tag = VALUE_NUM;
		return n;
	}
	return (struct number){.tag = VALUE_BIG, .text = text};
}

bool number_is_whole(const struct number *n)
{
	if (n->tag == VALUE_INT)
		return true;
	if (n->tag == VALUE_NUM)
		return floor(n->real) == n->real;
	return decimal_of_text(n->text).exponent >= 0;
}

/* The decimal of a number; room backs the digits of INT and NUM. */
static struct decimal decimal_of(const struct number *n, char room[NUMBER_TEXT_MAX])
{
	if (n->tag == VALUE_BIG)
		return decimal_of_text(n->text);
	size_t len = n->tag == VALUE_INT ? number_format_int(n->integer, room) : number_format(n->real, room);
	return decimal_of_text(slice_of(room, len));
}

static int compare_digits(const struct decimal *a, const struct decimal *b)
{
	size_t i = 0, k = 0;
	while (i < a->digits.len || k < b->digits.len) {
		if (i < a->digits.len && a->digits.ptr[i] == '.')
			i++;
		if (k < b->digits.len && b->digits.ptr[k] == '.')
			k++;
		char x = i < a->digits.len ? a->digits.ptr[i++] : '0';
		char y = k < b->digits.len ? b->digits.ptr[k++] : '0';
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static int compare_decimals(const struct decimal *a, const struct decimal *b)
{
	int sign_a = a->count == 0 ? 0 : a->negative ? -1 : 1;
	int sign_b = b->count == 0 ? 0 : b->negative ? -1 : 1;
	if (sign_a != sign_b || sign_a == 0)
		return sign_a < sign_b ? -1 : sign_a > sign_b;
	int64_t top_a = a->exponent + (int64_t)a->count, top_b = b->exponent + (int64_t)b->count;
	int order = top_a != top_b ? (top_a < top_b ? -1 : 1) : compare_digits(a, b);
	return order * sign_a;
}

static bool exact_as_double(int64_t n)
{
	return n >= -(1ll << 53) && n <= 1ll << 53;
}

static int compare_doubles(double a, double b)
{
	return a < b ? -1 : a > b;
}

int number_compare(const struct number *a, const struct number *b)
{
	if (a->tag == VALUE_INT && b->tag == VALUE_INT)
		return a->integer < b->integer ? -1 : a->integer > b->integer;
	if (a->tag == VALUE_NUM && b->tag == VALUE_NUM)
		return compare_doubles(a->real, b->real);
	/*
	 * A double beside an integer that is a double, too: reading decimals keeps their order, so the
	 * doubles have the order of the decimals that they stand for.
	 */
	if (a->tag == VALUE_INT && b->tag == VALUE_NUM && exact_as_double(a->integer))
		return compare_doubles((double)a->integer, b->real);
	if (a->tag == VALUE_NUM && b->tag == VALUE_INT && exact_as_double(b->integer))
		return compare_doubles(a->real, (double)b->integer);
	char room_a[NUMBER_TEXT_MAX], room_b[NUMBER_TEXT_MAX];
	struct decimal x = decimal_of(a, room_a), y = decimal_of(b, room_b);
	return compare_decimals(&x, &y);
}

uint64_t number_hash(const struct number *n)
{
	char room[NUMBER_TEXT_MAX];
	if (n->tag == VALUE_INT)
		return hash_bytes(&n->integer, sizeof n->integer);
	struct decimal d = decimal_of(n, room);
	int64_t integer;
	if (d.count == 0 || fits_int(&d, &integer)) {
		integer = d.count == 0 ? 0 : integer;
		return hash_bytes(&integer, sizeof integer);
	}
	uint64_t h = (uint64_t)d.exponent * 31 + d.negative;
	for (size_t i = 0; i < d.digits.len; i++)
		if (d.digits.ptr[i] != '.')
			h = (h ^ (unsigned char)d.digits.ptr[i]) * 0x100000001b3u;
	return hash_bytes(&h, sizeof h);
}

bool number_as_multiple(const struct number *n, uint64_t *ret_digits, int64_t *ret_exponent)
{
	char room[NUMBER_TEXT_MAX];
	struct decimal d = decimal_of(n, room);
	if (d.count == 0 || d.negative || d.count > 19)
		return false;
	*ret_digits = digits_value(&d);
	*ret_exponent = d.exponent;
	return true;
}

static uint64_t power_of_ten_modulo(uint64_t exponent, uint64_t modulo)
{
	unsigned __int128 value = 1 % modulo, base = 10 % modulo;
	for (; exponent > 0; exponent >>= 1) {
		if (exponent & 1)
			value = value * base % modulo;
		base = base * base % modulo;
	}
	return (uint64_t)value;
}

/*
 * digits x 10^e is a multiple of m x 10^f when m x 10^(f - e) divides digits. Digits end in no zero, so f > e
 * never divides; otherwise the number_powers of ten go to the other side.
 */
bool number_is_multiple(const struct number *n, uint64_t multiple, int64_t exponent)
{
	if (n->tag == VALUE_INT && exponent == 0 && multiple <= INT64_MAX)
		return n->integer % (int64_t)multiple == 0;
	char room[NUMBER_TEXT_MAX];
	struct decimal d = decimal_of(n, room);
	if (d.count == 0)
		return true;
	if (d.exponent < exponent)
		return false;
	unsigned __int128 left = 0;
	for (size_t i = 0; i < d.digits.len; i++)
		if (d.digits.ptr[i] != '.')
			left = (left * 10 + (unsigned)(d.digits.ptr[i] - '0')) % multiple;
	uint64_t scale = power_of_ten_modulo((uint64_t)(d.exponent - exponent), multiple);
	return left * scale % multiple == 0;
}
