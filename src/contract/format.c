/* `format` asserted: a table of names and tests. */
#include "contract/compiled.h"

#include <string.h>

#include "base/check.h"

struct format {
	struct slice name;
	struct slice words;
	bool (*match)(struct slice text);
};

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* RFC 1123 section 2.1: labels of letters, digits and inner hyphens. */
static bool hostname(struct slice text)
{
	if (text.len == 0 || text.len > 253)
		return false;
	struct slice rest = text;
	while (rest.ptr) {
		struct slice label = slice_cut(&rest, '.');
		if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-')
				return false;
	}
	return true;
}

/* RFC 5321 section 4.1.2: a dot-string and a domain. */
static bool email(struct slice text)
{
	const char *at = text.len ? memrchr(text.ptr, '@', text.len) : NULL;
	if (!at || at == text.ptr || at - text.ptr > 64)
		return false;
	struct slice local = slice_of(text.ptr, (size_t)(at - text.ptr)), rest = local;
	while (rest.ptr) {
		struct slice atom = slice_cut(&rest, '.');
		if (atom.len == 0)
			return false;
		for (size_t i = 0; i < atom.len; i++)
			if (!is_alnum(atom.ptr[i]) && !strchr("!#$%&'*+-/=?^_`{|}~", atom.ptr[i]))
				return false;
	}
	return hostname(slice_of(at + 1, text.len - local.len - 1));
}

static bool uuid(struct slice text)
{
	if (text.len != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = text.ptr[i];
		bool digit = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
		if (dash ? c != '-' : !digit)
			return false;
	}
	return true;
}

static bool date_time(struct slice text)
{
	double ms;
	return date_parse_parts(text, true, true, &ms);
}

static bool date(struct slice text)
{
	double ms;
	return date_parse_parts(text, true, false, &ms);
}

static bool time_of_day(struct slice text)
{
	double ms;
	return date_parse_parts(text, false, true, &ms);
}

#define WORDS(name, words, match) {{name, sizeof name - 1}, {words, sizeof words - 1}, match}
static const struct format formats[] = {
    WORDS("email", "an e-mail address", email),
    WORDS("uuid", "a UUID", uuid),
    WORDS("date-time", "a date and time as in 2026-01-02T03:04:05Z", date_time),
    WORDS("date", "a date as in 2026-01-02", date),
    WORDS("time", "a time as in 03:04:05Z", time_of_day),
    WORDS("hostname", "a host name", hostname),
};

const struct format *format_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (slice_eq(formats[i].name, name))
			return &formats[i];
	return NULL;
}

bool format_match(const struct format *format, struct slice text)
{
	return format->match(text);
}

struct slice format_words(const struct format *format)
{
	return format->words;
}
