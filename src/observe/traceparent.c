/* W3C Trace Context. Texts come from clients. */
#include "observe/traceparent.h"

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_parse(const char *text, size_t n, uint8_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
	uint8_t any = 0;
	for (size_t i = 0; i < n; i++)
		any |= bytes[i];
	return any == 0;
}

result traceparent_parse(struct slice text, struct error *err, struct traceparent *ret)
{
	struct traceparent t;
	uint8_t version, flags;
	bool whole = text.len >= TRACEPARENT_TEXT && text.ptr[2] == '-' && text.ptr[35] == '-' &&
		     text.ptr[52] == '-' && hex_parse(text.ptr, 1, &version) &&
		     hex_parse(text.ptr + 3, 16, t.trace_id) && hex_parse(text.ptr + 36, 8, t.parent_id) &&
		     hex_parse(text.ptr + 53, 1, &flags);
	if (!whole || version == 0xff || (version == 0 && text.len != TRACEPARENT_TEXT) ||
	    (text.len > TRACEPARENT_TEXT && text.ptr[TRACEPARENT_TEXT] != '-'))
		return error_set(err, ERR_INVALID, "the traceparent is malformed");
	if (all_zero(t.trace_id, sizeof t.trace_id) || all_zero(t.parent_id, sizeof t.parent_id))
		return error_set(err, ERR_INVALID, "the traceparent has an id of zeros");
	t.sampled = flags & 1;
	*ret = t;
	return RESULT_OK;
}

void hex_format(const uint8_t *bytes, size_t n, char *text)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
}

void traceparent_format(const struct traceparent *t, char *text)
{
	const uint8_t flags = t->sampled;
	memcpy(text, "00-", 3);
	hex_format(t->trace_id, 16, text + 3);
	text[35] = '-';
	hex_format(t->parent_id, 8, text + 36);
	text[52] = '-';
	hex_format(&flags, 1, text + 53);
}
