/*
 * What looks like an injection in the text of an input. It is told of and nothing more: what a function gets is data, and
 * the broker runs no text of it. Only texts that hold a character with a meaning elsewhere are looked at, and of a large
 * input its beginning, so that a request of ordinary words pays for one look at each byte.
 */
#include "base/size.h"
#include "contract/value.h"
#include "observe/payload_sensor.h"
#include "proc/gateway/gateway.h"

#define TEXT_BYTES_MAX 8192u   /* of one text */
#define INPUT_BYTES_MAX 32768u /* of all */
#define TEXT_BYTES_LEAST 5u
#define DEPTH_MAX 16u

static const bool telling[256] = {['\''] = 1, ['"'] = 1, ['<'] = 1, ['>'] = 1, ['`'] = 1, ['$'] = 1, ['|'] = 1, ['&'] = 1,
    [';'] = 1, ['/'] = 1, ['\\'] = 1, ['('] = 1, ['%'] = 1, ['='] = 1, ['#'] = 1, ['-'] = 1, ['*'] = 1};

struct sensing {
	struct invocation *v;
	size_t left;
};

static bool may_tell(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (telling[(uint8_t)text.ptr[i]])
			return true;
	return false;
}

static void sense_text(struct sensing *s, struct slice text, uint16_t field)
{
	text.len = size_min(text.len, size_min(TEXT_BYTES_MAX, s->left));
	s->left -= text.len;
	if (text.len < TEXT_BYTES_LEAST || !may_tell(text))
		return;
	const struct payload_finding found = payload_sense(text);
	if (found.class == PAYLOAD_NONE)
		return;
	s->v->payload = (uint8_t)found.class;
	s->v->payload_field = field;
}

/* The encoding is our own and well formed. Stops at the first finding. */
static void sense_value(struct sensing *s, struct slice *rest, uint16_t field, unsigned depth)
{
	struct value_item item;
	if (s->v->payload || s->left == 0 || depth > DEPTH_MAX || !value_read(rest, &item))
		return;
	if (item.tag == VALUE_STR || item.tag == VALUE_ASCII) {
		sense_text(s, item.text, field);
	} else if (item.tag == VALUE_ARRAY) {
		for (uint32_t i = 0; i < item.count; i++)
			sense_value(s, &item.text, field, depth + 1);
	} else if (item.tag == VALUE_OBJECT) {
		uint16_t id;
		struct slice key;
		for (uint32_t i = 0; i < item.count && value_read_key(&item.text, &id, &key); i++)
			sense_value(s, &item.text, id == VALUE_KEY_TEXT ? field : (uint16_t)(id + 1), depth + 1);
	}
}

void sense_input(struct slice input, struct invocation *v)
{
	struct sensing s = {.v = v, .left = INPUT_BYTES_MAX};
	if (input.len)
		sense_value(&s, &input, 0, 0);
}
