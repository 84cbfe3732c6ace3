/*
 * Types that the one pass cannot follow (unions that must be tried, dynamic references) are read as plain
 * data first. The walk that then checks them by their type writes the typed encoding through these, so that
 * dates, big integers and bytes take their places.
 */
#include "contract/walk.h"

bool transcode_bytes(struct walk *w, struct slice bytes)
{
	if (!json_room(w->typed, bytes.len))
		return false;
	memcpy(w->typed->w, bytes.ptr, bytes.len);
	w->typed->w += bytes.len;
	return true;
}

static bool put_text(struct walk *w, enum value_tag tag, struct slice text)
{
	char head[5] = {(char)tag};
	uint32_t n = (uint32_t)text.len;
	memcpy(head + 1, &n, sizeof n);
	return transcode_bytes(w, slice_of(head, sizeof head)) && (text.len == 0 || transcode_bytes(w, text));
}

/* The value has been checked: its text is a date, digits. Base64 is judged here. */
bool transcode_scalar(
    struct walk *w, const struct type *type, const struct value_item *item, struct slice value)
{
	bool text = item->tag == VALUE_STR || item->tag == VALUE_ASCII;
	double ms = 0;
	if (!text || type->held == HELD_PLAIN)
		return transcode_bytes(w, value);
	if (type->held == HELD_BIGINT)
		return put_text(w, VALUE_BIGINT, item->text);
	if (type->held == HELD_DATE) {
		char date[9] = {VALUE_DATE};
		if (!date_parse(item->text, &ms))
			return false;
		memcpy(date + 1, &ms, sizeof ms);
		return transcode_bytes(w, slice_of(date, sizeof date));
	}
	if (!json_room(w->typed, item->text.len + 5))
		return false;
	size_t n;
	uint32_t length;
	char *at = w->typed->w;
	if (!base64_decode(item->text, at + 5, &n))
		return false;
	length = (uint32_t)n;
	at[0] = VALUE_BYTES;
	memcpy(at + 1, &length, sizeof length);
	w->typed->w += n + 5;
	return true;
}

bool transcode_begin(struct walk *w, enum value_tag tag, size_t *ret_head)
{
	const char head[9] = {(char)tag};
	if (!transcode_bytes(w, slice_of(head, sizeof head)))
		return false;
	*ret_head = json_offset(w->typed) - 8;
	return true;
}

bool transcode_end(struct walk *w, size_t head, uint32_t count)
{
	const uint32_t words[2] = {(uint32_t)(json_offset(w->typed) - head - 8), count};
	memcpy(w->typed->out->ptr + head, words, sizeof words);
	return true;
}
