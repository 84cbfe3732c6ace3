/* Dates, durations, identifiers, pointers, patterns. */
#include "contract/compiled.h"
#include "contract/format.h"
#include "contract/regex.h"

bool format_date_time(struct slice text)
{
	double ms;
	return date_parse_parts(text, true, true, &ms);
}

bool format_date(struct slice text)
{
	double ms;
	return date_parse_parts(text, true, false, &ms);
}

bool format_time(struct slice text)
{
	double ms;
	return date_parse_parts(text, false, true, &ms);
}

/*
 * One or more of "units" in their order, each with digits before it, none left out between two (appendix A of
 * RFC 3339: a year may be followed by months, months by days). Moves *rest past them.
 */
static bool duration_parts(struct slice *rest, const char *units)
{
	const char *unit = units;
	bool any = false;
	while (rest->len > 0 && format_digit(rest->ptr[0])) {
		size_t n = 0;
		while (n < rest->len && format_digit(rest->ptr[n]))
			n++;
		if (n == rest->len)
			return false;
		if (!any)
			while (*unit && *unit != rest->ptr[n])
				unit++;
		if (!*unit || *unit != rest->ptr[n])
			return false;
		unit++;
		any = true;
		rest->ptr += n + 1;
		rest->len -= n + 1;
	}
	return any;
}

bool format_duration(struct slice text)
{
	struct slice rest = text;
	if (rest.len < 3 || rest.ptr[0] != 'P')
		return false;
	rest.ptr++;
	rest.len--;
	if (text.ptr[text.len - 1] == 'W')
		return duration_parts(&rest, "W") && rest.len == 0;
	if (rest.ptr[0] != 'T' && !duration_parts(&rest, "YMD"))
		return false;
	if (rest.len == 0)
		return true;
	if (rest.ptr[0] != 'T')
		return false;
	rest.ptr++;
	rest.len--;
	return duration_parts(&rest, "HMS") && rest.len == 0;
}

bool format_uuid(struct slice text)
{
	if (text.len != 36 || text.ptr[8] != '-' || text.ptr[13] != '-' || text.ptr[18] != '-' ||
	    text.ptr[23] != '-')
		return false;
	unsigned digits = 0;
	for (size_t i = 0; i < 36; i++)
		digits += format_hex(text.ptr[i]);
	return digits == 32;
}

bool format_json_pointer(struct slice text)
{
	if (text.len > 0 && text.ptr[0] != '/')
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '~' &&
		    (i + 1 >= text.len || (text.ptr[i + 1] != '0' && text.ptr[i + 1] != '1')))
			return false;
	return true;
}

bool format_relative_json_pointer(struct slice text)
{
	size_t n = 0;
	while (n < text.len && format_digit(text.ptr[n]))
		n++;
	if (n == 0 || (n > 1 && text.ptr[0] == '0'))
		return false;
	struct slice rest = slice_of(text.ptr + n, text.len - n);
	return slice_eq(rest, SLICE("#")) || format_json_pointer(rest);
}

bool format_regex(struct slice text)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(4u << 20);
	struct regex regex;
	return is_ok(regex_parse(text, &arena, NULL, &regex));
}
