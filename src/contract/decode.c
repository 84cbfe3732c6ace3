/* JSON text to the encoding in one pass. Called for bodies of strangers; trusts the type set only. */
#include "base/check.h"
#include "contract/decode.h"

#include <stdio.h>
#include <stdlib.h>

static bool put_tag(struct decode *d, enum value_tag tag)
{
	if (!json_room(&d->json, 1))
		return false;
	*d->json.w++ = (char)tag;
	return true;
}

/* Strings that JavaScript holds as something else take their place in the output. */
static bool hold(
    struct decode *d, const struct type *type, const struct json_text *text, const struct step *step)
{
	char *at = d->json.out->ptr + text->at;
	struct slice bytes = slice_of(at, text->bytes);
	double ms;
	size_t n = text->bytes;
	enum value_tag tag = VALUE_BIGINT;
	if (type->held == HELD_DATE) {
		if (!date_parse(bytes, &ms))
			return decode_problem(
			    d, step, "must be a date and time as in 2026-01-02T03:04:05Z", bytes);
		d->json.w = at - 5;
		return decode_put(d, VALUE_DATE, &ms);
	}
	if (type->held == HELD_BIGINT) {
		if (!bigint_valid(bytes))
			return decode_problem(
			    d, step, "must be a whole number in decimal digits, as a string", bytes);
	} else {
		tag = VALUE_BYTES;
		if (!base64_decode(bytes, at, &n))
			return decode_problem(d, step, "must be base64", SLICE_NONE);
	}
	uint32_t length = (uint32_t)n;
	at[-5] = (char)tag;
	memcpy(at - 4, &length, sizeof length);
	d->json.w = at + n;
	return true;
}

bool decode_finish_string(
    struct decode *d, const struct type *type, const struct json_text *text, const struct step *step)
{
	char *at = d->json.out->ptr + text->at;
	const struct text_facts facts = {text->chars, text->controls};
	at[-5] = text->chars == text->bytes ? VALUE_ASCII : VALUE_STR;
	memcpy(at - 4, &text->bytes, sizeof text->bytes);
	if (d->set && !check_string(type, slice_of(at, text->bytes), &facts, NULL, NULL))
		return decode_string_problem(d, type, slice_of(at, text->bytes), &facts, step);
	if (type->held != HELD_PLAIN && !hold(d, type, text, step))
		return false;
	if (type->literals || type->rest_count > 0)
		return decode_whole(d, type, text->at - 5, step);
	return true;
}

static bool string(struct decode *d, const struct type *type, const struct step *step)
{
	UNINITIALISED struct json_text text;
	if (!(type->kinds & KIND_STR))
		return decode_mismatch(d, type, step);
	d->json.at++;
	if (!json_room(&d->json, 5))
		return false;
	d->json.w += 5;
	if (!json_scan_string(&d->json, &text))
		return false;
	return decode_finish_string(d, type, &text, step);
}

static bool put_big(struct decode *d, struct slice text)
{
	uint32_t length = (uint32_t)text.len;
	if (text.len > UINT32_MAX)
		return json_fail(&d->json, "has a number of more than 4 GiB");
	if (!json_room(&d->json, text.len + 5))
		return false;
	*d->json.w = VALUE_BIG;
	memcpy(d->json.w + 1, &length, sizeof length);
	memcpy(d->json.w + 5, text.ptr, text.len);
	d->json.w += text.len + 5;
	return true;
}

bool decode_finish_number(
    struct decode *d, const struct type *type, const struct number *n, const struct step *step)
{
	size_t at = json_offset(&d->json);
	if (n->tag == VALUE_BIG
		? !put_big(d, n->text)
		: !decode_put(
		      d, n->tag, n->tag == VALUE_INT ? (const void *)&n->integer : (const void *)&n->real))
		return false;
	if ((type->number || (type->kinds & KIND_NUMBER) != KIND_NUMBER || type_wants_doubles(type)) &&
	    !check_number(type, n, NULL))
		return decode_number_problem(d, type, n, step);
	if (type->literals || type->rest_count > 0)
		return decode_whole(d, type, at, step);
	return true;
}

#define SMALL_DIGITS_MAX 15 /* fewer than a double or an i64 holds exactly */

/* A whole number as most are: a few digits and no more to ask of it. False, with nothing moved, for any
 * other. */
static bool small_number(struct decode *d)
{
	const char *start = d->json.at, *p = start, *end = d->json.end;
	int64_t n = 0;
	while (p < end && p - start <= SMALL_DIGITS_MAX && *p >= '0' && *p <= '9')
		n = n * 10 + (*p++ - '0');
	if (p == end || p == start || p - start > SMALL_DIGITS_MAX || (*start == '0' && p - start > 1) ||
	    *p == '.' || (*p | 0x20) == 'e' || !decode_put(d, VALUE_INT, &n))
		return false;
	d->json.at = p;
	return true;
}

static bool number(struct decode *d, const struct type *type, const struct step *step)
{
	UNINITIALISED struct number n;
	if (type->whole && small_number(d))
		return true;
	if (!(type->kinds & KIND_NUMBER))
		return decode_mismatch(d, type, step);
	return json_number(&d->json, &n) && decode_finish_number(d, type, &n, step);
}

static bool word(struct decode *d, const struct type *type, const struct step *step)
{
	enum value_tag tag;
	const char *start = d->json.at;
	if (!json_word(&d->json, &tag))
		return false;
	if (!(type->kinds & (tag == VALUE_NULL ? KIND_NULL : KIND_BOOL))) {
		d->json.at = start;
		return decode_mismatch(d, type, step);
	}
	size_t at = json_offset(&d->json);
	if (!put_tag(d, tag))
		return false;
	if (type->literals || type->rest_count > 0)
		return decode_whole(d, type, at, step);
	return true;
}

static uint64_t most_items(const struct decode *d, const struct array_rules *rules)
{
	if (rules && rules->count_max != BOUND_UNSET)
		return rules->count_max;
	return d->set && !d->set->options.plain ? BOUND_ARRAY_ITEMS : UINT64_MAX;
}

static bool array_items(
    struct decode *d, const struct type *type, const struct step *step, uint32_t *ret_count)
{
	const struct array_rules *rules = type->array;
	const struct type *any = d->set ? d->set->any : &decode_any;
	uint64_t most = most_items(d, rules);
	uint32_t count = 0;
	struct step here = {.up = step};
	if (json_peek(&d->json) == ']') {
		d->json.at++;
		*ret_count = 0;
		return true;
	}
	for (;;) {
		const struct type *item = !rules			? any
					  : count < rules->prefix_count ? rules->prefix[count]
									: rules->items;
		here.index = count;
		if (count++ == most && !decode_count_problem(d, step, "most", most, "item"))
			return false;
		if (!item) {
			if (!decode_problem(
				d, &here, "must not be there: the array is longer than its type", SLICE_NONE))
				return false;
			item = any;
		}
		if (count > most && most < count - 1)
			return false;
		if (!decode_value(d, item, &here))
			return false;
		char c = json_peek(&d->json);
		if (c == ',') {
			d->json.at++;
		} else if (c == ']') {
			d->json.at++;
			break;
		} else {
			return json_fail(&d->json, "lacks a comma or ] in an array");
		}
	}
	*ret_count = count;
	return true;
}

static bool array(struct decode *d, const struct type *type, const struct step *step)
{
	size_t head;
	uint32_t count = 0;
	if (!(type->kinds & KIND_ARRAY))
		return decode_mismatch(d, type, step);
	d->json.at++;
	if (!decode_begin(d, VALUE_ARRAY, &head) || !array_items(d, type, step, &count) ||
	    !decode_end(d, head, count))
		return false;
	if (type->array && count < type->array->count_min &&
	    !decode_count_problem(d, step, "least", type->array->count_min, "item"))
		return false;
	if (type->literals || type->rest_count > 0)
		return decode_whole(d, type, head - 1, step);
	return true;
}

/* Comparisons in the order of what is frequent: documents repeat themselves, and a jump table forgets that.
 */
static bool plain_value(struct decode *d, const struct type *type, const struct step *step)
{
	char c = json_peek(&d->json);
	if (c == '"')
		return string(d, type, step);
	if (c == '-' || (c >= '0' && c <= '9'))
		return number(d, type, step);
	if (c == '{')
		return decode_object(d, type, step);
	if (c == '[')
		return array(d, type, step);
	if (c == 't' || c == 'f' || c == 'n')
		return word(d, type, step);
	return json_fail(&d->json, d->json.at < d->json.end ? "is not JSON here" : "ends too early");
}

static const char not_in_json[] = "must be sent as a file: in multipart/form-data, or as the whole body";

bool decode_value(struct decode *d, const struct type *type, const struct step *step)
{
	if (!type->special)
		return plain_value(d, type, step);
	d->sensitive += type->sensitive;
	bool fine = type->file	 ? decode_problem(d, step, not_in_json, SLICE_NONE) && decode_skip(d, step)
		    : type->pick ? decode_picked(d, type, step)
		    : type->is_union ? decode_tried(d, type, step)
				     : plain_value(d, type, step);
	d->sensitive -= type->sensitive;
	return fine;
}

void decode_init(struct decode *d, const struct type_set *set, struct slice json, struct buf *out,
    struct problems *problems)
{
	*d = (struct decode){.set = set, .problems = problems, .loose = BUF_INIT(SIZE_MAX)};
	json_init(&d->json, json, out);
}

result decode_finish(struct decode *d)
{
	struct json *j = &d->json;
	if (!j->error && !j->full && d->problems->count < PROBLEMS_MAX && json_peek(j) != '\0')
		j->error = "has something after the value";
	else if (!j->error && !j->full && !d->bad && j->at < j->end)
		j->error = "has something after the value";
	json_flush(j);
	buf_done(&d->loose);
	free(d->cache);
	free(d->tags.places);
	if (j->error) {
		char where[32];
		int n = snprintf(where, sizeof where, "byte %zu", (size_t)(j->at - j->start));
		char what[WHAT_MAX];
		(void)snprintf(what, sizeof what, "%s, at %.*s", j->error, n, where);
		return problems_add(d->problems, SLICE(""), what, SLICE_NONE);
	}
	if (d->bad)
		return (result){ERR_INVALID};
	return j->full ? (result){ERR_LIMIT} : RESULT_OK;
}

result value_from_json(const struct type *type, struct slice json, struct buf *out, struct problems *problems)
{
	struct decode d;
	decode_init(&d, type->set, json, out, problems);
	/* A $dynamicRef asks which schemas were entered: the walk knows, this pass does not. */
	(void)(type->set->dynamic ? decode_by_walk(&d, type, NULL) : decode_value(&d, type, NULL));
	return decode_finish(&d);
}

result json_to_encoding(struct slice json, struct buf *out, struct problems *problems)
{
	struct decode d;
	decode_init(&d, NULL, json, out, problems);
	(void)decode_value(&d, &decode_any, NULL);
	return decode_finish(&d);
}
