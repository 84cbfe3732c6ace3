/* `format` asserted: names, what they are called for people, and tests. Called by the compiler and by
 * check.c. */
#include "contract/format.h"

#include "base/check.h"
#include "contract/compiled.h"

struct format {
	struct slice name;
	struct slice words;
	bool (*match)(struct slice text);
};

#define FORMAT(name, words, match)                                                                           \
	{                                                                                                    \
		{name, sizeof name - 1}, {words, sizeof words - 1}, match                                    \
	}

static const struct format formats[] = {
    FORMAT("date", "a date as in 2026-01-02", format_date),
    FORMAT("date-time", "a date and time as in 2026-01-02T03:04:05Z", format_date_time),
    FORMAT("duration", "a duration as in P1DT2H", format_duration),
    FORMAT("email", "an e-mail address", format_email),
    FORMAT("hostname", "a host name", format_hostname),
    FORMAT("idn-email", "an e-mail address", format_idn_email),
    FORMAT("idn-hostname", "a host name", format_idn_hostname),
    FORMAT("ipv4", "an IPv4 address", format_ipv4),
    FORMAT("ipv6", "an IPv6 address", format_ipv6),
    FORMAT("iri", "an IRI with a scheme", format_iri),
    FORMAT("iri-reference", "an IRI or a relative reference", format_iri_reference),
    FORMAT("json-pointer", "a JSON Pointer", format_json_pointer),
    FORMAT("regex", "a regular expression in ECMA-262 syntax", format_regex),
    FORMAT("relative-json-pointer", "a relative JSON Pointer", format_relative_json_pointer),
    FORMAT("time", "a time as in 03:04:05Z", format_time),
    FORMAT("uri", "a URI with a scheme", format_uri),
    FORMAT("uri-reference", "a URI or a relative reference", format_uri_reference),
    FORMAT("uri-template", "a URI template", format_uri_template),
    FORMAT("uuid", "a UUID", format_uuid),
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
	return format->match(text.ptr ? text : SLICE(""));
}

struct slice format_words(const struct format *format)
{
	return format->words;
}
