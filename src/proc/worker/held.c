#include "proc/worker/held.h"

#include <stdlib.h>

#include "base/mask.h"
#include "contract/value.h"

#define ASKED_MAX 64u /* host calls in flight of one request */
#define NAME_BYTES_MAX 64u
#define OUT_BYTES_MAX (32u << 20)

struct held {
	struct mask mask;
	struct {
		uint32_t call;
		char name[NAME_BYTES_MAX + 1];
	} asked[ASKED_MAX];
	unsigned asked_count;
	struct buf text;
	struct buf value;
};

bool held_ask(struct held **h, uint32_t call, struct slice name)
{
	if (!*h) {
		*h = calloc(1, sizeof **h);
		if (!*h)
			return false;
		(*h)->text = BUF_INIT(OUT_BYTES_MAX);
		(*h)->value = BUF_INIT(OUT_BYTES_MAX);
	}
	if ((*h)->asked_count == ASKED_MAX || name.len > NAME_BYTES_MAX)
		return false;
	const unsigned at = (*h)->asked_count++;
	(*h)->asked[at].call = call;
	memcpy((*h)->asked[at].name, name.ptr, name.len);
	(*h)->asked[at].name[name.len] = '\0';
	return true;
}

void held_take(struct held *h, uint32_t call, struct slice value)
{
	struct value_item item;
	for (unsigned i = 0; h && i < h->asked_count; i++) {
		if (h->asked[i].call != call)
			continue;
		if (value_read(&value, &item) && (item.tag == VALUE_STR || item.tag == VALUE_ASCII))
			mask_add(&h->mask, slice_cstr(h->asked[i].name), item.text);
		h->asked[i] = h->asked[--h->asked_count];
		return;
	}
}

struct slice held_text(struct held *h, struct slice text)
{
	if (!h)
		return text;
	if (!mask_ok(&h->mask))
		return SLICE("(left out: it may show a secret)");
	buf_clear(&h->text);
	if (!mask_text(&h->mask, text, &h->text))
		return text;
	return buf_ok(&h->text) ? buf_slice(&h->text) : SLICE("(left out: it may show a secret)");
}

static bool mask_value(struct held *h, struct slice *rest, struct value_writer *w);

static bool mask_content(struct held *h, const struct value_item *item, struct value_writer *w)
{
	struct slice rest = item->text;
	if (w->depth + 1 >= VALUE_DEPTH_MAX)
		return false;
	if (item->tag == VALUE_ARRAY)
		value_write_array_begin(w);
	else
		value_write_object_begin(w);
	for (uint32_t i = 0; i < item->count; i++) {
		uint16_t id;
		struct slice name = SLICE_NONE;
		if (item->tag == VALUE_OBJECT) {
			if (!value_read_key(&rest, &id, &name))
				return false;
			if (id == VALUE_KEY_TEXT)
				value_write_key_text(w, held_text(h, name));
			else
				value_write_key(w, id);
		}
		if (!mask_value(h, &rest, w))
			return false;
	}
	if (item->tag == VALUE_ARRAY)
		value_write_array_end(w);
	else
		value_write_object_end(w);
	return rest.len == 0;
}

static bool mask_value(struct held *h, struct slice *rest, struct value_writer *w)
{
	struct value_item item;
	if (!value_read(rest, &item))
		return false;
	switch (item.tag) {
	case VALUE_NULL: value_write_null(w); return true;
	case VALUE_FALSE: value_write_bool(w, false); return true;
	case VALUE_TRUE: value_write_bool(w, true); return true;
	case VALUE_INT: value_write_int(w, item.integer); return true;
	case VALUE_NUM: value_write_num(w, item.number); return true;
	case VALUE_DATE: value_write_date(w, item.number); return true;
	case VALUE_BIG: value_write_big(w, item.text); return true;
	case VALUE_BIGINT: value_write_bigint(w, item.text); return true;
	case VALUE_STR:
	case VALUE_ASCII: value_write_string(w, held_text(h, item.text)); return true;
	case VALUE_BYTES: value_write_bytes(w, held_text(h, item.text)); return true;
	case VALUE_ARRAY:
	case VALUE_OBJECT: return mask_content(h, &item, w);
	}
	return false;
}

bool held_value(struct held *h, struct slice value, struct slice *ret)
{
	struct value_writer w;
	struct slice rest = value;
	*ret = value;
	if (!h || value.len == 0)
		return true;
	if (!mask_ok(&h->mask))
		return false;
	buf_clear(&h->value);
	value_writer_init(&w, &h->value);
	if (!mask_value(h, &rest, &w) || rest.len != 0 || !buf_ok(&h->value))
		return false;
	*ret = buf_slice(&h->value);
	return true;
}

void held_drop(struct held **h)
{
	if (!*h)
		return;
	mask_done(&(*h)->mask);
	buf_done(&(*h)->text);
	buf_done(&(*h)->value);
	free(*h);
	*h = NULL;
}
