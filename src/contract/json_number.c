/* Numbers of a JSON text. The sender's; see number.c for what they are worth. */
#include "contract/json.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Where the number ends, or NULL. RFC 8259 section 6. */
static const char *number_end(const char *p, const char *end, bool *ret_whole)
{
	bool whole = true;
	if (p < end && *p == '-')
		p++;
	if (p >= end || !is_digit(*p))
		return NULL;
	if (*p == '0')
		p++;
	else
		while (p < end && is_digit(*p))
			p++;
	if (p < end && *p == '.') {
		whole = false;
		if (++p >= end || !is_digit(*p))
			return NULL;
		while (p < end && is_digit(*p))
			p++;
	}
	if (p < end && (*p | 0x20) == 'e') {
		whole = false;
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if (p >= end || !is_digit(*p))
			return NULL;
		while (p < end && is_digit(*p))
			p++;
	}
	*ret_whole = whole;
	return p;
}

bool number_text_valid(struct slice text)
{
	bool whole;
	return text.len > 0 && number_end(text.ptr, text.ptr + text.len, &whole) == text.ptr + text.len;
}

/*
 * Most numbers: up to 15 digits in all and no exponent. Integers are exact; others are the quotient of two
 * exact doubles, which is the nearest, and 15 digits always read back (C17 5.2.4.2.2, DBL_DIG). False: the
 * long way.
 */
static bool short_number(struct json *j, struct number *ret)
{
	static const double powers[] = {
	    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	const char *start = j->at, *end = j->end - start > 18 ? start + 18 : j->end, *p = start,
		   *point = NULL;
	bool negative = *p == '-';
	p += negative;
	const char *first = p;
	uint64_t m = 0;
	for (; p < end && is_digit(*p); p++)
		m = m * 10 + (uint64_t)(*p - '0');
	const char *whole_end = p;
	if (p < end && *p == '.') {
		point = p++;
		for (; p < end && is_digit(*p); p++)
			m = m * 10 + (uint64_t)(*p - '0');
	}
	/* Cut by the window, an exponent, no digit where one must be, a leading zero, a trailing zero after
	 * the point. */
	if ((p == end && p < j->end) || (p < j->end && (*p | 0x20) == 'e') || whole_end == first ||
	    (*first == '0' && whole_end - first > 1) || p - first > 16 ||
	    (point && (p == point + 1 || p[-1] == '0')))
		return false;
	j->at = p;
	if (!point) {
		*ret = (struct number){.tag = VALUE_INT, .integer = negative ? -(int64_t)m : (int64_t)m};
		return true;
	}
	double value = (double)m / powers[p - point - 1];
	*ret = (struct number){.tag = VALUE_NUM, .real = negative ? -value : value};
	return true;
}

bool json_number(struct json *j, struct number *ret)
{
	bool whole;
	if (short_number(j, ret))
		return true;
	const char *start = j->at, *end = number_end(start, j->end, &whole);
	if (!end)
		return json_fail(j, "has a malformed number");
	j->at = end;
	*ret = number_of_text(slice_of(start, (size_t)(end - start)));
	return true;
}
