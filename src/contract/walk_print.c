/* Values as JSON: what a walk writes when a text is wanted. */
#include "contract/walk.h"

static void put_quoted(struct buf *out, const char *bytes, size_t n)
{
	walk_put(out, "\"", 1);
	buf_add(out, bytes, n);
	walk_put(out, "\"", 1);
}

/* Text of a number written where it belongs. */
static void put_number(struct buf *out, const struct value_item *item)
{
	char *w = buf_reserve(out, NUMBER_TEXT_MAX);
	if (w)
		out->len += item->tag == VALUE_INT ? number_format_int(item->integer, w)
						   : number_format(item->number, w);
}

static void put_date(struct buf *out, double ms)
{
	char room[32];
	put_quoted(out, room, date_format(ms, room));
}

void walk_print(struct buf *out, const struct value_item *item)
{
	switch (item->tag) {
	case VALUE_NULL:
		walk_put(out, "null", 4);
		break;
	case VALUE_FALSE:
		walk_put(out, "false", 5);
		break;
	case VALUE_TRUE:
		walk_put(out, "true", 4);
		break;
	case VALUE_INT:
	case VALUE_NUM:
		put_number(out, item);
		break;
	case VALUE_BIG:
		buf_add_slice(out, item->text);
		break;
	case VALUE_DATE:
		put_date(out, item->number);
		break;
	case VALUE_BYTES:
		walk_put(out, "\"", 1);
		base64_encode(item->text, out);
		walk_put(out, "\"", 1);
		break;
	case VALUE_BIGINT:
		put_quoted(out, item->text.ptr, item->text.len);
		break;
	case VALUE_STR:
	case VALUE_ASCII:
		json_put_string(out, item->text);
		break;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		break;
	}
}

/* Declared names are kept as JSON writes them. */
void walk_print_key(struct buf *out, bool comma, const struct property *p, struct slice name)
{
	if (comma)
		walk_put(out, ",", 1);
	if (p) {
		walk_put(out, p->json.ptr, p->json.len);
		return;
	}
	json_put_string(out, name);
	walk_put(out, ":", 1);
}

/* What was found, for people: a scalar as JSON, the name of anything else. */
struct slice walk_found(const struct value_item *item, char room[WHAT_MAX])
{
	struct buf out = {.ptr = room, .size = WHAT_MAX, .cap = WHAT_MAX};
	struct slice cut = item->text;
	if (item->tag >= VALUE_BYTES || item->tag == VALUE_BIG)
		return slice_cstr(tag_words[item->tag]);
	struct value_item shown = *item;
	if (cut.len > WHAT_MAX / 8)
		shown.text.len = WHAT_MAX / 8;
	walk_print(&out, &shown);
	return buf_slice(&out);
}
