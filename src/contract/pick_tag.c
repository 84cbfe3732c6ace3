/* The tags of a union: strings, numbers, true, false and null, each of which leads to one option. Kept in
 * order. */
#include "contract/compile.h"

/* Any order will do that puts equal JSON values together. */
static int tag_order(const struct value_item *a, const struct value_item *b)
{
	static const uint8_t groups[] = {[VALUE_NULL] = 0,
	    [VALUE_FALSE] = 1,
	    [VALUE_TRUE] = 2,
	    [VALUE_INT] = 3,
	    [VALUE_NUM] = 3,
	    [VALUE_BIG] = 3,
	    [VALUE_STR] = 4,
	    [VALUE_ASCII] = 4};
	int by_group = (int)groups[a->tag] - (int)groups[b->tag];
	if (by_group != 0 || a->tag <= VALUE_TRUE)
		return by_group;
	if (a->tag <= VALUE_BIG) {
		struct number x = {.tag = a->tag, .integer = a->integer, .real = a->number, .text = a->text};
		struct number y = {.tag = b->tag, .integer = b->integer, .real = b->number, .text = b->text};
		return number_compare(&x, &y);
	}
	if (a->text.len != b->text.len)
		return a->text.len < b->text.len ? -1 : 1;
	return a->text.len > 0 ? memcmp(a->text.ptr, b->text.ptr, a->text.len) : 0;
}

/* Where the tag is, or where it would stand. */
static uint32_t tag_place(const struct pick *pick, const struct value_item *tag, bool *ret_there)
{
	uint32_t low = 0, high = pick->tag_count;
	*ret_there = false;
	while (low < high && !*ret_there) {
		uint32_t middle = low + (high - low) / 2;
		int order = tag_order(&pick->tags[middle].value, tag);
		*ret_there = order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}

bool pick_add_tag(struct pick *pick, struct slice literal, const struct type *option)
{
	struct value_item tag;
	bool there;
	if (!value_read(&literal, &tag) || tag.tag > VALUE_ASCII || pick->tag_count == PICK_TAGS_MAX)
		return false;
	uint32_t at = tag_place(pick, &tag, &there);
	if (there)
		return false;
	memmove(&pick->tags[at + 1], &pick->tags[at], (pick->tag_count - at) * sizeof *pick->tags);
	pick->tags[at] = (struct pick_tag){tag, option};
	pick->tag_count++;
	return true;
}

const struct type *pick_by_tag(const struct pick *pick, const struct value_item *tag)
{
	bool there;
	if (tag->tag > VALUE_ASCII)
		return NULL;
	uint32_t at = tag_place(pick, tag, &there);
	return there ? pick->tags[at].type : NULL;
}

const struct type *pick_by_text(const struct pick *pick, struct slice text)
{
	struct value_item tag = {.tag = VALUE_STR};
	if (text.len >= 2 && text.ptr[0] == '"') {
		tag.text = slice_of(text.ptr + 1, text.len - 2);
	} else if (slice_eq(text, SLICE("null"))) {
		tag.tag = VALUE_NULL;
	} else if (slice_eq(text, SLICE("true")) || slice_eq(text, SLICE("false"))) {
		tag.tag = text.len == 4 ? VALUE_TRUE : VALUE_FALSE;
	} else if (number_text_valid(text)) {
		const struct number n = number_of_text(text);
		tag =
		    (struct value_item){.tag = n.tag, .integer = n.integer, .number = n.real, .text = n.text};
	} else {
		return NULL;
	}
	return pick_by_tag(pick, &tag);
}
