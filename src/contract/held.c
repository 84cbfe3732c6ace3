/* Dates, big integers and bytes: strings in JSON, something else in JavaScript. */
#include <math.h>
#include <stdio.h>

#include "base/base64.h"
#include "contract/compiled.h"

#define DATE_MS_MAX 8.64e15 /* ECMA-262 21.4.1.1: the range of a time value */

static bool digits(struct slice *rest, int count, int *ret)
{
	int value = 0;
	if (rest->len < (size_t)count)
		return false;
	for (int i = 0; i < count; i++) {
		char c = rest->ptr[i];
		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	rest->ptr += count;
	rest->len -= (size_t)count;
	*ret = value;
	return true;
}

static bool one_of(struct slice *rest, char a, char b, char *ret)
{
	if (rest->len == 0 || (rest->ptr[0] != a && rest->ptr[0] != b))
		return false;
	*ret = rest->ptr[0];
	rest->ptr++;
	rest->len--;
	return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; after Hinnant, "chrono-compatible low-level date
 * algorithms". */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool day_exists(int year, int month, int day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (month < 1 || month > 12 || day < 1)
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return day <= lengths[month - 1] + (leap && month == 2 ? 1 : 0);
}

static bool read_fraction(struct slice *rest, double *ret_ms)
{
	char dot;
	int digit, seen = 0;
	double ms = 0, unit = 100;
	if (one_of(rest, '.', '.', &dot)) {
		while (digits(rest, 1, &digit)) {
			/* Below a millisecond a Date holds nothing. */
			if (seen++ < 3)
				ms += digit * unit;
			unit /= 10;
		}
		if (seen == 0)
			return false;
	}
	*ret_ms = ms;
	return true;
}

/* RFC 3339 section 5.6. A leap second is only where one can be: at the end of a UTC day. */
static bool read_time(struct slice *rest, double *ret_ms)
{
	int hour, minute, second, zone_hour = 0, zone_minute = 0;
	double ms;
	char c, sign = '+';
	if (!digits(rest, 2, &hour) || !one_of(rest, ':', ':', &c) || !digits(rest, 2, &minute) ||
	    !one_of(rest, ':', ':', &c) || !digits(rest, 2, &second) || hour > 23 || minute > 59 ||
	    second > 60 || !read_fraction(rest, &ms))
		return false;
	if (!one_of(rest, 'Z', 'z', &c)) {
		if (!one_of(rest, '+', '-', &sign) || !digits(rest, 2, &zone_hour) ||
		    !one_of(rest, ':', ':', &c) || !digits(rest, 2, &zone_minute) || zone_hour > 23 ||
		    zone_minute > 59)
			return false;
	}
	int offset = (zone_hour * 60 + zone_minute) * (sign == '-' ? -1 : 1);
	int of_day = ((hour * 60 + minute - offset) % 1440 + 1440) % 1440;
	if (second == 60 && of_day != 1439)
		return false;
	*ret_ms = ((hour * 60 + minute - offset) * 60.0 + second) * 1000 + ms;
	return true;
}

static bool read_day(struct slice *rest, double *ret_ms)
{
	int year, month, day;
	char c;
	if (!digits(rest, 4, &year) || !one_of(rest, '-', '-', &c) || !digits(rest, 2, &month) ||
	    !one_of(rest, '-', '-', &c) || !digits(rest, 2, &day) || !day_exists(year, month, day))
		return false;
	*ret_ms = (double)days_of(year, month, day) * 86400000.0;
	return true;
}

bool date_parse_parts(struct slice text, bool with_day, bool with_time, double *ret_unix_ms)
{
	struct slice rest = text;
	double day = 0, time = 0;
	char c;
	if (with_day && !read_day(&rest, &day))
		return false;
	if (with_day && with_time && !one_of(&rest, 'T', 't', &c))
		return false;
	if (with_time && !read_time(&rest, &time))
		return false;
	if (rest.len > 0)
		return false;
	*ret_unix_ms = day + time;
	return true;
}

bool date_parse(struct slice text, double *ret_unix_ms)
{
	return date_parse_parts(text, true, text.len != 10, ret_unix_ms);
}

size_t date_format(double unix_ms, char text[32])
{
	if (!(fabs(unix_ms) <= DATE_MS_MAX) || floor(unix_ms) != unix_ms)
		return 0;
	int64_t ms = (int64_t)unix_ms;
	int64_t day = ms >= 0 ? ms / 86400000 : -((-ms + 86399999) / 86400000);
	int64_t left = ms - day * 86400000;
	int64_t z = day + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * of_year + 2) / 153;
	int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
	int64_t year = year_of_era + era * 400 + (month <= 2);
	/* RFC 3339 has four digits for the year and no sign. */
	if (year < 0 || year > 9999)
		return 0;
	int n = snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year, month,
	    (int)(of_year - (153 * shifted + 2) / 5 + 1), (int)(left / 3600000), (int)(left / 60000 % 60),
	    (int)(left / 1000 % 60), (int)(left % 1000));
	return n > 0 && n < 32 ? (size_t)n : 0;
}

bool bigint_valid(struct slice text)
{
	size_t i = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
	if (i == text.len || (text.ptr[i] == '0' && text.len > 1))
		return false;
	for (; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return true;
}

bool base64_decode(struct slice text, char *to, size_t *ret_bytes)
{
	size_t n = 0, len = text.len;
	if (len % 4 != 0)
		return false;
	for (int i = 0; i < 2 && len > 0 && text.ptr[len - 1] == '='; i++)
		len--;
	if (len % 4 == 1)
		return false;
	uint32_t bits = 0;
	for (size_t i = 0; i < len; i++) {
		int value = base64_digit(text.ptr[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 > 0)
			to[n++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	/* Bits that no byte takes must be zero: one text a value (RFC 4648 section 3.5). */
	if ((len % 4 == 2 && (bits & 15)) || (len % 4 == 3 && (bits & 3)))
		return false;
	*ret_bytes = n;
	return true;
}

void base64_encode(struct slice bytes, struct buf *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t full = bytes.len / 3 * 4 + (bytes.len % 3 ? 4 : 0);
	char *to = full > 0 ? buf_reserve(out, full) : NULL;
	if (!to)
		return;
	for (size_t i = 0; i < bytes.len; i += 3) {
		uint32_t bits = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
		size_t left = bytes.len - i;
		if (left > 1)
			bits |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
		if (left > 2)
			bits |= (unsigned char)bytes.ptr[i + 2];
		*to++ = alphabet[bits >> 18];
		*to++ = alphabet[bits >> 12 & 63];
		*to++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		*to++ = left > 2 ? alphabet[bits & 63] : '=';
	}
	out->len += full;
}
