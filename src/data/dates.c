/* Civil dates from and to days: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#include "data/dates.h"

#include <math.h>
#include <stdio.h>

#define MS_PER_DAY 86400000

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	unsigned yoe = (unsigned)(y - era * 400);
	unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

static void civil_from_days(int64_t days, int64_t *ret_y, unsigned *ret_m, unsigned *ret_d)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	unsigned doe = (unsigned)(days - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	*ret_d = doy - (153 * mp + 2) / 5 + 1;
	*ret_m = mp < 10 ? mp + 3 : mp - 9;
	*ret_y = (int64_t)yoe + era * 400 + (*ret_m <= 2);
}

bool sql_date_format(double unix_ms, char text[DATE_TEXT_MAX])
{
	int64_t year;
	unsigned month;
	unsigned day;
	if (!isfinite(unix_ms) || fabs(unix_ms) > 8.64e15)
		return false;
	int64_t ms = (int64_t)floor(unix_ms);
	int64_t days = (ms >= 0 ? ms : ms - (MS_PER_DAY - 1)) / MS_PER_DAY;
	unsigned in_day = (unsigned)(ms - days * MS_PER_DAY);
	civil_from_days(days, &year, &month, &day);
	if (year < 0 || year > 9999)
		return false;
	int n = snprintf(text, DATE_TEXT_MAX, "%04u-%02u-%02u %02u:%02u:%02u", (unsigned)year, month, day,
	    in_day / 3600000, in_day / 60000 % 60, in_day / 1000 % 60);
	if (in_day % 1000)
		(void)snprintf(text + n, DATE_TEXT_MAX - (size_t)n, ".%03u", in_day % 1000);
	return true;
}

/* Exactly n digits. */
static bool digits(struct slice *s, unsigned n, unsigned *ret)
{
	unsigned value = 0;
	if (s->len < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		value = value * 10 + (unsigned)(s->ptr[i] - '0');
	}
	*s = slice_of(s->ptr + n, s->len - n);
	*ret = value;
	return true;
}

static bool mark(struct slice *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = slice_of(s->ptr + 1, s->len - 1);
	return true;
}

static bool fraction(struct slice *s, double *ret_ms)
{
	double unit = 100;
	double ms = 0;
	size_t n = 0;
	for (; s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9'; n++) {
		ms += unit * (s->ptr[0] - '0');
		unit /= 10;
		*s = slice_of(s->ptr + 1, s->len - 1);
	}
	*ret_ms = floor(ms + 1e-6);
	return n > 0 && n <= 9;
}

static bool offset(struct slice *s, double *ret_ms)
{
	unsigned hours = 0;
	unsigned minutes = 0;
	*ret_ms = 0;
	if (s->len == 0 || mark(s, 'Z'))
		return s->len == 0;
	bool west = s->ptr[0] == '-';
	if (!mark(s, '+') && !mark(s, '-'))
		return false;
	if (!digits(s, 2, &hours) || hours > 23)
		return false;
	(void)mark(s, ':');
	if (s->len > 0 && (!digits(s, 2, &minutes) || minutes > 59))
		return false;
	*ret_ms = (west ? -1.0 : 1.0) * (hours * 3600000.0 + minutes * 60000.0);
	return s->len == 0;
}

bool sql_date_parse(struct slice text, double *ret_unix_ms)
{
	unsigned year;
	unsigned month;
	unsigned day;
	unsigned hour = 0;
	unsigned minute = 0;
	unsigned second = 0;
	double ms = 0;
	double shift = 0;
	if (!digits(&text, 4, &year) || !mark(&text, '-') || !digits(&text, 2, &month) || !mark(&text, '-') ||
	    !digits(&text, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	int64_t days = days_from_civil(year, month, day);
	int64_t y;
	unsigned m;
	unsigned d;
	civil_from_days(days, &y, &m, &d);
	if (m != month || d != day)
		return false;
	if (text.len > 0) {
		if (!mark(&text, 'T') && !mark(&text, ' '))
			return false;
		if (!digits(&text, 2, &hour) || !mark(&text, ':') || !digits(&text, 2, &minute) ||
		    hour > 23 || minute > 59)
			return false;
		if (mark(&text, ':') && (!digits(&text, 2, &second) || second > 59))
			return false;
		if (mark(&text, '.') && !fraction(&text, &ms))
			return false;
		if (!offset(&text, &shift))
			return false;
	}
	*ret_unix_ms =
	    (double)days * MS_PER_DAY + hour * 3600000.0 + minute * 60000.0 + second * 1000.0 + ms - shift;
	return true;
}
