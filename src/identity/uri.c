/* The syntax of URIs (RFC 3986) and timestamps (RFC 3339), as wallet messages use them. Texts come from
 * anyone. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "identity/wallet.h"

#define UNRESERVED "-._~"
#define SUB_DELIMS "!$&'()*+,;="

/* Letters, digits, percent triplets and the given marks. */
static bool only(struct slice s, const char *marks)
{
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		if (c == '%') {
			if (s.len - i < 3 || !isxdigit((unsigned char)s.ptr[i + 1]) ||
			    !isxdigit((unsigned char)s.ptr[i + 2]))
				return false;
			i += 2;
		} else if (c >= 0x80 || (!isalnum(c) && (c == '\0' || !strchr(marks, c)))) {
			return false;
		}
	}
	return true;
}

/* The part before the first of `ends`; *rest keeps the part from there on. */
static struct slice part_until(struct slice *rest, const char *ends)
{
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] != '\0' && !strchr(ends, rest->ptr[n]))
		n++;
	struct slice part = slice_of(rest->ptr, n);
	*rest = slice_of(rest->ptr + n, rest->len - n);
	return part;
}

static bool digits_only(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isdigit((unsigned char)s.ptr[i]))
			return false;
	return true;
}

static bool ip_literal_ok(struct slice s)
{
	char text[64];
	struct in6_addr address;
	if (s.len == 0 || s.len >= sizeof text)
		return false;
	if (tolower((unsigned char)s.ptr[0]) == 'v') { /* IPvFuture */
		struct slice version = slice_of(s.ptr + 1, s.len - 1);
		struct slice hex = slice_cut(&version, '.');
		return hex.len > 0 && version.len > 0 && only(hex, "") &&
		       only(version, UNRESERVED SUB_DELIMS ":");
	}
	(void)snprintf(text, sizeof text, "%.*s", SLICE_ARG(s));
	return strlen(text) == s.len && inet_pton(AF_INET6, text, &address) == 1;
}

/* host [":" port] */
static bool host_port_ok(struct slice s, bool empty_ok)
{
	struct slice host = s;
	struct slice port = SLICE_NONE;
	if (s.len && s.ptr[0] == '[') {
		const char *close = memchr(s.ptr, ']', s.len);
		if (!close || !ip_literal_ok(slice_of(s.ptr + 1, (size_t)(close - s.ptr) - 1)))
			return false;
		struct slice after = slice_of(close + 1, s.len - (size_t)(close - s.ptr) - 1);
		return after.len == 0 ||
		       (after.ptr[0] == ':' && digits_only(slice_of(after.ptr + 1, after.len - 1)));
	}
	port = host;
	host = slice_cut(&port, ':');
	return (empty_ok || host.len > 0) && only(host, UNRESERVED SUB_DELIMS) && digits_only(port);
}

static bool authority_ok(struct slice s, bool empty_ok)
{
	const char *at = s.len ? memchr(s.ptr, '@', s.len) : NULL;
	if (at) {
		const size_t n = (size_t)(at - s.ptr);
		if (!only(slice_of(s.ptr, n), UNRESERVED SUB_DELIMS ":"))
			return false;
		s = slice_of(at + 1, s.len - n - 1);
	}
	return host_port_ok(s, empty_ok);
}

bool authority_is_valid(struct slice text)
{
	return text.len > 0 && authority_ok(text, false);
}

bool scheme_is_valid(struct slice s)
{
	if (s.len == 0 || !isalpha((unsigned char)s.ptr[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80 ||
		    (!isalnum((unsigned char)s.ptr[i]) && s.ptr[i] != '+' && s.ptr[i] != '-' &&
			s.ptr[i] != '.'))
			return false;
	return true;
}

bool uri_is_valid(struct slice text)
{
	struct slice rest = text;
	struct slice scheme = part_until(&rest, ":/?#");
	if (!scheme_is_valid(scheme) || rest.len == 0 || rest.ptr[0] != ':')
		return false;
	rest = slice_of(rest.ptr + 1, rest.len - 1);
	if (slice_starts(rest, SLICE("//"))) {
		rest = slice_of(rest.ptr + 2, rest.len - 2);
		if (!authority_ok(part_until(&rest, "/?#"), true))
			return false;
	}
	if (!only(part_until(&rest, "?#"), UNRESERVED SUB_DELIMS ":@/"))
		return false;
	if (rest.len && rest.ptr[0] == '?') {
		rest = slice_of(rest.ptr + 1, rest.len - 1);
		if (!only(part_until(&rest, "#"), UNRESERVED SUB_DELIMS ":@/?"))
			return false;
	}
	return rest.len == 0 || (rest.ptr[0] == '#' &&
				    only(slice_of(rest.ptr + 1, rest.len - 1), UNRESERVED SUB_DELIMS ":@/?"));
}

static bool number(struct slice *rest, size_t digits, int *ret)
{
	uint64_t value = 0;
	if (rest->len < digits || !slice_to_u64(slice_of(rest->ptr, digits), &value))
		return false;
	*rest = slice_of(rest->ptr + digits, rest->len - digits);
	*ret = (int)value;
	return true;
}

static bool mark(struct slice *rest, const char *marks)
{
	if (rest->len == 0 || rest->ptr[0] == '\0' || !strchr(marks, rest->ptr[0]))
		return false;
	*rest = slice_of(rest->ptr + 1, rest->len - 1);
	return true;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	const int64_t y = year - 1;
	int64_t days = y * 365 + y / 4 - y / 100 + y / 400 - 719162;
	if (year == 0)
		days = -719528; /* the formula above counts whole years from year 1 */
	return days + before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
}

static bool date_ok(int year, int month, int day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= lengths[month - 1] + (month == 2 && is_leap(year));
}

static bool fraction(struct slice *rest, int *ret_ms)
{
	int scale = 100;
	size_t digits = 0;
	*ret_ms = 0;
	if (!mark(rest, "."))
		return true;
	for (; rest->len && isdigit((unsigned char)rest->ptr[0]); digits++, scale /= 10) {
		*ret_ms += (rest->ptr[0] - '0') * scale;
		*rest = slice_of(rest->ptr + 1, rest->len - 1);
	}
	return digits > 0;
}

static bool offset(struct slice *rest, int *ret_minutes)
{
	int hours, minutes;
	*ret_minutes = 0;
	if (mark(rest, "Zz"))
		return rest->len == 0;
	const bool west = rest->len && rest->ptr[0] == '-';
	if (!mark(rest, "+-") || !number(rest, 2, &hours) || !mark(rest, ":") || !number(rest, 2, &minutes))
		return false;
	*ret_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
	return rest->len == 0 && hours < 24 && minutes < 60;
}

bool timestamp_parse(struct slice text, int64_t *ret_ms)
{
	struct slice rest = text;
	int year, month, day, hour, minute, second, ms, minutes_east;
	if (!number(&rest, 4, &year) || !mark(&rest, "-") || !number(&rest, 2, &month) || !mark(&rest, "-") ||
	    !number(&rest, 2, &day) || !mark(&rest, "Tt") || !number(&rest, 2, &hour) || !mark(&rest, ":") ||
	    !number(&rest, 2, &minute) || !mark(&rest, ":") || !number(&rest, 2, &second) ||
	    !fraction(&rest, &ms) || !offset(&rest, &minutes_east))
		return false;
	if (!date_ok(year, month, day) || hour > 23 || minute > 59 || second > 60)
		return false;
	int64_t seconds =
	    days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - minutes_east * 60ll;
	*ret_ms = seconds * 1000 + ms;
	return true;
}
